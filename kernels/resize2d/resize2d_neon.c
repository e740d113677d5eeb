/* Resizing, f32, NEON. Contract: resize2d.h.
 *
 * Channels are innermost, so a tap is a stream of vectors. In scratch a tail is stored as a whole
 * vector: what it leaves behind the channels is overwritten by the next pixel. Images of one
 * channel are filtered VL pixels at a time, lanes being loaded one by one. */
#include "kernels/resize2d/resize2d.h"

#include "kernels/resize2d/resize_ops_neon.h"

#include "kernels/resize2d/resize2d_across.h"

/* ---- Along x ---- */

/* One channel, pixels side by side: lane j belongs to output x + j. A lane whose pixel has fewer
 * taps than others, or no weight for this one, is not read and adds 0 * 0. */
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
                weight[j] = a->weight[k * a->weight_step + x + j];
                if (weight[j] != 0.0f) in[j] = a->input[a->first[x + j] + k];
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
    else if (a->channels < VL)
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
    const float *taps[HG_RESIZE_MOST_TAPS];
    for (int64_t x = 0; x < runs; x++) {
        for (int64_t k = 0; k < a->taps; k++) taps[k] = a->rows[k] + x * a->channels;
        sum_all((sums){taps, a->weight, a->output + x * a->out_pixel, a->weight_step, a->out_row,
                       a->taps, a->height, n});
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

const hg_kernel hg_resize2d_neon[] = {
    {.name = "resize2d.f32.nhwc.neon.copy",
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
     .rev = 4,
     .algorithm = &hg_resize_taps,
     .run.resize = &filters},
    {.name = "resize2d.f32.nchw.neon.taps",
     .op = HG_OP_RESIZE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NCHW,
     .rev = 4,
     .algorithm = &hg_resize_taps,
     .run.resize = &filters},
    {.name = NULL},
};
