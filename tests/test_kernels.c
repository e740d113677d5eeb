/* Every kernel of the registry against the oracle, on random problems.
 *
 *     test_kernels [--cases N] [--seed S] [--op OP] [--kernel NAME] [--case I] [--verbose]
 *     test_kernels --key KEY [...]    that problem alone, by all its kernels
 *     test_kernels --isa ISA [...]    the kernels of one instruction set alone (scalar, neon,
 * avx2, avx512), as a machine would run them that has no better one
 *     test_kernels --list             the names of all rows
 *
 * One line per kernel; the last line is "N passed, N failed". A kernel for which no case could be
 * drawn counts as a failure, unless its instruction set is not there. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dispatch/registry.h"
#include "hourglass/hourglass.h"
#include "tests/isa_word.h"
#include "tests/run_case.h"
#include "tests/run_guarded.h"

typedef struct options {
    const char *op, *kernel, *key;
    int64_t cases, only; /* only: the one case to run, or -1 */
    uint64_t seed;
    hg_isa isa; /* HG_ISA_ANY: all */
    bool verbose, list;
} options;

typedef struct totals {
    int64_t passed, failed;
} totals;

static bool parse(int argc, char **argv, options *o)
{
    *o = (options){.cases = 200, .only = -1, .seed = 1};
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(name, "--verbose") == 0) {
            o->verbose = true;
            continue;
        }
        if (strcmp(name, "--list") == 0) {
            o->list = true;
            continue;
        }
        if (!value) return false;
        if (strcmp(name, "--cases") == 0)
            o->cases = strtoll(value, NULL, 10);
        else if (strcmp(name, "--seed") == 0)
            o->seed = strtoull(value, NULL, 10);
        else if (strcmp(name, "--op") == 0)
            o->op = value;
        else if (strcmp(name, "--key") == 0)
            o->key = value;
        else if (strcmp(name, "--kernel") == 0)
            o->kernel = value;
        else if (strcmp(name, "--case") == 0)
            o->only = strtoll(value, NULL, 10);
        else if (strcmp(name, "--isa") != 0 || !isa_word(value, &o->isa))
            return false;
        i++;
    }
    return true;
}

/* Kernels of one instruction set are emulated on the other's machines where the test build can. */
static bool usable(const hg_context *context, const hg_kernel *k)
{
    hg_machine machine;
    hg_context_machine(context, &machine);
    return hg_isa_usable(k->isa, machine.isa, true);
}

static void run_kernel(case_env *env, const hg_kernel *k, const options *o, totals *all)
{
    enum { MOST_FAILURES = 5 }; /* per kernel: more of the same tell nothing */
    totals t = {0};
    int64_t not_drawn = 0;
    const int64_t first = o->only < 0 ? 0 : o->only, last = o->only < 0 ? o->cases : o->only + 1;
    for (int64_t i = first; i < last && t.failed < MOST_FAILURES; i++) {
        alarm(60); /* a kernel that hangs ends the program */
        const case_result result = run_case(env, k, i);
        t.passed += result == CASE_PASSED;
        t.failed += result == CASE_FAILED;
        if (result == CASE_NOT_DRAWN && ++not_drawn >= 3 && t.passed == 0) break;
    }
    alarm(0);
    if (o->key && t.passed + t.failed == 0) return; /* not this kernel's */
    if (t.passed + t.failed == 0) {
        printf("FAILED %s: no problem could be drawn that it accepts\n", k->name);
        t.failed++;
    }
    printf("%-48s %6" PRId64 " cases%s", k->name, t.passed + t.failed, t.failed ? ", " : "");
    if (t.failed) printf("%" PRId64 " FAILED", t.failed);
    if (not_drawn) printf(" (%" PRId64 " not drawn)", not_drawn);
    printf("\n");
    fflush(stdout);
    all->passed += t.passed;
    all->failed += t.failed;
}

int main(int argc, char **argv)
{
    options o;
    totals all = {0};
    if (!parse(argc, argv, &o)) {
        fprintf(
            stderr,
            "usage: %s [--cases N] [--seed S] [--op OP] [--kernel NAME] [--case I] [--key KEY]\n"
            "       [--isa scalar|neon|avx2|avx512] [--verbose] | --list\n",
            argv[0]);
        return 2;
    }
    for (size_t i = 0; o.list && hg_registry_at(i); i++) puts(hg_registry_at(i)->name);
    if (o.list) return 0;
    case_env env = {
        .isa = o.isa, .program = argv[0], .seed = o.seed, .key = o.key, .verbose = o.verbose};
    if (!case_env_open(&env)) {
        printf("FAILED hg_context_create: %s\n0 passed, 1 failed\n", env.said);
        return 1;
    }
    run_guarded_install();
    hg_kernel_info info;
    for (size_t i = 0; hg_kernel_get(env.one, i, &info); i++) {
        const hg_kernel *k = hg_registry_find(info.name);
        if ((o.op && strcmp(o.op, info.op)) || (o.kernel && strcmp(o.kernel, info.name))) continue;
        if (k && o.isa && k->isa != o.isa) continue;
        if (!k || !usable(env.one, k))
            printf("%-48s instruction set %s not available\n", info.name, info.isa);
        else
            run_kernel(&env, k, &o, &all);
    }
    case_env_close(&env);
    if (all.passed + all.failed == 0) all.failed = 1; /* a filter that matches nothing */
    printf("%" PRId64 " passed, %" PRId64 " failed\n", all.passed, all.failed);
    return all.failed ? 1 : 0;
}
