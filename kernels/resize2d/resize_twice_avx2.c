/* Bilinear resizing to twice the size, AVX2 + FMA. Contract: resize2d.h. */
#include "kernels/resize2d/resize2d.h"
#include "kernels/resize2d/resize_ops_avx2.h"
#include "kernels/resize2d/resize_twice_body.h"

static const hg_resize_steps steps = {
    .twice = twice, .twice_lines = twice_lines, .twice_past = twice_past};

const hg_kernel hg_resize_twice_avx2[] = {{.name = "resize2d.f32.nhwc.avx2.twice",
                                           .op = HG_OP_RESIZE2D,
                                           .dtype = HG_F32,
                                           .isa = HG_ISA_AVX2,
                                           .layouts = HG_IN_NHWC,
                                           .rev = 2,
                                           .algorithm = &hg_resize_twice,
                                           .run.resize = &steps},
                                          {.name = NULL}};
