/* What kernels of bands share, over the vector vocabulary: pieces of rows, the copies of the edges
 * among them, and how outputs are stored. Contract: hg_pool_band_args in bands.h. */
#ifndef HG_POOL_NCHW_PIECES_H
#define HG_POOL_NCHW_PIECES_H

#include "kernels/pool2d/nchw/bands.h"
#include "kernels/pool2d/reduce.h"

/* Kernels take maxima first as if no tap were NaN; a band that turns out to hold one is done again.
 * Bands return false if they met NaN where none may be. */

HG_INLINE void next_plane(hg_pool_band_args *a)
{
    a->input += a->in_plane;
    a->output += a->out_plane;
}

/* Outputs x .. x + count from rows of windows `pitch` apart, the first at `in`. */
typedef struct piece {
    const float *in;
    int64_t pitch, x, count;
    bool look; /* for NaN: strips were looked at when they were made */
} piece;

HG_INLINE piece strip_piece(const hg_pool_strip *s)
{
    return (piece){s->rows, s->pitch, s->x, s->outputs, false};
}

/* What lies between the strips. */
HG_INLINE piece middle_piece(const hg_pool_band_args *a, pool_kind kind)
{
    const int64_t x = a->strips[0].outputs, count = a->strips[1].x - x;
    const int64_t at = count > 0 ? x * a->stride.w - a->left : 0;
    return (piece){a->input + at, a->in_row, x, count, kind == NUMBERS};
}

/* Copies the strip's columns; false if one of them is looked at and NaN. */
HG_INLINE bool copy_strip(const hg_pool_band_args *a, const hg_pool_strip *s, bool look)
{
    const int64_t floats = s->floats, last = floats - VL;
    vfloat vflags = v_zero();
    if (floats == 0) return true;
    for (int64_t y = 0; y < a->in_rows; y++) {
        vfloat vflag = v_zero(); /* of a row: notes in a row wait for each other */
        const float *in = a->input + y * a->in_row + s->column;
        float *out = s->rows + y * s->pitch + s->offset;
        for (int64_t x = 0; x < last; x += VL) {
            const vfloat vi = v_load(in + x);
            if (look) vflag = v_note_nan(vflag, vi, vi);
            v_store(out + x, vi);
        }
        const vfloat vi = last >= 0 ? v_load(in + last) : v_load_first(in, (size_t)floats);
        if (look) vflag = v_note_nan(vflag, vi, vi);
        if (last >= 0)
            v_store(out + last, vi);
        else
            v_store_first(out, vi, (size_t)floats);
        vflags = v_add(vflags, vflag);
    }
    return !v_noted(vflags);
}

HG_INLINE bool copy_strips(const hg_pool_band_args *a, pool_kind kind)
{
    bool clean = true;
    for (int i = 0; i < 2; i++)
        if (a->strips[i].outputs) clean &= copy_strip(a, &a->strips[i], kind == NUMBERS);
    return clean;
}

/* What is stored at once: VL outputs, or all of a narrower row. */
HG_INLINE void finish(const hg_pool_band_args *a, pool_kind kind, vfloat v, int64_t y, int64_t x,
                      size_t n)
{
    if (kind == SUM) v = v_mul(v, v_load(a->scales.scale + a->scales.rows[y] + x));
    v_store_up_to(a->output + y * a->out_row + x, v, n);
}

#endif
