/* Resizing of NCHW planes; included by one file per ISA, after its vector words.
 * Contract: hg_resize_plane_args in resize_planes.h.
 *
 * Along x, the sources of VL outputs lie within VL neighbours wherever the image grows: plain loads
 * spread over the lanes by a permutation, the same one for all taps. */
#include "kernels/resize2d/resize_planes.h"

enum {
    GROUP = 4,     /* output rows summed together */
    ROWS_AHEAD = 4 /* output rows between a prefetch and its store */
};

/* ---- Along x ---- */

/* VL outputs of one row, T taps; T is no more than h.taps where all have all taps. */
HG_INLINE vec near_sum(const hg_resize_plane_args *a, int T, const float *in, int64_t x, places at)
{
    const float *weight = a->h.weight + x;
    vec vacc = v_mul(v_load(weight), v_place(v_load(in), at));
    HG_UNROLL
    for (int k = 1; k < T; k++)
        vacc = v_fma(vacc, v_load(weight + k * a->h.out), v_place(v_load(in + k), at));
    return vacc;
}

/* Taps that are not there add 0 * 0. */
HG_INLINE vec some_sum(const hg_resize_plane_args *a, int T, const float *in, int64_t x, places at)
{
    const float *weight = a->h.weight + x;
    vec vacc = v_mul(v_load(weight), v_place(v_load(in), at)); /* the first is always there */
    HG_UNROLL
    for (int k = 1; k < T; k++) {
        const vec vi = v_where_less(k, a->h.count + x, v_place(v_load(in + k), at));
        vacc = v_fma(vacc, v_load(weight + k * a->h.out), vi);
    }
    return vacc;
}

/* The same where loads must move left, so as not to leave the row. */
HG_INLINE vec edge_sum(const hg_resize_plane_args *a, const float *row, int64_t x, int64_t base,
                       const int32_t *place)
{
    vec vacc = v_set(0.0f);
    for (int64_t k = 0; k < a->h.taps; k++) {
        const int64_t from = HG_MIN(base + k, a->h.in - VL);
        const places at = v_places_plus(place, (int32_t)(base + k - from));
        const vec vi = v_where_less(k, a->h.count + x, v_place(v_load(row + from), at));
        const vec vk = v_load(a->h.weight + k * a->h.out + x);
        vacc = k == 0 ? v_mul(vk, vi) : v_fma(vacc, vk, vi);
    }
    return vacc;
}

HG_INLINE vec far_sum(const hg_resize_plane_args *a, const float *row, int64_t x)
{
    vec vacc = v_set(0.0f);
    for (int64_t k = 0; k < a->h.taps; k++) {
        const vec vi = v_gather_where_less(k, a->h.count + x, row + k, a->h.first + x);
        const vec vk = v_load(a->h.weight + k * a->h.out + x);
        vacc = k == 0 ? v_mul(vk, vi) : v_fma(vacc, vk, vi);
    }
    return vacc;
}

/* R = 1 or 2 input rows into the ring. */
HG_INLINE void along_x(const hg_resize_plane_args *a, int T, int R, int64_t iy)
{
    const float *in0 = a->input + iy * a->in_row, *in1 = in0 + (R - 1) * a->in_row;
    float *out0 = a->ring + (iy & a->slots) * a->ring_row;
    float *out1 = a->ring + ((iy + R - 1) & a->slots) * a->ring_row;
    const int64_t last = a->h.out - VL;
    const hg_resize_group *group = a->groups;
    const int32_t *place = a->place;
    for (int64_t i = 0; i < a->h.out; i += VL, group++, place += VL) {
        const int64_t x = HG_MIN(i, last), base = group->base;
        vec v0, v1 = v_set(0.0f);
        if (group->spread == HG_SPREAD_NEAR) {
            const places at = v_places(place);
            v0 = near_sum(a, T, in0 + base, x, at);
            if (R == 2) v1 = near_sum(a, T, in1 + base, x, at);
        } else if (group->spread == HG_SPREAD_SOME) {
            const places at = v_places(place);
            v0 = some_sum(a, T, in0 + base, x, at);
            if (R == 2) v1 = some_sum(a, T, in1 + base, x, at);
        } else if (group->spread == HG_SPREAD_EDGE) {
            v0 = edge_sum(a, in0, x, base, place);
            if (R == 2) v1 = edge_sum(a, in1, x, base, place);
        } else {
            v0 = far_sum(a, in0, x);
            if (R == 2) v1 = far_sum(a, in1, x);
        }
        /* Not before the second sum: a store makes the compiler load tables again. */
        v_store(out0 + x, v0);
        if (R == 2) v_store(out1 + x, v1);
    }
}

HG_INLINE void rows_along_x(const hg_resize_plane_args *a, int R, int64_t iy)
{
    switch (a->h.taps) {
    case 1:
        along_x(a, 1, R, iy);
        break;
    case 2:
        along_x(a, 2, R, iy);
        break;
    case 3:
        along_x(a, 3, R, iy);
        break;
    default:
        along_x(a, 4, R, iy);
    }
}

/* ---- Along y ---- */

HG_INLINE vec blend(int T, const float *const *rows, const vec *vk, int64_t x)
{
    vec vacc = v_mul(vk[0], v_load(rows[0] + x));
    HG_UNROLL
    for (int k = 1; k < T; k++) vacc = v_fma(vacc, vk[k], v_load(rows[k] + x));
    return vacc;
}

/* VL columns of H output rows, out_row apart. */
HG_INLINE void blend_rows(int T, int H, const float *const *rows, vec (*vk)[GROUP], int64_t x,
                          float *out, int64_t out_row)
{
    vec vacc[GROUP], vi = v_load(rows[0] + x);
    HG_UNROLL
    for (int h = 0; h < H; h++) vacc[h] = v_mul(vk[0][h], vi);
    HG_UNROLL
    for (int k = 1; k < T; k++) {
        vi = v_load(rows[k] + x);
        HG_UNROLL
        for (int h = 0; h < H; h++) vacc[h] = v_fma(vacc[h], vk[k][h], vi);
    }
    HG_UNROLL
    for (int h = 0; h < H; h++) v_store(out + h * out_row + x, vacc[h]);
}

/* H output rows from T rows of the ring. */
HG_INLINE void along_y(const hg_resize_plane_args *a, int T, int H, int64_t y)
{
    const float *rows[HG_PLANE_TAPS];
    vec vk[HG_PLANE_TAPS][GROUP];
    float *out = a->output + y * a->out_row;
    const int64_t last = a->h.out - VL, out_row = a->out_row;
    HG_UNROLL
    for (int k = 0; k < T; k++) {
        rows[k] = a->ring + ((a->v.first[y] + k) & a->slots) * a->ring_row;
        HG_UNROLL
        for (int h = 0; h < H; h++) vk[k][h] = v_set(a->v.weight[k * a->v.out + y + h]);
    }
    int64_t x = 0;
    for (; x + VL <= last; x += 2 * VL) {
        blend_rows(T, H, rows, vk, x, out, out_row);
        blend_rows(T, H, rows, vk, x + VL, out, out_row);
    }
    if (x < last) blend_rows(T, H, rows, vk, x, out, out_row);
    blend_rows(T, H, rows, vk, last, out, out_row);
}

/* One row whose first output is not aligned: stores that cross cache lines take several times as
 * long, loads do not. */
HG_INLINE void row_along_y(const hg_resize_plane_args *a, int T, int64_t y)
{
    const float *rows[HG_PLANE_TAPS];
    vec vk[HG_PLANE_TAPS];
    float *out = a->output + y * a->out_row;
    const int64_t last = a->h.out - VL;
    const int64_t head = (int64_t)((0 - (uintptr_t)out / sizeof(float)) % VL);
    HG_UNROLL
    for (int k = 0; k < T; k++) {
        rows[k] = a->ring + ((a->v.first[y] + k) & a->slots) * a->ring_row;
        vk[k] = v_set(a->v.weight[k * a->v.out + y]);
    }
    v_store(out, blend(T, rows, vk, 0));
    int64_t x = head;
    for (; x + VL < last; x += 2 * VL) {
        hg_prefetch(out + x, ROWS_AHEAD * a->out_row);
        v_store(out + x, blend(T, rows, vk, x));
        v_store(out + x + VL, blend(T, rows, vk, x + VL));
    }
    if (x < last) v_store(out + x, blend(T, rows, vk, x));
    v_store(out + last, blend(T, rows, vk, last));
}

/* Output rows from y on, at most `most`, that need the same input rows. */
HG_INLINE int64_t alike(const hg_resize_plane_args *a, int64_t y, int64_t most)
{
    const int32_t *first = a->v.first + y, *count = a->v.count + y;
    int64_t n = 1;
    while (n < most && first[n] == first[0] && count[n] == count[0]) n++;
    return n;
}

/* Returns how many rows of output it made. */
HG_INLINE int64_t rows_along_y(const hg_resize_plane_args *a, int T, int64_t y)
{
    if (!a->aligned) return row_along_y(a, T, y), 1;
    /* 4 taps of 4 rows would need more registers than there are. */
    const int64_t n = alike(a, y, HG_MIN(T > 2 ? 2 : GROUP, a->y_end - y));
    if (n == 4) return along_y(a, T, T > 2 ? 2 : 4, y), 4;
    if (n >= 2) return along_y(a, T, 2, y), 2;
    return along_y(a, T, 1, y), 1;
}

HG_INLINE int64_t any_rows_along_y(const hg_resize_plane_args *a, int64_t y)
{
    switch (a->v.count[y]) {
    case 1:
        return rows_along_y(a, 1, y);
    case 2:
        return rows_along_y(a, 2, y);
    case 3:
        return rows_along_y(a, 3, y);
    default:
        return rows_along_y(a, 4, y);
    }
}

/* The first input row that outputs from y on need. One that lies on a pixel needs that alone, and
 * the next may begin before it. */
HG_INLINE int64_t first_from(const hg_resize_plane_args *a, int64_t y)
{
    const int32_t *first = a->v.first + y;
    return y + 1 < a->y_end ? HG_MIN(first[0], first[1]) : first[0];
}

#include "kernels/resize2d/resize_planes_twice.h"

/* Doubling past the caches. */
static void plane_past(const hg_resize_plane_args *args)
{
    const hg_resize_plane_args copy = *args, *a = &copy;
    if (a->doubled == 2)
        double_plane(a, true);
    else
        cubic_plane(a, true);
    v_drain();
}

static void plane_near(const hg_resize_plane_args *args)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_resize_plane_args copy = *args, *a = &copy;
    if (a->doubled == 2) {
        double_plane(a, false);
        return;
    }
    if (a->doubled == 4) {
        cubic_plane(a, false);
        return;
    }
    int64_t ready = 0; /* input rows below are in the ring, or were, or are not needed */
    for (int64_t y = a->y; y < a->y_end;) {
        const int64_t end = a->v.first[y] + a->v.count[y];
        ready = HG_MAX(ready, first_from(a, y));
        while (ready < end) {
            const bool two = ready + 1 < a->v.in;
            if (two)
                rows_along_x(a, 2, ready);
            else
                rows_along_x(a, 1, ready);
            ready += 1 + two;
        }
        y += any_rows_along_y(a, y);
    }
}

/* ---- 5 or 6 taps along an axis: apart from plane_near, which is faster without ---- */

HG_INLINE void row_of_many(const hg_resize_plane_args *a, int64_t iy)
{
    if (a->h.taps == 6)
        along_x(a, 6, 1, iy);
    else if (a->h.taps == 5)
        along_x(a, 5, 1, iy);
    else
        rows_along_x(a, 1, iy);
}

HG_INLINE int64_t many_along_y(const hg_resize_plane_args *a, int64_t y)
{
    const int32_t count = a->v.count[y];
    if (count == 6) return rows_along_y(a, 6, y);
    return count == 5 ? rows_along_y(a, 5, y) : any_rows_along_y(a, y);
}

static void plane_many(const hg_resize_plane_args *args)
{
    const hg_resize_plane_args copy = *args, *a = &copy;
    int64_t ready = 0;
    for (int64_t y = a->y; y < a->y_end; y += many_along_y(a, y)) {
        const int64_t end = a->v.first[y] + a->v.count[y];
        for (ready = HG_MAX(ready, first_from(a, y)); ready < end; ready++) row_of_many(a, ready);
    }
}

static void plane(const hg_resize_plane_args *a)
{
    const bool many = HG_MAX(a->h.taps, a->v.taps) > 4;
    (a->past ? plane_past : many ? plane_many : plane_near)(a);
}
