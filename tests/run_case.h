/* One random case of one kernel: drawn, run in every placement and with threads, and compared. */
#ifndef HG_TEST_RUN_CASE_H
#define HG_TEST_RUN_CASE_H

#include "kernels/kernel.h"

typedef struct case_env {
    hg_isa isa; /* a cap for the contexts, where the machine has it; HG_ISA_ANY: none */
    hg_context *one, *three; /* contexts of 1 and 3 threads; log to said */
    const char *program;
    uint64_t seed;
    const char *key; /* NULL: problems are drawn; else the one to run */
    char said[256];  /* the library's last sentence */
    bool verbose;
} case_env;

bool case_env_open(case_env *env);
void case_env_close(case_env *env);

typedef enum case_result { CASE_PASSED, CASE_FAILED, CASE_NOT_DRAWN } case_result;

/* A failure is printed with the problem and the command that repeats it. */
case_result run_case(case_env *env, const hg_kernel *k, int64_t number);

#endif
