/* pad2d: public descriptor -> problem. */
#include "kernels/common/attr.h"
#include "kernels/problem.h"

/* What a side adds, or, negative, takes away. */
static hg_status check_side(int64_t value, const char *name, hg_reason *why)
{
    if (value >= -HG_MAX_EXTENT && value <= HG_MAX_EXTENT) return HG_OK;
    return hg_fail(why, HG_RANGE, "%s is %lld; it must lie between -2^31 and 2^31", name,
                   (long long)value);
}

static hg_status check_sides(const hg_pad2d *op, hg_reason *why)
{
    hg_status s = check_side(op->top, "top", why);
    if (!s) s = check_side(op->left, "left", why);
    if (!s) s = check_side(op->bottom, "bottom", why);
    if (!s) s = check_side(op->right, "right", why);
    return s;
}

static hg_status grow(int64_t *size, int64_t begin, int64_t end, const char *names, hg_reason *why)
{
    *size += begin + end;
    if (*size < 1)
        return hg_fail(why, HG_INVALID, "%s leave nothing of the input: an empty output", names);
    if (*size <= HG_MAX_EXTENT) return HG_OK;
    return hg_fail(why, HG_RANGE, "%s make an output of 2^31 rows or columns, or more", names);
}

hg_status hg_problem_pad2d(const hg_pad2d *op, hg_problem *p, hg_reason *why)
{
    if (!op) return hg_fail(why, HG_INVALID, "the descriptor is NULL");
    *p = (hg_problem){.op = HG_OP_PAD2D,
                      .kernel = {1, 1},
                      .stride = {1, 1},
                      .dilation = {1, 1},
                      .groups = 1,
                      .pad = {op->top, op->left, op->bottom, op->right},
                      .border.mode = op->mode};
    hg_status s = hg_check_reserved(op->reserved, HG_COUNT(op->reserved), "op", why);
    if (!s) s = hg_check_tensor(&op->input, "input", &p->in, why);
    if (!s) s = hg_check_choice(op->mode, HG_PAD_WRAP, "mode", "hg_pad_mode", why);
    if (!s) s = check_sides(op, why);
    if (s) return s;
    if (op->mode == HG_PAD_CONSTANT) p->border.value = op->value;
    p->out = p->in;
    s = grow(&p->out.h, op->top, op->bottom, "top and bottom", why);
    if (!s) s = grow(&p->out.w, op->left, op->right, "left and right", why);
    return s ? s : hg_finish_output(p, p->in.c, &op->output_strides, why);
}

hg_status hg_pad2d_output(const hg_pad2d *op, hg_tensor *output)
{
    hg_problem p;
    return hg_give_output(hg_problem_pad2d(op, &p, NULL), &p, output);
}
