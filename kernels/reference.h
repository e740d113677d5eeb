/* What the reference kernels share: their rows, and the walk over their outputs. */
#ifndef HG_REFERENCE_H
#define HG_REFERENCE_H

#include "kernels/kernel.h"

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
