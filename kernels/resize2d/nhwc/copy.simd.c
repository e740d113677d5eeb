/* Copies of pixels, NHWC. Contract: copy.h. Two equal rows are written at once. */
#include "kernels/resize2d/copy.h"

#include "kernels/resize2d/singles.h"

/* Fewer than VL channels. Dense pixels but the last are stored whole and overwritten in turn. */
HG_INLINE void copy_few(const hg_resize_copy_args *a, float *out0, float *out1)
{
    const vtail tail = v_tail((size_t)a->channels);
    const int64_t size = a->width * a->channels, next = a->out_pixel;
    const int64_t whole = next == a->channels && size >= VL ? (size - VL) / next : -1;
    for (int64_t x = 0; x < a->width; x++) {
        const vfloat vi = v_load_tail(a->input + a->first[x] * a->in_pixel, tail);
        const size_t n = x <= whole ? VL : (size_t)a->channels;
        v_store_up_to(out0 + x * next, vi, n);
        if (out1) v_store_up_to(out1 + x * next, vi, n);
    }
}

HG_INLINE void copy_rows(const hg_resize_copy_args *a, float *out0, float *out1)
{
    const bool dense = a->in_pixel == a->channels && a->out_pixel == a->channels;
    if (a->factor == 1 && dense)
        copy_floats(a->input, out0, out1, a->width * a->channels);
    else if (a->channels == 1 && dense)
        copy_singles(a, out0, out1);
    else if (a->channels < VL)
        copy_few(a, out0, out1);
    else
        for (int64_t x = 0; x < a->width; x++)
            copy_floats(a->input + a->first[x] * a->in_pixel, out0 + x * a->out_pixel,
                        out1 ? out1 + x * a->out_pixel : NULL, a->channels);
}

/* Twice as wide: each pixel of a row to two pixels, of two rows if `two`, a constant. */
HG_INLINE void copy_twice(const hg_resize_copy_args *a, float *out, bool two)
{
    const int64_t n = a->channels, next = a->out_pixel, below = a->out_row;
    const float *in = a->input;
    for (int64_t x = 0; x < a->width; x += 2, in += a->in_pixel, out += 2 * next) {
        copy_floats(in, out, two ? out + below : NULL, n);
        copy_floats(in, out + next, two ? out + next + below : NULL, n);
    }
}

/* The same past the caches, one vector after the other. */
static void copy_nontemporal(const hg_resize_copy_args *a)
{
    for (int64_t y = 0; y < a->height; y++) {
        const float *in = a->input;
        float *out = a->output + y * a->out_row;
        for (int64_t x = 0; x < a->width; x++, out += a->out_pixel) {
            for (int64_t c = 0; c < a->channels; c += VL)
                v_store_nontemporal(out + c, v_load(in + c));
            in += x % 2 ? a->in_pixel : 0;
        }
    }
    v_drain(); /* before another thread is told that the rows are there */
}

static void copy(const hg_resize_copy_args *a)
{
    const bool twice = a->factor == 2 && a->channels >= VL;
    int64_t y = 0;
    if (a->nontemporal) {
        copy_nontemporal(a);
        return;
    }
    for (; twice && y + 2 <= a->height; y += 2) copy_twice(a, a->output + y * a->out_row, true);
    if (twice && y < a->height) copy_twice(a, a->output + y++ * a->out_row, false);
    for (; y + 2 <= a->height; y += 2)
        copy_rows(a, a->output + y * a->out_row, a->output + (y + 1) * a->out_row);
    if (y < a->height) copy_rows(a, a->output + y * a->out_row, NULL);
}

const hg_kernel HG_ROWS(resize2d_nhwc_copy)[] = {
    {HG_ROW(resize2d, nhwc, "copy"), .rev = 3, .limits = {.resize_mode = 1 + HG_RESIZE_NEAREST},
     .algorithm = &hg_resize2d_copy, .run.resize_copy = copy},
    {.name = NULL},
};
