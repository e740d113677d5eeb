/* Sliding windows of stride 1, f32, NHWC, AVX2. Contract: hg_pool_slide_args in pool_slide.h. */
#include "kernels/pool2d/pool_ops_avx2.h"
#include "kernels/pool2d/pool_slide_body.h"

#include "kernels/pool2d/pool_k3s1_body.h"

const hg_kernel hg_pool_slide_avx2[] = {
    {.name = "max_pool2d.f32.nhwc.avx2.slide",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .limits = {.stride = {1, 1}, .dilation = {1, 1}, .no_indices = true, .no_adaptive = true},
     .algorithm = &hg_pool_slide,
     .run.pool_slide = max_slide},
    {.name = "avg_pool2d.f32.nhwc.avx2.slide",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .limits = {.stride = {1, 1}, .dilation = {1, 1}, .no_adaptive = true},
     .algorithm = &hg_pool_slide,
     .run.pool_slide = avg_slide},
    {.name = "avg_pool2d.f32.nhwc.avx2.k3s1",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .limits = {.kernel = {3, 3}, .stride = {1, 1}, .dilation = {1, 1}, .no_adaptive = true},
     .algorithm = &hg_pool_k3s1,
     .run.pool_slide = avg_k3s1},
    {.name = NULL},
};
