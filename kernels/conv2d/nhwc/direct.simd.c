/* Direct convolution by panels of units of columns. Contract: direct.h. */
#include "kernels/conv2d/nhwc/direct.h"

#include "kernels/simd/post.h"

enum {
    UNIT = HG_DIRECT_UNIT(VL),
    IN_UNIT = UNIT / VL, /* vectors */
    MAX_NV = HG_DIRECT_MAX_UNITS * IN_UNIT
};

/* Of 5 units and more, by pixels: for outputs of a few, where less than 8 multiply-adds in flight
 * would wait for each other. */
#define WIDE_TILES(X)                                                                              \
    X(1, 1, 5) X(1, 1, 6) X(1, 1, 7) X(1, 1, 8) X(1, 1, 9) X(1, 1, 10) X(1, 1, 11) X(1, 1, 12)

/* First column of vector v of a pixel: the last unit may overlap the one before it. `last` is 0
 * where there is one unit, which need not be looked up. */
HG_INLINE size_t column_of(const hg_direct_args *a, int v, int UNITS)
{
    const int unit = v / IN_UNIT;
    return (UNITS == 1 || unit < UNITS - 1 ? (size_t)(unit * UNIT) : a->last) +
           (size_t)(v % IN_UNIT * VL);
}

/* TILES, the pixels of the largest (MAX_MR), the products of a segment, and what follows the sums.
 */
#include HG_TEXT(HG_JOIN(direct, HG_SIMD).h)

/* MR pixels from number i on; MR, UNITS and WHOLE are constants. */
HG_INLINE void tile(const hg_direct_args *a, size_t i, int MR, int UNITS, bool WHOLE)
{
    vfloat vacc[MAX_MR][MAX_NV];
    HG_UNROLL for (int j = 0; j < UNITS * IN_UNIT; j++)
    {
        const vfloat vbias = v_load(a->bias + column_of(a, j, UNITS));
        HG_UNROLL for (int m = 0; m < MR; m++) vacc[m][j] = vbias;
    }
    const size_t row = (size_t)(UNITS * UNIT);
    const hg_direct_segment *const end = a->segments + a->segment_count;
    for (const hg_direct_segment *s = a->segments; s < end; s++)
        multiply(a, vacc, s->input + i * a->step, s->count, a->weights + s->first * row, MR,
                 UNITS * IN_UNIT, WHOLE);
    finish(a, vacc, i, MR, UNITS);
}

/* A tile of less than MR pixels. MR and UNITS are constants: what exceeds MR is not compiled. */
HG_INLINE void partial_tile(const hg_direct_args *a, size_t i, size_t pixels, int MR, int UNITS)
{
#define CASE(n)                                                                                    \
    case n:                                                                                        \
        if (MR > n) tile(a, i, n, UNITS, false);                                                   \
        break;
    switch (pixels) {
        RESTS(CASE)
    }
#undef CASE
}

/* The pixels: tiles of MR, as many as there are; where a smaller one follows, REST < MR, tiles of
 * it, two where they are enough. The last tile and a small rest make two of like size. */
HG_INLINE void tiles(const hg_direct_args *a, int MR, int REST, int UNITS)
{
    const size_t most = (size_t)MR, whole = (size_t)REST;
    size_t i = 0, left = a->pixels;
    if (MR > REST)
        for (; left == most || left > HG_MAX(most, 2 * whole); i += most, left -= most)
            tile(a, i, MR, UNITS, true);
    for (; left == whole || left > whole + whole / 2; i += whole, left -= whole)
        tile(a, i, REST, UNITS, true);
    while (left > 0) {
        const size_t now = left > whole ? (left + 1) / 2 : left;
        partial_tile(a, i, now, REST, UNITS);
        i += now;
        left -= now;
    }
}

#define FUNCTION(mr, rest, units)                                                                  \
    static void tile_##mr##x##units##x8(const hg_direct_args *a)                                   \
    {                                                                                              \
        tiles(a, mr, rest, units);                                                                 \
    }
TILES(FUNCTION)

#define POINTER(mr, rest, units) tile_##mr##x##units##x8,
#define HEIGHT(mr, rest, units) mr,
const hg_direct_ukernels HG_ROWS(direct_ukernels) = {{TILES(POINTER)}, {TILES(HEIGHT)}};

#define ROW(columns)                                                                               \
    {HG_ROW(conv2d, nhwc, "direct" #columns), .rev = 5, .tile = {0, columns},                      \
     .algorithm = &hg_conv2d_nhwc_direct, .run.direct = &HG_ROWS(direct_ukernels)},
const hg_kernel HG_ROWS(conv2d_nhwc_direct)[] = {HG_DIRECT_COLUMNS(ROW)
                                                     HG_DIRECT_WIDEST(ROW){.name = NULL}};
