/* Pooling by 2x2 windows of stride 2 without padding; included by one file per ISA, after
 * pool_ops_<isa>.h and the words for integers and pairs. Contract: hg_pool_args in pool2d.h.
 *
 * NHWC: a vector is VL channels of one tap. NCHW: a vector is VL neighbouring outputs of a row.
 * Maxima are first taken as if no tap were NaN, which halves the work on the busiest ports; a row
 * that turns out to hold NaN is done again. */
#include "kernels/pool2d/pool2d.h"

typedef enum kind { NUMBERS, ANY, SUM } kind;

enum {
    LINE = 16, /* floats of a cache line */
    AHEAD = 512,
    ROWS_AHEAD = 4 /* floats and rows between a prefetch and its load */
};

/* The input of the outputs from o on begins a line, if that of the first does. */
HG_INLINE bool at_line(int64_t o)
{
    return 2 * VL >= LINE || o % (LINE / 2) == 0;
}

/* The four taps, in order. As the first is added to 0, -0 becomes +0 in sums. The divisor is 4: a
 * product with 1/4 has the same bits as the quotient. */
HG_INLINE vec four(kind kind, const vec vi[4])
{
    if (kind == SUM) {
        const vec vsum = v_add(v_add(v_add(v_add(v_set(0.0f), vi[0]), vi[1]), vi[2]), vi[3]);
        return v_mul(vsum, v_set(0.25f));
    }
    if (kind == ANY) return v_greater_nan(v_greater_nan(v_greater_nan(vi[0], vi[1]), vi[2]), vi[3]);
    return v_greater(v_greater(vi[0], vi[1]), v_greater(vi[2], vi[3]));
}

/* n <= VL channels of one pixel. */
HG_INLINE void pixel(const hg_pool_args *a, kind kind, const float *in, float *out, size_t n,
                     vec vflag[2])
{
    const int64_t right = a->column_step, down = a->row_step;
    const float *taps[4] = {in, in + right, in + down, in + down + right};
    vec vi[4];
    HG_UNROLL
    for (int i = 0; i < 4; i++)
        vi[i] = n == VL && kind != SUM ? v_load_once(taps[i]) : v_load(taps[i], n);
    v_store(out, four(kind, vi), n);
    if (kind != NUMBERS) return;
    vflag[0] = v_note_nan(vflag[0], vi[0], vi[1]);
    vflag[1] = v_note_nan(vflag[1], vi[2], vi[3]);
}

/* Two rows side by side are more than the hardware's prefetchers follow well. */
HG_INLINE bool nhwc(const hg_pool_args *args, kind kind)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_pool_args copy = *args, *a = &copy;
    const int64_t right = a->column_step, down = a->row_step;
    const int64_t c_lines = a->channels / LINE * LINE;
    vec vflag[4] = {v_set(0.0f), v_set(0.0f), v_set(0.0f), v_set(0.0f)};
    for (int64_t x = 0; x < a->width; x++) {
        const float *in = a->input + 2 * x * a->in_pixel;
        float *out = a->output + x * a->out_pixel;
        int64_t c = 0;
        for (; c < c_lines; c += LINE) {
            hg_prefetch(in + c, AHEAD);
            hg_prefetch(in + c, AHEAD + right);
            hg_prefetch(in + c, AHEAD + down);
            hg_prefetch(in + c, AHEAD + down + right);
            HG_UNROLL
            for (int i = 0; i < LINE; i += VL)
                pixel(a, kind, in + c + i, out + c + i, VL, vflag + i / VL % 2 * 2);
        }
        for (; c + VL <= a->channels; c += VL) pixel(a, kind, in + c, out + c, VL, vflag);
        if (c < a->channels) pixel(a, kind, in + c, out + c, (size_t)(a->channels - c), vflag);
    }
    return !v_noted(vflag[0]) && !v_noted(vflag[1]) && !v_noted(vflag[2]) && !v_noted(vflag[3]);
}

static void max_nhwc(const hg_pool_args *a)
{
    if (!nhwc(a, NUMBERS)) nhwc(a, ANY);
}

static void avg_nhwc(const hg_pool_args *a)
{
    nhwc(a, SUM);
}

/* ---- NHWC, with indices ---- */

/* An index is what the tap's place in the window adds to the index of the window's first tap. */
typedef struct places {
    ints voffset[4]; /* of the four taps: indices, or for 64 bits positions in the plane */
    factor vscale;   /* 64 bits: indices of one position */
    ints vlanes;     /* 32 bits: what lanes add; of VL lanes */
    ints vstep;
    longs vlanes64[2]; /* 64 bits: the same, half of the lanes in each */
    longs vstep64;
} places;

/* Indices of the lanes' first taps. */
typedef struct firsts {
    ints v;
    longs v64[2];
} firsts;

HG_INLINE places places_of(const hg_pool_args *a, hg_index_type type)
{
    const int64_t right = a->plane_column, down = a->plane_row, step = a->index_channel;
    const int64_t scale = type == HG_INDEX_I32 ? a->index_scale : 1;
    const int64_t offset[4] = {0, right, down, down + right};
    int32_t lanes[VL];
    int64_t lanes64[VL];
    for (int i = 0; i < VL; i++) {
        lanes64[i] = i * step;
        lanes[i] = type == HG_INDEX_I32 ? (int32_t)lanes64[i] : 0;
    }
    places p = {.vscale = f_set(a->index_scale),
                .vlanes = i_load(lanes),
                .vstep = i_set(type == HG_INDEX_I32 ? (int32_t)(VL * step) : 0),
                .vlanes64 = {l_load(lanes64), l_load(lanes64 + VL / 2)},
                .vstep64 = l_set(VL * step)};
    for (int i = 0; i < 4; i++) p.voffset[i] = i_set((int32_t)(offset[i] * scale));
    return p;
}

HG_INLINE firsts firsts_of(const places *p, hg_index_type type, int64_t corner)
{
    firsts f;
    if (type == HG_INDEX_I32) {
        f.v = i_add(i_set((int32_t)corner), p->vlanes);
    } else {
        f.v64[0] = l_add(l_set(corner), p->vlanes64[0]);
        f.v64[1] = l_add(l_set(corner), p->vlanes64[1]);
    }
    return f;
}

HG_INLINE void next_lanes(const places *p, hg_index_type type, firsts *f)
{
    if (type == HG_INDEX_I32) {
        f->v = i_add(f->v, p->vstep);
    } else {
        f->v64[0] = l_add(f->v64[0], p->vstep64);
        f->v64[1] = l_add(f->v64[1], p->vstep64);
    }
}

/* The indices of n <= VL lanes. */
HG_INLINE void store_places(const places *p, hg_index_type type, void *indices, int64_t at,
                            const firsts *f, ints vplace, size_t n)
{
    if (type == HG_INDEX_I32) {
        i_store((int32_t *)indices + at, i_add(f->v, vplace), n);
        return;
    }
    int64_t *out = (int64_t *)indices + at, tail[VL], *to = n == VL ? out : tail;
    l_store(to, l_places(f->v64[0], vplace, 0, p->vscale));
    l_store(to + VL / 2, l_places(f->v64[1], vplace, 1, p->vscale));
    for (size_t i = 0; n < VL && i < n; i++) out[i] = tail[i];
}

/* The first of the greatest numbers and its place: the greater of either row, then of both. */
HG_INLINE vec first_of_four(const places *p, const vec vi[4], ints *vplace)
{
    const vec vmax0 = v_greater(vi[0], vi[1]), vmax1 = v_greater(vi[2], vi[3]);
    const ints vtop = v_is_greater(vi[0], vi[1]), vbottom = v_is_greater(vi[2], vi[3]);
    const ints vlower = v_is_greater(vmax0, vmax1);
    const ints vright = i_select(vlower, vbottom, vtop);
    *vplace = i_add(i_and(vright, p->voffset[1]), i_and(vlower, p->voffset[2]));
    return v_greater(vmax0, vmax1);
}

/* The same tap by tap: the last NaN, if there is one. */
HG_INLINE vec last_nan_of_four(const places *p, const vec vi[4], ints *vplace)
{
    vec vacc = vi[0];
    *vplace = p->voffset[0];
    HG_UNROLL
    for (int i = 1; i < 4; i++) {
        *vplace = i_select(v_is_greater_nan(vacc, vi[i]), p->voffset[i], *vplace);
        vacc = v_greater_nan(vacc, vi[i]);
    }
    return vacc;
}

/* n <= VL channels of one pixel, `at` floats from the row's begin. */
HG_INLINE void pixel_indices(const hg_pool_args *a, const places *p, hg_index_type type, kind kind,
                             const float *in, int64_t at, const firsts *f, size_t n, vec vflag[2])
{
    const int64_t right = a->column_step, down = a->row_step;
    const float *taps[4] = {in, in + right, in + down, in + down + right};
    vec vi[4];
    HG_UNROLL
    for (int i = 0; i < 4; i++) vi[i] = n == VL ? v_load_once(taps[i]) : v_load(taps[i], n);
    ints vplace;
    v_store(a->output + at,
            kind == ANY ? last_nan_of_four(p, vi, &vplace) : first_of_four(p, vi, &vplace), n);
    store_places(p, type, a->indices, at, f, vplace, n);
    if (kind == ANY) return;
    vflag[0] = v_note_nan(vflag[0], vi[0], vi[1]);
    vflag[1] = v_note_nan(vflag[1], vi[2], vi[3]);
}

HG_INLINE bool nhwc_indices(const hg_pool_args *args, hg_index_type type, kind kind)
{
    const hg_pool_args copy = *args, *a = &copy;
    const places p = places_of(a, type);
    vec vflag[2] = {v_set(0.0f), v_set(0.0f)};
    for (int64_t x = 0; x < a->width; x++) {
        const float *in = a->input + 2 * x * a->in_pixel;
        const int64_t corner = a->plane_first + 2 * x * a->plane_pixel, at = x * a->out_pixel;
        firsts f = firsts_of(&p, type, corner * a->index_scale + a->index_first);
        int64_t c = 0;
        for (; c + VL <= a->channels; c += VL) {
            /* Two lines of input for one of output: pixels side by side are often dense. Beside
             * indices of 32 bits the hardware's prefetchers do as well. */
            if (type == HG_INDEX_I64 && at_line(c)) {
                hg_prefetch(in + 2 * c, 2 * AHEAD);
                hg_prefetch(in + 2 * c, 2 * AHEAD + a->row_step);
            }
            pixel_indices(a, &p, type, kind, in + c, at + c, &f, VL, vflag);
            next_lanes(&p, type, &f);
        }
        const size_t n = (size_t)(a->channels - c);
        if (n) pixel_indices(a, &p, type, kind, in + c, at + c, &f, n, vflag);
    }
    return !v_noted(vflag[0]) && !v_noted(vflag[1]);
}

static void max_nhwc_indices(const hg_pool_args *a)
{
    if (a->index_type == HG_INDEX_I32) {
        if (!nhwc_indices(a, HG_INDEX_I32, NUMBERS)) nhwc_indices(a, HG_INDEX_I32, ANY);
    } else if (!nhwc_indices(a, HG_INDEX_I64, NUMBERS)) {
        nhwc_indices(a, HG_INDEX_I64, ANY);
    }
}

/* ---- NCHW ---- */

/* n <= VL outputs. */
HG_INLINE void pairs(const hg_pool_args *a, kind kind, const float *in, float *out, size_t n,
                     vec vflag[2])
{
    vec vi[4];
    v_load_pairs(in, n, vi);
    v_load_pairs(in + a->row_step, n, vi + 2);
    v_store(out, v_ordered(four(kind, vi)), n);
    if (kind != NUMBERS) return;
    vflag[0] = v_note_nan(vflag[0], vi[0], vi[1]);
    vflag[1] = v_note_nan(vflag[1], vi[2], vi[3]);
}

/* Rows of a few hundred bytes end before the hardware's prefetchers have learnt them. The last
 * vector of a row starts earlier and repeats outputs, unless the row has fewer. */
HG_INLINE bool nchw(const hg_pool_args *args, kind kind)
{
    const hg_pool_args copy = *args, *a = &copy;
    const int64_t last = HG_MAX(a->width - VL, 0);
    const size_t few = (size_t)HG_MIN(a->width, (int64_t)VL);
    vec vflag[2] = {v_set(0.0f), v_set(0.0f)};
    for (int64_t y = 0; y < a->height; y++) {
        const float *in = a->input + y * a->in_down;
        float *out = a->output + y * a->out_down;
        for (int64_t x = 0; x < last; x += VL) {
            if (at_line(x)) {
                hg_prefetch(in + 2 * x, ROWS_AHEAD * a->row_step);
                hg_prefetch(in + 2 * x, (ROWS_AHEAD + 1) * a->row_step);
            }
            pairs(a, kind, in + 2 * x, out + x, VL, vflag);
        }
        if (few == VL) {
            hg_prefetch(in + 2 * last, ROWS_AHEAD * a->row_step);
            hg_prefetch(in + 2 * last, (ROWS_AHEAD + 1) * a->row_step);
            pairs(a, kind, in + 2 * last, out + last, VL, vflag);
        } else {
            pairs(a, kind, in, out, few, vflag);
        }
    }
    return !v_noted(vflag[0]) && !v_noted(vflag[1]);
}

static void max_nchw(const hg_pool_args *a)
{
    if (!nchw(a, NUMBERS)) nchw(a, ANY);
}

static void avg_nchw(const hg_pool_args *a)
{
    nchw(a, SUM);
}
