/* Averages over the whole image, f32, NHWC, NEON. Contract: pool_means_body.h. */
#include "kernels/pool2d/pool_ops_neon.h"

#include "kernels/pool2d/pool_means_body.h"

const hg_kernel hg_pool_means_neon[] = {
    {.name = "avg_pool2d.f32.nhwc.neon.global",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .algorithm = &hg_pool_means,
     .run.pool = means_nhwc},
    {.name = NULL},
};
