/* Resizing, f32, AVX2. Contract: resize2d.h.
 *
 * Channels are innermost, so a tap is a stream of vectors. Fewer than VL channels take one masked
 * vector per pixel; what it leaves behind them in a row is overwritten by the next pixel. Images of
 * one channel are gathered, VL pixels at a time. */
#include "kernels/resize2d/resize2d.h"

#include "kernels/common/vec_avx2.h"

enum { VL = 8, GROUP = 4 };

/* ---- Sums of taps ---- */

/* Tap k is the run at rows[k] + offset, or at base + k*step where rows is NULL: n floats each. In
 * scratch the last vector is stored whole. */
typedef struct taps {
    const float *const *rows;
    const float *base, *weight;
    int64_t offset, step, weight_step, count;
} taps;

HG_INLINE const float *tap(const taps *t, int64_t k)
{
    return t->rows ? t->rows[k] + t->offset : t->base + k * t->step;
}

HG_INLINE __m256 load(const float *p, bool whole, __m256i vm)
{
    return whole ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, vm);
}

HG_INLINE void store(float *p, __m256 v, bool whole, __m256i vm)
{
    if (whole)
        _mm256_storeu_ps(p, v);
    else
        _mm256_maskstore_ps(p, vm, v);
}

HG_INLINE __m256 sum_vector(const taps *t, size_t i, bool whole, __m256i vm)
{
    __m256 vacc = _mm256_mul_ps(_mm256_broadcast_ss(t->weight), load(tap(t, 0) + i, whole, vm));
    for (int64_t k = 1; k < t->count; k++)
        vacc = _mm256_fmadd_ps(_mm256_broadcast_ss(t->weight + k * t->weight_step),
                               load(tap(t, k) + i, whole, vm), vacc);
    return vacc;
}

/* Several vectors at a time hide the latency of the chain over k. */
HG_INLINE void sum_group(const taps *t, size_t i, float *out)
{
    __m256 vacc[GROUP];
    const __m256 vk0 = _mm256_broadcast_ss(t->weight);
    const float *in = tap(t, 0) + i;
    HG_UNROLL for (int j = 0; j < GROUP; j++) vacc[j] =
        _mm256_mul_ps(vk0, _mm256_loadu_ps(in + j * VL));
    for (int64_t k = 1; k < t->count; k++) {
        const __m256 vk = _mm256_broadcast_ss(t->weight + k * t->weight_step);
        in = tap(t, k) + i;
        HG_UNROLL for (int j = 0; j < GROUP; j++) vacc[j] =
            _mm256_fmadd_ps(vk, _mm256_loadu_ps(in + j * VL), vacc[j]);
    }
    HG_UNROLL for (int j = 0; j < GROUP; j++) _mm256_storeu_ps(out + i + j * VL, vacc[j]);
}

HG_INLINE void sum_run(const taps *t, size_t n, bool scratch, float *out)
{
    const __m256i vall = hg_tail_mask(VL);
    size_t i = 0;
    for (; i + GROUP * VL <= n; i += GROUP * VL) sum_group(t, i, out);
    for (; i + VL <= n; i += VL) _mm256_storeu_ps(out + i, sum_vector(t, i, true, vall));
    if (i < n) {
        const __m256i vm = hg_tail_mask(n - i);
        store(out + i, sum_vector(t, i, false, vm), scratch, vm);
    }
}

/* Two taps, the bilinear case, as loops of their own: the weights stay in registers. */
HG_INLINE void sum_two(const taps *t, size_t n, bool scratch, float *out)
{
    const float *in0 = tap(t, 0), *in1 = tap(t, 1);
    const __m256 vk0 = _mm256_broadcast_ss(t->weight);
    const __m256 vk1 = _mm256_broadcast_ss(t->weight + t->weight_step);
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        const __m256 v0 = _mm256_mul_ps(vk0, _mm256_loadu_ps(in0 + i));
        _mm256_storeu_ps(out + i, _mm256_fmadd_ps(vk1, _mm256_loadu_ps(in1 + i), v0));
    }
    if (i < n) {
        const __m256i vm = hg_tail_mask(n - i);
        const __m256 v0 = _mm256_mul_ps(vk0, _mm256_maskload_ps(in0 + i, vm));
        const __m256 v1 = _mm256_fmadd_ps(vk1, _mm256_maskload_ps(in1 + i, vm), v0);
        store(out + i, v1, scratch, vm);
    }
}

/* ---- Along x ---- */

static void across_channels(const hg_resize_args *a)
{
    for (int64_t x = 0; x < a->width; x++) {
        const taps t = {.base = a->input + a->first[x] * a->in_pixel,
                        .weight = a->weight + x,
                        .step = a->in_pixel,
                        .weight_step = a->weight_step,
                        .count = a->count[x]};
        float *out = a->output + x * a->channels;
        if (t.count == 2)
            sum_two(&t, (size_t)a->channels, true, out);
        else
            sum_run(&t, (size_t)a->channels, true, out);
    }
}

/* At most VL channels. */
static void across_few_channels(const hg_resize_args *a)
{
    const __m256i vm = hg_tail_mask((size_t)a->channels);
    for (int64_t x = 0; x < a->width; x++) {
        const taps t = {.base = a->input + a->first[x] * a->in_pixel,
                        .weight = a->weight + x,
                        .step = a->in_pixel,
                        .weight_step = a->weight_step,
                        .count = a->count[x]};
        _mm256_storeu_ps(a->output + x * a->channels, sum_vector(&t, 0, false, vm));
    }
}

/* One channel, pixels side by side: lane j belongs to output x + j. A lane whose pixel has fewer
 * taps than others is not read and adds 0 * 0. */
static void across_plane(const hg_resize_args *a)
{
    for (int64_t x = 0; x < a->width; x += VL) {
        const __m256i vm = hg_tail_mask((size_t)HG_MIN(a->width - x, VL));
        const __m256i vfirst = _mm256_maskload_epi32(a->first + x, vm);
        const __m256i vcount = _mm256_maskload_epi32(a->count + x, vm);
        __m256 vacc = _mm256_setzero_ps();
        for (int64_t k = 0; k < a->taps; k++) {
            const __m256i vin = _mm256_cmpgt_epi32(vcount, _mm256_set1_epi32((int)k));
            if (_mm256_testz_si256(vin, vin)) break;
            const __m256 vi = _mm256_mask_i32gather_ps(_mm256_setzero_ps(), a->input + k, vfirst,
                                                       _mm256_castsi256_ps(vin), 4);
            const __m256 vk = _mm256_maskload_ps(a->weight + k * a->weight_step + x, vin);
            vacc = k == 0 ? _mm256_mul_ps(vk, vi) : _mm256_fmadd_ps(vk, vi, vacc);
        }
        _mm256_storeu_ps(a->output + x, vacc);
    }
}

static void along_x(const hg_resize_args *a)
{
    if (a->channels == 1 && a->in_pixel == 1)
        across_plane(a);
    else if (a->channels <= VL)
        across_few_channels(a);
    else
        across_channels(a);
}

/* ---- Along y ---- */

static void along_y(const hg_resize_args *a)
{
    const bool dense = a->out_pixel == a->channels;
    const int64_t runs = dense ? 1 : a->width;
    const size_t n = (size_t)(dense ? a->width * a->channels : a->channels);
    for (int64_t x = 0; x < runs; x++) {
        const taps t = {.rows = a->rows,
                        .weight = a->weight,
                        .offset = x * a->channels,
                        .weight_step = a->weight_step,
                        .count = a->taps};
        if (a->taps == 2)
            sum_two(&t, n, false, a->output + x * a->out_pixel);
        else
            sum_run(&t, n, false, a->output + x * a->out_pixel);
    }
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
        const bool all = size >= VL && x <= whole;
        store(out0 + x * a->out_pixel, vi, all, vm);
        if (out1) store(out1 + x * a->out_pixel, vi, all, vm);
    }
}

/* One channel, pixels side by side. */
HG_INLINE void copy_plane(const hg_resize_args *a, float *out0, float *out1)
{
    const __m256i vlow = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3);
    const __m256i vhigh = _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7);
    int64_t x = 0;
    for (; a->factor == 2 && x + 2 * VL <= a->width; x += 2 * VL) {
        const __m256 vi = _mm256_loadu_ps(a->input + x / 2);
        const __m256 v0 = _mm256_permutevar8x32_ps(vi, vlow);  /* 0 0 1 1 2 2 3 3 */
        const __m256 v1 = _mm256_permutevar8x32_ps(vi, vhigh); /* 4 4 5 5 6 6 7 7 */
        _mm256_storeu_ps(out0 + x, v0);
        _mm256_storeu_ps(out0 + x + VL, v1);
        if (out1) _mm256_storeu_ps(out1 + x, v0);
        if (out1) _mm256_storeu_ps(out1 + x + VL, v1);
    }
    for (; x < a->width; x += VL) {
        const __m256i vm = hg_tail_mask((size_t)HG_MIN(a->width - x, VL));
        const __m256i vfirst = _mm256_maskload_epi32(a->first + x, vm);
        const __m256 vi = _mm256_mask_i32gather_ps(_mm256_setzero_ps(), a->input, vfirst,
                                                   _mm256_castsi256_ps(vm), 4);
        const bool whole = a->width - x >= VL;
        store(out0 + x, vi, whole, vm);
        if (out1) store(out1 + x, vi, whole, vm);
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

static void copy(const hg_resize_args *a)
{
    int64_t y = 0;
    for (; y + 2 <= a->height; y += 2)
        copy_rows(a, a->output + y * a->out_row, a->output + (y + 1) * a->out_row);
    if (y < a->height) copy_rows(a, a->output + y * a->out_row, NULL);
}

static const hg_resize_steps copies = {.copy = copy};
static const hg_resize_steps filters = {.along_x = along_x, .along_y = along_y};

const hg_kernel hg_resize2d_avx2[] = {{.name = "resize2d.f32.nhwc.avx2.copy",
                                       .op = HG_OP_RESIZE2D,
                                       .dtype = HG_F32,
                                       .isa = HG_ISA_AVX2,
                                       .layouts = HG_IN_NHWC,
                                       .rev = 1,
                                       .limits = {.resize_mode = 1 + HG_RESIZE_NEAREST},
                                       .algorithm = &hg_resize_copy,
                                       .run.resize = &copies},
                                      {.name = "resize2d.f32.nchw.avx2.copy",
                                       .op = HG_OP_RESIZE2D,
                                       .dtype = HG_F32,
                                       .isa = HG_ISA_AVX2,
                                       .layouts = HG_IN_NCHW,
                                       .rev = 1,
                                       .limits = {.resize_mode = 1 + HG_RESIZE_NEAREST},
                                       .algorithm = &hg_resize_copy,
                                       .run.resize = &copies},
                                      {.name = "resize2d.f32.nhwc.avx2.taps",
                                       .op = HG_OP_RESIZE2D,
                                       .dtype = HG_F32,
                                       .isa = HG_ISA_AVX2,
                                       .layouts = HG_IN_NHWC,
                                       .rev = 1,
                                       .algorithm = &hg_resize_taps,
                                       .run.resize = &filters},
                                      {.name = "resize2d.f32.nchw.avx2.taps",
                                       .op = HG_OP_RESIZE2D,
                                       .dtype = HG_F32,
                                       .isa = HG_ISA_AVX2,
                                       .layouts = HG_IN_NCHW,
                                       .rev = 1,
                                       .algorithm = &hg_resize_taps,
                                       .run.resize = &filters},
                                      {.name = NULL}};
