/* conv_transpose2d, reference: each output gathers the inputs that the public loop nest scatters
 * into it; any layout and strides. */
#include "kernels/conv2d/conv2d.h"

/* The input coordinate that tap k carries to output o, or -1. */
static int64_t source(int64_t o, int64_t begin, int64_t k, int64_t dilation, int64_t stride,
                      int64_t in)
{
    const int64_t scaled = o + begin - k * dilation;
    return scaled >= 0 && scaled % stride == 0 && scaled / stride < in ? scaled / stride : -1;
}

static float element(const hg_task *t, const void *data, const hg_output *o)
{
    (void)data;
    const hg_problem *p = t->problem;
    const hg_strides *s = &p->in.strides;
    const int64_t c_group = p->in.c / p->groups;
    const int64_t group = o->c / (p->out.c / p->groups);
    const float *first = t->input + o->n * s->n + group * c_group * s->c;
    const float *weight = t->weights + o->c * hg_problem_reduction(p);
    float v = t->bias[o->c];
    for (int64_t ky = 0; ky < p->kernel.h; ky++) {
        const int64_t iy = source(o->y, p->pad.top, ky, p->dilation.h, p->stride.h, p->in.h);
        for (int64_t kx = 0; iy >= 0 && kx < p->kernel.w; kx++) {
            const int64_t ix = source(o->x, p->pad.left, kx, p->dilation.w, p->stride.w, p->in.w);
            for (int64_t c = 0; ix >= 0 && c < c_group; c++)
                v += first[iy * s->h + ix * s->w + c * s->c] *
                     weight[(c * p->kernel.h + ky) * p->kernel.w + kx];
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

const hg_kernel hg_conv_transpose2d_ref[] = {
    HG_REFERENCE(conv_transpose2d, HG_OP_CONV_TRANSPOSE2D, 1, &reference),
    {.name = NULL},
};
