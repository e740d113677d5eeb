/* What the fuzz targets share: a plan is made and run in several ways, and must agree with the
 * oracle. Whatever is wrong ends the program, with the problem's key on stderr. */
#ifndef HG_FUZZ_CHECK_H
#define HG_FUZZ_CHECK_H

#include "tests/data.h"
#include "tests/fuzz/bytes.h"

hg_context *fuzz_context(int threads); /* 1 or 2; without tables and environment */

_Noreturn void fuzz_fail(const char *key, const char *what);

/* Runs the problem by the kernel that `pick` points at (or by the dispatcher's choice where that
 * one refuses), every buffer between guard pages, on 1 and 2 threads. */
void fuzz_check(const hg_problem *p, const case_data *d, uint8_t pick);

/* The key's problem is the problem: prints, parses and prints again. */
void fuzz_check_key(const hg_problem *p);

#endif
