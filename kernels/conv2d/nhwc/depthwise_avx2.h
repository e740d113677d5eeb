/* What ends and begins depthwise sums, AVX2. Contract: depthwise_finish.h. */
#ifndef HG_DEPTHWISE_AVX2_H
#define HG_DEPTHWISE_AVX2_H

/* Copies between registers and sums in addresses cost nothing here; loads and additions in their
 * place do: 6 to 16 % of a layer of 3x3 windows. Slopes and bounds apart would each get a register
 * that these windows need. */
enum { PIN = false, POST = V_POST_CHOICE };

#endif
