/* The list of problems that had no record: HG_RECORD_MISSES names a file, `hourglass tune --misses`
 * reads it. */
#ifndef HG_MISSES_H
#define HG_MISSES_H

#include "dispatch/context.h"

/* Appends the problem's tuning key, "KEY", or "KEY<tab>threads=N" for more than one thread, unless
 * the file has the line. Nothing where the context records no misses; a file that cannot be written
 * is reported. */
void hg_record_miss(const hg_context *context, const hg_problem *p);

#endif
