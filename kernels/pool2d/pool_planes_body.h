/* Pooling of NCHW planes; included by one file per ISA, after its vector words.
 * Contract: hg_pool_planes_args in pool_planes.h.
 *
 * Rows first, then columns: an ordered maximum keeps the first of equals and the last NaN as long
 * as its taps stay in order. Ways:
 *
 *     walk    small windows: a vector of outputs goes down its column, row maxima in registers
 *     k3s2    row by row, nothing is loaded twice (pool_planes_k3s2_body.h)
 *     rows5   passes whose row maxima come from registers (pool_planes_rows5_body.h)
 *     avg3    two rows at a time, sums of columns first (pool_planes_avg3_body.h)
 *     passes  any window: row maxima into a buffer, then down the buffer
 *
 * The last vector of a row starts earlier and repeats outputs, unless the row has fewer than VL.
 * Maxima are first taken as if no tap were NaN; a band that turns out to hold one is done again. */
#include <math.h>

#include "kernels/pool2d/pool_planes_down_body.h"

/* Outputs x .. x + count from rows of windows `pitch` apart, the first at `in`. */
typedef struct piece {
    const float *in;
    int64_t pitch, x, count;
    bool look; /* for NaN: strips were looked at when they were made */
} piece;

/* ---- Strips ---- */

/* Copies the strip's columns; false if one of them is looked at and NaN. */
HG_INLINE bool copy_strip(const hg_pool_planes_args *a, const hg_pool_strip *s, bool look)
{
    const int64_t floats = s->floats, last = floats - VL;
    vec vflags = v_set(0.0f);
    if (floats == 0) return true;
    for (int64_t y = 0; y < a->in_rows; y++) {
        vec vflag = v_set(0.0f); /* of a row: notes in a row wait for each other */
        const float *in = a->input + y * a->in_row + s->column;
        float *out = s->rows + y * s->pitch + s->offset;
        for (int64_t x = 0; x < last; x += VL) {
            const vec vi = v_load(in + x, VL);
            if (look) vflag = v_note_nan(vflag, vi, vi);
            v_store(out + x, vi, VL);
        }
        const vec vi = last >= 0 ? v_load(in + last, VL) : v_load(in, (size_t)floats);
        if (look) vflag = v_note_nan(vflag, vi, vi);
        if (last >= 0)
            v_store(out + last, vi, VL);
        else
            v_store_few(out, vi, (size_t)floats);
        vflags = v_add(vflags, vflag);
    }
    return !v_noted(vflags);
}

/* ---- Walk ---- */

/* A vector of row maxima. Of stride 2, lanes are in the order of v_pairs, and the last two taps
 * come with one load. */
HG_INLINE vec across(planes_kind kind, int K, int S, const float *in, bool look, vec *vflag)
{
    vec vi, vnext;
    if (S == 2 && K == 2) {
        v_pairs(in, &vi, &vnext);
        if (look) *vflag = v_note_nan(*vflag, vi, vnext);
        return join(kind, vi, vnext);
    }
    if (S == 2) {
        v_pairs(in, &vi, &vnext);
        vec vacc = vi;
        v_pairs(in + 1, &vi, &vnext);
        if (look) *vflag = v_note_nan(*vflag, vi, vnext);
        return join(kind, join(kind, vacc, vi), vnext);
    }
    vec vacc = v_load(in, VL);
    HG_UNROLL
    for (int k = 1; k < K; k++) vacc = join(kind, vacc, v_load(in + k, VL));
    return vacc;
}

/* Stride 1, two outputs at a time: they share the rows between their first and last. Of 5 rows,
 * the maxima of rows 1 2, and then of 3 4, serve two steps. */
HG_INLINE void walk_1(const hg_pool_planes_args *a, planes_kind kind, int K, bool look,
                      const float *const *rows, int64_t at, int64_t x, vec *vflag)
{
    vec vrow[6], vmiddle = v_set(0.0f);
    HG_UNROLL
    for (int k = 0; k < K - 1; k++) {
        const float *in = rows[k] + at;
        vrow[k] = across(kind, K, 1, in, false, vflag);
        if (look) *vflag = v_note_nan(*vflag, v_load(in, VL), v_load(in, VL));
    }
    if (K == 5) vmiddle = join(kind, vrow[1], vrow[2]);
    for (int64_t y = 0; y < a->height; y += 2) {
        const float *in0 = rows[y + K - 1] + at, *in1 = rows[y + K] + at;
        if (look) *vflag = v_note_nan(*vflag, v_load(in0, VL), v_load(in1, VL));
        vrow[K - 1] = across(kind, K, 1, in0, false, vflag);
        vrow[K] = across(kind, K, 1, in1, false, vflag);
        const vec vlast = join(kind, vrow[K - 2], vrow[K - 1]);
        const vec vcore = K == 5 ? join(kind, vmiddle, vlast) : vlast;
        finish(a, kind, join(kind, vrow[0], vcore), y, x, VL);
        if (y + 1 < a->height) finish(a, kind, join(kind, vcore, vrow[K]), y + 1, x, VL);
        vmiddle = vlast;
        HG_UNROLL
        for (int k = 0; k < K - 1; k++) vrow[k] = vrow[k + 2];
    }
}

/* 3 rows of stride 2: the third is the first of the next output. */
HG_INLINE void walk_2(const hg_pool_planes_args *a, planes_kind kind, bool look,
                      const float *const *rows, int64_t at, int64_t x, vec *vflag)
{
    vec vfirst = across(kind, 3, 2, rows[0] + at, look, vflag);
    for (int64_t y = 0; y < a->height; y++) {
        const vec vsecond = across(kind, 3, 2, rows[2 * y + 1] + at, look, vflag);
        const vec vthird = across(kind, 3, 2, rows[2 * y + 2] + at, look, vflag);
        finish(a, kind, v_order(join(kind, join(kind, vfirst, vsecond), vthird)), y, x, VL);
        vfirst = vthird;
    }
}

/* 2 rows of stride 2. */
HG_INLINE void walk_22(const hg_pool_planes_args *a, planes_kind kind, bool look,
                       const float *const *rows, int64_t at, int64_t x, vec *vflag)
{
    for (int64_t y = 0; y < a->height; y++) {
        const vec vfirst = across(kind, 2, 2, rows[2 * y] + at, look, vflag);
        const vec vsecond = across(kind, 2, 2, rows[2 * y + 1] + at, look, vflag);
        finish(a, kind, v_order(join(kind, vfirst, vsecond)), y, x, VL);
    }
}

/* Columns that no walk looks at: for stride 1 the last taps of the last windows, for stride 2 the
 * first of the first. */
HG_INLINE vec look_beside(const hg_pool_planes_args *a, const piece *p)
{
    const int64_t at = a->stride.w == 1 ? p->count - VL + a->window.w - 1 : 0;
    vec vflag = v_set(0.0f);
    for (int64_t y = 0; y < a->in_rows; y++) {
        const vec vi = v_load(p->in + y * p->pitch + at, VL);
        vflag = v_note_nan(vflag, vi, vi);
    }
    return vflag;
}

HG_INLINE void set_rows(const hg_pool_planes_args *a, const piece *p, const float **rows)
{
    for (int64_t j = 0; j < a->band_rows + a->stride.h; j++) {
        const int64_t y = j - a->above;
        rows[j] = y >= 0 && y < a->in_rows ? p->in + y * p->pitch : a->nothing;
    }
}

HG_INLINE bool walk(const hg_pool_planes_args *a, planes_kind kind, bool look, const piece *p,
                    const float *const *rows)
{
    vec vflag = look ? look_beside(a, p) : v_set(0.0f);
    for (int64_t i = 0; i < p->count; i += VL) {
        const int64_t to = HG_MIN(i, p->count - VL), x = p->x + to;
        if (a->window.w == 2)
            walk_22(a, kind, look, rows, 2 * to, x, &vflag);
        else if (a->stride.w == 2)
            walk_2(a, kind, look, rows, 2 * to, x, &vflag);
        else if (a->window.w == 5)
            walk_1(a, kind, 5, look, rows, to, x, &vflag);
        else
            walk_1(a, kind, 3, look, rows, to, x, &vflag);
    }
    return !v_noted(vflag);
}

/* ---- Passes ---- */

/* One row of maxima. The taps of stride 2 are looked at in pairs, others one by one. */
HG_INLINE void across_row(const hg_pool_planes_args *a, planes_kind kind, int S, const piece *p,
                          const float *row, float *out, vec *vflag)
{
    const int64_t last = HG_MAX(p->count - VL, 0), taps = a->window.w, step = a->dilation.w;
    for (int64_t i = 0; i < p->count; i += VL) {
        const int64_t at = HG_MIN(i, last);
        const float *in = row + at * a->stride.w;
        vec vacc = v_set(kind == SUM ? 0.0f : -INFINITY);
        for (int64_t k = 0; k < taps; k++, in += step) {
            vec vi, vodd;
            if (S == 1)
                vi = vodd = v_load(in, VL);
            else if (S == 2)
                v_pairs(in, &vi, &vodd);
            else
                vi = vodd = v_gather(in, a->stride.w);
            if (p->look && (S > 2 || k == 0)) *vflag = v_note_nan(*vflag, vi, vodd);
            vacc = join(kind, vacc, vi);
        }
        v_store(out + p->x + at, S == 2 ? v_order(vacc) : vacc, VL);
    }
}

#include "kernels/pool2d/pool_planes_parts_body.h"

HG_INLINE bool across_piece(const hg_pool_planes_args *a, planes_kind kind, const piece *p)
{
    const int64_t reach = (a->window.h - 1) * a->dilation.h + 1;
    vec vflag = v_set(0.0f);
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
    }
    return !v_noted(vflag);
}

/* Rows of the buffer that lie outside the input. */
HG_INLINE void fill_outside(const hg_pool_planes_args *a, planes_kind kind)
{
    const vec videntity = v_set(kind == SUM ? 0.0f : -INFINITY);
    for (int64_t j = 0; j < a->band_rows; j++) {
        if (j == a->above && a->in_rows > 0) j += a->in_rows;
        for (int64_t x = 0; j < a->band_rows && x < a->width; x += VL)
            v_store(a->buffer + j * a->buffer_row + x, videntity, VL);
    }
}

HG_INLINE void rows_down(const hg_pool_planes_args *a, planes_kind kind)
{
    const int64_t taps = a->window.h;
    const bool shared = a->stride.h == 1 && a->dilation.h == 1;
    fill_outside(a, kind);
    int64_t y = 0;
    for (; shared && taps >= 8 && y + 8 <= a->height; y += 8) down(a, kind, 8, taps, y);
    for (; shared && taps >= 4 && y + 4 <= a->height; y += 4) down(a, kind, 4, taps, y);
    for (; shared && taps >= 2 && y + 2 <= a->height; y += 2) down(a, kind, 2, taps, y);
    for (; y < a->height; y++) down(a, kind, 1, taps, y);
}

#include "kernels/pool2d/pool_planes_avg3_body.h"
#include "kernels/pool2d/pool_planes_k3s2_body.h"
#include "kernels/pool2d/pool_planes_rows5_body.h"

/* ---- Bands ---- */

HG_INLINE piece strip_piece(const hg_pool_strip *s)
{
    return (piece){s->rows, s->pitch, s->x, s->outputs, false};
}

/* What lies between the strips. */
HG_INLINE piece middle_piece(const hg_pool_planes_args *a, planes_kind kind)
{
    const int64_t x = a->strips[0].outputs, count = a->strips[1].x - x;
    const int64_t at = count > 0 ? x * a->stride.w - a->left : 0;
    return (piece){a->input + at, a->in_row, x, count, kind == NUMBERS};
}

HG_INLINE bool walk_band(const hg_pool_planes_args *a, planes_kind kind)
{
    const int64_t pointers = a->band_rows + a->stride.h;
    const piece middle = middle_piece(a, kind);
    bool clean = true;
    if (middle.count) {
        set_rows(a, &middle, a->rows + 2 * pointers);
        clean = walk(a, kind, kind == NUMBERS, &middle, a->rows + 2 * pointers);
    }
    for (int i = 0; i < 2 && clean; i++) {
        const piece edge = strip_piece(&a->strips[i]);
        if (edge.count) walk(a, kind, false, &edge, a->rows + i * pointers);
    }
    return clean;
}

HG_INLINE bool pass_band(const hg_pool_planes_args *a, planes_kind kind)
{
    const piece pieces[3] = {strip_piece(&a->strips[0]), middle_piece(a, kind),
                             strip_piece(&a->strips[1])};
    bool clean = true;
    for (int i = 0; i < 3; i++)
        if (pieces[i].count) clean &= across_piece(a, kind, &pieces[i]);
    return clean;
}

/* Returns false if it met NaN where none may be. */
HG_INLINE bool band(const hg_pool_planes_args *a, planes_kind kind)
{
    bool clean = true;
    if (a->way == HG_PLANES_K3S2) return kind == SUM || k3s2_band(a, kind);
    if (a->way == HG_PLANES_AVG3) {
        if (kind == SUM) avg3_band(a);
        return true;
    }
    if (a->way == HG_PLANES_ROWS5) return kind == SUM || rows5_band(a, kind);
    for (int i = 0; i < 2; i++)
        if (a->strips[i].outputs) clean &= copy_strip(a, &a->strips[i], kind == NUMBERS);
    if (!clean) return false;
    if (a->way == HG_PLANES_WALK) return walk_band(a, kind);
    if (a->way == HG_PLANES_PASSES && !pass_band(a, kind)) return false;
    if (a->way == HG_PLANES_PARTS) across_parts(a, kind);
    rows_down(a, kind);
    return true;
}

HG_INLINE void planes(const hg_pool_planes_args *args, bool maximum)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    hg_pool_planes_args copy = *args, *a = &copy;
    for (int i = 0; i < 2 && a->way == HG_PLANES_WALK; i++) {
        const piece edge = strip_piece(&a->strips[i]);
        set_rows(a, &edge, a->rows + i * (a->band_rows + a->stride.h));
    }
    if (maximum && a->way == HG_PLANES_ROWS5) {
        a->buffer_row = HG_ROUND_UP(a->width, (int64_t)VL);
        fill_outside(a, NUMBERS);
    }
    for (int64_t c = 0; c < args->planes; c++) {
        if (!maximum)
            band(a, SUM);
        else if (!band(a, NUMBERS))
            band(a, ANY);
        a->input += a->in_plane, a->output += a->out_plane;
    }
}

static void max_planes(const hg_pool_planes_args *a)
{
    planes(a, true);
}

static void avg_planes(const hg_pool_planes_args *a)
{
    planes(a, false);
}
