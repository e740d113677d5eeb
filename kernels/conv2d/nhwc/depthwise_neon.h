/* What ends and begins depthwise sums, NEON. Contract: depthwise_finish.h. */
#ifndef HG_DEPTHWISE_NEON_H
#define HG_DEPTHWISE_NEON_H

/* Copies between registers would take the multiply-adds' pipes, and some CPUs take a step more for
 * a sum in the address of a store. Loops of three rows of taps would feel bounds that are none. */
enum { PIN = true, POST = V_POST_NEEDED };

#endif
