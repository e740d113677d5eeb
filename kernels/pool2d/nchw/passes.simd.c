/* Any window in NCHW planes. Contract: hg_pool_band_args in bands.h.
 *
 * Row maxima or sums go into the buffer, then windows down the buffer. The last vector of a row
 * starts earlier and repeats outputs, unless the row has fewer than VL. */
#include "kernels/pool2d/nchw/down.h"

/* One row of maxima. The first taps of stride 1, and with their neighbours those of stride 2, are
 * all columns but the last, which look_behind looks at; of other strides every tap is looked at. */
HG_INLINE void across_row(const hg_pool_band_args *a, pool_kind kind, int S, const piece *p,
                          const float *row, float *out, vfloat *vflag)
{
    const int64_t last = HG_MAX(p->count - VL, 0), taps = a->window.w, step = a->dilation.w;
    for (int64_t i = 0; i < p->count; i += VL) {
        const int64_t at = HG_MIN(i, last);
        const float *in = row + at * a->stride.w;
        vfloat vacc = identity_of(kind);
        for (int64_t k = 0; k < taps; k++, in += step) {
            vfloat vi, vodd;
            if (S == 1)
                vi = vodd = v_load(in);
            else if (S == 2)
                v_load_deinterleaved(in, &vi, &vodd);
            else
                vi = vodd = v_gather_stride(in, a->stride.w);
            if (p->look && (S > 2 || k == 0)) *vflag = v_note_nan(*vflag, vi, vodd);
            vacc = reduce(kind, vacc, vi);
        }
        v_store(out + p->x + at, S == 2 ? v_in_order(vacc) : vacc);
    }
}

/* Columns behind the first taps. */
HG_INLINE vfloat look_behind(const hg_pool_band_args *a, const piece *p, const float *row,
                             vfloat vflag)
{
    const int64_t last = (p->count - 1) * a->stride.w + (a->window.w - 1) * a->dilation.w + 1 - VL;
    for (int64_t x = p->count * a->stride.w; x < last + VL; x += VL) {
        const vfloat vi = v_load(row + HG_MIN(x, last));
        vflag = v_note_nan(vflag, vi, vi);
    }
    return vflag;
}

HG_INLINE bool across_piece(const hg_pool_band_args *a, pool_kind kind, const piece *p)
{
    const int64_t reach = (a->window.h - 1) * a->dilation.h + 1;
    vfloat vflag = v_zero(), vbehind = v_zero(); /* notes in a row wait for each other */
    for (int64_t y = 0; y < a->in_rows; y++) {
        if ((a->above + y) % a->stride.h >= reach) continue; /* between windows */
        const float *row = p->in + y * p->pitch;
        float *out = a->buffer + (a->above + y) * a->buffer_row;
        if (a->stride.w == 1)
            across_row(a, kind, 1, p, row, out, &vflag);
        else if (a->stride.w == 2)
            across_row(a, kind, 2, p, row, out, &vflag);
        else
            across_row(a, kind, 3, p, row, out, &vflag);
        if (p->look && a->stride.w <= 2) vbehind = look_behind(a, p, row, vbehind);
    }
    return !v_noted(vflag) && !v_noted(vbehind);
}

HG_INLINE bool band(const hg_pool_band_args *a, pool_kind kind)
{
    const piece pieces[3] = {strip_piece(&a->strips[0]), middle_piece(a, kind),
                             strip_piece(&a->strips[1])};
    bool clean = copy_strips(a, kind);
    for (int i = 0; i < 3 && clean; i++)
        if (pieces[i].count) clean = across_piece(a, kind, &pieces[i]);
    if (clean) rows_down(a, kind);
    return clean;
}

/* Copies that no store can alias: what depends on them alone leaves the loops. */
static void max_passes(const hg_pool_band_args *args)
{
    hg_pool_band_args a = *args;
    for (int64_t i = 0; i < args->planes; i++, next_plane(&a))
        if (!band(&a, NUMBERS)) band(&a, ANY);
}

static void avg_passes(const hg_pool_band_args *args)
{
    hg_pool_band_args a = *args;
    for (int64_t i = 0; i < args->planes; i++, next_plane(&a)) band(&a, SUM);
}

const hg_kernel HG_ROWS(pool2d_nchw_passes)[] = {
    {HG_ROW(max_pool2d, nchw, "passes"), .rev = 1,
     .limits = {.no_indices = true, .no_adaptive = true},
     .algorithm = &hg_pool2d_nchw_passes.algorithm, .run.pool_band = max_passes},
    {HG_ROW(avg_pool2d, nchw, "passes"), .rev = 1, .limits = {.no_adaptive = true},
     .algorithm = &hg_pool2d_nchw_passes.algorithm, .run.pool_band = avg_passes},
    {.name = NULL},
};
