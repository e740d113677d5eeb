/* Weights of Winograd tiles: the matrix G from its points, and the packing. Contract:
 * winograd_tiles.h. */
#include <string.h>

#include "kernels/conv2d/nhwc/winograd_tiles.h"

enum { NR = HG_WINOGRAD_NR, MAX_A = HG_WINOGRAD_MAX_A, MAX_R = HG_WINOGRAD_MAX_R, MAX_POINTS = 8 };

/* The interpolation points without the last, infinity, and the factors that make rows of G out of
 * their powers: G[i][j] = factor * point^j. */
typedef struct point {
    double at, factor;
} point;

static const point points3[] = {{0, 1}, {1, 1}};
static const point points4[] = {{0, 1}, {1, .5}, {-1, .5}};
static const point points5[] = {{0, 1. / 2}, {1, -1. / 2}, {-1, -1. / 6}, {2, 1. / 6}};
static const point points6[] = {
    {0, 1. / 4}, {1, -1. / 6}, {-1, -1. / 6}, {2, 1. / 24}, {-2, 1. / 24}};
static const point points8[] = {{0, 1},        {1, -2. / 9},   {-1, -2. / 9},  {2, 1. / 90},
                                {-2, 1. / 90}, {.5, 32. / 45}, {-.5, 32. / 45}};
static const point *const points_of[MAX_POINTS + 1] = {
    [3] = points3, [4] = points4, [5] = points5, [6] = points6, [8] = points8};

/* The rows of the even pixels' taps, all taps at stride 1; then those of the odd pixels. */
static void make_g(const hg_winograd_ukernels *ukernels, double g[MAX_A][MAX_R])
{
    const int a = hg_winograd_a(ukernels), s = ukernels->stride;
    const int taps = HG_CEIL_DIV(ukernels->r, s), finite = ukernels->m + taps - 2;
    const point *points = points_of[finite + 1];
    for (int i = 0; i < finite; i++) {
        g[i][0] = points[i].factor;
        for (int j = 1; j < taps; j++) g[i][j * s] = g[i][(j - 1) * s] * points[i].at;
    }
    g[finite][(taps - 1) * s] = 1;
    for (int i = finite + 1; i < a; i++) g[i][1] = 1;
}

/* The taps of filters side by side, as the microkernel wants them. */
static void gather(const hg_winograd_filter *f, const float *from, size_t lanes, int r, float *to)
{
    memset(to, 0, sizeof(float) * lanes * (size_t)(r * r));
    for (size_t k = 0; k < lanes; k++, from += f->k_step, to += r * r)
        for (int64_t y = f->rows.begin; y < f->rows.end; y++)
            for (int64_t x = f->columns.begin; x < f->columns.end; x++)
                to[y * r + x] =
                    from[(y - f->rows.begin) * f->y_step + (x - f->columns.begin) * f->x_step];
}

void hg_winograd_pack(const hg_problem *p, const hg_kernel *k, const hg_winograd_filter *filter,
                      float *packed)
{
    const hg_winograd_ukernels *ukernels = k->run.winograd;
    const int r = ukernels->r;
    const size_t channels = (size_t)p->in.c, outputs = (size_t)p->out.c;
    const hg_winograd_tiles b = hg_winograd_tiles_of(p, k, &(hg_config){0}, 1);
    const bool dense = filter->y_step == r && filter->x_step == 1;
    double g[MAX_A][MAX_R] = {{0}};
    make_g(ukernels, g);
    for (size_t panel = 0; panel < b.panels; panel++)
        for (size_t c = 0; c < channels; c++) {
            float taps[NR * MAX_R * MAX_R];
            const float *from = filter->origin + (int64_t)(panel * NR) * filter->k_step +
                                (int64_t)c * filter->c_step;
            const size_t lanes = HG_MIN(outputs - panel * NR, (size_t)NR);
            if (!dense) gather(filter, from, lanes, r, taps);
            ukernels->filters(g, dense ? from : taps,
                              dense ? (size_t)filter->k_step : (size_t)(r * r), lanes,
                              packed + (panel * channels + c) * NR, b.plane_u);
        }
}
