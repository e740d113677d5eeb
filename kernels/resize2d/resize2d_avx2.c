/* Resizing, f32, AVX2. Contract: resize2d.h.
 *
 * Channels are innermost, so a tap is a stream of vectors. Fewer than VL channels take one masked
 * vector per pixel; what it leaves behind them in a row is overwritten by the next pixel. Images of
 * one channel are gathered, VL pixels at a time. */
#include "kernels/resize2d/resize2d.h"

#include <math.h>

#include "kernels/resize2d/resize_ops_avx2.h"

#include "kernels/resize2d/resize2d_across.h"

/* ---- Along x ---- */

/* 8 outputs whose sources lie within 8 neighbours: two or more plain loads, each spread over the
 * lanes by a permutation, instead of gathers. false: they do not. */
HG_INLINE bool spread(const hg_resize_args *a, int64_t x)
{
    const int64_t base = a->first[x];
    if (x + VL > a->width || base + a->taps - 1 + VL > a->in_width) return false;
    const __m256i vfirst = _mm256_loadu_si256((const __m256i *)(a->first + x));
    const __m256i vcount = _mm256_loadu_si256((const __m256i *)(a->count + x));
    const __m256i vat = _mm256_sub_epi32(vfirst, _mm256_set1_epi32((int32_t)base));
    const __m256i vfar = _mm256_cmpgt_epi32(vat, _mm256_set1_epi32(VL - 1));
    const __m256i vfew = _mm256_cmpgt_epi32(_mm256_set1_epi32((int32_t)a->taps), vcount);
    if (_mm256_movemask_epi8(_mm256_or_si256(vfar, vfew))) return false;
    const float *in = a->input + base, *weight = a->weight + x;
    __m256 vacc =
        _mm256_mul_ps(_mm256_loadu_ps(weight), _mm256_permutevar8x32_ps(_mm256_loadu_ps(in), vat));
    for (int64_t k = 1; k < a->taps; k++)
        vacc = _mm256_fmadd_ps(_mm256_loadu_ps(weight + k * a->weight_step),
                               _mm256_permutevar8x32_ps(_mm256_loadu_ps(in + k), vat), vacc);
    _mm256_storeu_ps(a->output + x, vacc);
    return true;
}

/* One channel, pixels side by side: lane j belongs to output x + j. A lane whose pixel has fewer
 * taps than others, or a hole in this place, is not read and adds 0 * 0. holes: a constant. */
HG_INLINE void across_lanes(const hg_resize_args *a, bool holes)
{
    for (int64_t x = 0; x < a->width; x += VL) {
        if (!holes && spread(a, x)) continue;
        const __m256i vm = hg_tail_mask((size_t)HG_MIN(a->width - x, VL));
        const __m256i vfirst = _mm256_maskload_epi32(a->first + x, vm);
        const __m256i vcount = _mm256_maskload_epi32(a->count + x, vm);
        __m256 vacc = _mm256_setzero_ps();
        for (int64_t k = 0; k < a->taps; k++) {
            const __m256i vin = _mm256_cmpgt_epi32(vcount, _mm256_set1_epi32((int)k));
            if (_mm256_testz_si256(vin, vin)) break;
            const __m256 vk = _mm256_maskload_ps(a->weight + k * a->weight_step + x, vin);
            const __m256 vread = holes ? _mm256_cmp_ps(vk, _mm256_setzero_ps(), _CMP_NEQ_UQ)
                                       : _mm256_castsi256_ps(vin);
            const __m256 vi =
                _mm256_mask_i32gather_ps(_mm256_setzero_ps(), a->input + k, vfirst, vread, 4);
            vacc = k == 0 ? _mm256_mul_ps(vk, vi) : _mm256_fmadd_ps(vk, vi, vacc);
        }
        _mm256_storeu_ps(a->output + x, vacc);
    }
}

static void across_plane(const hg_resize_args *a)
{
    if (a->holes)
        across_lanes(a, true);
    else
        across_lanes(a, false);
}

static void along_x(const hg_resize_args *a)
{
    if (a->channels == 1 && a->in_pixel == 1)
        across_plane(a);
    else if (a->channels < VL)
        across_few_channels(a);
    else
        across_channels(a);
}

/* ---- Along y ---- */

/* One row past the caches: plain stores up to the first aligned vector. */
static void sum_stream(sums b)
{
    const size_t n = b.n, head = HG_MIN((32 - (uintptr_t)b.out % 32) / sizeof(float) % VL, n);
    size_t i = head;
    b.n = head;
    sum_one(&b);
    for (; i + VL <= n; i += VL) {
        __m256 vacc = _mm256_mul_ps(_mm256_broadcast_ss(b.weight), _mm256_loadu_ps(b.taps[0] + i));
        for (int64_t k = 1; k < b.count; k++)
            vacc = _mm256_fmadd_ps(_mm256_broadcast_ss(b.weight + k * b.weight_step),
                                   _mm256_loadu_ps(b.taps[k] + i), vacc);
        _mm256_stream_ps(b.out + i, vacc);
    }
    for (; i < n; i++) {
        float sum = b.weight[0] * b.taps[0][i];
        for (int64_t k = 1; k < b.count; k++)
            sum = fmaf(b.weight[k * b.weight_step], b.taps[k][i], sum);
        b.out[i] = sum;
    }
}

static void along_y(const hg_resize_args *a)
{
    const bool dense = a->out_pixel == a->channels;
    const int64_t runs = dense ? 1 : a->width;
    const size_t n = (size_t)(dense ? a->width * a->channels : a->channels);
    const float *taps[HG_RESIZE_MOST_TAPS];
    for (int64_t x = 0; x < runs; x++) {
        for (int64_t k = 0; k < a->taps; k++) taps[k] = a->rows[k] + x * a->channels;
        sums b = {taps,           a->weight,  a->output + x * a->out_pixel,
                  a->weight_step, a->out_row, a->taps,
                  a->height,      n};
        if (!a->stream) sum_all(b);
        for (int64_t y = 0; a->stream && y < a->height; y++, b.weight++, b.out += b.pitch)
            sum_stream(b);
    }
    if (a->stream) _mm_sfence(); /* before another thread is told that the rows are there */
}

/* ---- Copies ---- */

/* n floats to one or two rows; out1 may be NULL. */
HG_INLINE void copy_run(const float *in, float *out0, float *out1, size_t n)
{
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        const __m256 vi = _mm256_loadu_ps(in + i);
        _mm256_storeu_ps(out0 + i, vi);
        if (out1) _mm256_storeu_ps(out1 + i, vi);
    }
    if (i < n) {
        const __m256i vm = hg_tail_mask(n - i);
        const __m256 vi = _mm256_maskload_ps(in + i, vm);
        _mm256_maskstore_ps(out0 + i, vm, vi);
        if (out1) _mm256_maskstore_ps(out1 + i, vm, vi);
    }
}

/* Fewer than VL channels. Dense pixels but the last are stored whole and overwritten in turn. */
HG_INLINE void copy_few(const hg_resize_args *a, float *out0, float *out1)
{
    const __m256i vm = hg_tail_mask((size_t)a->channels);
    const int64_t size = a->width * a->channels;
    const int64_t whole = a->out_pixel == a->channels ? (size - VL) / a->channels : -1;
    for (int64_t x = 0; x < a->width; x++) {
        const __m256 vi = _mm256_maskload_ps(a->input + a->first[x] * a->in_pixel, vm);
        const size_t n = size >= VL && x <= whole ? VL : (size_t)a->channels;
        store(out0 + x * a->out_pixel, vi, n);
        if (out1) store(out1 + x * a->out_pixel, vi, n);
    }
}

/* One channel, pixels side by side. */
HG_INLINE void copy_plane(const hg_resize_args *a, float *out0, float *out1)
{
    const __m256i vlow = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3);
    const __m256i vhigh = _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7);
    const int64_t last = a->width - 2 * VL; /* the last pixels start earlier and repeat some */
    int64_t x = 0;
    for (; a->factor == 2 && last >= 0 && x < a->width; x += 2 * VL) {
        const int64_t at = HG_MIN(x, last);
        const __m256 vi = _mm256_loadu_ps(a->input + at / 2);
        const __m256 v0 = _mm256_permutevar8x32_ps(vi, vlow);  /* 0 0 1 1 2 2 3 3 */
        const __m256 v1 = _mm256_permutevar8x32_ps(vi, vhigh); /* 4 4 5 5 6 6 7 7 */
        _mm256_storeu_ps(out0 + at, v0);
        _mm256_storeu_ps(out0 + at + VL, v1);
        if (out1) _mm256_storeu_ps(out1 + at, v0);
        if (out1) _mm256_storeu_ps(out1 + at + VL, v1);
    }
    for (; x < a->width; x += VL) {
        const __m256i vm = hg_tail_mask((size_t)HG_MIN(a->width - x, VL));
        const __m256i vfirst = _mm256_maskload_epi32(a->first + x, vm);
        const __m256 vi = _mm256_mask_i32gather_ps(_mm256_setzero_ps(), a->input, vfirst,
                                                   _mm256_castsi256_ps(vm), 4);
        store(out0 + x, vi, (size_t)(a->width - x));
        if (out1) store(out1 + x, vi, (size_t)(a->width - x));
    }
}

HG_INLINE void copy_rows(const hg_resize_args *a, float *out0, float *out1)
{
    const bool dense = a->in_pixel == a->channels && a->out_pixel == a->channels;
    if (a->factor == 1 && dense)
        copy_run(a->input, out0, out1, (size_t)(a->width * a->channels));
    else if (a->channels == 1 && dense)
        copy_plane(a, out0, out1);
    else if (a->channels < VL)
        copy_few(a, out0, out1);
    else
        for (int64_t x = 0; x < a->width; x++)
            copy_run(a->input + a->first[x] * a->in_pixel, out0 + x * a->out_pixel,
                     out1 ? out1 + x * a->out_pixel : NULL, (size_t)a->channels);
}

/* One pixel to a place in each of one or two rows; whole lines of the cache at a time. */
HG_INLINE void copy_pixel(const float *in, float *out0, float *out1, int64_t n)
{
    int64_t c = 0;
    for (; c + 2 * VL <= n; c += 2 * VL) {
        const __m256 v0 = _mm256_loadu_ps(in + c), v1 = _mm256_loadu_ps(in + c + VL);
        _mm256_storeu_ps(out0 + c, v0);
        _mm256_storeu_ps(out0 + c + VL, v1);
        if (out1) _mm256_storeu_ps(out1 + c, v0);
        if (out1) _mm256_storeu_ps(out1 + c + VL, v1);
    }
    for (; c < n; c += VL) { /* the last vector overlaps the one before it */
        const int64_t at = HG_MIN(c, n - VL);
        const __m256 vi = _mm256_loadu_ps(in + at);
        _mm256_storeu_ps(out0 + at, vi);
        if (out1) _mm256_storeu_ps(out1 + at, vi);
    }
}

/* Twice as wide: each pixel of a row to two pixels, of two rows if `two`, a constant. */
HG_INLINE void copy_twice(const hg_resize_args *a, float *out, bool two)
{
    const int64_t n = a->channels, next = a->out_pixel, below = a->out_row;
    const float *in = a->input;
    for (int64_t x = 0; x < a->width; x += 2, in += a->in_pixel, out += 2 * next) {
        copy_pixel(in, out, two ? out + below : NULL, n);
        copy_pixel(in, out + next, two ? out + next + below : NULL, n);
    }
}

/* The same past the caches, for whole aligned vectors, one after the other. */
static void stream_twice(const hg_resize_args *a, float *out)
{
    const float *in = a->input;
    for (int64_t x = 0; x < a->width; x++, in += x % 2 ? 0 : a->in_pixel, out += a->out_pixel)
        for (int64_t c = 0; c < a->channels; c += VL)
            _mm256_stream_ps(out + c, _mm256_loadu_ps(in + c));
}

static void copy_rows_twice(const hg_resize_args *a)
{
    const bool aligned = (uintptr_t)a->output % 32 == 0 && a->out_row % VL == 0 &&
                         a->out_pixel % VL == 0 && a->channels % VL == 0;
    int64_t y = 0;
    for (; a->stream && aligned && y < a->height; y++) stream_twice(a, a->output + y * a->out_row);
    for (; y + 2 <= a->height; y += 2) copy_twice(a, a->output + y * a->out_row, true);
    if (y < a->height) copy_twice(a, a->output + y * a->out_row, false);
}

static void copy(const hg_resize_args *a)
{
    if (a->factor == 2 && a->channels >= VL) {
        copy_rows_twice(a);
    } else {
        int64_t y = 0;
        for (; y + 2 <= a->height; y += 2)
            copy_rows(a, a->output + y * a->out_row, a->output + (y + 1) * a->out_row);
        if (y < a->height) copy_rows(a, a->output + y * a->out_row, NULL);
    }
    if (a->stream) _mm_sfence(); /* before another thread is told that the rows are there */
}

static const hg_resize_steps copies = {.copy = copy};
static const hg_resize_steps filters = {.along_x = along_x, .along_y = along_y};

const hg_kernel hg_resize2d_avx2[] = {
    {.name = "resize2d.f32.nhwc.avx2.copy",
     .op = HG_OP_RESIZE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 3,
     .limits = {.resize_mode = 1 + HG_RESIZE_NEAREST},
     .algorithm = &hg_resize_copy,
     .run.resize = &copies},
    {.name = "resize2d.f32.nchw.avx2.copy",
     .op = HG_OP_RESIZE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 3,
     .limits = {.resize_mode = 1 + HG_RESIZE_NEAREST},
     .algorithm = &hg_resize_copy,
     .run.resize = &copies},
    {.name = "resize2d.f32.nhwc.avx2.taps",
     .op = HG_OP_RESIZE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 4,
     .algorithm = &hg_resize_taps,
     .run.resize = &filters},
    {.name = "resize2d.f32.nchw.avx2.taps",
     .op = HG_OP_RESIZE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 4,
     .algorithm = &hg_resize_taps,
     .run.resize = &filters},
    {.name = NULL},
};
