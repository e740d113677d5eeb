/* Max-unpooling, gather form: where the window equals the stride every output belongs to the block
 * of one input, and is written once, without a zero fill.
 *
 * An index may be valid and yet name a pixel outside its own block, or be out of range. Such a
 * stray element is noticed because it matches nowhere. Stage 0 notes it per unit: a row of input
 * pixels (NHWC) or a plane (NCHW). Stage 1 does the images (NHWC) or planes with strays again as
 * the reference does. The tables are the arguments that all units share. */
#include <string.h>

#include "kernels/unpool2d/unpool2d.h"

static bool nhwc(const hg_problem *p)
{
    return p->in.layout == HG_NHWC;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    const int64_t units = p->in.n * (nhwc(p) ? p->in.h : p->in.c);
    *sizes = (hg_sizes){.tables = sizeof(hg_unpool_args),
                        .shared = sizeof(bool) * (size_t)units,
                        .stages = 2,
                        .ranges = {units, nhwc(p) ? p->in.n : units}};
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    (void)k, (void)c;
    const hg_strides at = hg_unpool_rule(p).at;
    *(hg_unpool_args *)tables = (hg_unpool_args){.width = p->in.w,
                                                 .channels = p->in.c,
                                                 .height = p->in.h,
                                                 .window = p->kernel,
                                                 .in_pixel = p->in.strides.w,
                                                 .in_down = p->in.strides.h,
                                                 .out_row = p->out.strides.h,
                                                 .out_pixel = p->out.strides.w,
                                                 .index_type = p->pool.index_type,
                                                 .index_image = at.n,
                                                 .index_window = p->stride.w * at.w,
                                                 .index_channel = at.c,
                                                 .index_row = at.h,
                                                 .index_column = at.w};
}

/* Output rows [y, end) of an image or plane: what no block covers, the columns right of the last
 * block and the rows below. */
static void zero_rest(const hg_problem *p, float *image, int64_t y, int64_t end)
{
    const int64_t covered_h = p->in.h * p->stride.h, covered_w = p->in.w * p->stride.w;
    const int64_t pixel = p->out.strides.w;
    for (; y < end; y++) {
        float *row = image + y * p->out.strides.h;
        int64_t x = y < covered_h ? covered_w : 0;
        if (!nhwc(p) && x < p->out.w) memset(row + x, 0, sizeof(float) * (size_t)(p->out.w - x));
        for (; nhwc(p) && x < p->out.w; x++)
            memset(row + x * pixel, 0, sizeof(float) * (size_t)p->out.c);
    }
}

/* Row y of all channels of image n, or all rows of channel c. */
static void gather(const hg_task *t, int64_t n, int64_t y, int64_t c, bool *stray)
{
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const int64_t in = n * si->n + y * si->h + c * si->c, top = y * p->stride.h;
    const int64_t bottom = !nhwc(p) || y == p->in.h - 1 ? p->out.h : top + p->stride.h;
    float *image = t->output + n * so->n + c * so->c;
    hg_unpool_args a = *(const hg_unpool_args *)t->tables;
    a.input = t->input + in;
    a.indices = (const char *)t->input_indices + (size_t)in * hg_index_bytes(a.index_type);
    a.output = image + top * so->h;
    a.stray = stray;
    a.first = n * a.index_image + top * a.index_row + c * a.index_channel;
    *stray = false;
    t->kernel->run.unpool(&a);
    zero_rest(p, image, top, bottom);
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    const hg_problem *p = t->problem;
    const int64_t h = p->in.h, channels = p->in.c;
    bool *strays = t->shared;
    for (int64_t i = begin; i < end; i++) {
        if (stage == 0 && nhwc(p))
            gather(t, i / h, i % h, 0, strays + i);
        else if (stage == 0)
            gather(t, i / channels, 0, i % channels, strays + i);
        else if (nhwc(p) && memchr(strays + i * h, true, sizeof(bool) * (size_t)h))
            hg_unpool_scatter(t, i, 0, channels);
        else if (!nhwc(p) && strays[i])
            hg_unpool_scatter(t, i / channels, i % channels, 1);
    }
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const double efficiency = 0.4 * hg_rate(k);
    if (!nhwc(p)) return hg_unpool_cost(p, efficiency * hg_lanes_used(k, p->in.w));
    const double fixed = k->limits.kernel.h ? 1.2 : 1.0;
    return hg_unpool_cost(p, efficiency * hg_lanes_used(k, p->in.c) * fixed);
}

const hg_algorithm hg_unpool2d_gather = {.name = "gather",
                                         .supports = hg_unpool_tiles,
                                         .cost = cost,
                                         .size = size,
                                         .prepare = prepare,
                                         .run = run};
