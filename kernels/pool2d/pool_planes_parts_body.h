/* Row maxima and sums of 4 taps or more of stride 1, put together from parts; part of
 * pool_planes_body.h. */

/* Parts of P = 4 or 8 taps at every column of a strip's row, then windows of `taps` >= P from them:
 * parts of a maximum may overlap, those of a sum may not. */
HG_INLINE void parts_row(planes_kind kind, int P, const float *in, float *out, int64_t floats)
{
    vec vpair = join(kind, v_load(in, VL), v_load(in + 1, VL));
    vec vfour = v_set(0.0f);
    for (int64_t i = 0; i < floats; i += VL) {
        const vec vnext = join(kind, v_load(in + i + VL, VL), v_load(in + i + VL + 1, VL));
        vec v4 = join(kind, vpair, v_shift2(vpair, vnext));
        vpair = vnext;
        if (P == 4) {
            v_store(out + i, v4, VL);
            continue;
        }
        if (i > 0) v_store(out + i - VL, join(kind, vfour, v_shift4(vfour, v4)), VL);
        vfour = v4;
    }
}

HG_INLINE void from_parts(const hg_pool_planes_args *a, planes_kind kind, int P, const float *in,
                          const float *parts, float *out)
{
    const int64_t last = HG_MAX(a->width - VL, 0), taps = a->window.w, whole = taps / P * P;
    for (int64_t i = 0; i < a->width; i += VL) {
        const int64_t at = HG_MIN(i, last);
        vec vacc = v_load(parts + at, VL);
        for (int64_t k = P; k < whole; k += P) vacc = join(kind, vacc, v_load(parts + at + k, VL));
        if (kind != SUM && taps > whole) vacc = join(kind, vacc, v_load(parts + at + taps - P, VL));
        for (int64_t k = whole; kind == SUM && k < taps; k++)
            vacc = join(kind, vacc, v_load(in + at + k, VL));
        v_store(out + at, vacc, VL);
    }
}

HG_INLINE void across_parts(const hg_pool_planes_args *a, planes_kind kind, int P)
{
    const hg_pool_strip *s = &a->strips[0];
    /* Parts of 8 are stored one vector later. */
    const int64_t reach = HG_MAX(a->width, VL) + a->window.w - P;
    const int64_t floats = HG_ROUND_UP(reach, VL) + (P == 8 ? VL : 0);
    for (int64_t y = 0; y < a->in_rows; y++)
        parts_row(kind, P, s->rows + y * s->pitch, a->parts + y * s->pitch, floats);
    for (int64_t y = 0; y < a->in_rows; y++)
        from_parts(a, kind, P, s->rows + y * s->pitch, a->parts + y * s->pitch,
                   a->buffer + (a->above + y) * a->buffer_row);
}
