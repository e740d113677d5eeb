/* A lone activation, reference: element by element. */
#include "kernels/activation/activation.h"
#include "kernels/reference.h"

static float element(const hg_task *t, const void *data, const hg_output *o)
{
    (void)data;
    const hg_strides *s = &t->problem->in.strides;
    const hg_post *post = &t->problem->post;
    float v = t->input[o->n * s->n + o->y * s->h + o->x * s->w + o->c * s->c];
    if (v < 0.0f) v *= post->slope;
    if (v < post->min) v = post->min;
    if (v > post->max) v = post->max;
    const float *slope = t->slopes ? t->slopes + o->c : NULL;
    const hg_activation_args args = {post->factor, post->offset, slope, true};
    float end = v; /* v itself stays in a register, whatever the flags */
    if (t->activate) t->activate(&end, &end, 1, &args);
    return end;
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    hg_each_output(t, begin, end, NULL, element);
}

static const hg_algorithm reference = {.name = "reference",
                                       .cost = hg_reference_light,
                                       .size = hg_reference_rows,
                                       .run = run,
                                       .finishes = true};

const hg_kernel hg_activation2d_ref[] = {
    HG_REFERENCE(activation2d, HG_OP_ACTIVATION2D, 1, &reference),
    {.name = NULL},
};
