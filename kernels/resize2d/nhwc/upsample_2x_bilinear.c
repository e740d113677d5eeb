/* Each pair of neighbouring input rows gives the two output rows between them, without a row in
 * scratch. */
#include "kernels/resize2d/nhwc/upsample_2x_bilinear.h"

enum {
    RANGE_FLOATS = 16384, /* of output */
    FAR_FLOATS = 1 << 19, /* output that does not fit L2 */
    FAR_CHANNELS = 64
};

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return hg_resize_doubles(p, HG_RESIZE_BILINEAR);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const double vectors = (double)p->out.n * (double)p->out.h * (double)p->out.w *
                           (double)HG_CEIL_DIV(p->out.c, hg_isa_model_of(k->isa)->lanes);
    return HG_MAX(hg_problem_bytes(p) / (50.0 * 0.9), 0.35 * vectors) + 200.0;
}

/* Gaps between input rows, the borders' included, and those of one range. */
static int64_t gaps_of(const hg_problem *p)
{
    return p->in.h + 1;
}

static int64_t range_gaps(const hg_problem *p)
{
    return hg_clamp(RANGE_FLOATS / (2 * p->out.w * p->out.c), 1, gaps_of(p));
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.ranges = {p->out.n * HG_CEIL_DIV(gaps_of(p), range_gaps(p))}};
}

/* Are pixels wide and far enough that whole lines are worth more instructions? */
static bool far_away(const hg_problem *p)
{
    return p->out.c >= FAR_CHANNELS && p->out.n * p->out.h * p->out.w * p->out.c >= FAR_FLOATS;
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const hg_resize_2x_bilinear_ukernels *u = t->kernel->run.resize_2x_bilinear;
    const int64_t gaps = range_gaps(p), ranges = HG_CEIL_DIV(gaps_of(p), gaps);
    const bool whole = p->in.c % hg_isa_model_of(t->kernel->isa)->lanes == 0;
    const bool cachelines = whole && (t->config.nontemporal == 1 || far_away(p));
    hg_resize_2x_bilinear_fn *const border = cachelines ? u->cachelines : u->any;
    hg_resize_2x_bilinear_fn *const inside = hg_resize_nontemporal(t) ? u->nontemporal : border;
    hg_resize_2x_bilinear_args a = {
        .width = p->in.w, .channels = p->in.c, .in_pixel = si->w, .out_pixel = so->w};
    for (int64_t i = begin; i < end; i++) {
        const float *in = t->input + i / ranges * si->n;
        float *out = t->output + i / ranges * so->n;
        const int64_t first = i % ranges * gaps, last = HG_MIN(first + gaps, gaps_of(p));
        for (int64_t y = first; y < last; y++) { /* the gap above input row y */
            a.above = in + HG_MAX(y - 1, 0) * si->h;
            a.below = in + HG_MIN(y, p->in.h - 1) * si->h;
            a.upper = out + HG_MAX(2 * y - 1, 0) * so->h;
            a.lower = out + HG_MIN(2 * y, p->out.h - 1) * so->h;
            /* At the border the one row is written twice, which needs its lines in a cache. */
            (y > 0 && y < p->in.h ? inside : border)(&a);
        }
    }
}

const hg_algorithm hg_resize2d_nhwc_upsample_2x_bilinear = {.name = "upsample_2x_bilinear",
                                                            .supports = supports,
                                                            .configs =
                                                                hg_resize_nontemporal_configs,
                                                            .cost = cost,
                                                            .size = size,
                                                            .run = run};
