/* Max-unpooling of 2x2 windows of stride 2, gather form (nhwc/gather.c): stage 0 does the planes
 * and notes strays, stage 1 those with strays again as the reference does. */
#include <string.h>

#include "kernels/unpool2d/unpool2d.h"

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    const int64_t planes = p->in.n * p->in.c;
    *sizes = (hg_sizes){
        .shared = sizeof(bool) * (size_t)planes, .stages = 2, .ranges = {planes, planes}};
}

static void gather_plane(const hg_task *t, int64_t n, int64_t c, bool *stray)
{
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides, at = hg_unpool_rule(p).at;
    const size_t index_size = hg_index_bytes(p->pool.index_type);
    const int64_t in = n * si->n + c * si->c, covered_h = 2 * p->in.h, covered_w = 2 * p->in.w;
    float *plane = t->output + n * so->n + c * so->c;
    *stray = false;
    const hg_unpool_args a = {.input = t->input + in,
                              .indices = (const char *)t->input_indices + (size_t)in * index_size,
                              .output = plane,
                              .stray = stray,
                              .width = p->in.w,
                              .height = p->in.h,
                              .in_down = si->h,
                              .window = p->kernel,
                              .out_row = so->h,
                              .index_type = p->pool.index_type,
                              .first = n * at.n + c * at.c,
                              .index_window = 2 * at.w,
                              .index_row = at.h,
                              .index_column = at.w};
    t->kernel->run.unpool(&a);
    for (int64_t y = 0; y < p->out.h; y++) {
        const int64_t first = y < covered_h ? covered_w : 0;
        if (first < p->out.w)
            memset(plane + y * so->h + first, 0, sizeof(float) * (size_t)(p->out.w - first));
    }
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    const int64_t channels = t->problem->in.c;
    bool *strays = t->shared;
    for (int64_t i = begin; i < end; i++) {
        if (stage == 0)
            gather_plane(t, i / channels, i % channels, strays + i);
        else if (strays[i])
            hg_unpool_scatter(t, i / channels, i % channels, 1);
    }
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    return hg_unpool_cost(p, 0.4 * hg_isa_model_of(k->isa)->rate);
}

const hg_algorithm hg_unpool2d_nchw_gather_2x2 = {
    .name = "gather_2x2", .supports = hg_unpool_tiles, .cost = cost, .size = size, .run = run};
