/* Small windows in NCHW planes. Contract: hg_pool_band_args in bands.h, with pointers of three
 * pieces of rows.
 *
 * A vector of outputs goes down its column, row maxima or sums in registers. The last vector of a
 * row starts earlier and repeats outputs. */
#include "kernels/pool2d/nchw/pieces.h"

/* A vector of row maxima. Of stride 2, lanes are deinterleaved, and the last two taps
 * come with one load. */
HG_INLINE vfloat across(pool_kind kind, int K, int S, const float *in, bool look, vfloat *vflag)
{
    vfloat vi, vnext;
    if (S == 2 && K == 2) {
        v_load_deinterleaved(in, &vi, &vnext);
        if (look) *vflag = v_note_nan(*vflag, vi, vnext);
        return reduce(kind, vi, vnext);
    }
    if (S == 2) {
        v_load_deinterleaved(in, &vi, &vnext);
        vfloat vacc = vi;
        v_load_deinterleaved(in + 1, &vi, &vnext);
        if (look) *vflag = v_note_nan(*vflag, vi, vnext);
        return reduce(kind, reduce(kind, vacc, vi), vnext);
    }
    vfloat vacc = v_load(in);
    HG_UNROLL
    for (int k = 1; k < K; k++) vacc = reduce(kind, vacc, v_load(in + k));
    return vacc;
}

/* Stride 1, two outputs at a time: they share the rows between their first and last. Of 5 rows,
 * the maxima of rows 1 2, and then of 3 4, serve two steps. */
HG_INLINE void rows_of_1(const hg_pool_band_args *a, pool_kind kind, int K, bool look,
                         const float *const *rows, int64_t at, int64_t x, vfloat *vflag)
{
    vfloat vrow[6], vmiddle = v_zero();
    HG_UNROLL
    for (int k = 0; k < K - 1; k++) {
        const float *in = rows[k] + at;
        vrow[k] = across(kind, K, 1, in, false, vflag);
        if (look) *vflag = v_note_nan(*vflag, v_load(in), v_load(in));
    }
    if (K == 5) vmiddle = reduce(kind, vrow[1], vrow[2]);
    for (int64_t y = 0; y < a->height; y += 2) {
        const float *in0 = rows[y + K - 1] + at, *in1 = rows[y + K] + at;
        if (look) *vflag = v_note_nan(*vflag, v_load(in0), v_load(in1));
        vrow[K - 1] = across(kind, K, 1, in0, false, vflag);
        vrow[K] = across(kind, K, 1, in1, false, vflag);
        const vfloat vlast = reduce(kind, vrow[K - 2], vrow[K - 1]);
        const vfloat vcore = K == 5 ? reduce(kind, vmiddle, vlast) : vlast;
        finish(a, kind, reduce(kind, vrow[0], vcore), y, x, VL);
        if (y + 1 < a->height) finish(a, kind, reduce(kind, vcore, vrow[K]), y + 1, x, VL);
        vmiddle = vlast;
        HG_UNROLL
        for (int k = 0; k < K - 1; k++) vrow[k] = vrow[k + 2];
    }
}

/* 3 rows of stride 2: the third is the first of the next output. */
HG_INLINE void three_rows_of_2(const hg_pool_band_args *a, pool_kind kind, bool look,
                               const float *const *rows, int64_t at, int64_t x, vfloat *vflag)
{
    vfloat vfirst = across(kind, 3, 2, rows[0] + at, look, vflag);
    for (int64_t y = 0; y < a->height; y++) {
        const vfloat vsecond = across(kind, 3, 2, rows[2 * y + 1] + at, look, vflag);
        const vfloat vthird = across(kind, 3, 2, rows[2 * y + 2] + at, look, vflag);
        finish(a, kind, v_in_order(reduce(kind, reduce(kind, vfirst, vsecond), vthird)), y, x, VL);
        vfirst = vthird;
    }
}

/* 2 rows of stride 2. */
HG_INLINE void two_rows_of_2(const hg_pool_band_args *a, pool_kind kind, bool look,
                             const float *const *rows, int64_t at, int64_t x, vfloat *vflag)
{
    for (int64_t y = 0; y < a->height; y++) {
        const vfloat vfirst = across(kind, 2, 2, rows[2 * y] + at, look, vflag);
        const vfloat vsecond = across(kind, 2, 2, rows[2 * y + 1] + at, look, vflag);
        finish(a, kind, v_in_order(reduce(kind, vfirst, vsecond)), y, x, VL);
    }
}

/* Columns that no walk looks at: for stride 1 the last taps of the last windows, for stride 2 the
 * first of the first. */
HG_INLINE vfloat look_beside(const hg_pool_band_args *a, int K, int S, const piece *p)
{
    const int64_t at = S == 1 ? p->count - VL + K - 1 : 0;
    vfloat vflag = v_zero();
    for (int64_t y = 0; y < a->in_rows; y++) {
        const vfloat vi = v_load(p->in + y * p->pitch + at);
        vflag = v_note_nan(vflag, vi, vi);
    }
    return vflag;
}

HG_INLINE void set_rows(const hg_pool_band_args *a, const piece *p, const float **rows)
{
    for (int64_t j = 0; j < a->band_rows + a->stride.h; j++) {
        const int64_t y = j - a->above;
        rows[j] = y >= 0 && y < a->in_rows ? p->in + y * p->pitch : a->nothing;
    }
}

/* Windows of K x K of stride S. */
HG_INLINE bool walk(const hg_pool_band_args *a, pool_kind kind, int K, int S, bool look,
                    const piece *p, const float *const *rows)
{
    vfloat vflag = look ? look_beside(a, K, S, p) : v_zero();
    for (int64_t i = 0; i < p->count; i += VL) {
        const int64_t to = HG_MIN(i, p->count - VL), x = p->x + to;
        if (S == 1)
            rows_of_1(a, kind, K, look, rows, to, x, &vflag);
        else if (K == 2)
            two_rows_of_2(a, kind, look, rows, 2 * to, x, &vflag);
        else
            three_rows_of_2(a, kind, look, rows, 2 * to, x, &vflag);
    }
    return !v_noted(vflag);
}

HG_INLINE bool band(const hg_pool_band_args *a, int K, int S, pool_kind kind)
{
    const int64_t pointers = a->band_rows + a->stride.h;
    const piece middle = middle_piece(a, kind);
    bool clean = copy_strips(a, kind);
    if (clean && middle.count) {
        set_rows(a, &middle, a->rows + 2 * pointers);
        clean = walk(a, kind, K, S, kind == NUMBERS, &middle, a->rows + 2 * pointers);
    }
    for (int i = 0; i < 2 && clean; i++) {
        const piece edge = strip_piece(&a->strips[i]);
        if (edge.count) walk(a, kind, K, S, false, &edge, a->rows + i * pointers);
    }
    return clean;
}

HG_INLINE void planes(const hg_pool_band_args *args, bool maximum, int K, int S)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    hg_pool_band_args copy = *args, *a = &copy;
    for (int i = 0; i < 2; i++) {
        const piece edge = strip_piece(&a->strips[i]);
        set_rows(a, &edge, a->rows + i * (a->band_rows + a->stride.h));
    }
    for (int64_t i = 0; i < args->planes; i++, next_plane(a))
        if (!band(a, K, S, maximum ? NUMBERS : SUM) && maximum) band(a, K, S, ANY);
}

/* Window, stride. */
#define WINDOWS(X) X(2, 2) X(3, 1) X(3, 2) X(5, 1)

#define WALK(K, S)                                                                                 \
    static void max_walk_##K##x##K##s##S(const hg_pool_band_args *a)                               \
    {                                                                                              \
        planes(a, true, K, S);                                                                     \
    }                                                                                              \
    static void avg_walk_##K##x##K##s##S(const hg_pool_band_args *a)                               \
    {                                                                                              \
        planes(a, false, K, S);                                                                    \
    }
WINDOWS(WALK)

#define LIMITS(K, S)                                                                               \
    .kernel = {K, K}, .stride = {S, S}, .dilation = {1, 1}, .no_indices = true, .no_adaptive = true
#define ROW(op, K, S)                                                                              \
    {HG_ROW(op##_pool2d, nchw, "walk_" #K "x" #K "s" #S), .rev = 1, .limits = {LIMITS(K, S)},      \
     .algorithm = &hg_pool2d_nchw_walk.algorithm, .run.pool_band = op##_walk_##K##x##K##s##S},
#define ROWS(K, S) ROW(max, K, S) ROW(avg, K, S)

const hg_kernel HG_ROWS(pool2d_nchw_walk)[] = {WINDOWS(ROWS){.name = NULL}};
