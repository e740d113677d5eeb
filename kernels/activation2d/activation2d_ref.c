/* A lone activation, reference: element by element. */
#include "kernels/reference.h"

static float element(const hg_task *t, const void *data, const hg_output *o)
{
    (void)data;
    const hg_strides *s = &t->problem->in.strides;
    const float *at = t->input + o->n * s->n + o->y * s->h + o->x * s->w + o->c * s->c;
    return hg_reference_post(t, o, *at);
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
