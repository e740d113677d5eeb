/* Resizing of NCHW planes by up to 6 taps. Contract: planes.h.
 *
 * Along x, the sources of VL outputs lie within VL neighbours wherever the image grows: plain loads
 * spread over the lanes by a permutation, the same one for all taps. */
#include "kernels/resize2d/nchw/planes.h"

#include "kernels/resize2d/nchw/plane_rows.h"

/* ---- Along x ---- */

/* VL outputs of one row, T taps; T is no more than h.taps where all have all taps. */
HG_INLINE vfloat near_sum(const hg_resize_plane_args *a, int T, const float *in, int64_t x,
                          vplaces at)
{
    const float *weight = a->h.weight + x;
    vfloat vacc = v_mul(v_load(weight), v_permute(v_load(in), at));
    HG_UNROLL
    for (int k = 1; k < T; k++)
        vacc = v_fma(v_load(weight + k * a->h.out), v_permute(v_load(in + k), at), vacc);
    return vacc;
}

/* The outputs that have tap k. */
HG_INLINE vmask lanes_of_count(const hg_resize_plane_args *a, int64_t x, int64_t k)
{
    return i_greater(i_load(a->h.count + x), i_all((int32_t)k));
}

/* Taps that are not there add 0 * 0. */
HG_INLINE vfloat some_sum(const hg_resize_plane_args *a, int T, const float *in, int64_t x,
                          vplaces at)
{
    const float *weight = a->h.weight + x;
    vfloat vacc = v_mul(v_load(weight), v_permute(v_load(in), at)); /* the first is always there */
    HG_UNROLL
    for (int k = 1; k < T; k++) {
        const vfloat vi = v_where(lanes_of_count(a, x, k), v_permute(v_load(in + k), at));
        vacc = v_fma(v_load(weight + k * a->h.out), vi, vacc);
    }
    return vacc;
}

/* The same where there may be holes; vk are its weights. holes: a constant. */
HG_INLINE vmask lanes_of_tap(const hg_resize_plane_args *a, int64_t x, int64_t k, vfloat vk,
                             bool holes)
{
    return holes ? v_nonzero(vk) : lanes_of_count(a, x, k);
}

/* The same where loads must move left, so as not to leave the row; and where there are holes. */
HG_INLINE vfloat edge_sum(const hg_resize_plane_args *a, const float *row, int64_t x, int64_t base,
                          const int32_t *place, bool holes)
{
    vfloat vacc = v_zero();
    for (int64_t k = 0; k < a->h.taps; k++) {
        const int64_t from = HG_MIN(base + k, a->h.in - VL);
        const vplaces at = p_of(i_add(i_load(place), i_all((int32_t)(base + k - from))));
        const vfloat vk = v_load(a->h.weight + k * a->h.out + x);
        const vfloat vi =
            v_where(lanes_of_tap(a, x, k, vk, holes), v_permute(v_load(row + from), at));
        vacc = k == 0 ? v_mul(vk, vi) : v_fma(vk, vi, vacc);
    }
    return vacc;
}

HG_INLINE vfloat far_sum(const hg_resize_plane_args *a, const float *row, int64_t x, bool holes)
{
    vfloat vacc = v_zero();
    for (int64_t k = 0; k < a->h.taps; k++) {
        const vfloat vk = v_load(a->h.weight + k * a->h.out + x);
        const vmask those = lanes_of_tap(a, x, k, vk, holes);
        const vfloat vi = v_gather_lanes(those, row + k, i_load(a->h.first + x));
        vacc = k == 0 ? v_mul(vk, vi) : v_fma(vk, vi, vacc);
    }
    return vacc;
}

/* VL outputs whose sources are neither near nor some. Functions of their own: the number of taps is
 * no constant here, and copies for each would be most of the code. */
__attribute__((noinline)) static vfloat other_sum(const hg_resize_plane_args *a, const float *row,
                                                  int64_t x, const hg_resize_group *group,
                                                  const int32_t *place)
{
    if (group->spread == HG_SPREAD_FAR) return far_sum(a, row, x, false);
    return edge_sum(a, row, x, group->base, place, false);
}

/* The same with holes among their taps. */
__attribute__((noinline)) static vfloat sum_with_holes(const hg_resize_plane_args *a,
                                                       const float *row, int64_t x,
                                                       const hg_resize_group *group,
                                                       const int32_t *place)
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
    const hg_resize_group *group = a->groups->list;
    const int32_t *place = a->groups->place;
    for (int64_t i = 0; i < a->h.out; i += VL, group++, place += VL) {
        const int64_t x = HG_MIN(i, last), base = group->base;
        vfloat v0, v1 = v_zero();
        if (group->spread == HG_SPREAD_NEAR) {
            const vplaces at = p_of(i_load(place));
            v0 = near_sum(a, T, in0 + base, x, at);
            if (R == 2) v1 = near_sum(a, T, in1 + base, x, at);
        } else if (group->spread == HG_SPREAD_SOME) {
            const vplaces at = p_of(i_load(place));
            v0 = some_sum(a, T, in0 + base, x, at);
            if (R == 2) v1 = some_sum(a, T, in1 + base, x, at);
        } else if (a->h.holes) {
            v0 = sum_with_holes(a, in0, x, group, place);
            if (R == 2) v1 = sum_with_holes(a, in1, x, group, place);
        } else {
            v0 = other_sum(a, in0, x, group, place);
            if (R == 2) v1 = other_sum(a, in1, x, group, place);
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

static void planes4(const hg_resize_plane_args *args)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_resize_plane_args copy = *args, *a = &copy;
    int64_t ready = 0; /* input rows below are in the ring, or were, or are not needed */
    for (int64_t y = a->y; y < a->y_end;) {
        const int64_t end = a->v.first[y] + a->v.count[y];
        ready = HG_MAX(ready, a->groups->from[y]);
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

/* ---- 5 or 6 taps along an axis: apart from planes4, which is faster without ---- */

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

static void planes6(const hg_resize_plane_args *args)
{
    const hg_resize_plane_args copy = *args, *a = &copy;
    int64_t ready = 0;
    for (int64_t y = a->y; y < a->y_end; y += many_along_y(a, y)) {
        const int64_t end = a->v.first[y] + a->v.count[y];
        for (ready = HG_MAX(ready, a->groups->from[y]); ready < end; ready++) row_of_many(a, ready);
    }
}

static const hg_resize_plane_ukernels few = {.least_taps = 1, .most_taps = 4, .plain = planes4};
static const hg_resize_plane_ukernels many = {.least_taps = 5, .most_taps = 6, .plain = planes6};

const hg_kernel HG_ROWS(resize2d_nchw_planes)[] = {
    {HG_ROW(resize2d, nchw, "planes4"), .rev = 1, .algorithm = &hg_resize2d_nchw_planes.algorithm,
     .run.resize_plane = &few},
    {HG_ROW(resize2d, nchw, "planes6"), .rev = 1, .algorithm = &hg_resize2d_nchw_planes.algorithm,
     .run.resize_plane = &many},
    {.name = NULL},
};
