/* Shape files: layers of networks as tab-separated rows, turned into problems. docs/keys.md has
 * the format: columns, words of op, and what stands for a column or a field that is left out. */
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
