/* Windows of 4 to 7 columns of stride 1 in NCHW planes. Contract: hg_pool_band_args in bands.h,
 * with one strip, and parts beside it.
 *
 * Row maxima and sums are put together from parts of 4 taps. Parts of a maximum may overlap, those
 * of a sum may not. */
#include "kernels/pool2d/nchw/down.h"

enum { PART = 4 };

/* The parts at every column of a strip's row. */
HG_INLINE void parts_row(pool_kind kind, const float *in, float *out, int64_t floats)
{
    vfloat vpair = reduce(kind, v_load(in), v_load(in + 1));
    for (int64_t i = 0; i < floats; i += VL) {
        const vfloat vnext = reduce(kind, v_load(in + i + VL), v_load(in + i + VL + 1));
        v_store(out + i, reduce(kind, vpair, v_shift2(vpair, vnext)));
        vpair = vnext;
    }
}

HG_INLINE void from_parts(const hg_pool_band_args *a, pool_kind kind, const float *in,
                          const float *parts, float *out)
{
    const int64_t last = HG_MAX(a->width - VL, 0), taps = a->window.w;
    for (int64_t i = 0; i < a->width; i += VL) {
        const int64_t at = HG_MIN(i, last);
        vfloat vacc = v_load(parts + at);
        if (kind != SUM && taps > PART) vacc = reduce(kind, vacc, v_load(parts + at + taps - PART));
        for (int64_t k = PART; kind == SUM && k < taps; k++)
            vacc = reduce(kind, vacc, v_load(in + at + k));
        v_store(out + at, vacc);
    }
}

HG_INLINE void across_parts(const hg_pool_band_args *a, pool_kind kind)
{
    const hg_pool_strip *s = &a->strips[0];
    const int64_t floats = HG_MAX(a->width, VL) + a->window.w - PART;
    for (int64_t y = 0; y < a->in_rows; y++)
        parts_row(kind, s->rows + y * s->pitch, a->parts + y * s->pitch, floats);
    for (int64_t y = 0; y < a->in_rows; y++)
        from_parts(a, kind, s->rows + y * s->pitch, a->parts + y * s->pitch,
                   a->buffer + (a->above + y) * a->buffer_row);
}

HG_INLINE bool band(const hg_pool_band_args *a, pool_kind kind)
{
    if (!copy_strip(a, &a->strips[0], kind == NUMBERS)) return false;
    across_parts(a, kind);
    rows_down(a, kind);
    return true;
}

/* Copies that no store can alias: what depends on them alone leaves the loops. */
static void max_parts(const hg_pool_band_args *args)
{
    hg_pool_band_args a = *args;
    for (int64_t i = 0; i < args->planes; i++, next_plane(&a))
        if (!band(&a, NUMBERS)) band(&a, ANY);
}

static void avg_parts(const hg_pool_band_args *args)
{
    hg_pool_band_args a = *args;
    for (int64_t i = 0; i < args->planes; i++, next_plane(&a)) band(&a, SUM);
}

const hg_kernel HG_ROWS(pool2d_nchw_parts)[] = {
    {HG_ROW(max_pool2d, nchw, "parts"), .rev = 1,
     .limits = {.no_indices = true, .no_adaptive = true},
     .algorithm = &hg_pool2d_nchw_parts.algorithm, .run.pool_band = max_parts},
    {HG_ROW(avg_pool2d, nchw, "parts"), .rev = 1, .limits = {.no_adaptive = true},
     .algorithm = &hg_pool2d_nchw_parts.algorithm, .run.pool_band = avg_parts},
    {.name = NULL},
};
