/* Part of direct.c: how weights are packed. */
#ifndef HG_DIRECT_WEIGHTS_H
#define HG_DIRECT_WEIGHTS_H

#include <string.h>

#include "kernels/conv2d/direct.h"
#include "kernels/conv2d/direct_shape.h"

/* First column of vector v: the last one ends with the group, over columns of the one before. */
static int64_t column_of(const shape *s, int64_t v)
{
    return v < s->vectors - 1 ? v * VL : HG_MAX(s->k_group - VL, 0);
}

/* A few channels of a column at a time, whose weights are neighbours: columns are often a multiple
 * of 4 KiB apart, and read side by side would share cache sets. What is written stays in L1.
 * Columns past a group narrower than a vector are zero. */
static void pack_panel(const hg_problem *p, const shape *s, int64_t panel,
                       const hg_direct_filter *f, float *packed)
{
    enum { AT_ONCE = 16 };
    int64_t first;
    const int64_t group = panel / s->group_panels;
    const int64_t nv = vectors_of(s, panel % s->group_panels, &first), columns = nv * VL;
    const int64_t there = s->k_group < VL ? s->k_group : columns;
    packed += (group * s->vectors + first) * VL * s->depth;
    if (there < columns) memset(packed, 0, sizeof(float) * (size_t)(columns * s->depth));
    for (int64_t begin = 0; begin < s->c_group; begin += AT_ONCE)
        for (int64_t j = 0; j < there; j++) {
            const int64_t column = group * s->k_group + column_of(s, first + j / VL) + j % VL;
            const int64_t end = HG_MIN(begin + AT_ONCE, s->c_group);
            const float *from = f->origin + column * f->k_step;
            float *to = packed + j;
            for (int64_t y = 0; y < p->kernel.h; y++)
                for (int64_t x = 0; x < p->kernel.w; x++, to += s->c_group * columns)
                    for (int64_t c = begin; c < end; c++)
                        to[c * columns] = from[c * f->c_step + y * f->y_step + x * f->x_step];
        }
}

/* [K][ky][kx][C/groups], and zeros for whole vectors to end in. */
static void pack_dots(const hg_problem *p, const shape *s, const hg_direct_filter *f, float *packed)
{
    for (int64_t k = 0; k < p->out.c; k++)
        for (int64_t y = 0; y < p->kernel.h; y++)
            for (int64_t x = 0; x < p->kernel.w; x++)
                for (int64_t c = 0; c < s->c_group; c++)
                    *packed++ =
                        f->origin[k * f->k_step + c * f->c_step + y * f->y_step + x * f->x_step];
    for (int i = 0; i < VL; i++) *packed++ = 0.0f;
}

void hg_direct_pack(const hg_problem *p, const hg_kernel *k, const hg_direct_filter *filter,
                    float *packed)
{
    const shape s = shape_of(p, k, &(hg_config){0});
    if (dots(k)) {
        pack_dots(p, &s, filter, packed);
        return;
    }
    for (int64_t panel = 0; panel < s.panels; panel++) pack_panel(p, &s, panel, filter, packed);
}

static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    const int64_t taps = p->kernel.h * p->kernel.w;
    const hg_direct_filter view = {filter, p->in.c / p->groups * taps, taps, p->kernel.w, 1};
    hg_direct_pack(p, k, &view, packed);
}

#endif
