/* What this machine can do at most, measured on the spot. */
#ifndef SEGMENT_LIMITS_H
#define SEGMENT_LIMITS_H

/* Multiply-adds of one core in GFLOP/s with the widest vectors that Hourglass uses; 0 = unknown. */
double limit_gflops(void);

/* Seconds that memcpy takes to move this many bytes, read and written together; 0 = unknown. */
double limit_copy_seconds(double bytes);

/* Seconds since some moment. */
double limit_clock(void);

#endif
