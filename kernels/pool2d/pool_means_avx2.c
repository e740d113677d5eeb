/* Averages over the whole image, f32, NHWC, AVX2. Contract: pool_means_body.h. */
#include "kernels/pool2d/pool_ops_avx2.h"

#include "kernels/pool2d/pool_means_body.h"

const hg_kernel hg_pool_means_avx2[] = {
    {.name = "avg_pool2d.f32.nhwc.avx2.global",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .algorithm = &hg_pool_means,
     .run.pool = means_nhwc},
    {.name = NULL},
};
