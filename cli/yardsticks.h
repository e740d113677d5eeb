/* What the machine can do, by the library's own kernels: the limits that steps of a network are
 * held to. */
#ifndef HG_CLI_YARDSTICKS_H
#define HG_CLI_YARDSTICKS_H

#include "hourglass/hourglass.h"

typedef struct yardsticks {
    hg_context *context;
    double gflops; /* of a convolution of one tap in the caches: within a few percent of the peak */
} yardsticks;

/* On the context's threads; takes some milliseconds. gflops is 0 if there is no memory. */
yardsticks yardsticks_of(hg_context *context);

/* How long a step takes at least that has so many flops as written, and so many bytes to read and
 * write: what is longer, the sums at the peak or a copy of as many bytes, timed on a buffer of that
 * size. 0: not known. */
double yardsticks_ns(const yardsticks *y, double flops, double bytes);

#endif
