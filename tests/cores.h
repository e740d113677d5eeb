/* What the parts of test_cores share. */
#ifndef HG_TEST_CORES_H
#define HG_TEST_CORES_H

#include "tests/fake_cores.h"

/* Counts; says what failed. */
__attribute__((format(printf, 2, 3))) bool expect(bool ok, const char *format, ...);

/* What contexts see, and where runs find themselves: the linker puts functions that read these in
 * the place of the library's (--wrap, tests/meson.build). */
extern const fake_machine *around; /* NULL: one class of cores */
extern const bool *around_allowed; /* NULL: all */
extern _Thread_local int fake_cpu;
extern int asked; /* times that the library wanted to know it */

void test_plans(void);
void test_here(void);

#endif
