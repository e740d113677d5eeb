/* Implicit GEMM tiles, AVX2 + FMA. Contract: igemm.h. */
#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/igemm.h"
#include "kernels/conv2d/post_avx2.h"

enum { VL = 8 }; /* f32 lanes per vector */

#define TILE_NAME tile_6x16
#define TILE_MR 6
#define TILE_NV 2
#include "kernels/conv2d/igemm_tile_avx2.h"

#define TILE_NAME tile_4x24
#define TILE_MR 4
#define TILE_NV 3
#include "kernels/conv2d/igemm_tile_avx2.h"

#define TILE_NAME tile_5x16
#define TILE_MR 5
#define TILE_NV 2
#include "kernels/conv2d/igemm_tile_avx2.h"

#define TILE_NAME tile_3x32
#define TILE_MR 3
#define TILE_NV 4
#include "kernels/conv2d/igemm_tile_avx2.h"

#define TILE_NAME tile_12x8
#define TILE_MR 12
#define TILE_NV 1
#include "kernels/conv2d/igemm_tile_avx2.h"

const hg_kernel hg_igemm_avx2[] = {
    {.name = "conv2d.f32.nhwc.avx2.igemm6x16",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {6, 16},
     .run.igemm = tile_6x16},
    {.name = "conv2d.f32.nhwc.avx2.igemm4x24",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {4, 24},
     .run.igemm = tile_4x24},
    {.name = "conv2d.f32.nhwc.avx2.igemm5x16",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {5, 16},
     .run.igemm = tile_5x16},
    {.name = "conv2d.f32.nhwc.avx2.igemm3x32",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {3, 32},
     .run.igemm = tile_3x32},
    {.name = "conv_transpose2d.f32.nhwc.avx2.igemm6x16",
     .op = HG_OP_CONV_TRANSPOSE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {6, 16},
     .run.igemm = tile_6x16},
    {.name = "conv_transpose2d.f32.nhwc.avx2.igemm4x24",
     .op = HG_OP_CONV_TRANSPOSE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {4, 24},
     .run.igemm = tile_4x24},
    {.name = "conv_transpose2d.f32.nhwc.avx2.igemm5x16",
     .op = HG_OP_CONV_TRANSPOSE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {5, 16},
     .run.igemm = tile_5x16},
    {.name = "conv_transpose2d.f32.nhwc.avx2.igemm3x32",
     .op = HG_OP_CONV_TRANSPOSE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {3, 32},
     .run.igemm = tile_3x32},
    {.name = "conv_transpose2d.f32.nhwc.avx2.igemm12x8",
     .op = HG_OP_CONV_TRANSPOSE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {12, 8},
     .run.igemm = tile_12x8},
    {.name = NULL},
};
