/* softmax2d: public descriptor -> problem. */
#include "kernels/common/attr.h"
#include "kernels/problem.h"

hg_status hg_problem_softmax2d(const hg_softmax2d *op, hg_problem *p, hg_reason *why)
{
    if (!op) return hg_fail(why, HG_INVALID, "the descriptor is NULL");
    *p = (hg_problem){
        .op = HG_OP_SOFTMAX2D, .kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    hg_status s = hg_check_reserved(op->reserved, HG_COUNT(op->reserved), "op", why);
    if (!s) s = hg_check_tensor(&op->input, "input", &p->in, why);
    if (s) return s;
    p->out = p->in;
    return hg_finish_output(p, p->in.c, &op->output_strides, why);
}

hg_status hg_softmax2d_output(const hg_softmax2d *op, hg_tensor *output)
{
    hg_problem p;
    return hg_give_output(hg_problem_softmax2d(op, &p, NULL), &p, output);
}
