/* conv_transpose2d, reference: each output gathers the inputs that the public loop nest scatters
 * into it; any layout and strides. */
#include <string.h>

#include "kernels/conv2d/conv2d.h"
#include "kernels/kernel.h"

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

/* The input coordinate that tap k carries to output o, or -1. */
static int64_t source(int64_t o, int64_t begin, int64_t k, int64_t dilation, int64_t stride,
                      int64_t in)
{
    const int64_t scaled = o + begin - k * dilation;
    return scaled >= 0 && scaled % stride == 0 && scaled / stride < in ? scaled / stride : -1;
}

/* The sum of output pixel (oy, ox), channel k of an image. */
static float window(const hg_task *t, const float *image, int64_t oy, int64_t ox, int64_t k)
{
    const hg_problem *p = t->problem;
    const hg_strides *s = &p->in.strides;
    const int64_t c_group = p->in.c / p->groups;
    const float *first = image + k / (p->out.c / p->groups) * c_group * s->c;
    const float *weight = t->weights + k * hg_problem_reduction(p);
    float v = t->bias[k];
    for (int64_t ky = 0; ky < p->kernel.h; ky++) {
        const int64_t iy = source(oy, p->pad.top, ky, p->dilation.h, p->stride.h, p->in.h);
        for (int64_t kx = 0; iy >= 0 && kx < p->kernel.w; kx++) {
            const int64_t ix = source(ox, p->pad.left, kx, p->dilation.w, p->stride.w, p->in.w);
            for (int64_t c = 0; ix >= 0 && c < c_group; c++)
                v += first[iy * s->h + ix * s->w + c * s->c] *
                     weight[(c * p->kernel.h + ky) * p->kernel.w + kx];
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

const hg_kernel hg_conv_transpose2d_ref[] = {
    {.name = "conv_transpose2d.f32.any.scalar.ref",
     .op = HG_OP_CONV_TRANSPOSE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_SCALAR,
     .layouts = HG_IN_NHWC | HG_IN_NCHW,
     .reference = true,
     .rev = 1,
     .algorithm = &reference},
    {.name = NULL},
};
