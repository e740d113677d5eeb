/* resize_argmax2d: public descriptor -> problem, which is that of the resize but for its output. */
#include "kernels/common/attr.h"
#include "kernels/problem.h"

enum { MOST_BYTE_CLASSES = 256 };

hg_status hg_problem_resize_argmax2d(const hg_resize_argmax2d *op, hg_problem *p, hg_reason *why)
{
    if (!op) return hg_fail(why, HG_INVALID, "the descriptor is NULL");
    hg_resize2d resize = op->resize;
    resize.output_strides = (hg_strides){0}; /* they are the classes' */
    hg_status s = hg_check_reserved(op->reserved, HG_COUNT(op->reserved), "op", why);
    if (!s) s = hg_problem_resize2d(&resize, p, why);
    if (!s) s = hg_check_choice(op->class_type, HG_CLASS_U8, "class_type", "hg_class_type", why);
    if (s) return s;
    const bool bytes = op->class_type == HG_CLASS_U8;
    if (bytes && p->in.c > MOST_BYTE_CLASSES)
        return hg_fail(why, HG_INVALID, "class_type is u8, which has no class %lld",
                       (long long)p->in.c - 1);
    p->op = HG_OP_RESIZE_ARGMAX2D;
    s = hg_finish_output(p, 1, &op->resize.output_strides, why);
    p->out.dtype = bytes ? HG_U8 : HG_I32;
    return s;
}

hg_status hg_resize_argmax2d_output(const hg_resize_argmax2d *op, hg_tensor *output)
{
    hg_problem p;
    return hg_give_output(hg_problem_resize_argmax2d(op, &p, NULL), &p, output);
}
