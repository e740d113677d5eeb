/* Products of direct convolution, and their ends, where an instruction set multiplies by
 * broadcasts. Contract: direct.simd.c. */
#ifndef HG_DIRECT_BROADCAST_H
#define HG_DIRECT_BROADCAST_H

/* `count` products of MR pixels. MR, NV and AHEAD are constants; AHEAD: the next MR pixels follow
 * these in memory, and are fetched, a pixel's row being too short for the hardware to learn it. */
HG_INLINE void multiply_pixels(vfloat vacc[MAX_MR][MAX_NV], const float *input, size_t step,
                               size_t count, const float *weights, int MR, int NV, bool AHEAD)
{
    const float *const end = input + count, *next = input;
    for (; input < end; input++, weights += NV * VL) {
        if (AHEAD) hg_prefetch(next, (int64_t)count * MR), next += MR;
        /* The smaller side is kept in registers, the other streams past it. */
        if (NV <= MR) {
            vfloat vk[MAX_NV];
            HG_UNROLL for (int j = 0; j < NV; j++) vk[j] = v_load(weights + j * VL);
            const float *middle = input;
            HG_UNROLL for (int m = 0; m < MR; m++)
            {
                const vfloat vi = v_splat(hg_row_of(input, &middle, step, m, MR, NV));
                HG_UNROLL for (int j = 0; j < NV; j++) vacc[m][j] = v_fma(vi, vk[j], vacc[m][j]);
            }
        } else {
            vfloat vi[MAX_MR];
            HG_UNROLL for (int m = 0; m < MR; m++) vi[m] = v_splat(input + (size_t)m * step);
            HG_UNROLL for (int j = 0; j < NV; j++)
            {
                const float *at = weights + j * VL;
                const vfloat vk = MR > 1 ? v_load_once(at) : v_load(at);
                HG_UNROLL for (int m = 0; m < MR; m++) vacc[m][j] = v_fma(vi[m], vk, vacc[m][j]);
            }
        }
    }
}

/* The same of the only pixel, whose few sums would wait for each other: several of each, added up.
 * (Of one among others the bits must not depend on how pixels are cut into tiles.) */
HG_INLINE void multiply_alone(vfloat vacc[MAX_NV], const float *input, size_t count,
                              const float *weights, int NV)
{
    const int SUMS = NV <= 4 ? 8 / NV : 2;
    vfloat vsum[8][FEW_NV];
    HG_UNROLL for (int j = 0; j < NV; j++)
    {
        vsum[0][j] = vacc[j];
        HG_UNROLL for (int q = 1; q < SUMS; q++) vsum[q][j] = v_zero();
    }
    size_t c = 0;
    for (; c + (size_t)SUMS <= count; c += (size_t)SUMS) HG_UNROLL for (int q = 0; q < SUMS; q++)
        {
            const vfloat vi = v_splat(input + c + q);
            HG_UNROLL for (int j = 0; j < NV; j++, weights += VL) vsum[q][j] =
                v_fma(vi, v_load(weights), vsum[q][j]);
        }
    for (; c < count; c++) {
        const vfloat vi = v_splat(input + c);
        HG_UNROLL for (int j = 0; j < NV; j++, weights += VL) vsum[0][j] =
            v_fma(vi, v_load(weights), vsum[0][j]);
    }
    HG_UNROLL for (int j = 0; j < NV; j++)
    {
        HG_UNROLL for (int q = 1; q < SUMS; q++) vsum[0][j] = v_add(vsum[0][j], vsum[q][j]);
        vacc[j] = vsum[0][j];
    }
}

/* A segment's `count` products of MR pixels and NV vectors of columns, of a whole tile or of what
 * is left of a run, which has nothing to fetch; all three are constants. */
HG_INLINE void multiply(const hg_direct_args *a, vfloat vacc[MAX_MR][MAX_NV], const float *input,
                        size_t count, const float *weights, int MR, int NV, bool WHOLE)
{
    if (MR == 1 && NV <= FEW_NV && a->alone)
        multiply_alone(vacc[0], input, count, weights, NV);
    else if (WHOLE && a->ahead)
        multiply_pixels(vacc, input, a->step, count, weights, MR, NV, true);
    else
        multiply_pixels(vacc, input, a->step, count, weights, MR, NV, false);
}

/* What follows the sums of MR pixels, all of them at once: stores might change the arguments, and
 * would have bounds and steps read again for each pixel. n: columns of the only unit. */
HG_INLINE void end_sums(const hg_direct_args *a, vfloat vacc[MAX_MR][MAX_NV], size_t i, size_t n,
                        int MR, int UNITS)
{
    if (a->residual) {
        const float *residual = a->residual + i * a->residual_step;
        HG_UNROLL for (int m = 0; m < MR; m++, residual += a->residual_step)
        {
            HG_UNROLL for (int j = 0; j < UNITS * IN_UNIT; j++)
            {
                const size_t at = column_of(a, j, UNITS), left = n > at ? n - at : 0;
                if (UNITS > 1)
                    vacc[m][j] = v_add(vacc[m][j], v_load(residual + at));
                else if (IN_UNIT == 1 || left)
                    vacc[m][j] = v_add(vacc[m][j], v_load_up_to(residual + at, left));
            }
        }
    }
    v_post_tile(vacc[0], MR, UNITS * IN_UNIT, MAX_NV, a->post.slope != 1.0f, &a->post,
                V_POST_STEPS);
}

/* Everything has been loaded before: the last units of a pixel may overlap. */
HG_INLINE void store_sums(const hg_direct_args *a, vfloat vacc[MAX_MR][MAX_NV], size_t i, size_t n,
                          int MR, int UNITS)
{
    const size_t out_step = a->out_step;
    size_t at[MAX_NV];
    HG_UNROLL for (int j = 0; j < UNITS * IN_UNIT; j++) at[j] = column_of(a, j, UNITS);
    float *out = a->out + i * out_step;
    HG_UNROLL for (int m = 0; m < MR; m++, out += out_step)
    {
        HG_UNROLL for (int j = 0; j < UNITS * IN_UNIT; j++)
        {
            const size_t left = n > at[j] ? n - at[j] : 0;
            if (UNITS > 1)
                v_store(out + at[j], vacc[m][j]);
            else if (IN_UNIT == 1 || left)
                v_store_up_to(out + at[j], vacc[m][j], left);
        }
    }
}

HG_INLINE void finish_first(const hg_direct_args *a, vfloat vacc[MAX_MR][MAX_NV], size_t i,
                            size_t n, int MR, int UNITS)
{
    if (!a->plain) end_sums(a, vacc, i, n, MR, UNITS);
    store_sums(a, vacc, i, n, MR, UNITS);
}

HG_INLINE void finish(const hg_direct_args *a, vfloat vacc[MAX_MR][MAX_NV], size_t i, int MR,
                      int UNITS)
{
    if (UNITS > 1 || a->n >= UNIT)
        finish_first(a, vacc, i, UNIT, MR, UNITS);
    else
        finish_first(a, vacc, i, a->n, MR, UNITS);
}

#endif
