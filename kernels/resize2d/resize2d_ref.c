/* Resizing, reference: each output element from its taps, any layout and strides. */
#include "kernels/resize2d/taps.h"

/* in points to the channel's element (0, 0) of the image. */
static float element(const hg_task *t, const hg_resize_axis *v, const hg_resize_axis *h,
                     const float *in, int64_t oy, int64_t ox)
{
    const hg_problem *p = t->problem;
    if (v->count[oy] == 0 || h->count[ox] == 0) return p->resize.extrapolation;
    const float *first = in + v->first[oy] * p->in.strides.h + h->first[ox] * p->in.strides.w;
    if (p->resize.mode == HG_RESIZE_NEAREST) return *first;
    float sum = 0.0f;
    for (int64_t i = 0; i < v->count[oy]; i++) {
        const float *row = first + i * p->in.strides.h, vertical = v->weight[i * v->out + oy];
        float v_row = 0.0f;
        if (vertical == 0.0f) continue;
        for (int64_t j = 0; j < h->count[ox]; j++) {
            const float weight = h->weight[j * h->out + ox];
            if (weight != 0.0f) v_row += weight * row[j * p->in.strides.w];
        }
        sum += vertical * v_row;
    }
    return sum;
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const hg_resize_axis v = hg_resize_vertical(p, t->tables);
    const hg_resize_axis h = hg_resize_horizontal(p, t->tables);
    const bool nhwc = p->out.layout == HG_NHWC;
    const int64_t outer = nhwc ? p->out.w : p->out.c, inner = nhwc ? p->out.c : p->out.w;
    for (int64_t row = begin; row < end; row++) {
        const int64_t n = row / p->out.h, oy = row % p->out.h;
        for (int64_t i = 0; i < outer; i++) {
            for (int64_t j = 0; j < inner; j++) {
                const int64_t ox = nhwc ? i : j, c = nhwc ? j : i;
                t->output[n * so->n + oy * so->h + ox * so->w + c * so->c] =
                    element(t, &v, &h, t->input + n * si->n + c * si->c, oy, ox);
            }
        }
    }
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes =
        (hg_sizes){.tables = hg_resize_table_size(p), .stages = 1, .ranges = {p->out.n * p->out.h}};
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    const double taps =
        (double)hg_resize_vertical(p, NULL).taps * (double)hg_resize_horizontal(p, NULL).taps;
    const double outputs =
        (double)p->out.n * (double)p->out.h * (double)p->out.w * (double)p->out.c;
    return 2.0 * (taps + 2.0) * outputs / (100.0 * 0.02) + 200.0;
}

static const hg_algorithm reference = {
    .name = "reference", .cost = cost, .size = size, .prepare = hg_resize_prepare, .run = run};

const hg_kernel hg_resize2d_ref[] = {
    {.name = "resize2d.f32.any.scalar.ref",
     .op = HG_OP_RESIZE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_SCALAR,
     .layouts = HG_IN_NHWC | HG_IN_NCHW,
     .reference = true,
     .rev = 2,
     .algorithm = &reference},
    {.name = NULL},
};
