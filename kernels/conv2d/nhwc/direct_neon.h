/* Direct convolution, NEON: the tiles, and their products. */
#ifndef HG_DIRECT_NEON_H
#define HG_DIRECT_NEON_H

/* Whole tiles: pixels, pixels of those that follow, units of columns. RESTS: pixels of what is less
 * than the latter. */
#define TILES(X)                                                                                   \
    X(8, 8, 1)                                                                                     \
    X(6, 6, 2)                                                                                     \
    X(4, 4, 3)                                                                                     \
    X(3, 3, 4)                                                                                     \
    WIDE_TILES(X)
#define RESTS HG_ONE_TO_SEVEN
enum { MAX_MR = 8 };

/* A segment's `count` products of MR pixels and NV vectors of columns; both are constants. Four
 * products at a time: the lanes of the pixels' vectors multiply four rows of weights. */
HG_INLINE void multiply(const hg_direct_args *a, vfloat vacc[MAX_MR][MAX_NV], const float *input,
                        size_t count, const float *weights, int MR, int NV, bool WHOLE)
{
    (void)WHOLE;
    const float *pixel[MAX_MR];
    HG_UNROLL for (int m = 0; m < MR; m++) pixel[m] = input + (size_t)m * a->step;
    size_t c = 0;
    for (; c + VL <= count; c += VL, weights += VL * NV * VL) {
        vfloat vi[MAX_MR];
        HG_UNROLL for (int m = 0; m < MR; m++) vi[m] = v_load(pixel[m] + c);
        HG_UNROLL for (int lane = 0; lane < VL; lane++)
        {
            HG_UNROLL for (int j = 0; j < NV; j++)
            {
                const vfloat vk = v_load(weights + (lane * NV + j) * VL);
                HG_UNROLL for (int m = 0; m < MR; m++) vacc[m][j] =
                    v_fma_lane(vk, vi[m], lane, vacc[m][j]);
            }
        }
    }
    for (; c < count; c++, weights += NV * VL) {
        HG_UNROLL for (int j = 0; j < NV; j++)
        {
            const vfloat vk = v_load(weights + j * VL);
            HG_UNROLL for (int m = 0; m < MR; m++) vacc[m][j] =
                v_fma_by(pixel[m][c], vk, vacc[m][j]);
        }
    }
}

/* One pixel after the other: where the sums end together, gcc spills one of 6x2 in the main loop.
 * Everything of a pixel is loaded before anything is stored, for the last units may overlap. */
HG_INLINE void finish_pixel(const hg_direct_args *a, vfloat v[MAX_NV], float *out,
                            const float *residual, int UNITS)
{
    const vpost post = v_post_of(&a->post);
    HG_UNROLL for (int j = 0; j < UNITS * IN_UNIT; j++)
    {
        const size_t at = column_of(a, j, UNITS), left = a->n > at ? a->n - at : 0;
        if (residual && UNITS > 1)
            v[j] = v_add(v[j], v_load(residual + at));
        else if (residual && (IN_UNIT == 1 || left))
            v[j] = v_add(v[j], v_load_up_to(residual + at, left));
        v[j] = v_post(v[j], &post);
    }
    HG_UNROLL for (int j = 0; j < UNITS * IN_UNIT; j++)
    {
        const size_t at = column_of(a, j, UNITS), left = a->n > at ? a->n - at : 0;
        if (UNITS > 1)
            v_store(out + at, v[j]);
        else if (IN_UNIT == 1 || left)
            v_store_up_to(out + at, v[j], left);
    }
}

HG_INLINE void finish(const hg_direct_args *a, vfloat vacc[MAX_MR][MAX_NV], size_t i, int MR,
                      int UNITS)
{
    float *out = a->out + i * a->out_step;
    const float *residual = a->residual ? a->residual + i * a->residual_step : NULL;
    HG_UNROLL for (int m = 0; m < MR; m++, out += a->out_step)
    {
        if (a->plain && UNITS > 1) {
            HG_UNROLL for (int j = 0; j < UNITS * IN_UNIT; j++)
                v_store(out + column_of(a, j, UNITS), vacc[m][j]);
        } else {
            finish_pixel(a, vacc[m], out, residual, UNITS);
            if (residual) residual += a->residual_step;
        }
    }
}

#endif
