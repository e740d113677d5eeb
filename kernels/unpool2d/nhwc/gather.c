/* Max-unpooling, gather form: where the window equals the stride every output belongs to the block
 * of one input, and is written once, without a zero fill.
 *
 * An index may be valid and yet name a pixel outside its own block, or be out of range. Such a
 * stray element is noticed because it matches nowhere. Stage 0 notes it per row of input; stage 1
 * does the images with strays again as the reference does. */
#include <string.h>

#include "kernels/unpool2d/unpool2d.h"

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    const int64_t rows = p->in.n * p->in.h;
    *sizes =
        (hg_sizes){.shared = sizeof(bool) * (size_t)rows, .stages = 2, .ranges = {rows, p->in.n}};
}

static void zero_pixels(const hg_problem *p, float *out, int64_t pixels)
{
    const size_t bytes = sizeof(float) * (size_t)p->out.c;
    for (int64_t x = 0; x < pixels; x++) memset(out + x * p->out.strides.w, 0, bytes);
}

/* What no block covers: the columns right of the last block, and the rows below the last one. */
static void zero_rest(const hg_problem *p, float *image, int64_t y)
{
    const hg_strides *so = &p->out.strides;
    const int64_t covered = p->in.w * p->stride.w, top = y * p->stride.h;
    const int64_t bottom = y == p->in.h - 1 ? p->out.h : top + p->stride.h;
    for (int64_t oy = top; oy < bottom; oy++) {
        const int64_t first = oy < top + p->stride.h ? covered : 0;
        zero_pixels(p, image + oy * so->h + first * so->w, p->out.w - first);
    }
}

static void gather_row(const hg_task *t, int64_t row)
{
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const hg_strides at = hg_unpool_rule(p).at;
    const size_t index_size = hg_index_bytes(p->pool.index_type);
    const int64_t n = row / p->in.h, y = row % p->in.h, in = n * si->n + y * si->h;
    float *image = t->output + n * so->n;
    bool *stray = (bool *)t->shared + row;
    *stray = false;
    const hg_unpool_args a = {.input = t->input + in,
                              .indices = (const char *)t->input_indices + (size_t)in * index_size,
                              .output = image + y * p->stride.h * so->h,
                              .stray = stray,
                              .width = p->in.w,
                              .channels = p->in.c,
                              .window = p->kernel,
                              .in_pixel = si->w,
                              .out_row = so->h,
                              .out_pixel = so->w,
                              .index_type = p->pool.index_type,
                              .first = n * at.n + y * p->stride.h * at.h,
                              .index_window = p->stride.w * at.w,
                              .index_channel = at.c,
                              .index_row = at.h,
                              .index_column = at.w};
    t->kernel->run.unpool(&a);
    zero_rest(p, image, y);
}

/* Stage 0: a range is one row of input pixels. Stage 1: an image. */
static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    const hg_problem *p = t->problem;
    for (int64_t i = begin; stage == 0 && i < end; i++) gather_row(t, i);
    for (int64_t n = begin; stage == 1 && n < end; n++) {
        const bool *strays = (const bool *)t->shared + n * p->in.h;
        if (memchr(strays, true, sizeof(bool) * (size_t)p->in.h))
            hg_unpool_scatter(t, n, 0, p->in.c);
    }
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const int64_t lanes = hg_isa_model_of(k->isa)->lanes;
    const double used = (double)p->in.c / (double)HG_ROUND_UP(p->in.c, lanes);
    const double fixed = k->limits.kernel.h ? 1.2 : 1.0;
    return hg_unpool_cost(p, 0.4 * hg_isa_model_of(k->isa)->rate * used * fixed);
}

const hg_algorithm hg_unpool2d_nhwc_gather = {
    .name = "gather", .supports = hg_unpool_tiles, .cost = cost, .size = size, .run = run};
