/* Bilinear resizing to twice the size: each pair of neighbouring input rows gives the two output
 * rows between them, without a row in scratch. Contract of the microkernels: resize2d.h. */
#include "kernels/resize2d/resize2d.h"

enum {
    BLOCK_FLOATS = 16384, /* output of a range */
    FAR_FLOATS = 1 << 19, /* output that does not fit L2 */
    FAR_CHANNELS = 64
};

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    const hg_resize_attr *r = &p->resize;
    const bool centred = r->coordinates == HG_HALF_PIXEL || r->coordinates == HG_PYTORCH_HALF_PIXEL;
    return r->mode == HG_RESIZE_BILINEAR && centred && !r->antialias && r->scale_h == 0.0 &&
           r->scale_w == 0.0 && p->out.h == 2 * p->in.h && p->out.w == 2 * p->in.w;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const double vectors = (double)p->out.n * (double)p->out.h * (double)p->out.w *
                           (double)HG_CEIL_DIV(p->out.c, 8) / hg_isa_model_of(k->isa)->rate;
    return HG_MAX(hg_problem_bytes(p) / (50.0 * 0.9), 0.35 * vectors) + 200.0;
}

/* Gaps between input rows, the borders' included, and those of one range. */
static int64_t gaps_of(const hg_problem *p)
{
    return p->in.h + 1;
}

static int64_t block_of(const hg_problem *p)
{
    const int64_t row = p->out.w * p->out.c;
    return HG_MIN(HG_MAX(BLOCK_FLOATS / (2 * row), 1), gaps_of(p));
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.ranges = {p->out.n * HG_CEIL_DIV(gaps_of(p), block_of(p))}};
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
    const int64_t block = block_of(p), blocks = HG_CEIL_DIV(gaps_of(p), block);
    hg_resize_twice_args a = {
        .width = p->in.w, .channels = p->in.c, .in_pixel = si->w, .out_pixel = so->w};
    const hg_resize_steps *steps = t->kernel->run.resize;
    const bool past = t->config.store == 1 && hg_resize_whole_vectors(t);
    const bool lines = p->in.c % 8 == 0 && (t->config.store == 1 || far_away(p));
    for (int64_t i = begin; i < end; i++) {
        const float *in = t->input + i / blocks * si->n;
        float *out = t->output + i / blocks * so->n;
        const int64_t first = i % blocks * block, last = HG_MIN(first + block, gaps_of(p));
        for (int64_t y = first; y < last; y++) { /* the gap above input row y */
            a.above = in + HG_MAX(y - 1, 0) * si->h;
            a.below = in + HG_MIN(y, p->in.h - 1) * si->h;
            a.upper = out + HG_MAX(2 * y - 1, 0) * so->h;
            a.lower = out + HG_MIN(2 * y, p->out.h - 1) * so->h;
            const bool once = y > 0 && y < p->in.h; /* no element of the gap is written twice */
            (past && once ? steps->twice_past : lines ? steps->twice_lines : steps->twice)(&a);
        }
    }
}

const hg_algorithm hg_resize_twice = {.name = "resize-twice",
                                      .supports = supports,
                                      .configs = hg_resize_store_configs,
                                      .cost = cost,
                                      .size = size,
                                      .run = run};
