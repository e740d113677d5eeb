/* Resizing and argmax, reference: each output from the taps of each of its channels. Products are
 * fused as the vector kernels fuse them, so that all kernels give the same classes. */
#include <math.h>

#include "kernels/reference.h"
#include "kernels/resize2d/resize2d.h"
#include "kernels/resize_argmax2d/resize_argmax2d.h"

/* Sum of taps, each but the first fused; taps of weight 0 do not count. */
typedef struct sum {
    float value;
    bool begun;
} sum;

static void add(sum *s, float weight, float value)
{
    s->value = s->begun ? fmaf(weight, value, s->value) : weight * value;
    s->begun = true;
}

/* The score of a channel, whose first tap is at `at`. */
static float score(const hg_task *t, const hg_resize_axes *axes, const float *at, int64_t oy,
                   int64_t ox)
{
    const hg_strides *si = &t->problem->in.strides;
    const hg_resize_axis *v = &axes->v, *h = &axes->h;
    sum column = {0.0f, false};
    for (int64_t i = 0; i < v->count[oy]; i++) {
        const float vertical = v->weight[i * v->out + oy];
        sum row = {0.0f, false};
        if (vertical == 0.0f) continue;
        for (int64_t j = 0; j < h->count[ox]; j++) {
            const float weight = h->weight[j * h->out + ox];
            if (weight != 0.0f) add(&row, weight, at[i * si->h + j * si->w]);
        }
        add(&column, vertical, row.value);
    }
    return column.value;
}

/* A NaN is above all, the first of several the largest. */
static bool is_above(float v, float best)
{
    return v > best || (isnan(v) && !isnan(best));
}

/* data: hg_resize_axes. Outside the region of crop_and_resize all channels are alike. */
static int32_t class_of(const hg_task *t, const hg_resize_axes *axes, int64_t n, int64_t oy,
                        int64_t ox)
{
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides;
    if (axes->v.count[oy] == 0 || axes->h.count[ox] == 0) return 0;
    const float *at = t->input + n * si->n + axes->v.first[oy] * si->h + axes->h.first[ox] * si->w;
    int32_t class = 0;
    float best = score(t, axes, at, oy, ox);
    for (int64_t c = 1; c < p->in.c; c++) {
        const float v = score(t, axes, at + c * si->c, oy, ox);
        if (is_above(v, best)) best = v, class = (int32_t)c;
    }
    return class;
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_tensor *out = &t->problem->out;
    const hg_strides *so = &out->strides;
    for (int64_t row = begin; row < end; row++) {
        const int64_t n = row / out->h, y = row % out->h, first = n * so->n + y * so->h;
        for (int64_t x = 0; x < out->w; x++) {
            const int32_t class = class_of(t, t->tables, n, y, x);
            hg_put_classes(out->dtype, t->output, first + x * so->w, 1, &class, 1);
        }
    }
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.tables = hg_resize_axes_of(p).bytes, .ranges = {p->out.n * p->out.h}};
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    const hg_resize_axes a = hg_resize_axes_of(p);
    const double taps = (double)a.v.taps * (double)a.h.taps;
    return 2.0 * (taps + 2.0) * (double)p->in.c * hg_tensor_elements(&p->out) / (100.0 * 0.02) +
           200.0;
}

static const hg_algorithm reference = {
    .name = "reference", .cost = cost, .size = size, .prepare = hg_resize_prepare, .run = run};

const hg_kernel hg_resize_argmax2d_ref[] = {
    HG_REFERENCE(resize_argmax2d, HG_OP_RESIZE_ARGMAX2D, 1, &reference),
    {.name = NULL},
};
