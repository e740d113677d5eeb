/* Pooling, f32, NEON. Contract: hg_pool_args in pool2d.h.
 *
 * A vector is 4 channels of one tap.
 * Tails: the last vector starts earlier and repeats lanes; fewer than 4 go lane by lane. */
#include "kernels/common/vec_neon.h"
#include "kernels/pool2d/pool2d.h"

#include <math.h>

enum { VL = 4, BLOCK = 4 }; /* f32 lanes; vectors of accumulators per pass over a window */

typedef enum pool_kind { MAX, SUM, SUM_ABS, SUM_SQUARE } pool_kind;

/* Lanes where the tap is greater or NaN. vmaxq would lose the bits of NaN and the first zero. */
HG_INLINE uint32x4_t taken(float32x4_t vacc, float32x4_t vi)
{
    return vornq_u32(vcgtq_f32(vi, vacc), vceqq_f32(vi, vi));
}

HG_INLINE float32x4_t take(pool_kind kind, float32x4_t vacc, float32x4_t vi)
{
    switch (kind) {
    case MAX:
        return vbslq_f32(taken(vacc, vi), vi, vacc);
    case SUM:
        return vaddq_f32(vacc, vi);
    case SUM_ABS:
        return vaddq_f32(vacc, vabsq_f32(vi));
    default:
        return vfmaq_f32(vacc, vi, vi);
    }
}

/* SIMDe 0.7 has neither vdivq_f32 nor vsqrtq_f32; both operations are exactly rounded anyway. */
HG_INLINE float32x4_t divide(float32x4_t va, float32x4_t vb)
{
#if defined(__aarch64__)
    return vdivq_f32(va, vb);
#else
    float a[VL], b[VL];
    vst1q_f32(a, va);
    vst1q_f32(b, vb);
    for (int i = 0; i < VL; i++) a[i] /= b[i];
    return vld1q_f32(a);
#endif
}

HG_INLINE float32x4_t square_root(float32x4_t va)
{
#if defined(__aarch64__)
    return vsqrtq_f32(va);
#else
    float a[VL];
    vst1q_f32(a, va);
    for (int i = 0; i < VL; i++) a[i] = sqrtf(a[i]);
    return vld1q_f32(a);
#endif
}

HG_INLINE float32x4_t finish(pool_kind kind, float32x4_t vacc, float32x4_t vdivisor)
{
    if (kind == SUM) return divide(vacc, vdivisor);
    return kind == SUM_SQUARE ? square_root(vacc) : vacc;
}

HG_INLINE float32x4_t load(const float *p, size_t n)
{
    return n == VL ? vld1q_f32(p) : hg_load_tail(p, n);
}

HG_INLINE void store(float *p, float32x4_t v, size_t n)
{
    if (n == VL)
        vst1q_f32(p, v);
    else
        hg_store_tail(p, v, n);
}

/* One window, n_vec vectors of n <= 4 channels; n < 4 in the only vector of a pixel. */
HG_INLINE void window(const hg_pool_args *a, pool_kind kind, int64_t rows, int64_t taps,
                      const float *restrict in, float *restrict out, float32x4_t vdivisor,
                      int n_vec, size_t n)
{
    float32x4_t vacc[BLOCK];
    HG_UNROLL
    for (int v = 0; v < n_vec; v++) vacc[v] = vdupq_n_f32(kind == MAX ? -INFINITY : 0.0f);
    for (int64_t ky = 0; ky < rows; ky++) {
        const float *tap = in + ky * a->row_step;
        for (int64_t kx = 0; kx < taps; kx++, tap += a->column_step) {
            HG_UNROLL
            for (int v = 0; v < n_vec; v++) vacc[v] = take(kind, vacc[v], load(tap + v * VL, n));
        }
    }
    HG_UNROLL
    for (int v = 0; v < n_vec; v++) store(out + v * VL, finish(kind, vacc[v], vdivisor), n);
}

/* A row of pixels. */
HG_INLINE void row_of(const hg_pool_args *a, pool_kind kind)
{
    const int64_t c_blocks = a->channels / (BLOCK * VL) * (BLOCK * VL);
    for (int64_t x = 0; x < a->width; x++) {
        const hg_pool_span *column = &a->columns[x];
        const int64_t ny = a->rows, nx = column->taps;
        const float32x4_t vdivisor = vdupq_n_f32(kind == SUM ? hg_pool_divisor(a, column) : 1.0f);
        const float *in = a->input + column->first * a->in_pixel;
        float *out = a->output + x * a->out_pixel;
        if (a->channels < VL) {
            window(a, kind, ny, nx, in, out, vdivisor, 1, (size_t)a->channels);
            continue;
        }
        int64_t c = 0;
        for (; c < c_blocks; c += BLOCK * VL)
            window(a, kind, ny, nx, in + c, out + c, vdivisor, BLOCK, VL);
        for (; c < a->channels; c += VL) {
            const int64_t at = HG_MIN(c, a->channels - VL);
            window(a, kind, ny, nx, in + at, out + at, vdivisor, 1, VL);
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

/* Indices of the n <= 4 channels from c on: position * scale + first + lane * channel. */
HG_INLINE void store_indices(const hg_pool_args *a, int64_t at, int64_t c, int32x4_t vplane,
                             size_t n)
{
    const int64_t first = a->index_first + c * a->index_channel, step = a->index_channel;
    if (a->index_type == HG_INDEX_I32) {
        /* Lanes beyond n may exceed 32 bits; they wrap and are dropped. */
        const uint32_t u = (uint32_t)step, lanes[VL] = {0, u, 2 * u, 3 * u};
        const int32x4_t vlane = vreinterpretq_s32_u32(vld1q_u32(lanes));
        const int32x4_t vaddend = vaddq_s32(vdupq_n_s32((int32_t)first), vlane);
        const int32x4_t vscaled = vmulq_n_s32(vplane, (int32_t)a->index_scale);
        int32_t tail[VL], *out = (int32_t *)a->indices + at + c;
        vst1q_s32(n == VL ? out : tail, vaddq_s32(vscaled, vaddend));
        for (size_t i = 0; n < VL && i < n; i++) out[i] = tail[i];
        return;
    }
    const int64_t lanes[VL] = {first, first + step, first + 2 * step, first + 3 * step};
    const int32_t scale = (int32_t)a->index_scale;
    int64_t tail[VL], *out = (int64_t *)a->indices + at + c, *to = n == VL ? out : tail;
    const int64x2_t vlow = vmull_n_s32(vget_low_s32(vplane), scale);
    const int64x2_t vhigh = vmull_n_s32(vget_high_s32(vplane), scale);
    vst1q_s64(to, vaddq_s64(vlow, vld1q_s64(lanes)));
    vst1q_s64(to + 2, vaddq_s64(vhigh, vld1q_s64(lanes + 2)));
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

/* n <= 4 channels of one window: values in vacc, positions in the plane as lanes beside them. */
HG_INLINE void window_indices(const hg_pool_args *a, int64_t x, int64_t c, size_t n)
{
    const hg_pool_span *column = &a->columns[x];
    const float *in = a->input + column->first * a->in_pixel + c;
    const int64_t corner = a->plane_first + column->first * a->plane_pixel;
    float32x4_t vacc = vdupq_n_f32(-INFINITY);
    int32x4_t vplane = vdupq_n_s32((int32_t)corner);
    for (int64_t ky = 0; ky < a->rows; ky++) {
        const float *tap = in + ky * a->row_step;
        int64_t plane = corner + ky * a->plane_row;
        for (int64_t kx = 0; kx < column->taps; kx++) {
            const float32x4_t vi = load(tap, n);
            const uint32x4_t vtake = taken(vacc, vi);
            vacc = vbslq_f32(vtake, vi, vacc);
            vplane = vbslq_s32(vtake, vdupq_n_s32((int32_t)plane), vplane);
            tap += a->column_step;
            plane += a->plane_column;
        }
    }
    const int64_t at = x * a->out_pixel;
    store(a->output + at + c, vacc, n);
    store_indices(a, at, c, vplane, n);
}

static void max_nhwc_indices(const hg_pool_args *args)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_pool_args copy = *args, *a = &copy;
    for (int64_t x = 0; x < a->width; x++) {
        if (a->channels < VL) window_indices(a, x, 0, (size_t)a->channels);
        for (int64_t c = 0; a->channels >= VL && c < a->channels; c += VL)
            window_indices(a, x, HG_MIN(c, a->channels - VL), VL);
        if (a->rows == 0 || a->columns[x].taps == 0) store_no_indices(a, x * a->out_pixel);
    }
}

const hg_kernel hg_pool2d_neon[] = {
    {.name = "max_pool2d.f32.nhwc.neon.window",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .limits = {.no_indices = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = max_nhwc},
    {.name = "max_pool2d.f32.nhwc.neon.indices",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .limits = {.only_indices = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = max_nhwc_indices},
    {.name = "avg_pool2d.f32.nhwc.neon.window",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .algorithm = &hg_pool_nhwc,
     .run.pool = avg_nhwc},
    {.name = "lp_pool2d.f32.nhwc.neon.window",
     .op = HG_OP_LP_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .algorithm = &hg_pool_nhwc,
     .run.pool = lp_nhwc},
    {.name = NULL},
};
