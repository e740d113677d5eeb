/* Bilinear resizing to twice the size, NEON. Contract: resize2d.h. */
#include "kernels/resize2d/resize2d.h"
#include "kernels/resize2d/resize_ops_neon.h"
#include "kernels/resize2d/resize_twice_body.h"

static const hg_resize_steps steps = {
    .twice = twice, .twice_lines = twice_lines, .twice_past = twice_past};

const hg_kernel hg_resize_twice_neon[] = {{.name = "resize2d.f32.nhwc.neon.twice",
                                           .op = HG_OP_RESIZE2D,
                                           .dtype = HG_F32,
                                           .isa = HG_ISA_NEON,
                                           .layouts = HG_IN_NHWC,
                                           .rev = 2,
                                           .algorithm = &hg_resize_twice,
                                           .run.resize = &steps},
                                          {.name = NULL}};
