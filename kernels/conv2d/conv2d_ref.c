/* conv2d, reference: the loop nest of the public header, any layout and strides. */
#include <string.h>

#include "kernels/conv2d/conv2d.h"

double hg_conv_cost(const hg_problem *p, double flops, double efficiency)
{
    const double compute = flops / (100.0 * efficiency);
    const double memory = hg_problem_bytes(p) / (50.0 * HG_MIN(1.0, 2.0 * efficiency));
    return HG_MAX(compute, memory) + 200.0;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return hg_conv_cost(p, hg_problem_flops(p), 0.02);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)(p->out.c * hg_problem_reduction(p)),
                        .stages = 1,
                        .ranges = {p->out.n * p->out.h}};
}

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    (void)p, (void)k;
    memset(words, 0, 12 * sizeof words[0]);
}

static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    (void)k;
    memcpy(packed, filter, sizeof(float) * (size_t)(p->out.c * hg_problem_reduction(p)));
}

/* The sum of output pixel (oy, ox), channel k of an image. */
static float window(const hg_task *t, const float *image, int64_t oy, int64_t ox, int64_t k)
{
    const hg_problem *p = t->problem;
    const hg_strides *s = &p->in.strides;
    const int64_t c_group = p->in.c / p->groups;
    const float *first = image + k / (p->out.c / p->groups) * c_group * s->c;
    const float *weight = t->weights + k * c_group * p->kernel.h * p->kernel.w;
    float v = t->bias[k];
    for (int64_t c = 0; c < c_group; c++) {
        for (int64_t ky = 0; ky < p->kernel.h; ky++) {
            const int64_t iy = oy * p->stride.h - p->pad.top + ky * p->dilation.h;
            for (int64_t kx = 0; kx < p->kernel.w; kx++, weight++) {
                const int64_t ix = ox * p->stride.w - p->pad.left + kx * p->dilation.w;
                if (iy >= 0 && iy < p->in.h && ix >= 0 && ix < p->in.w)
                    v += first[iy * s->h + ix * s->w + c * s->c] * *weight;
            }
        }
    }
    return v;
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_strides *so = &p->out.strides, *sr = &p->residual_strides;
    for (int64_t row = begin; row < end; row++) {
        const int64_t n = row / p->out.h, oy = row % p->out.h;
        const float *image = t->input + n * p->in.strides.n;
        for (int64_t ox = 0; ox < p->out.w; ox++) {
            for (int64_t k = 0; k < p->out.c; k++) {
                float v = window(t, image, oy, ox, k);
                if (p->post.residual)
                    v += t->residual[n * sr->n + oy * sr->h + ox * sr->w + k * sr->c];
                t->output[n * so->n + oy * so->h + ox * so->w + k * so->c] =
                    hg_conv_post(&p->post, v);
            }
        }
    }
}

static const hg_algorithm reference = {
    .name = "reference", .cost = cost, .size = size, .form = form, .pack = pack, .run = run};

const hg_kernel hg_conv2d_ref[] = {
    {.name = "conv2d.f32.any.scalar.ref",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_SCALAR,
     .layouts = HG_IN_NHWC | HG_IN_NCHW,
     .reference = true,
     .rev = 1,
     .algorithm = &reference},
    {.name = NULL},
};
