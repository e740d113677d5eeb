/* One AVX2 tile for few output channels: TILE_NAME computes TILE_MR pixels x TILE_NR channels, the
 * lanes being input channels. Contract of hg_igemm_args, tiles of dots. The including file defines
 * the three names; they are undefined at the end. */

static void TILE_NAME(const hg_igemm_args *a)
{
    enum { MR = TILE_MR, NR = TILE_NR };
    const size_t left = a->channels % VL, whole = a->channels - left;
    const __m256i vmask = hg_tail_mask(left);
    __m256 vacc[MR * NR];
    HG_UNROLL for (int i = 0; i < MR * NR; i++) vacc[i] = _mm256_setzero_ps();

    const float *const *rows = a->rows;
    const float *weights = a->weights;
    for (size_t t = 0; t < a->taps; t++, rows += MR) {
        const float *vi_at[MR];
        HG_UNROLL for (int i = 0; i < MR; i++) vi_at[i] = rows[i] + a->channel;
        for (size_t c = 0; c < whole; c += VL, weights += NR * VL) {
            HG_UNROLL for (int i = 0; i < MR; i++)
            {
                const __m256 vi = _mm256_loadu_ps(vi_at[i] + c);
                HG_UNROLL for (int j = 0; j < NR; j++) vacc[i * NR + j] =
                    _mm256_fmadd_ps(vi, _mm256_load_ps(weights + j * VL), vacc[i * NR + j]);
            }
        }
        if (left == 0) continue;
        HG_UNROLL for (int i = 0; i < MR; i++)
        {
            const __m256 vi = _mm256_maskload_ps(vi_at[i] + whole, vmask);
            HG_UNROLL for (int j = 0; j < NR; j++) vacc[i * NR + j] =
                _mm256_fmadd_ps(vi, _mm256_load_ps(weights + j * VL), vacc[i * NR + j]);
        }
        weights += NR * VL;
    }

    float sums[MR * NR], bias[MR * NR]; /* pixel by pixel */
    HG_UNROLL for (int i = 0; i < MR * NR; i++) bias[i] = a->bias[i % NR];
    HG_UNROLL for (int q = 0; q < MR * NR; q += 4) _mm_storeu_ps(
        sums + q, _mm_add_ps(_mm_loadu_ps(bias + q),
                             sum_lanes(vacc[q], vacc[q + 1], vacc[q + 2], vacc[q + 3])));
    finish(a, sums, MR, NR);
}

#undef TILE_NAME
#undef TILE_MR
#undef TILE_NR
