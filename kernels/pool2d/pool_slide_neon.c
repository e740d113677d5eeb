/* Sliding windows of stride 1, f32, NHWC, NEON. Contract: hg_pool_slide_args in pool_slide.h. */
#include "kernels/pool2d/pool_ops_neon.h"
#include "kernels/pool2d/pool_slide_body.h"

#include "kernels/pool2d/pool_k3s1_body.h"

const hg_kernel hg_pool_slide_neon[] = {
    {.name = "max_pool2d.f32.nhwc.neon.slide",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .limits = {.stride = {1, 1}, .dilation = {1, 1}, .no_indices = true, .no_adaptive = true},
     .algorithm = &hg_pool_slide,
     .run.pool_slide = max_slide},
    {.name = "avg_pool2d.f32.nhwc.neon.slide",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .limits = {.stride = {1, 1}, .dilation = {1, 1}, .no_adaptive = true},
     .algorithm = &hg_pool_slide,
     .run.pool_slide = avg_slide},
    {.name = "avg_pool2d.f32.nhwc.neon.k3s1",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .limits = {.kernel = {3, 3}, .stride = {1, 1}, .dilation = {1, 1}, .no_adaptive = true},
     .algorithm = &hg_pool_k3s1,
     .run.pool_slide = avg_k3s1},
    {.name = NULL},
};
