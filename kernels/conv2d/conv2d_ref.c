/* conv2d, reference: the loop nest of the public header, any layout and strides. */
#include <string.h>

#include "kernels/conv2d/conv2d.h"

double hg_conv_ref_cost(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return hg_roofline(p, hg_problem_flops(p), 0.02);
}

void hg_conv_ref_size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)(p->out.c * hg_problem_reduction(p)),
                        .ranges = {p->out.n * p->out.h}};
}

void hg_conv_pack_as_given(const hg_problem *p, const hg_kernel *k, const float *filter,
                           float *packed)
{
    (void)k;
    memcpy(packed, filter, sizeof(float) * (size_t)(p->out.c * hg_problem_reduction(p)));
}

/* v = sum + bias; see hg_post. */
float hg_conv_ref_end(const hg_task *t, const hg_output *o, float v)
{
    const hg_strides *r = &t->problem->residual_strides;
    if (t->problem->post.residual)
        v += t->residual[o->n * r->n + o->y * r->h + o->x * r->w + o->c * r->c];
    return hg_reference_post(t, o, v);
}

static float element(const hg_task *t, const void *data, const hg_output *o)
{
    (void)data;
    const hg_problem *p = t->problem;
    const hg_strides *s = &p->in.strides;
    const int64_t c_group = p->in.c / p->groups;
    const int64_t group = o->c / (p->out.c / p->groups);
    const float *first = t->input + o->n * s->n + group * c_group * s->c;
    const float *weight = t->weights + o->c * c_group * p->kernel.h * p->kernel.w;
    float v = t->bias[o->c];
    for (int64_t c = 0; c < c_group; c++) {
        for (int64_t ky = 0; ky < p->kernel.h; ky++) {
            const int64_t iy = o->y * p->stride.h - p->pad.top + ky * p->dilation.h;
            for (int64_t kx = 0; kx < p->kernel.w; kx++, weight++) {
                const int64_t ix = o->x * p->stride.w - p->pad.left + kx * p->dilation.w;
                if (iy >= 0 && iy < p->in.h && ix >= 0 && ix < p->in.w)
                    v += first[iy * s->h + ix * s->w + c * s->c] * *weight;
            }
        }
    }
    return hg_conv_ref_end(t, o, v);
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    hg_each_output(t, begin, end, NULL, element);
}

static const hg_algorithm reference = {HG_CONV_REFERENCE, .run = run};

const hg_kernel hg_conv2d_ref[] = {
    HG_REFERENCE(conv2d, HG_OP_CONV2D, 1, &reference),
    {.name = NULL},
};
