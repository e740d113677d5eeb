/* Row maxima and sums of 4 to 7 taps of stride 1, put together from parts of 4 taps; part of
 * pool_planes_body.h. Parts of a maximum may overlap, those of a sum may not. */

enum { PART = 4 };

/* The parts at every column of a strip's row. */
HG_INLINE void parts_row(planes_kind kind, const float *in, float *out, int64_t floats)
{
    vec vpair = join(kind, v_load(in, VL), v_load(in + 1, VL));
    for (int64_t i = 0; i < floats; i += VL) {
        const vec vnext = join(kind, v_load(in + i + VL, VL), v_load(in + i + VL + 1, VL));
        v_store(out + i, join(kind, vpair, v_shift2(vpair, vnext)), VL);
        vpair = vnext;
    }
}

HG_INLINE void from_parts(const hg_pool_planes_args *a, planes_kind kind, const float *in,
                          const float *parts, float *out)
{
    const int64_t last = HG_MAX(a->width - VL, 0), taps = a->window.w;
    for (int64_t i = 0; i < a->width; i += VL) {
        const int64_t at = HG_MIN(i, last);
        vec vacc = v_load(parts + at, VL);
        if (kind != SUM && taps > PART)
            vacc = join(kind, vacc, v_load(parts + at + taps - PART, VL));
        for (int64_t k = PART; kind == SUM && k < taps; k++)
            vacc = join(kind, vacc, v_load(in + at + k, VL));
        v_store(out + at, vacc, VL);
    }
}

HG_INLINE void across_parts(const hg_pool_planes_args *a, planes_kind kind)
{
    const hg_pool_strip *s = &a->strips[0];
    const int64_t floats = HG_MAX(a->width, VL) + a->window.w - PART;
    for (int64_t y = 0; y < a->in_rows; y++)
        parts_row(kind, s->rows + y * s->pitch, a->parts + y * s->pitch, floats);
    for (int64_t y = 0; y < a->in_rows; y++)
        from_parts(a, kind, s->rows + y * s->pitch, a->parts + y * s->pitch,
                   a->buffer + (a->above + y) * a->buffer_row);
}
