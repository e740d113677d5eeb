/* What the reference kernels share: their rows, the walk over their outputs, and what follows sums.
 */
#ifndef HG_REFERENCE_H
#define HG_REFERENCE_H

#include "kernels/activation/activation.h"

#define HG_REFERENCE(word, operator, revision, how)                                                \
    {                                                                                              \
        .name = #word ".f32.any.scalar.ref", .op = operator, .dtype = HG_F32,                      \
        .isa = HG_ISA_SCALAR, .layouts = HG_IN_NHWC | HG_IN_NCHW, .reference = true,               \
        .rev = revision, .algorithm = how                                                          \
    }

/* An output, and where it lies from the tensor's first. */
typedef struct hg_output {
    int64_t n, y, x, c, offset;
} hg_output;

/* What hg_post says of element o: bounds, then the function. NaN stays NaN. */
HG_INLINE float hg_reference_post(const hg_task *t, const hg_output *o, float v)
{
    const hg_post *post = &t->problem->post;
    if (v < 0.0f) v *= post->slope;
    if (v < post->min) v = post->min;
    if (v > post->max) v = post->max;
    const float *slope = t->slopes ? t->slopes + o->c : NULL;
    const hg_activation_args args = {post->factor, post->offset, slope, true};
    float end = v; /* v itself stays in a register, whatever the flags */
    if (t->activate) t->activate(&end, &end, 1, &args);
    return end;
}

/* A range is one row of output pixels with all their channels, walked as memory lies. */
HG_INLINE void hg_each_output(const hg_task *t, int64_t begin, int64_t end, const void *data,
                              float (*element)(const hg_task *t, const void *data,
                                               const hg_output *o))
{
    const hg_tensor *out = &t->problem->out;
    const hg_strides *s = &out->strides;
    const bool nhwc = out->layout == HG_NHWC;
    const int64_t outer = nhwc ? out->w : out->c, inner = nhwc ? out->c : out->w;
    for (int64_t row = begin; row < end; row++)
        for (int64_t i = 0; i < outer; i++)
            for (int64_t j = 0; j < inner; j++) {
                hg_output o = {row / out->h, row % out->h, nhwc ? i : j, nhwc ? j : i, 0};
                o.offset = o.n * s->n + o.y * s->h + o.x * s->w + o.c * s->c;
                t->output[o.offset] = element(t, data, &o);
            }
}

/* As hg_algorithm.size, of those that have no tables: a range is a row of output pixels. */
static inline void hg_reference_rows(const hg_problem *p, const hg_kernel *k, const hg_config *c,
                                     hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.ranges = {p->out.n * p->out.h}};
}

/* As hg_algorithm.cost, of those that do little for each element. */
static inline double hg_reference_light(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return 5.0 * hg_tensor_elements(&p->out) + 200.0;
}

#endif
