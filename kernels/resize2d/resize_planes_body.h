/* Resizing of NCHW planes; included by one file per ISA, after its vector words.
 * Contract: hg_resize_plane_args in resize_planes.h.
 *
 * Along x, the sources of VL outputs lie within VL neighbours wherever the image grows: plain loads
 * spread over the lanes by a permutation, the same one for all taps. */
#include "kernels/resize2d/resize_planes_rows.h"

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
        const vec vi = v_where(lanes_less(k, a->h.count + x), v_place(v_load(in + k), at));
        vacc = v_fma(vacc, v_load(weight + k * a->h.out), vi);
    }
    return vacc;
}

/* The outputs that have tap k; vk its weights. holes: a constant. */
HG_INLINE lanes lanes_of_tap(const hg_resize_plane_args *a, int64_t x, int64_t k, vec vk,
                             bool holes)
{
    return holes ? lanes_with(vk) : lanes_less(k, a->h.count + x);
}

/* The same where loads must move left, so as not to leave the row; and where there are holes. */
HG_INLINE vec edge_sum(const hg_resize_plane_args *a, const float *row, int64_t x, int64_t base,
                       const int32_t *place, bool holes)
{
    vec vacc = v_set(0.0f);
    for (int64_t k = 0; k < a->h.taps; k++) {
        const int64_t from = HG_MIN(base + k, a->h.in - VL);
        const places at = v_places_plus(place, (int32_t)(base + k - from));
        const vec vk = v_load(a->h.weight + k * a->h.out + x);
        const vec vi = v_where(lanes_of_tap(a, x, k, vk, holes), v_place(v_load(row + from), at));
        vacc = k == 0 ? v_mul(vk, vi) : v_fma(vacc, vk, vi);
    }
    return vacc;
}

HG_INLINE vec far_sum(const hg_resize_plane_args *a, const float *row, int64_t x, bool holes)
{
    vec vacc = v_set(0.0f);
    for (int64_t k = 0; k < a->h.taps; k++) {
        const vec vk = v_load(a->h.weight + k * a->h.out + x);
        const lanes those = lanes_of_tap(a, x, k, vk, holes);
        const vec vi = v_gather_where(those, row + k, a->h.first + x);
        vacc = k == 0 ? v_mul(vk, vi) : v_fma(vacc, vk, vi);
    }
    return vacc;
}

/* VL outputs with holes among their taps. */
static vec sum_with_holes(const hg_resize_plane_args *a, const float *row, int64_t x,
                          const hg_resize_group *group, const int32_t *place)
{
    if (group->spread == HG_SPREAD_FAR) return far_sum(a, row, x, true);
    return edge_sum(a, row, x, group->base, place, true);
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
        } else if (a->h.holes) {
            v0 = sum_with_holes(a, in0, x, group, place);
            if (R == 2) v1 = sum_with_holes(a, in1, x, group, place);
        } else if (group->spread == HG_SPREAD_EDGE) {
            v0 = edge_sum(a, in0, x, base, place, false);
            if (R == 2) v1 = edge_sum(a, in1, x, base, place, false);
        } else {
            v0 = far_sum(a, in0, x, false);
            if (R == 2) v1 = far_sum(a, in1, x, false);
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
        ready = HG_MAX(ready, a->from[y]);
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
        for (ready = HG_MAX(ready, a->from[y]); ready < end; ready++) row_of_many(a, ready);
    }
}

static void plane(const hg_resize_plane_args *a)
{
    const bool many = HG_MAX(a->h.taps, a->v.taps) > 4;
    (a->past ? plane_past : many ? plane_many : plane_near)(a);
}
