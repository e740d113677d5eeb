/* Resizing, f32, NEON. Contract: resize2d.h.
 *
 * Channels are innermost, so a tap is a stream of vectors. In scratch a tail is stored as a whole
 * vector: what it leaves behind the channels is overwritten by the next pixel. Images of one
 * channel are filtered VL pixels at a time, lanes being loaded one by one. */
#include "kernels/resize2d/resize2d.h"

#include "kernels/common/vec_neon.h"

enum { VL = 4, GROUP = 4 };

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

/* n >= 1 lanes of memory, VL of them if n is larger. */
HG_INLINE float32x4_t load(const float *p, size_t n)
{
    return n >= VL ? vld1q_f32(p) : hg_load_tail(p, n);
}

HG_INLINE void store(float *p, float32x4_t v, size_t n)
{
    if (n >= VL)
        vst1q_f32(p, v);
    else
        hg_store_tail(p, v, n);
}

HG_INLINE float32x4_t sum_vector(const taps *t, size_t i, size_t n)
{
    float32x4_t vacc = vmulq_f32(vdupq_n_f32(t->weight[0]), load(tap(t, 0) + i, n));
    for (int64_t k = 1; k < t->count; k++)
        vacc = vfmaq_f32(vacc, vdupq_n_f32(t->weight[k * t->weight_step]), load(tap(t, k) + i, n));
    return vacc;
}

/* Several vectors at a time hide the latency of the chain over k. */
HG_INLINE void sum_group(const taps *t, size_t i, float *out)
{
    float32x4_t vacc[GROUP];
    const float32x4_t vk0 = vdupq_n_f32(t->weight[0]);
    const float *in = tap(t, 0) + i;
    HG_UNROLL for (int j = 0; j < GROUP; j++) vacc[j] = vmulq_f32(vk0, vld1q_f32(in + j * VL));
    for (int64_t k = 1; k < t->count; k++) {
        const float32x4_t vk = vdupq_n_f32(t->weight[k * t->weight_step]);
        in = tap(t, k) + i;
        HG_UNROLL for (int j = 0; j < GROUP; j++) vacc[j] =
            vfmaq_f32(vacc[j], vk, vld1q_f32(in + j * VL));
    }
    HG_UNROLL for (int j = 0; j < GROUP; j++) vst1q_f32(out + i + j * VL, vacc[j]);
}

HG_INLINE void sum_run(const taps *t, size_t n, bool scratch, float *out)
{
    size_t i = 0;
    for (; i + GROUP * VL <= n; i += GROUP * VL) sum_group(t, i, out);
    for (; i + VL <= n; i += VL) vst1q_f32(out + i, sum_vector(t, i, VL));
    if (i < n) store(out + i, sum_vector(t, i, n - i), scratch ? VL : n - i);
}

/* Two taps, the bilinear case, as loops of their own: the weights stay in registers. */
HG_INLINE void sum_two(const taps *t, size_t n, bool scratch, float *out)
{
    const float *in0 = tap(t, 0), *in1 = tap(t, 1);
    const float32x4_t vk0 = vdupq_n_f32(t->weight[0]);
    const float32x4_t vk1 = vdupq_n_f32(t->weight[t->weight_step]);
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        const float32x4_t v0 = vmulq_f32(vk0, vld1q_f32(in0 + i));
        vst1q_f32(out + i, vfmaq_f32(v0, vk1, vld1q_f32(in1 + i)));
    }
    if (i < n) {
        const float32x4_t v0 = vmulq_f32(vk0, hg_load_tail(in0 + i, n - i));
        const float32x4_t v1 = vfmaq_f32(v0, vk1, hg_load_tail(in1 + i, n - i));
        store(out + i, v1, scratch ? VL : n - i);
    }
}

/* ---- Along x ---- */

static void across_channels(const hg_resize_args *a)
{
    const size_t n = (size_t)a->channels;
    for (int64_t x = 0; x < a->width; x++) {
        const taps t = {.base = a->input + a->first[x] * a->in_pixel,
                        .weight = a->weight + x,
                        .step = a->in_pixel,
                        .weight_step = a->weight_step,
                        .count = a->count[x]};
        float *out = a->output + x * a->channels;
        if (n <= VL)
            vst1q_f32(out, sum_vector(&t, 0, n));
        else if (t.count == 2)
            sum_two(&t, n, true, out);
        else
            sum_run(&t, n, true, out);
    }
}

/* One channel, pixels side by side: lane j belongs to output x + j. A lane whose pixel has fewer
 * taps than others is not read and adds 0 * 0. */
static void across_plane(const hg_resize_args *a)
{
    for (int64_t x = 0; x < a->width; x += VL) {
        const int64_t n = HG_MIN(a->width - x, VL);
        int64_t most = 0;
        for (int64_t j = 0; j < n; j++) most = HG_MAX(most, a->count[x + j]);
        float32x4_t vacc = vdupq_n_f32(0.0f);
        for (int64_t k = 0; k < most; k++) {
            float in[VL] = {0}, weight[VL] = {0};
            for (int64_t j = 0; j < n; j++) {
                if (k >= a->count[x + j]) continue;
                in[j] = a->input[a->first[x + j] + k];
                weight[j] = a->weight[k * a->weight_step + x + j];
            }
            const float32x4_t vi = vld1q_f32(in), vk = vld1q_f32(weight);
            vacc = k == 0 ? vmulq_f32(vk, vi) : vfmaq_f32(vacc, vk, vi);
        }
        vst1q_f32(a->output + x, vacc);
    }
}

static void along_x(const hg_resize_args *a)
{
    if (a->channels == 1 && a->in_pixel == 1)
        across_plane(a);
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
        const float32x4_t vi = vld1q_f32(in + i);
        vst1q_f32(out0 + i, vi);
        if (out1) vst1q_f32(out1 + i, vi);
    }
    if (i < n) {
        const float32x4_t vi = hg_load_tail(in + i, n - i);
        hg_store_tail(out0 + i, vi, n - i);
        if (out1) hg_store_tail(out1 + i, vi, n - i);
    }
}

/* One channel, pixels side by side. */
HG_INLINE void copy_plane(const hg_resize_args *a, float *out0, float *out1)
{
    int64_t x = 0;
    for (; a->factor == 2 && x + 2 * VL <= a->width; x += 2 * VL) {
        const float32x4_t vi = vld1q_f32(a->input + x / 2);
        const float32x4x2_t v = vzipq_f32(vi, vi); /* { 0 0 1 1 }, { 2 2 3 3 } */
        vst1q_f32(out0 + x, v.val[0]);
        vst1q_f32(out0 + x + VL, v.val[1]);
        if (out1) vst1q_f32(out1 + x, v.val[0]);
        if (out1) vst1q_f32(out1 + x + VL, v.val[1]);
    }
    for (; x < a->width; x++) {
        out0[x] = a->input[a->first[x]];
        if (out1) out1[x] = out0[x];
    }
}

HG_INLINE void copy_rows(const hg_resize_args *a, float *out0, float *out1)
{
    const bool dense = a->in_pixel == a->channels && a->out_pixel == a->channels;
    if (a->factor == 1 && dense)
        copy_run(a->input, out0, out1, (size_t)(a->width * a->channels));
    else if (a->channels == 1 && dense)
        copy_plane(a, out0, out1);
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

const hg_kernel hg_resize2d_neon[] = {{.name = "resize2d.f32.nhwc.neon.copy",
                                       .op = HG_OP_RESIZE2D,
                                       .dtype = HG_F32,
                                       .isa = HG_ISA_NEON,
                                       .layouts = HG_IN_NHWC,
                                       .rev = 1,
                                       .limits = {.resize_mode = 1 + HG_RESIZE_NEAREST},
                                       .algorithm = &hg_resize_copy,
                                       .run.resize = &copies},
                                      {.name = "resize2d.f32.nchw.neon.copy",
                                       .op = HG_OP_RESIZE2D,
                                       .dtype = HG_F32,
                                       .isa = HG_ISA_NEON,
                                       .layouts = HG_IN_NCHW,
                                       .rev = 1,
                                       .limits = {.resize_mode = 1 + HG_RESIZE_NEAREST},
                                       .algorithm = &hg_resize_copy,
                                       .run.resize = &copies},
                                      {.name = "resize2d.f32.nhwc.neon.taps",
                                       .op = HG_OP_RESIZE2D,
                                       .dtype = HG_F32,
                                       .isa = HG_ISA_NEON,
                                       .layouts = HG_IN_NHWC,
                                       .rev = 1,
                                       .algorithm = &hg_resize_taps,
                                       .run.resize = &filters},
                                      {.name = "resize2d.f32.nchw.neon.taps",
                                       .op = HG_OP_RESIZE2D,
                                       .dtype = HG_F32,
                                       .isa = HG_ISA_NEON,
                                       .layouts = HG_IN_NCHW,
                                       .rev = 1,
                                       .algorithm = &hg_resize_taps,
                                       .run.resize = &filters},
                                      {.name = NULL}};
