/* What ends and begins depthwise sums, AVX-512: as AVX2. Contract: depthwise_finish.h. */
#ifndef HG_DEPTHWISE_AVX512_H
#define HG_DEPTHWISE_AVX512_H

#include "kernels/conv2d/nhwc/depthwise_avx2.h"

#endif
