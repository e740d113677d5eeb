/* Resizing, reference: each output element from its taps, any layout and strides. */
#include "kernels/reference.h"
#include "kernels/resize2d/resize2d.h"

/* data: hg_resize_axes. */
static float element(const hg_task *t, const void *data, const hg_output *o)
{
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides;
    const hg_resize_axes *axes = data;
    const hg_resize_axis *v = &axes->v, *h = &axes->h;
    const int64_t oy = o->y, ox = o->x;
    if (v->count[oy] == 0 || h->count[ox] == 0) return p->resize.extrapolation;
    const float *first =
        t->input + o->n * si->n + v->first[oy] * si->h + h->first[ox] * si->w + o->c * si->c;
    if (p->resize.mode == HG_RESIZE_NEAREST) return *first;
    float sum = 0.0f;
    for (int64_t i = 0; i < v->count[oy]; i++) {
        const float *row = first + i * si->h, vertical = v->weight[i * v->out + oy];
        float v_row = 0.0f;
        if (vertical == 0.0f) continue;
        for (int64_t j = 0; j < h->count[ox]; j++) {
            const float weight = h->weight[j * h->out + ox];
            if (weight != 0.0f) v_row += weight * row[j * si->w];
        }
        sum += vertical * v_row;
    }
    return sum;
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    hg_each_output(t, begin, end, t->tables, element);
}

static void rows(const hg_task *t, int64_t begin, int64_t end)
{
    hg_each_output(t, begin, end, t->tables, element);
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
    return 2.0 * (taps + 2.0) * hg_tensor_elements(&p->out) / (100.0 * 0.02) + 200.0;
}

static const hg_algorithm reference = {.name = "reference",
                                       .cost = cost,
                                       .size = size,
                                       .prepare = hg_resize_prepare,
                                       .run = run,
                                       .rows = rows};

const hg_kernel hg_resize2d_ref[] = {
    HG_REFERENCE(resize2d, HG_OP_RESIZE2D, 2, &reference),
    {.name = NULL},
};
