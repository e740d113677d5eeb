/* What no call may touch, looked at after every check: stdout, stderr and the floating-point
 * control words. What no run may do: ask for memory. */
#ifndef HG_TEST_API_WATCH_H
#define HG_TEST_API_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes stdout and stderr away from the library. Returns where the tests themselves may write, a
 * duplicate of stdout; -1: it could not be done. */
int watch_begin(void);

/* Whether anything was printed, or a control word changed, since the last call; says what. */
bool watch_disturbed(char *what, size_t size);

/* Rounding, traps and the treatment of denormals of this thread, without the sticky flags. */
uint64_t float_control(void);
void set_float_control(uint64_t control);
uint64_t float_control_flushing(uint64_t control); /* denormals are zero on top of that */

/* Calls of malloc and its relatives, by any thread, since the program began. */
long watch_allocations(void);

#endif
