/* Max-unpooling in gather form, NHWC. Contract: hg_unpool_args in unpool2d.h.
 *
 * A vector is VL channels of one input pixel. Its indices become 32-bit offsets within the block
 * once; each output pixel of the block is then one compare, one and, one store. */
#include "kernels/unpool2d/offsets.h"

/* The block of n <= VL channels of input pixel x; whole: n is VL. Returns the lanes that matched
 * nowhere. */
HG_INLINE vmask block(const hg_unpool_args *a, hg_size2 window, int64_t x, int64_t c, size_t n,
                      bool whole)
{
    const vtail tail = v_tail(n);
    const int64_t e = x * a->in_pixel + c;
    const vfloat vi = v_load_partial(a->input + e, tail, whole);
    const int64_t first = a->first + x * a->index_window + c * a->index_channel;
    const vint voffset = offsets(a, e, first, whole ? VL : n);
    vmask vfound = m_none();
    for (int64_t ky = 0; ky < window.h; ky++) {
        float *out = a->output + ky * a->out_row + x * window.w * a->out_pixel + c;
        int64_t offset = ky * a->index_row;
        for (int64_t kx = 0; kx < window.w; kx++) {
            const vmask vhere = i_equal(voffset, i_all((int32_t)offset));
            vfound = m_or(vfound, vhere);
            v_store_partial(out, v_where(vhere, vi), tail, whole);
            out += a->out_pixel;
            offset += a->index_column;
        }
    }
    return m_without(m_first(n), vfound);
}

HG_INLINE void gather_row(const hg_unpool_args *args, hg_size2 window)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_unpool_args copy = *args, *a = &copy;
    const size_t rest = (size_t)(a->channels % VL);
    vmask vstray = m_none();
    for (int64_t x = 0; x < a->width; x++) {
        int64_t c = 0;
        for (; c + VL <= a->channels; c += VL)
            vstray = m_or(vstray, block(a, window, x, c, VL, true));
        if (rest) vstray = m_or(vstray, block(a, window, x, c, rest, false));
    }
    if (m_any(vstray)) *a->stray = true;
}

static void gather(const hg_unpool_args *a)
{
    gather_row(a, a->window);
}

static void gather_2x2(const hg_unpool_args *a)
{
    gather_row(a, (hg_size2){2, 2});
}

const hg_kernel HG_ROWS(unpool2d_nhwc_gather)[] = {
    {HG_ROW(max_unpool2d, nhwc, "gather_2x2"), .rev = 1,
     .limits = {.kernel = {2, 2}, .stride = {2, 2}}, .algorithm = &hg_unpool2d_gather,
     .run.unpool = gather_2x2},
    {HG_ROW(max_unpool2d, nhwc, "gather"), .rev = 2, .algorithm = &hg_unpool2d_gather,
     .run.unpool = gather},
    {.name = NULL},
};
