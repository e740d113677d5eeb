/* Shape files: layers of networks as tab-separated rows, turned into problems.
 *
 * A line that starts with # is a comment. The first other line names the columns, in any order:
 *
 *   network layer op                  words
 *   C H W OH OW                       the input's and the output's sizes
 *   K R S                             output channels, window height and width
 *   stride_h stride_w pad_t pad_l pad_b pad_r dil_h dil_w groups opad_h opad_w
 *   N count                           images; how often the layer occurs in the network
 *
 * op is Conv, ConvDepthwise, ConvMaxPool or ConvAveragePool (with 2x2 pooling fused),
 * ConvTranspose, UpsampleConv (nearest by stride_h x stride_w, then a convolution of stride 1),
 * MaxPool, MaxPoolIndices, AveragePool, GlobalAveragePool, MaxUnpool, Resize:MODE
 * (nearest, bilinear, bilinear_align_corners, bicubic, area, lanczos3, lanczos5) or
 * ResizeArgmax:MODE (the two bilinear ones; classes of 32 bits). The padding of a
 * pooling may or may not include the overhang of a ceil rule: OH and OW decide. Averages leave
 * padding out, indices are 32 bits wide and count as PyTorch does, and resizes follow PyTorch's
 * interpolate, which has no Lanczos. */
#ifndef HG_TUNER_SHAPES_H
#define HG_TUNER_SHAPES_H

#include "kernels/problem.h"

typedef struct hg_shape {
    char network[64], layer[96], op[40];
    int64_t n, c, h, w, k, r, s;
    int64_t stride_h, stride_w, pad_t, pad_l, pad_b, pad_r, dil_h, dil_w;
    int64_t groups, count, oh, ow, opad_h, opad_w;
} hg_shape;

typedef struct hg_shapes {
    hg_shape *rows;
    size_t count, capacity;
} hg_shapes;

/* Appends the rows of a file. Every row is checked by building its problem. On failure the rows
 * read so far stay, and why says "FILE:LINE: what is wrong". HG_IO, HG_INVALID, HG_NO_MEMORY. */
hg_status hg_shapes_read(const char *path, hg_shapes *shapes, hg_reason *why);
void hg_shapes_free(hg_shapes *shapes);

hg_status hg_shape_problem(const hg_shape *shape, hg_layout layout, hg_problem *p, hg_reason *why);

#endif
