/* activation2d: public descriptor -> problem. */
#include "kernels/common/attr.h"
#include "kernels/problem.h"

hg_status hg_problem_activation2d(const hg_activation2d *op, hg_problem *p, hg_reason *why)
{
    if (!op) return hg_fail(why, HG_INVALID, "the descriptor is NULL");
    *p = (hg_problem){.op = HG_OP_ACTIVATION2D,
                      .kernel = {1, 1},
                      .stride = {1, 1},
                      .dilation = {1, 1},
                      .groups = 1};
    hg_status s = hg_check_reserved(op->reserved, HG_COUNT(op->reserved), "op", why);
    if (!s) s = hg_check_tensor(&op->input, "input", &p->in, why);
    if (!s && op->epilogue.residual)
        s = hg_fail(why, HG_UNSUPPORTED,
                    "epilogue.residual: hg_binary adds one in front of an activation");
    if (!s) s = hg_post_from_epilogue(&op->epilogue, &p->post, why);
    if (s) return s;
    p->out = p->in;
    return hg_finish_output(p, p->in.c, &op->output_strides, why);
}

hg_status hg_activation2d_output(const hg_activation2d *op, hg_tensor *output)
{
    hg_problem p;
    return hg_give_output(hg_problem_activation2d(op, &p, NULL), &p, output);
}
