/* Pooling, f32, AVX2. Contract: hg_pool_args in pool2d.h.
 *
 * NHWC: a vector is 8 channels of one tap; no lane ever leaves its channel. 2x2 windows:
 * pool_k2s2_avx2.c. */
#include "kernels/common/vec_avx2.h"
#include "kernels/pool2d/pool2d.h"

#include <math.h>

enum { ROWS_AHEAD = 4 };    /* rows between a prefetch and its load */
enum { VL = 8, BLOCK = 8 }; /* f32 lanes; vectors of accumulators per pass over a window */
/* Windows of more than MANY taps are taken FEW taps at a time. */
enum { MANY = 16, FEW = 8 };

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

/* Where a window's taps are taken in several passes, the output holds what is accumulated so far.
 */
typedef struct part {
    int64_t rows, taps;
    bool first, last;
} part;

/* Part of one window, n_vec vectors of channels; only the last vector of a pixel is masked. */
HG_INLINE void window(const hg_pool_args *a, pool_kind kind, part part, const float *restrict in,
                      float *restrict out, __m256 vdivisor, int n_vec, bool masked, __m256i vmask)
{
    __m256 vacc[BLOCK];
    HG_UNROLL
    for (int v = 0; v < n_vec; v++)
        vacc[v] = part.first ? _mm256_set1_ps(kind == MAX ? -INFINITY : 0.0f)
                             : load(out + v * VL, masked, vmask);
    for (int64_t ky = 0; ky < part.rows; ky++) {
        const float *tap = in + ky * a->row_step;
        for (int64_t kx = 0; kx < part.taps; kx++, tap += a->column_step) {
            HG_UNROLL
            for (int v = 0; v < n_vec; v++)
                vacc[v] = take(kind, vacc[v], load(tap + v * VL, masked, vmask));
        }
    }
    HG_UNROLL
    for (int v = 0; v < n_vec; v++)
        store(out + v * VL, part.last ? finish(kind, vacc[v], vdivisor) : vacc[v], masked, vmask);
}

/* All channels of a pixel. */
HG_INLINE void pixel(const hg_pool_args *a, pool_kind kind, part part, const float *in, float *out,
                     __m256 vdivisor)
{
    const int64_t c_blocks = a->channels / (BLOCK * VL) * (BLOCK * VL);
    const int64_t c_vectors = a->channels / VL * VL;
    const __m256i vmask = hg_tail_mask((size_t)(a->channels - c_vectors));
    int64_t c = 0;
    for (; c < c_blocks; c += BLOCK * VL)
        window(a, kind, part, in + c, out + c, vdivisor, BLOCK, false, vmask);
    for (; c < c_vectors; c += VL)
        window(a, kind, part, in + c, out + c, vdivisor, 1, false, vmask);
    if (c < a->channels) window(a, kind, part, in + c, out + c, vdivisor, 1, true, vmask);
}

/* A row of pixels. Taps of a window are far apart in memory: with more of them side by side than
 * a set of the cache has ways, lines that the hardware fetched ahead are lost before their use. */
HG_INLINE void row_of(const hg_pool_args *args, pool_kind kind)
{
    const hg_pool_args copy = *args, *a = &copy;
    for (int64_t x = 0; x < a->width; x++) {
        const hg_pool_span *column = &a->columns[x];
        const int64_t ny = a->rows, nx = column->taps;
        const __m256 vdivisor = _mm256_set1_ps(kind == SUM ? hg_pool_divisor(a, column) : 1.0f);
        const float *in = a->input + column->first * a->in_pixel;
        float *out = a->output + x * a->out_pixel;
        if (ny * nx <= MANY || a->channels < BLOCK * VL) {
            pixel(a, kind, (part){ny, nx, true, true}, in, out, vdivisor);
            continue;
        }
        for (int64_t i = 0; i < ny; i++)
            for (int64_t j = 0; j < nx; j += FEW) {
                const part part = {1, HG_MIN(nx - j, (int64_t)FEW), i + j == 0,
                                   i == ny - 1 && j + FEW >= nx};
                pixel(a, kind, part, in + i * a->row_step + j * a->column_step, out, vdivisor);
            }
    }
}

static void max_nhwc(const hg_pool_args *a)
{
    row_of(a, MAX);
}

static void avg_nhwc(const hg_pool_args *a)
{
    row_of(a, SUM);
}

static void lp_nhwc(const hg_pool_args *a)
{
    if (a->power == 1.0f)
        row_of(a, SUM_ABS);
    else
        row_of(a, SUM_SQUARE);
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
        int *out = (int *)a->indices + at + c;
        if (n == VL) /* some CPUs take many times as long for a masked store */
            _mm256_storeu_si256((__m256i *)out, vindex);
        else
            _mm256_maskstore_epi32(out, hg_tail_mask(n), vindex);
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

/* 8 channels of one window: values in vacc, positions in the plane as 32-bit lanes beside them. NaN
 * is taken, unless all taps are said to be numbers; lanes that held one are returned. */
HG_INLINE __m256 window_indices(const hg_pool_args *a, bool numbers, int64_t rows, int64_t taps,
                                int64_t x, int64_t c, bool masked, __m256i vmask)
{
    const hg_pool_span *column = &a->columns[x];
    const float *in = a->input + column->first * a->in_pixel + c;
    const int64_t corner = a->plane_first + column->first * a->plane_pixel;
    __m256 vacc = _mm256_set1_ps(-INFINITY), vnan = _mm256_setzero_ps();
    const __m256i vright = _mm256_set1_epi32((int32_t)a->plane_column);
    __m256i vplane = _mm256_set1_epi32((int32_t)corner);
    for (int64_t ky = 0; ky < rows; ky++) {
        const float *tap = in + ky * a->row_step;
        __m256i vhere = _mm256_set1_epi32((int32_t)(corner + ky * a->plane_row));
        for (int64_t kx = 0; kx < taps; kx++) {
            const __m256 vi = load(tap, masked, vmask);
            const __m256 vgreater = _mm256_cmp_ps(vi, vacc, _CMP_GT_OQ);
            const __m256 vis_nan = _mm256_cmp_ps(vi, vi, _CMP_UNORD_Q);
            const __m256 vtake = numbers ? vgreater : _mm256_or_ps(vgreater, vis_nan);
            vnan = _mm256_or_ps(vnan, vis_nan);
            vacc = numbers ? _mm256_max_ps(vi, vacc) : _mm256_blendv_ps(vacc, vi, vtake);
            vplane = _mm256_blendv_epi8(vplane, vhere, _mm256_castps_si256(vtake));
            tap += a->column_step;
            vhere = _mm256_add_epi32(vhere, vright);
        }
    }
    const int64_t at = x * a->out_pixel;
    store(a->output + at + c, vacc, masked, vmask);
    store_indices(a, at, c, vplane, masked ? (size_t)(a->channels - c) : (size_t)VL);
    return vnan;
}

/* Returns false if it met NaN where `numbers` says there is none. */
HG_INLINE bool row_of_indices(const hg_pool_args *args, bool numbers, int64_t rows, int64_t taps)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_pool_args copy = *args, *a = &copy;
    const int64_t c_vectors = a->channels / VL * VL;
    const __m256i vmask = hg_tail_mask((size_t)(a->channels - c_vectors));
    __m256 vnan = _mm256_setzero_ps();
    for (int64_t x = 0; x < a->width; x++) {
        const int64_t ny = rows ? rows : a->rows, nx = taps ? taps : a->columns[x].taps;
        for (int64_t c = 0; c < c_vectors; c += VL)
            vnan = _mm256_or_ps(vnan, window_indices(a, numbers, ny, nx, x, c, false, vmask));
        if (c_vectors < a->channels)
            vnan =
                _mm256_or_ps(vnan, window_indices(a, numbers, ny, nx, x, c_vectors, true, vmask));
        if (ny == 0 || nx == 0) store_no_indices(a, x * a->out_pixel);
    }
    return !numbers || _mm256_movemask_ps(vnan) == 0;
}

static void max_nhwc_indices(const hg_pool_args *a)
{
    row_of_indices(a, false, 0, 0);
}

/* ---- NCHW, 2x2 stride 2, with indices: a vector is 8 neighbouring outputs of a row ---- */

/* 2n floats of a row as even and odd columns, lanes 0 1 4 5 | 2 3 6 7; n <= 8. */
HG_INLINE void load_columns(const float *p, size_t n, __m256 v[2])
{
    const size_t floats = 2 * n, first = HG_MIN(floats, (size_t)VL);
    const __m256 v0 = load(p, n < VL, hg_tail_mask(first));
    /* A pointer past the row's end must not even be formed: lanes of an empty mask read at p. */
    const __m256 v1 = load(floats > VL ? p + VL : p, n < VL, hg_tail_mask(floats - first));
    v[0] = _mm256_shuffle_ps(v0, v1, 0x88);
    v[1] = _mm256_shuffle_ps(v0, v1, 0xDD);
}

/* The maximum of four numbers and where its first is: rows, then the greater of both. */
HG_INLINE __m256 first_of_four(const __m256 vi[4], int32_t right, int32_t down, __m256i *vplace,
                               __m256 *vnan)
{
    const __m256i vright = _mm256_set1_epi32(right), vdown = _mm256_set1_epi32(down);
    const __m256i vtop = _mm256_castps_si256(_mm256_cmp_ps(vi[1], vi[0], _CMP_GT_OQ));
    const __m256i vbottom = _mm256_castps_si256(_mm256_cmp_ps(vi[3], vi[2], _CMP_GT_OQ));
    const __m256 vmax0 = _mm256_max_ps(vi[1], vi[0]), vmax1 = _mm256_max_ps(vi[3], vi[2]);
    const __m256i vlower = _mm256_castps_si256(_mm256_cmp_ps(vmax1, vmax0, _CMP_GT_OQ));
    *vplace =
        _mm256_blendv_epi8(_mm256_and_si256(vtop, vright),
                           _mm256_add_epi32(_mm256_and_si256(vbottom, vright), vdown), vlower);
    *vnan = _mm256_or_ps(_mm256_cmp_ps(vi[0], vi[1], _CMP_UNORD_Q),
                         _mm256_cmp_ps(vi[2], vi[3], _CMP_UNORD_Q));
    return _mm256_max_ps(vmax1, vmax0);
}

HG_INLINE __m256 pairs_indices(const hg_pool_args *a, bool numbers, int64_t x, int64_t y, size_t n)
{
    const float *in = a->input + y * a->in_down + 2 * x;
    const int32_t right = (int32_t)a->plane_column, down = (int32_t)a->plane_row;
    const int32_t offset[4] = {0, right, down, down + right};
    __m256 vi[4], vnan = _mm256_setzero_ps();
    __m256i vplace = _mm256_setzero_si256();
    hg_prefetch(in, ROWS_AHEAD * a->row_step);
    hg_prefetch(in, (ROWS_AHEAD + 1) * a->row_step);
    load_columns(in, n, vi);
    load_columns(in + a->row_step, n, vi + 2);
    __m256 vacc = numbers ? first_of_four(vi, right, down, &vplace, &vnan) : vi[0];
    const int singles = numbers ? 1 : 4;
    HG_UNROLL
    for (int i = 1; i < singles; i++) {
        const __m256 vtake = _mm256_or_ps(_mm256_cmp_ps(vi[i], vacc, _CMP_GT_OQ),
                                          _mm256_cmp_ps(vi[i], vi[i], _CMP_UNORD_Q));
        vacc = _mm256_blendv_ps(vacc, vi[i], vtake);
        vplace =
            _mm256_blendv_epi8(vplace, _mm256_set1_epi32(offset[i]), _mm256_castps_si256(vtake));
    }
    /* 64-bit quarters 0 2 1 3 put lanes in order. */
    vacc = _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(vacc), 0xD8));
    vplace = _mm256_permute4x64_epi64(vplace, 0xD8);
    const int64_t pixel = a->plane_pixel,
                  corner = a->plane_first + 2 * (y * a->plane_down + x * pixel);
    const __m256i vlane = _mm256_mullo_epi32(_mm256_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14),
                                             _mm256_set1_epi32((int32_t)pixel));
    const __m256i vcorner = _mm256_add_epi32(_mm256_set1_epi32((int32_t)corner), vlane);
    const int64_t at = y * a->out_down + x;
    store(a->output + at, vacc, n < VL, hg_tail_mask(n));
    store_indices(a, at, 0, _mm256_add_epi32(vplace, vcorner), n);
    return vnan;
}

/* The last vector of a row starts earlier and repeats outputs, unless the row has fewer than 8. */
HG_INLINE bool plane_indices(const hg_pool_args *args, bool numbers)
{
    const hg_pool_args copy = *args, *a = &copy;
    const int64_t last = a->width - VL;
    __m256 vnan = _mm256_setzero_ps();
    for (int64_t y = 0; y < a->height; y++) {
        for (int64_t x = 0; x < last; x += VL)
            vnan = _mm256_or_ps(vnan, pairs_indices(a, numbers, x, y, VL));
        vnan = _mm256_or_ps(vnan, last >= 0 ? pairs_indices(a, numbers, last, y, VL)
                                            : pairs_indices(a, numbers, 0, y, (size_t)a->width));
    }
    return !numbers || _mm256_movemask_ps(vnan) == 0;
}

static void max_nchw_indices_k2s2(const hg_pool_args *a)
{
    if (!plane_indices(a, true)) plane_indices(a, false);
}

const hg_kernel hg_pool2d_avx2[] = {
    {.name = "max_pool2d.f32.nhwc.avx2.window",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 3,
     .limits = {.no_indices = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = max_nhwc},
    {.name = "max_pool2d.f32.nhwc.avx2.indices",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 3,
     .limits = {.only_indices = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = max_nhwc_indices},
    {.name = "max_pool2d.f32.nchw.avx2.indices_k2s2",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 2,
     .limits = {.kernel = {2, 2},
                .stride = {2, 2},
                .dilation = {1, 1},
                .no_padding = true,
                .only_indices = true},
     .algorithm = &hg_pool_nchw,
     .run.pool = max_nchw_indices_k2s2},
    {.name = "avg_pool2d.f32.nhwc.avx2.window",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 3,
     .algorithm = &hg_pool_nhwc,
     .run.pool = avg_nhwc},
    {.name = "lp_pool2d.f32.nhwc.avx2.window",
     .op = HG_OP_LP_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 3,
     .algorithm = &hg_pool_nhwc,
     .run.pool = lp_nhwc},
    {.name = NULL},
};
