/* Resizing to wider images, AVX2 + FMA. Contract: resize2d.h. */
#include "kernels/resize2d/resize2d.h"
#include "kernels/resize2d/resize_ops_avx2.h"
#include "kernels/resize2d/resize_widen_body.h"

const hg_kernel hg_resize_widen_avx2[] = {{.name = "resize2d.f32.nhwc.avx2.widen",
                                           .op = HG_OP_RESIZE2D,
                                           .dtype = HG_F32,
                                           .isa = HG_ISA_AVX2,
                                           .layouts = HG_IN_NHWC,
                                           .rev = 3,
                                           .algorithm = &hg_resize_widen,
                                           .run.resize = &steps},
                                          {.name = NULL}};
