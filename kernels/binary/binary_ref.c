/* Two tensors to one, reference: element by element. */
#include <math.h>

#include "kernels/reference.h"

static float lesser(float a, float b)
{
    return isnan(a) || a < b ? a : b;
}

static float greater(float a, float b)
{
    return isnan(a) || a > b ? a : b;
}

static float combine(hg_binary_op op, float a, float b)
{
    switch (op) {
    case HG_ADD:
        return a + b;
    case HG_SUBTRACT:
        return a - b;
    case HG_MULTIPLY:
        return a * b;
    case HG_MINIMUM:
        return lesser(a, b);
    case HG_MAXIMUM:
        break;
    }
    return greater(a, b);
}

static float element(const hg_task *t, const void *data, const hg_output *o)
{
    (void)data;
    const hg_problem *p = t->problem;
    const hg_tensor *b = &p->binary.other;
    const hg_strides *si = &p->in.strides, *sb = &b->strides;
    const float *second = t->other;
    second += (b->n > 1 ? o->n * sb->n : 0) + (b->h > 1 ? o->y * sb->h : 0);
    second += (b->w > 1 ? o->x * sb->w : 0) + (b->c > 1 ? o->c * sb->c : 0);
    const float *first = t->input + o->n * si->n + o->y * si->h + o->x * si->w + o->c * si->c;
    return hg_reference_post(t, o, combine(p->binary.op, *first, *second));
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

const hg_kernel hg_binary_ref[] = {
    HG_REFERENCE(binary, HG_OP_BINARY, 1, &reference),
    {.name = NULL},
};
