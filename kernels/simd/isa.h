/* What is known of an instruction set: the only place outside the vector headers that knows lanes,
 * rates and registers. */
#ifndef HG_SIMD_ISA_MODEL_H
#define HG_SIMD_ISA_MODEL_H

#include "hourglass/runtime.h"

typedef struct hg_isa_model {
    int lanes;       /* floats of a vector */
    int registers;   /* vectors */
    double rate;     /* of dense code, in that of AVX2 */
    double shuffles; /* rate of code that waits for shuffles, in that of its own dense code */
    bool fma_lane;   /* multiply-add by one lane of a vector: no broadcast from memory for each */
} hg_isa_model;

const hg_isa_model *hg_isa_model_of(hg_isa isa);

#endif
