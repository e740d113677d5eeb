/* Maxima of 3x3 windows of stride 2, f32, NHWC, NEON. Contract: pool_k3s2_body.h. */
#include "kernels/pool2d/pool_ops_neon.h"

#include "kernels/pool2d/pool_k3s2_body.h"

const hg_kernel hg_pool_k3s2_neon[] = {
    {.name = "max_pool2d.f32.nhwc.neon.k3s2",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 3,
     .limits = {.kernel = {3, 3},
                .stride = {2, 2},
                .dilation = {1, 1},
                .no_indices = true,
                .no_adaptive = true},
     .algorithm = &hg_pool_k3s2,
     .run.pool_slide = max_k3s2},
    {.name = NULL},
};
