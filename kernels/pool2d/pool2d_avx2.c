/* Pooling, f32, AVX2. Contract: hg_pool_args in pool2d.h.
 *
 * NHWC: a vector is 8 channels of one tap; no lane ever leaves its channel. NCHW: a vector is 8
 * neighbouring outputs of a row. */
#include "kernels/common/vec_avx2.h"
#include "kernels/pool2d/pool2d.h"

#include <math.h>

#ifndef PAHEAD
#define PAHEAD 4
#endif
#ifndef AHEAD
#define AHEAD 512
#endif
enum { VL = 8, BLOCK = 4 }; /* f32 lanes; vectors of accumulators per pass over a window */

typedef enum pool_kind { MAX, SUM, SUM_ABS, SUM_SQUARE } pool_kind;

/* vmaxps returns its second operand for ties and NaN: so the accumulator stays unless the tap is
 * greater. A NaN tap is then taken by name. */
HG_INLINE __m256 take_max(__m256 vacc, __m256 vi)
{
    return _mm256_blendv_ps(_mm256_max_ps(vi, vacc), vi, _mm256_cmp_ps(vi, vi, _CMP_UNORD_Q));
}

HG_INLINE __m256 take(pool_kind kind, __m256 vacc, __m256 vi)
{
    const __m256 vsign = _mm256_set1_ps(-0.0f);
    switch (kind) {
    case MAX:
        return take_max(vacc, vi);
    case SUM:
        return _mm256_add_ps(vacc, vi);
    case SUM_ABS:
        return _mm256_add_ps(vacc, _mm256_andnot_ps(vsign, vi));
    default:
        return _mm256_fmadd_ps(vi, vi, vacc);
    }
}

HG_INLINE __m256 finish(pool_kind kind, __m256 vacc, __m256 vdivisor)
{
    if (kind == SUM) return _mm256_div_ps(vacc, vdivisor);
    return kind == SUM_SQUARE ? _mm256_sqrt_ps(vacc) : vacc;
}

HG_INLINE __m256 load(const float *p, bool masked, __m256i vmask)
{
    return masked ? _mm256_maskload_ps(p, vmask) : _mm256_loadu_ps(p);
}

HG_INLINE void store(float *p, __m256 v, bool masked, __m256i vmask)
{
    if (masked)
        _mm256_maskstore_ps(p, vmask, v);
    else
        _mm256_storeu_ps(p, v);
}

/* One window, n_vec vectors of channels; only the last vector of a pixel is masked. */
HG_INLINE void window(const hg_pool_args *a, pool_kind kind, int64_t rows, int64_t taps,
                      const float *HG_RESTRICT in, float *HG_RESTRICT out, __m256 vdivisor,
                      int n_vec, bool masked, __m256i vmask)
{
    __m256 vacc[BLOCK];
    HG_UNROLL
    for (int v = 0; v < n_vec; v++) vacc[v] = _mm256_set1_ps(kind == MAX ? -INFINITY : 0.0f);
    for (int64_t ky = 0; ky < rows; ky++) {
        const float *tap = in + ky * a->row_step;
        for (int64_t kx = 0; kx < taps; kx++, tap += a->column_step) {
            HG_UNROLL
            for (int v = 0; v < n_vec; v++)
                vacc[v] = take(kind, vacc[v], load(tap + v * VL, masked, vmask));
        }
    }
    HG_UNROLL
    for (int v = 0; v < n_vec; v++)
        store(out + v * VL, finish(kind, vacc[v], vdivisor), masked, vmask);
}

/* A row of pixels. rows, taps: constants in kernels of a fixed size, else 0. */
HG_INLINE void row_of(const hg_pool_args *a, pool_kind kind, int64_t rows, int64_t taps)
{
    const int64_t c_blocks = a->channels / (BLOCK * VL) * (BLOCK * VL);
    const int64_t c_vectors = a->channels / VL * VL;
    const __m256i vmask = hg_tail_mask((size_t)(a->channels - c_vectors));
    for (int64_t x = 0; x < a->width; x++) {
        const hg_pool_span *column = &a->columns[x];
        const int64_t ny = rows ? rows : a->rows, nx = taps ? taps : column->taps;
        const __m256 vdivisor = _mm256_set1_ps(kind == SUM ? hg_pool_divisor(a, column) : 1.0f);
        const float *in = a->input + column->first * a->in_pixel;
        float *out = a->output + x * a->out_pixel;
        int64_t c = 0;
        for (; c < c_blocks; c += BLOCK * VL)
            window(a, kind, ny, nx, in + c, out + c, vdivisor, BLOCK, false, vmask);
        for (; c < c_vectors; c += VL)
            window(a, kind, ny, nx, in + c, out + c, vdivisor, 1, false, vmask);
        if (c < a->channels) window(a, kind, ny, nx, in + c, out + c, vdivisor, 1, true, vmask);
    }
}

static void max_nhwc(const hg_pool_args *a)
{
    row_of(a, MAX, 0, 0);
}

static void avg_nhwc(const hg_pool_args *a)
{
    row_of(a, SUM, 0, 0);
}

static void lp_nhwc(const hg_pool_args *a)
{
    if (a->power == 1.0f)
        row_of(a, SUM_ABS, 0, 0);
    else
        row_of(a, SUM_SQUARE, 0, 0);
}

/* The line that a stream of loads reaches soon: two rows read side by side, and rows of a few hundred
 * bytes, are more than the hardware's prefetchers follow. Nothing is read, so it may lie outside the
 * tensor, where pointers must not be formed. */
HG_INLINE void prefetch(const float *p, int64_t floats)
{
    _mm_prefetch((const char *)((uintptr_t)p + (uintptr_t)(floats * (int64_t)sizeof *p)),
                 _MM_HINT_T0);
}

/* The four taps of 2x2, in order. The first is taken as it is, whatever it is; as -0 becomes +0 in
 * sums. The divisor is 4: a product with 1/4 has the same bits as the quotient. */
HG_INLINE __m256 four(pool_kind kind, const __m256 vi[4])
{
    __m256 vacc = kind == SUM ? _mm256_add_ps(_mm256_setzero_ps(), vi[0]) : vi[0];
    HG_UNROLL
    for (int i = 1; i < 4; i++) vacc = take(kind, vacc, vi[i]);
    return kind == SUM ? _mm256_mul_ps(vacc, _mm256_set1_ps(0.25f)) : vacc;
}

/* 2x2, stride 2. */
HG_INLINE void row_of_2x2(const hg_pool_args *args, pool_kind kind)
{
    const hg_pool_args copy = *args, *a = &copy;
    const int64_t c_vectors = a->channels / VL * VL, right = a->column_step, down = a->row_step;
    const __m256i vmask = hg_tail_mask((size_t)(a->channels - c_vectors));
    for (int64_t x = 0; x < a->width; x++) {
        const float *in = a->input + 2 * x * a->in_pixel;
        float *out = a->output + x * a->out_pixel;
        for (int64_t c = 0; c < a->channels; c += VL) {
            const bool masked = c == c_vectors;
            const float *tap = in + c;
            prefetch(tap, AHEAD);
            prefetch(tap, AHEAD + right);
            prefetch(tap, AHEAD + down);
            prefetch(tap, AHEAD + down + right);
            const __m256 vi[4] = {load(tap, masked, vmask), load(tap + right, masked, vmask),
                                  load(tap + down, masked, vmask),
                                  load(tap + down + right, masked, vmask)};
            store(out + c, four(kind, vi), masked, vmask);
        }
    }
}

static void avg_nhwc_k2s2(const hg_pool_args *a)
{
    row_of_2x2(a, SUM);
}

static void max_nhwc_k2s2(const hg_pool_args *a)
{
    row_of_2x2(a, MAX);
}

/* ---- Maximum with indices ---- */

/* Four positions of the plane, to indices: position * scale + first + lane * channel. */
HG_INLINE __m256i widen(__m128i vplane, __m256i vscale, __m256i vaddend)
{
    return _mm256_add_epi64(_mm256_mul_epi32(_mm256_cvtepi32_epi64(vplane), vscale), vaddend);
}

/* Indices of the n <= 8 channels from c on. Tails go through the stack: n is then below 8. */
HG_INLINE void store_indices(const hg_pool_args *a, int64_t at, int64_t c, __m256i vplane, size_t n)
{
    const int64_t first = a->index_first + c * a->index_channel, step = a->index_channel;
    if (a->index_type == HG_INDEX_I32) {
        const __m256i vlane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        const __m256i vaddend =
            _mm256_add_epi32(_mm256_set1_epi32((int32_t)first),
                             _mm256_mullo_epi32(vlane, _mm256_set1_epi32((int32_t)step)));
        const __m256i vindex = _mm256_add_epi32(
            _mm256_mullo_epi32(vplane, _mm256_set1_epi32((int32_t)a->index_scale)), vaddend);
        _mm256_maskstore_epi32((int *)a->indices + at + c, hg_tail_mask(n), vindex);
        return;
    }
    const __m256i vscale = _mm256_set1_epi64x(a->index_scale);
    const __m256i vlanes = _mm256_setr_epi64x(0, step, 2 * step, 3 * step);
    const __m256i vlow = _mm256_add_epi64(_mm256_set1_epi64x(first), vlanes);
    const __m256i vhigh = _mm256_add_epi64(vlow, _mm256_set1_epi64x(4 * step));
    const __m256i vindex0 = widen(_mm256_castsi256_si128(vplane), vscale, vlow);
    const __m256i vindex1 = widen(_mm256_extracti128_si256(vplane, 1), vscale, vhigh);
    int64_t *out = (int64_t *)a->indices + at + c, tail[VL];
    _mm256_storeu_si256((__m256i *)(n == VL ? out : tail), vindex0);
    _mm256_storeu_si256((__m256i *)(n == VL ? out : tail) + 1, vindex1);
    for (size_t i = 0; n < VL && i < n; i++) out[i] = tail[i];
}

static void store_no_indices(const hg_pool_args *a, int64_t at)
{
    for (int64_t c = 0; c < a->channels; c++) {
        if (a->index_type == HG_INDEX_I32)
            ((int32_t *)a->indices)[at + c] = -1;
        else
            ((int64_t *)a->indices)[at + c] = -1;
    }
}

/* 8 channels of one window: values in vacc, positions in the plane as 32-bit lanes beside them. */
HG_INLINE void window_indices(const hg_pool_args *a, int64_t x, int64_t c, bool masked,
                              __m256i vmask)
{
    const hg_pool_span *column = &a->columns[x];
    const float *in = a->input + column->first * a->in_pixel + c;
    const int64_t corner = a->plane_first + column->first * a->plane_pixel;
    __m256 vacc = _mm256_set1_ps(-INFINITY);
    const __m256i vright = _mm256_set1_epi32((int32_t)a->plane_column);
    __m256i vplane = _mm256_set1_epi32((int32_t)corner);
    for (int64_t ky = 0; ky < a->rows; ky++) {
        const float *tap = in + ky * a->row_step;
        __m256i vhere = _mm256_set1_epi32((int32_t)(corner + ky * a->plane_row));
        for (int64_t kx = 0; kx < column->taps; kx++) {
            const __m256 vi = load(tap, masked, vmask);
            const __m256 vtake = _mm256_or_ps(_mm256_cmp_ps(vi, vacc, _CMP_GT_OQ),
                                              _mm256_cmp_ps(vi, vi, _CMP_UNORD_Q));
            vacc = _mm256_blendv_ps(vacc, vi, vtake);
            vplane = _mm256_blendv_epi8(vplane, vhere, _mm256_castps_si256(vtake));
            tap += a->column_step;
            vhere = _mm256_add_epi32(vhere, vright);
        }
    }
    const int64_t at = x * a->out_pixel;
    store(a->output + at + c, vacc, masked, vmask);
    store_indices(a, at, c, vplane, masked ? (size_t)(a->channels - c) : (size_t)VL);
}

static void max_nhwc_indices(const hg_pool_args *args)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_pool_args copy = *args, *a = &copy;
    const int64_t c_vectors = a->channels / VL * VL;
    const __m256i vmask = hg_tail_mask((size_t)(a->channels - c_vectors));
    for (int64_t x = 0; x < a->width; x++) {
        for (int64_t c = 0; c < c_vectors; c += VL) window_indices(a, x, c, false, vmask);
        if (c_vectors < a->channels) window_indices(a, x, c_vectors, true, vmask);
        if (a->rows == 0 || a->columns[x].taps == 0) store_no_indices(a, x * a->out_pixel);
    }
}

/* ---- NCHW, 2x2 stride 2 ---- */

/* Floats 2n of a row, n <= 8: in v[0] the first 8, in v[1] the rest. */
HG_INLINE void load_pairs(const float *p, bool masked, size_t n, __m256 v[2])
{
    const size_t floats = 2 * n, first = HG_MIN(floats, (size_t)VL);
    v[0] = load(p, masked, hg_tail_mask(first));
    /* A pointer past the row's end must not even be formed: lanes of an empty mask read at p. */
    v[1] = load(floats > VL ? p + VL : p, masked, hg_tail_mask(floats - first));
}

/* n <= 8 outputs. Lanes of the columns: even 0 2 8 10 4 6 12 14, odd 1 3 9 11 5 7 13 15. */
HG_INLINE void pairs(const hg_pool_args *a, pool_kind kind, int64_t x, bool masked, size_t n)
{
    const float *in = a->input + 2 * x;
    __m256 vtop[2], vbottom[2], vacc;
    prefetch(in, PAHEAD*a->row_step);
    prefetch(in, (PAHEAD+1)*a->row_step);
    load_pairs(in, masked, n, vtop);
    load_pairs(in + a->row_step, masked, n, vbottom);
    vacc = _mm256_shuffle_ps(vtop[0], vtop[1], 0x88);
    if (kind == SUM) vacc = _mm256_add_ps(_mm256_setzero_ps(), vacc);
    vacc = take(kind, vacc, _mm256_shuffle_ps(vtop[0], vtop[1], 0xDD));
    vacc = take(kind, vacc, _mm256_shuffle_ps(vbottom[0], vbottom[1], 0x88));
    vacc = take(kind, vacc, _mm256_shuffle_ps(vbottom[0], vbottom[1], 0xDD));
    if (kind == SUM) vacc = _mm256_mul_ps(vacc, _mm256_set1_ps(0.25f)); /* the divisor is 4 */
    /* 64-bit quarters 0 2 1 3: outputs 0 1 4 5 | 2 3 6 7 become 0 .. 7. */
    vacc = _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(vacc), 0xD8));
    store(a->output + x, vacc, masked, hg_tail_mask(n));
}

HG_INLINE void row_of_pairs(const hg_pool_args *a, pool_kind kind)
{
    int64_t x = 0;
    for (; x + VL <= a->width; x += VL) pairs(a, kind, x, false, VL);
    if (x < a->width) pairs(a, kind, x, true, (size_t)(a->width - x));
}

static void max_nchw_k2s2(const hg_pool_args *a)
{
    row_of_pairs(a, MAX);
}

static void avg_nchw_k2s2(const hg_pool_args *a)
{
    row_of_pairs(a, SUM);
}

const hg_kernel hg_pool2d_avx2[] = {
    {.name = "max_pool2d.f32.nhwc.avx2.window",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .limits = {.no_indices = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = max_nhwc},
    {.name = "max_pool2d.f32.nhwc.avx2.k2s2",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .limits = {.kernel = {2, 2},
                .stride = {2, 2},
                .dilation = {1, 1},
                .no_padding = true,
                .no_indices = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = max_nhwc_k2s2},
    {.name = "max_pool2d.f32.nhwc.avx2.indices",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .limits = {.only_indices = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = max_nhwc_indices},
    {.name = "max_pool2d.f32.nchw.avx2.k2s2",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 1,
     .limits = {.kernel = {2, 2},
                .stride = {2, 2},
                .dilation = {1, 1},
                .no_padding = true,
                .no_indices = true},
     .algorithm = &hg_pool_nchw,
     .run.pool = max_nchw_k2s2},
    {.name = "avg_pool2d.f32.nhwc.avx2.window",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .algorithm = &hg_pool_nhwc,
     .run.pool = avg_nhwc},
    {.name = "avg_pool2d.f32.nhwc.avx2.k2s2",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .limits = {.kernel = {2, 2}, .stride = {2, 2}, .dilation = {1, 1}, .no_padding = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = avg_nhwc_k2s2},
    {.name = "avg_pool2d.f32.nchw.avx2.k2s2",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 1,
     .limits = {.kernel = {2, 2}, .stride = {2, 2}, .dilation = {1, 1}, .no_padding = true},
     .algorithm = &hg_pool_nchw,
     .run.pool = avg_nchw_k2s2},
    {.name = "lp_pool2d.f32.nhwc.avx2.window",
     .op = HG_OP_LP_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .algorithm = &hg_pool_nhwc,
     .run.pool = lp_nhwc},
    {.name = NULL}};
