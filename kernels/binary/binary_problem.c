/* binary: public descriptor -> problem. */
#include "kernels/common/attr.h"
#include "kernels/problem.h"

/* Sizes of the second tensor: the input's, or 1. */
static hg_status check_sizes(const hg_tensor *in, const hg_tensor *other, hg_reason *why)
{
    const struct {
        const char *name;
        int64_t in, other;
    } sizes[] = {{"n", in->n, other->n},
                 {"h", in->h, other->h},
                 {"w", in->w, other->w},
                 {"c", in->c, other->c}};
    for (size_t i = 0; i < HG_COUNT(sizes); i++)
        if (sizes[i].other != sizes[i].in && sizes[i].other != 1)
            return hg_fail(why, HG_INVALID, "other.%s is %lld; 1 or input.%s, %lld", sizes[i].name,
                           (long long)sizes[i].other, sizes[i].name, (long long)sizes[i].in);
    if (in->layout == other->layout) return HG_OK;
    return hg_fail(why, HG_INVALID, "other.layout is not the input's");
}

static hg_status check_epilogue(const hg_epilogue *epilogue, hg_post *post, hg_reason *why)
{
    if (epilogue->residual)
        return hg_fail(why, HG_UNSUPPORTED, "epilogue.residual: there is none behind a binary");
    if (epilogue->activation == HG_PRELU)
        return hg_fail(why, HG_UNSUPPORTED, "epilogue.activation: HG_PRELU has no slopes here");
    return hg_post_from_epilogue(epilogue, post, why);
}

hg_status hg_problem_binary(const hg_binary *op, hg_problem *p, hg_reason *why)
{
    if (!op) return hg_fail(why, HG_INVALID, "the descriptor is NULL");
    *p = (hg_problem){.op = HG_OP_BINARY,
                      .kernel = {1, 1},
                      .stride = {1, 1},
                      .dilation = {1, 1},
                      .groups = 1,
                      .binary.op = op->op};
    hg_tensor *other = &p->binary.other;
    hg_status s = hg_check_reserved(op->reserved, HG_COUNT(op->reserved), "op", why);
    if (!s) s = hg_check_tensor(&op->input, "input", &p->in, why);
    if (!s) s = hg_check_tensor(&op->other, "other", other, why);
    if (!s) s = check_sizes(&p->in, other, why);
    if (!s) s = hg_check_choice(op->op, HG_MAXIMUM, "op", "hg_binary_op", why);
    if (!s) s = check_epilogue(&op->epilogue, &p->post, why);
    if (s) return s;
    p->out = p->in;
    return hg_finish_output(p, p->in.c, &op->output_strides, why);
}

hg_status hg_binary_output(const hg_binary *op, hg_tensor *output)
{
    hg_problem p;
    return hg_give_output(hg_problem_binary(op, &p, NULL), &p, output);
}
