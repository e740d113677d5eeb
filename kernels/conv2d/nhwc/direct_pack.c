#include "kernels/conv2d/nhwc/direct_pack.h"

#include <string.h>

#include "kernels/conv2d/nhwc/direct_blocking.h"

/* A few channels of a column at a time, whose weights are neighbours: columns are often a multiple
 * of 4 KiB apart, and read side by side would share cache sets. What is written stays in L1. */
static void pack_panel(const hg_problem *p, const hg_direct_blocking *b, int64_t panel,
                       const hg_direct_filter *f, int64_t begin, int64_t end, float *packed)
{
    int64_t first;
    const int64_t group = panel / b->group_panels;
    const int64_t columns = hg_direct_panel(b, panel % b->group_panels, &first) * b->unit;
    const int64_t there = b->k_group < b->unit ? b->k_group : columns;
    packed += (group * b->units + first) * b->unit * b->depth;
    if (there < columns && begin == 0)
        memset(packed, 0, sizeof(float) * (size_t)(columns * b->depth));
    for (int64_t j = 0; j < there; j++) {
        const int64_t column =
            group * b->k_group + j % b->unit + hg_direct_column(b, first + j / b->unit);
        const float *from = f->origin + column % f->channels * f->k_step + column / f->channels;
        float *to = packed + j;
        for (int64_t y = 0; y < p->kernel.h; y++)
            for (int64_t x = 0; x < p->kernel.w; x++, to += b->c_group * columns)
                for (int64_t c = begin; c < end; c++)
                    to[c * columns] = from[c * f->c_step + y * f->y_step + x * f->x_step];
    }
}

static void pack_dots(const hg_problem *p, const hg_direct_blocking *b, const hg_direct_filter *f,
                      int64_t begin, int64_t end, float *packed)
{
    for (int64_t k = 0; k < p->out.c; k++)
        for (int64_t y = 0; y < p->kernel.h; y++)
            for (int64_t x = 0; x < p->kernel.w; x++, packed += b->c_group)
                for (int64_t c = begin; c < end; c++)
                    packed[c] =
                        f->origin[k * f->k_step + c * f->c_step + y * f->y_step + x * f->x_step];
    memset(packed, 0, sizeof(float) * HG_DIRECT_BEHIND);
}

void hg_direct_pack(const hg_problem *p, const hg_kernel *k, const hg_direct_filter *filter,
                    int64_t begin, int64_t end, float *packed)
{
    const hg_direct_blocking b = hg_direct_blocking_of(p, k, &(hg_config){0});
    if (hg_direct_dots(k)) {
        pack_dots(p, &b, filter, begin, end, packed);
        return;
    }
    for (int64_t panel = 0; panel < b.panels; panel++)
        for (int64_t c = begin; c < end; c += HG_DIRECT_PACK_CHANNELS)
            pack_panel(p, &b, panel, filter, c, HG_MIN(c + HG_DIRECT_PACK_CHANNELS, end), packed);
}
