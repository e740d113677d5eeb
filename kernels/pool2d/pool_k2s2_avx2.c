/* Pooling by 2x2 windows of stride 2 without padding, f32, AVX2. Contract: hg_pool_args in
 * pool2d.h.
 *
 * NHWC: a vector is 8 channels of one tap. NCHW: a vector is 8 neighbouring outputs of a row.
 * Maxima are first taken as if no tap were NaN, which halves the work on the busiest ports; a row
 * that turns out to hold NaN is done again. */
#include "kernels/pool2d/pool2d.h"
#include "kernels/pool2d/pool_ops_avx2.h"

typedef enum kind { NUMBERS, ANY, SUM } kind;

enum { AHEAD = 512, ROWS_AHEAD = 4 }; /* floats and rows between a prefetch and its load */

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
    const int64_t c_pairs = a->channels / (2 * VL) * (2 * VL);
    vec vflag[4] = {v_set(0.0f), v_set(0.0f), v_set(0.0f), v_set(0.0f)};
    for (int64_t x = 0; x < a->width; x++) {
        const float *in = a->input + 2 * x * a->in_pixel;
        float *out = a->output + x * a->out_pixel;
        int64_t c = 0;
        for (; c < c_pairs; c += 2 * VL) {
            v_prefetch(in + c, AHEAD);
            v_prefetch(in + c, AHEAD + right);
            v_prefetch(in + c, AHEAD + down);
            v_prefetch(in + c, AHEAD + down + right);
            pixel(a, kind, in + c, out + c, VL, vflag);
            pixel(a, kind, in + c + VL, out + c + VL, VL, vflag + 2);
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
    __m256i voffset[4];       /* of the four taps: indices, or for 64 bits positions in the plane */
    __m256i vscale;           /* 64 bits: indices of one position */
    __m256i vlanes[2], vstep; /* lanes' parts: 32 bits in one vector, 64 bits in two; of VL lanes */
} places;

HG_INLINE __m256i add_indices(hg_index_type type, __m256i a, __m256i b)
{
    return type == HG_INDEX_I32 ? _mm256_add_epi32(a, b) : _mm256_add_epi64(a, b);
}

HG_INLINE __m256i set_index(hg_index_type type, int64_t value)
{
    return type == HG_INDEX_I32 ? _mm256_set1_epi32((int32_t)value) : _mm256_set1_epi64x(value);
}

HG_INLINE places places_of(const hg_pool_args *a, hg_index_type type)
{
    const int64_t right = a->plane_column, down = a->plane_row, step = a->index_channel;
    const int64_t scale = type == HG_INDEX_I32 ? a->index_scale : 1;
    const int64_t offset[4] = {0, right, down, down + right};
    places p = {.vscale = _mm256_set1_epi64x(a->index_scale),
                .vlanes = {_mm256_setr_epi64x(0, step, 2 * step, 3 * step),
                           _mm256_setr_epi64x(4 * step, 5 * step, 6 * step, 7 * step)},
                .vstep = set_index(type, VL * step)};
    if (type == HG_INDEX_I32)
        p.vlanes[0] = _mm256_mullo_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
                                         _mm256_set1_epi32((int32_t)step));
    for (int i = 0; i < 4; i++) p.voffset[i] = _mm256_set1_epi32((int32_t)(offset[i] * scale));
    return p;
}

/* The indices of n <= 8 lanes; vfirst are those of the lanes' first taps. */
HG_INLINE void store_places(const places *p, hg_index_type type, void *indices, int64_t at,
                            const __m256i vfirst[2], __m256i vplace, size_t n)
{
    if (type == HG_INDEX_I32) {
        const __m256i vindex = _mm256_add_epi32(vfirst[0], vplace);
        int32_t *out = (int32_t *)indices + at;
        if (n == VL)
            _mm256_storeu_si256((__m256i *)out, vindex);
        else
            _mm256_maskstore_epi32(out, hg_tail_mask(n), vindex);
        return;
    }
    const __m256i v0 = _mm256_cvtepi32_epi64(_mm256_castsi256_si128(vplace));
    const __m256i v1 = _mm256_cvtepi32_epi64(_mm256_extracti128_si256(vplace, 1));
    int64_t *out = (int64_t *)indices + at, tail[VL], *to = n == VL ? out : tail;
    _mm256_storeu_si256((__m256i *)to,
                        _mm256_add_epi64(_mm256_mul_epi32(v0, p->vscale), vfirst[0]));
    _mm256_storeu_si256((__m256i *)to + 1,
                        _mm256_add_epi64(_mm256_mul_epi32(v1, p->vscale), vfirst[1]));
    for (size_t i = 0; n < VL && i < n; i++) out[i] = tail[i];
}

/* The first of the greatest numbers and its place: the greater of either row, then of both. Places
 * are put together by bits, which more units do than blend. */
HG_INLINE vec first_of_four(const places *p, const vec vi[4], __m256i *vplace)
{
    const vec vmax0 = v_greater(vi[0], vi[1]), vmax1 = v_greater(vi[2], vi[3]);
    const __m256i vtop = _mm256_castps_si256(_mm256_cmp_ps(vi[1], vi[0], _CMP_GT_OQ));
    const __m256i vbottom = _mm256_castps_si256(_mm256_cmp_ps(vi[3], vi[2], _CMP_GT_OQ));
    const __m256i vlower = _mm256_castps_si256(_mm256_cmp_ps(vmax1, vmax0, _CMP_GT_OQ));
    const __m256i vright = /* vlower ? vbottom : vtop */
        _mm256_xor_si256(vtop, _mm256_and_si256(vlower, _mm256_xor_si256(vtop, vbottom)));
    *vplace = _mm256_add_epi32(_mm256_and_si256(vright, p->voffset[1]),
                               _mm256_and_si256(vlower, p->voffset[2]));
    return v_greater(vmax0, vmax1);
}

/* The same tap by tap: the last NaN, if there is one. */
HG_INLINE vec last_nan_of_four(const places *p, const vec vi[4], __m256i *vplace)
{
    vec vacc = vi[0];
    *vplace = p->voffset[0];
    HG_UNROLL
    for (int i = 1; i < 4; i++) {
        const vec vtake = _mm256_or_ps(_mm256_cmp_ps(vi[i], vacc, _CMP_GT_OQ),
                                       _mm256_cmp_ps(vi[i], vi[i], _CMP_UNORD_Q));
        vacc = _mm256_blendv_ps(vacc, vi[i], vtake);
        *vplace = _mm256_blendv_epi8(*vplace, p->voffset[i], _mm256_castps_si256(vtake));
    }
    return vacc;
}

/* n <= VL channels of one pixel, `at` floats from the row's begin. */
HG_INLINE void pixel_indices(const hg_pool_args *a, const places *p, hg_index_type type, kind kind,
                             const float *in, int64_t at, const __m256i vfirst[2], size_t n,
                             vec vflag[2])
{
    const int64_t right = a->column_step, down = a->row_step;
    const float *taps[4] = {in, in + right, in + down, in + down + right};
    vec vi[4];
    HG_UNROLL
    for (int i = 0; i < 4; i++) vi[i] = n == VL ? v_load_once(taps[i]) : v_load(taps[i], n);
    __m256i vplace;
    v_store(a->output + at,
            kind == ANY ? last_nan_of_four(p, vi, &vplace) : first_of_four(p, vi, &vplace), n);
    store_places(p, type, a->indices, at, vfirst, vplace, n);
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
        const __m256i vcorner = set_index(type, corner * a->index_scale + a->index_first);
        __m256i vfirst[2] = {add_indices(type, vcorner, p.vlanes[0]),
                             add_indices(type, vcorner, p.vlanes[1])};
        int64_t c = 0;
        for (; c + VL <= a->channels; c += VL) {
            /* Two lines of input for one of output: pixels side by side are often dense. Beside
             * indices of 32 bits the hardware's prefetchers do as well. */
            if (type == HG_INDEX_I64) {
                v_prefetch(in + 2 * c, 2 * AHEAD);
                v_prefetch(in + 2 * c, 2 * AHEAD + a->row_step);
            }
            pixel_indices(a, &p, type, kind, in + c, at + c, vfirst, VL, vflag);
            HG_UNROLL
            for (int i = 0; i < 2; i++) vfirst[i] = add_indices(type, vfirst[i], p.vstep);
        }
        const size_t n = (size_t)(a->channels - c);
        if (n) pixel_indices(a, &p, type, kind, in + c, at + c, vfirst, n, vflag);
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

/* Floats 2n of a row, n <= 8: in v[0] the first 8, in v[1] the rest. */
HG_INLINE void load_pairs(const float *p, size_t n, vec v[2])
{
    if (n == VL) {
        v[0] = v_load(p, VL);
        v[1] = v_load(p + VL, VL);
        return;
    }
    const size_t floats = 2 * n, first = HG_MIN(floats, (size_t)VL);
    v[0] = _mm256_maskload_ps(p, hg_tail_mask(first));
    /* A pointer past the row's end must not even be formed: lanes of an empty mask read at p. */
    v[1] = _mm256_maskload_ps(floats > VL ? p + VL : p, hg_tail_mask(floats - first));
}

/* n <= 8 outputs. Lanes of the columns: even 0 2 8 10 4 6 12 14, odd 1 3 9 11 5 7 13 15. */
HG_INLINE void pairs(const hg_pool_args *a, kind kind, const float *in, float *out, size_t n,
                     vec vflag[2])
{
    vec vtop[2], vbottom[2];
    load_pairs(in, n, vtop);
    load_pairs(in + a->row_step, n, vbottom);
    const vec vi[4] = {_mm256_shuffle_ps(vtop[0], vtop[1], 0x88),
                       _mm256_shuffle_ps(vtop[0], vtop[1], 0xDD),
                       _mm256_shuffle_ps(vbottom[0], vbottom[1], 0x88),
                       _mm256_shuffle_ps(vbottom[0], vbottom[1], 0xDD)};
    /* 64-bit quarters 0 2 1 3: outputs 0 1 4 5 | 2 3 6 7 become 0 .. 7. */
    const vec vacc = _mm256_castpd_ps(
        _mm256_permute4x64_pd(_mm256_castps_pd(four(kind, vi)), _MM_SHUFFLE(3, 1, 2, 0)));
    v_store(out, vacc, n);
    if (kind != NUMBERS) return;
    vflag[0] = v_note_nan(vflag[0], vtop[0], vtop[1]);
    vflag[1] = v_note_nan(vflag[1], vbottom[0], vbottom[1]);
}

/* Rows of a few hundred bytes end before the hardware's prefetchers have learnt them. The last
 * vector of a row starts earlier and repeats outputs, unless the row has fewer than 8. */
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
            v_prefetch(in + 2 * x, ROWS_AHEAD * a->row_step);
            v_prefetch(in + 2 * x, (ROWS_AHEAD + 1) * a->row_step);
            pairs(a, kind, in + 2 * x, out + x, VL, vflag);
        }
        if (few == VL) {
            v_prefetch(in + 2 * last, ROWS_AHEAD * a->row_step);
            v_prefetch(in + 2 * last, (ROWS_AHEAD + 1) * a->row_step);
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

const hg_kernel hg_pool_k2s2_avx2[] = {
    {.name = "max_pool2d.f32.nhwc.avx2.k2s2",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 3,
     .limits = {.kernel = {2, 2},
                .stride = {2, 2},
                .dilation = {1, 1},
                .no_padding = true,
                .no_indices = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = max_nhwc},
    {.name = "max_pool2d.f32.nhwc.avx2.indices_k2s2",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 3,
     .limits = {.kernel = {2, 2},
                .stride = {2, 2},
                .dilation = {1, 1},
                .no_padding = true,
                .only_indices = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = max_nhwc_indices},
    {.name = "max_pool2d.f32.nchw.avx2.k2s2",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 3,
     .limits = {.kernel = {2, 2},
                .stride = {2, 2},
                .dilation = {1, 1},
                .no_padding = true,
                .no_indices = true},
     .algorithm = &hg_pool_nchw,
     .run.pool = max_nchw},
    {.name = "avg_pool2d.f32.nhwc.avx2.k2s2",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 3,
     .limits = {.kernel = {2, 2}, .stride = {2, 2}, .dilation = {1, 1}, .no_padding = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = avg_nhwc},
    {.name = "avg_pool2d.f32.nchw.avx2.k2s2",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 3,
     .limits = {.kernel = {2, 2}, .stride = {2, 2}, .dilation = {1, 1}, .no_padding = true},
     .algorithm = &hg_pool_nchw,
     .run.pool = avg_nchw},
    {.name = NULL},
};
