/* Padding, reference: element by element. */
#include "kernels/pad2d/pad2d.h"
#include "kernels/reference.h"

static float element(const hg_task *t, const void *data, const hg_output *o)
{
    (void)data;
    const hg_problem *p = t->problem;
    const hg_strides *s = &p->in.strides;
    const int64_t y = hg_pad_source(p->border.mode, o->y - p->pad.top, p->in.h);
    const int64_t x = hg_pad_source(p->border.mode, o->x - p->pad.left, p->in.w);
    if (y < 0 || x < 0) return p->border.value;
    return t->input[o->n * s->n + y * s->h + x * s->w + o->c * s->c];
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    hg_each_output(t, begin, end, NULL, element);
}

static const hg_algorithm reference = {
    .name = "reference", .cost = hg_reference_light, .size = hg_reference_rows, .run = run};

const hg_kernel hg_pad2d_ref[] = {
    HG_REFERENCE(pad2d, HG_OP_PAD2D, 1, &reference),
    {.name = NULL},
};
