/* Max-unpooling of 2x2 windows in gather form, NCHW. Contract: hg_unpool_args in unpool2d.h.
 *
 * A vector is VL neighbouring inputs of a row. Each of two rows of output takes every lane twice:
 *
 *     inputs 0 1 2 3    outputs 0 0 1 1, 2 2 3 3, whose pixels are even, odd, even, odd */
#include "kernels/unpool2d/offsets.h"

/* Elements and rows between a prefetch and its load or store. */
enum { AHEAD = 512, ROWS_AHEAD = 4 };

/* 2n floats of an output row. */
HG_INLINE void store_pairs(float *out, vfloat vlow, vfloat vhigh, size_t n)
{
    v_store_up_to(out, vlow, 2 * n);
    if (n == VL)
        v_store(out + VL, vhigh);
    else if (2 * n > VL)
        v_store_first(out + VL, vhigh, 2 * n - VL);
}

/* Indices expected of inputs x .. x + VL at the first pixel of their blocks, modulo 2^32. */
HG_INLINE vint expected(const hg_unpool_args *a, int64_t x, int64_t y)
{
    const int64_t first = a->first + x * a->index_window + 2 * y * a->index_row;
    const vint vlanes = i_mul(i_iota(), i_all((int32_t)a->index_window));
    return i_add(i_all((int32_t)first), vlanes);
}

/* Offsets within the block of the n <= VL inputs from x on. */
HG_INLINE vint offsets_of(const hg_unpool_args *a, int64_t x, int64_t y, vint vexpected, size_t n)
{
    const int64_t e = y * a->in_down + x;
    if (a->index_type == HG_INDEX_I64 || n < VL)
        return offsets(a, e, a->first + x * a->index_window + 2 * y * a->index_row, n);
    return i_sub(i_load((const int32_t *)a->indices + e), vexpected);
}

/* Inputs x .. x + n of a row. Those that matched are counted, somewhere in the lanes. */
HG_INLINE vint blocks(const hg_unpool_args *a, int64_t x, int64_t y, vint vexpected, size_t n,
                      vint vcount)
{
    const int64_t e = y * a->in_down + x;
    const float *in = a->input + e;
    const size_t index_size = hg_index_bytes(a->index_type);
    const int64_t index_floats = (int64_t)(index_size / sizeof(float));
    hg_prefetch(in, AHEAD);
    hg_prefetch((const char *)a->indices + (size_t)e * index_size, AHEAD * index_floats);
    float *out = a->output + 2 * (y * a->out_row + x);
    /* Lines to be written come as slowly as those to be read. */
    for (int64_t row = ROWS_AHEAD; row < ROWS_AHEAD + 2; row++) hg_prefetch(out, row * a->out_row);
    const vpair vi = v_twice(v_load_up_to(in, n));
    const vpair vto = v_twice(v_bits(offsets_of(a, x, y, vexpected, n)));
    vmask vlow = m_none(), vhigh = m_none();
    HG_UNROLL
    for (int64_t ky = 0; ky < 2; ky++) {
        const int32_t even = (int32_t)(ky * a->index_row), odd = even + (int32_t)a->index_column;
        const vint vpixel = i_bits(v_zip(v_bits(i_all(even)), v_bits(i_all(odd))).v0);
        const vmask vlow_here = i_equal(i_bits(vto.v0), vpixel);
        const vmask vhigh_here = i_equal(i_bits(vto.v1), vpixel);
        vlow = m_or(vlow, vlow_here);
        vhigh = m_or(vhigh, vhigh_here);
        store_pairs(out + ky * a->out_row, v_where(vlow_here, vi.v0), v_where(vhigh_here, vi.v1),
                    n);
    }
    if (n < VL) {
        vlow = m_and(vlow, m_first(HG_MIN(2 * n, (size_t)VL)));
        vhigh = m_and(vhigh, m_first(HG_MAX(2 * n, (size_t)VL) - VL));
    }
    return i_count(i_count(vcount, vlow), vhigh);
}

HG_INLINE int64_t sum_of_lanes(vint v)
{
    int32_t lanes[VL];
    int64_t sum = 0;
    i_store(lanes, v);
    for (int i = 0; i < VL; i++) sum += lanes[i];
    return sum;
}

/* The last vector of a row starts earlier and repeats lanes, unless the row has fewer than VL.
 * Inputs have one place each, so that strays are what the count of matches lacks. */
static void gather_2x2(const hg_unpool_args *args)
{
    hg_unpool_args a = *args;
    a.index_channel = a.index_window; /* lanes are pixels here */
    const int64_t last = a.width - VL;
    const vint vstep = i_all((int32_t)(VL * a.index_window));
    int64_t missing = 0;
    for (int64_t y = 0; y < a.height; y++) {
        vint vexpected = expected(&a, 0, y), vcount = i_all(0);
        for (int64_t x = 0; x < last; x += VL) {
            vcount = blocks(&a, x, y, vexpected, VL, vcount);
            vexpected = i_add(vexpected, vstep);
            missing += VL;
        }
        missing += HG_MIN(a.width, (int64_t)VL);
        vcount = last >= 0 ? blocks(&a, last, y, expected(&a, last, y), VL, vcount)
                           : blocks(&a, 0, y, vexpected, (size_t)a.width, vcount);
        missing -= sum_of_lanes(vcount);
    }
    if (missing) *args->stray = true;
}

const hg_kernel HG_ROWS(unpool2d_nchw_gather_2x2)[] = {
    {HG_ROW(max_unpool2d, nchw, "gather_2x2"), .rev = 3,
     .limits = {.kernel = {2, 2}, .stride = {2, 2}}, .algorithm = &hg_unpool2d_gather,
     .run.unpool = gather_2x2},
    {.name = NULL},
};
