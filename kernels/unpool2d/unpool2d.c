/* What the gather forms of max-unpooling share. */
#include "kernels/unpool2d/unpool2d.h"

hg_index_rule hg_unpool_rule(const hg_problem *p)
{
    return hg_index_rule_of(p->pool.convention, p->in.c, p->pool.index_size);
}

bool hg_unpool_tiles(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    const hg_pad *pad = &p->pad;
    const bool aligned = p->kernel.h == p->stride.h && p->kernel.w == p->stride.w && !pad->top &&
                         !pad->left && !pad->bottom && !pad->right;
    if (!aligned || p->out.h / p->stride.h != p->in.h || p->out.w / p->stride.w != p->in.w ||
        p->pool.index_size.h != p->out.h || p->pool.index_size.w != p->out.w)
        return false;
    const hg_strides at = hg_unpool_rule(p).at;
    /* Each term alone is checked first, so that no sum of products overflows. */
    if (at.h > INT32_MAX || at.w > INT32_MAX) return false;
    if ((p->kernel.h - 1) * at.h > INT32_MAX || (p->kernel.w - 1) * at.w > INT32_MAX) return false;
    if ((p->kernel.h - 1) * at.h + (p->kernel.w - 1) * at.w > INT32_MAX) return false;
    const int64_t last = HG_MAX(p->in.n - 1, 0) * at.n + (p->out.h - 1) * at.h +
                         (p->out.w - 1) * at.w + (p->in.c - 1) * at.c;
    return p->pool.index_type == HG_INDEX_I64 || last <= INT32_MAX;
}
