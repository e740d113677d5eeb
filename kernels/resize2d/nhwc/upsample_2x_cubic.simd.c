/* Bicubic resizing of NHWC images to twice the size. Contract: upsample_2x_cubic.h. */
#include "kernels/resize2d/nhwc/upsample_2x_cubic.h"

#include "kernels/simd/simd.h"

/* Of the two outputs of a gap: the sum of four pixels, or rows of pixels, by k0, and that by k1.
 * Away from the border k1 is k0 the other way round; there are registers for both. */
typedef struct weights {
    vfloat k0[4], k1[4];
} weights;

HG_INLINE weights load_weights(const float *from)
{
    weights w;
    HG_UNROLL for (int k = 0; k < 4; k++) w.k0[k] = v_splat(from + k);
    HG_UNROLL for (int k = 0; k < 4; k++) w.k1[k] = v_splat(from + 4 + k);
    return w;
}

HG_INLINE vfloat blend(const vfloat k[4], vfloat v0, vfloat v1, vfloat v2, vfloat v3)
{
    return v_fma(k[3], v3, v_fma(k[2], v2, v_fma(k[1], v1, v_mul(k[0], v0))));
}

/* Which outputs of a gap are wanted; NONTEMPORAL: whole aligned vectors. A constant. */
typedef enum which { FIRST = 1, SECOND = 2, BOTH = 3, NONTEMPORAL = 4 } which;

HG_INLINE void put(float *p, vfloat v, size_t n, which wanted)
{
    if (wanted & NONTEMPORAL)
        v_store_nontemporal(p, v);
    else
        v_store_up_to(p, v, n);
}

/* n channels. */
HG_INLINE void two_outputs(const float *const in[4], const weights *w, float *out0, float *out1,
                           size_t n, which wanted)
{
    const vfloat v0 = v_load_up_to(in[0], n), v1 = v_load_up_to(in[1], n);
    const vfloat v2 = v_load_up_to(in[2], n), v3 = v_load_up_to(in[3], n);
    if (wanted & FIRST) put(out0, blend(w->k0, v0, v1, v2, v3), n, wanted);
    if (wanted & SECOND) put(out1, blend(w->k1, v0, v1, v2, v3), n, wanted);
}

/* n floats; the last vector overlaps the one before it. */
HG_INLINE void two_runs(const float *const in[4], const weights *w, float *out0, float *out1,
                        int64_t n, which wanted)
{
    const float *const in0 = in[0], *const in1 = in[1], *const in2 = in[2], *const in3 = in[3];
    int64_t c = 0;
    for (; c + VL <= n; c += VL) {
        const float *const at[4] = {in0 + c, in1 + c, in2 + c, in3 + c};
        two_outputs(at, w, out0 + c, out1 + c, VL, wanted);
    }
    if (wanted & NONTEMPORAL || c == n) return;
    c = n >= VL ? n - VL : 0;
    const float *const at[4] = {in0 + c, in1 + c, in2 + c, in3 + c};
    two_outputs(at, w, out0 + c, out1 + c, (size_t)HG_MIN(n, VL), wanted);
}

/* Columns [begin, end) of the input, along y, into both rows of scratch. */
HG_INLINE void along_y(const hg_resize_2x_cubic_args *a, float *upper, float *lower, int64_t begin,
                       int64_t end)
{
    const bool dense = a->in_pixel == a->channels;
    const int64_t runs = dense ? 1 : end - begin;
    const int64_t n = dense ? (end - begin) * a->channels : a->channels;
    const weights w = load_weights(a->down);
    for (int64_t i = 0; i < runs; i++) {
        const int64_t at = (begin + i) * a->in_pixel;
        const float *const in[4] = {a->rows[0] + at, a->rows[1] + at, a->rows[2] + at,
                                    a->rows[3] + at};
        two_runs(in, &w, upper + i * a->channels, lower + i * a->channels, n, BOTH);
    }
}

/* Copies of one pixel of scratch, `count` of them from `to` on. */
HG_INLINE void repeat(const float *pixel, float *to, int64_t count, int64_t channels)
{
    for (; count > 0; count--, to += channels)
        for (int64_t c = 0; c < channels; c += VL)
            v_store_up_to(to + c, v_load_up_to(pixel + c, (size_t)(channels - c)),
                          (size_t)(channels - c));
}

HG_INLINE weights weights_across(const hg_resize_2x_cubic_args *a, int64_t x)
{
    return load_weights(a->across + 8 * hg_resize_gap_kind(x, a->width));
}

/* Gaps [x, end); row begins with the first source of x. */
HG_INLINE void across(const hg_resize_2x_cubic_args *a, const float *row, float *out, int64_t x,
                      int64_t end, which wanted)
{
    const int64_t n = a->channels, next = a->out_pixel, last = a->width - 1;
    float *at = out + (2 * x - 1) * next;
    weights w = weights_across(a, x);
    for (; x < end; x++, row += n, at += 2 * next) {
        const float *const in[4] = {row, row + n, row + 2 * n, row + 3 * n};
        if (x == 2 || x == last) w = weights_across(a, x);
        two_runs(in, &w, at, at + next, n, wanted);
    }
}

/* Gaps [begin, end): those of one output apart. */
static void along_x(const hg_resize_2x_cubic_args *a, const float *row, float *out)
{
    const int64_t begin = HG_MAX(a->begin, 1), end = HG_MIN(a->end, a->width);
    if (a->begin == 0) across(a, row, out, 0, 1, SECOND);
    const float *const inner = row + (begin - a->begin) * a->channels;
    if (a->nontemporal)
        across(a, inner, out, begin, end, BOTH | NONTEMPORAL), v_drain();
    else
        across(a, inner, out, begin, end, BOTH);
    if (a->end > a->width)
        across(a, row + (a->width - a->begin) * a->channels, out, a->width, a->end, FIRST);
}

static void upsample_2x_cubic(const hg_resize_2x_cubic_args *args)
{
    /* A copy that no store can alias: no reloading. */
    const hg_resize_2x_cubic_args copy = *args, *a = &copy;
    const int64_t n = a->channels, columns = a->end - a->begin + HG_RESIZE_GAP_AROUND;
    const int64_t from = a->begin - HG_RESIZE_GAP_BEFORE, to = from + columns; /* of the input */
    const int64_t begin = HG_MAX(from, 0), end = HG_MIN(to, a->width);
    float *rows[2] = {a->scratch, a->scratch + columns * n};
    along_y(a, rows[0] + (begin - from) * n, rows[1] + (begin - from) * n, begin, end);
    for (int i = 0; i < 2; i++) {
        float *first = rows[i] + (begin - from) * n, *last = rows[i] + (end - 1 - from) * n;
        repeat(first, rows[i], begin - from, n);
        repeat(last, last + n, to - end, n);
    }
    if (a->upper) along_x(a, rows[0], a->upper);
    if (a->lower) along_x(a, rows[1], a->lower);
}

const hg_kernel HG_ROWS(resize2d_nhwc_upsample_2x_cubic)[] = {
    {HG_ROW(resize2d, nhwc, "upsample_2x_cubic"), .rev = 3,
     .limits = {.resize_mode = 1 + HG_RESIZE_BICUBIC, .exact_factor = true},
     .algorithm = &hg_resize2d_nhwc_upsample_2x_cubic, .run.resize_2x_cubic = upsample_2x_cubic},
    {.name = NULL},
};
