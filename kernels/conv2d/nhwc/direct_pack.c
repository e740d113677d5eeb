#include "kernels/conv2d/nhwc/direct_pack.h"

#include <string.h>

#include "kernels/conv2d/nhwc/direct_blocking.h"

enum { MOST_COLUMNS = 16 /* of a unit */, MOST_TAPS = 16 /* at a time */ };

/* Some taps of one input channel, of columns side by side. Columns are often a multiple of 4 KiB
 * apart, and so is what is written for different taps: they share a few sets of the caches. A line
 * that is read therefore gives all taps at once, and one that is written is written once. */
static void pack_block(const float *const *columns, int64_t count, int64_t channel,
                       const int64_t *taps, int64_t tap_count, float *to, int64_t step)
{
    float block[MOST_TAPS][MOST_COLUMNS];
    for (int64_t j = 0; j < count; j++)
        for (int64_t t = 0; t < tap_count; t++) block[t][j] = columns[j][channel + taps[t]];
    for (int64_t t = 0; t < tap_count; t++, to += step)
        if (count == MOST_COLUMNS)
            memcpy(to, block[t], sizeof block[t]); /* no call */
        else
            memcpy(to, block[t], (size_t)count * sizeof *to);
}

/* Unit u of a group; the columns of its panel's tap and channel begin at `to`. */
static void pack_unit(const hg_problem *p, const hg_direct_blocking *b, const hg_direct_filter *f,
                      int64_t group, int64_t u, hg_span channels, int64_t columns, float *to)
{
    const int64_t all = p->kernel.h * p->kernel.w, step = b->c_group * columns;
    const int64_t count = HG_MIN(b->unit, b->k_group);
    const float *from[MOST_COLUMNS];
    for (int64_t j = 0; j < count; j++) {
        const int64_t column = group * b->k_group + hg_direct_column(b, u) + j;
        from[j] = f->origin + column % f->channels * f->k_step + column / f->channels;
    }
    for (int64_t first = 0; first < all; first += MOST_TAPS) {
        int64_t taps[MOST_TAPS];
        const int64_t n = HG_MIN(all - first, MOST_TAPS);
        for (int64_t t = 0; t < n; t++)
            taps[t] = (first + t) / p->kernel.w * f->y_step + (first + t) % p->kernel.w * f->x_step;
        for (int64_t c = channels.begin; c < channels.end; c++)
            pack_block(from, count, c * f->c_step, taps, n, to + first * step + c * columns, step);
    }
}

static void pack_panel(const hg_problem *p, const hg_direct_blocking *b, const hg_direct_filter *f,
                       int64_t group, int64_t panel, hg_span channels, float *packed)
{
    int64_t first;
    const int64_t units = hg_direct_panel(b, panel, &first), columns = units * b->unit;
    packed += (group * b->units + first) * b->unit * b->depth;
    if (b->k_group < b->unit && channels.begin == 0)
        memset(packed, 0, sizeof(float) * (size_t)(columns * b->depth));
    for (int64_t u = 0; u < units; u++)
        pack_unit(p, b, f, group, first + u, channels, columns, packed + u * b->unit);
}

static void pack_dots(const hg_problem *p, const hg_direct_blocking *b, const hg_direct_filter *f,
                      hg_span channels, float *packed)
{
    for (int64_t k = 0; k < p->out.c; k++)
        for (int64_t y = 0; y < p->kernel.h; y++)
            for (int64_t x = 0; x < p->kernel.w; x++, packed += b->c_group)
                for (int64_t c = channels.begin; c < channels.end; c++)
                    packed[c] =
                        f->origin[k * f->k_step + c * f->c_step + y * f->y_step + x * f->x_step];
    memset(packed, 0, sizeof(float) * HG_DIRECT_BEHIND);
}

int64_t hg_direct_pack_panels(const hg_problem *p, const hg_kernel *k)
{
    return hg_direct_dots(k) ? 1 : hg_direct_blocking_of(p, k, &(hg_config){0}).group_panels;
}

void hg_direct_pack(const hg_problem *p, const hg_kernel *k, const hg_direct_filter *filter,
                    int64_t panel, hg_span channels, float *packed)
{
    const hg_direct_blocking b = hg_direct_blocking_of(p, k, &(hg_config){0});
    if (hg_direct_dots(k)) {
        if (panel == 0) pack_dots(p, &b, filter, channels, packed);
        return;
    }
    if (panel >= b.group_panels) return;
    for (int64_t group = 0; group < p->groups; group++)
        pack_panel(p, &b, filter, group, panel, channels, packed);
}
