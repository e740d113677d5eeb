/* Implicit GEMM tiles, NEON. Contract: igemm.h. */
#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/igemm.h"
#include "kernels/conv2d/post_neon.h"

enum { VL = 4 }; /* f32 lanes per vector */

#define TILE_NAME tile_8x12
#define TILE_MR 8
#define TILE_NV 3
#include "kernels/conv2d/igemm_tile_neon.h"

#define TILE_NAME tile_8x8
#define TILE_MR 8
#define TILE_NV 2
#include "kernels/conv2d/igemm_tile_neon.h"

#define TILE_NAME tile_6x16
#define TILE_MR 6
#define TILE_NV 4
#include "kernels/conv2d/igemm_tile_neon.h"

#define TILE_NAME tile_4x16
#define TILE_MR 4
#define TILE_NV 4
#include "kernels/conv2d/igemm_tile_neon.h"

const hg_kernel hg_igemm_neon[] = {
    {.name = "conv2d.f32.nhwc.neon.igemm8x12",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {8, 12},
     .run.igemm = tile_8x12},
    {.name = "conv2d.f32.nhwc.neon.igemm8x8",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {8, 8},
     .run.igemm = tile_8x8},
    {.name = "conv2d.f32.nhwc.neon.igemm6x16",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {6, 16},
     .run.igemm = tile_6x16},
    {.name = "conv2d.f32.nhwc.neon.igemm4x16",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {4, 16},
     .run.igemm = tile_4x16},
    {.name = "conv_transpose2d.f32.nhwc.neon.igemm8x12",
     .op = HG_OP_CONV_TRANSPOSE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {8, 12},
     .run.igemm = tile_8x12},
    {.name = "conv_transpose2d.f32.nhwc.neon.igemm8x8",
     .op = HG_OP_CONV_TRANSPOSE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {8, 8},
     .run.igemm = tile_8x8},
    {.name = "conv_transpose2d.f32.nhwc.neon.igemm6x16",
     .op = HG_OP_CONV_TRANSPOSE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {6, 16},
     .run.igemm = tile_6x16},
    {.name = "conv_transpose2d.f32.nhwc.neon.igemm4x16",
     .op = HG_OP_CONV_TRANSPOSE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_igemm,
     .tile = {4, 16},
     .run.igemm = tile_4x16},
    {.name = NULL},
};
