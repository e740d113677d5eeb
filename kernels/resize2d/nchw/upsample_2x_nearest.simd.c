/* Nearest resizing of NCHW planes to twice the size. Contract: upsample_2x_nearest.c, plane.h. */
#include "kernels/resize2d/nchw/plane.h"
#include "kernels/simd/simd.h"

enum { ROWS_AHEAD = 4 /* output rows between a prefetch and its store */ };

/* Every pixel four times. */
HG_INLINE void repeat(const float *in, float *out, int64_t out_row, bool nontemporal)
{
    const vpair v = v_twice(v_load(in));
    v_put_pair(out, v, nontemporal);
    v_put_pair(out + out_row, v, nontemporal);
}

/* nontemporal: a constant. The last pixels start earlier and repeat some. */
HG_INLINE void repeat_rows(const hg_resize_plane_args *a, bool nontemporal)
{
    const int64_t last = a->h.in - VL, out_row = a->out_row;
    for (int64_t y = a->y; y < a->y_end; y += 2) {
        const float *in = a->input + y / 2 * a->in_row;
        float *out = a->output + y * out_row;
        for (int64_t x = 0; x < last; x += VL) {
            if (!nontemporal) hg_prefetch(out + 2 * x, ROWS_AHEAD * out_row);
            if (!nontemporal) hg_prefetch(out + 2 * x, (ROWS_AHEAD + 1) * out_row);
            repeat(in + x, out + 2 * x, out_row, nontemporal);
        }
        repeat(in + last, out + 2 * last, out_row, nontemporal);
    }
}

static void plane_2x_nearest(const hg_resize_plane_args *args)
{
    const hg_resize_plane_args copy = *args; /* no store can alias it: no reloading */
    repeat_rows(&copy, false);
}

static void plane_2x_nearest_nontemporal(const hg_resize_plane_args *args)
{
    const hg_resize_plane_args copy = *args;
    repeat_rows(&copy, true);
    v_drain();
}

static const hg_resize_plane_ukernels ukernels = {.plain = plane_2x_nearest,
                                                  .nontemporal = plane_2x_nearest_nontemporal};

const hg_kernel HG_ROWS(resize2d_nchw_upsample_2x_nearest)[] = {
    {HG_ROW(resize2d, nchw, "upsample_2x_nearest"), .rev = 2,
     .limits = {.resize_mode = 1 + HG_RESIZE_NEAREST, .exact_factor = true},
     .algorithm = &hg_resize2d_nchw_upsample_2x_nearest.algorithm, .run.resize_plane = &ukernels},
    {.name = NULL},
};
