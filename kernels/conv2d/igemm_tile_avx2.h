/* One AVX2 tile: TILE_NAME computes TILE_MR pixels x TILE_NV vectors of channels. Contract of
 * hg_igemm_args. The including file defines the three names; they are undefined at the end. */

static void TILE_NAME(const hg_igemm_args *a)
{
    enum { MR = TILE_MR, NV = TILE_NV, NR = NV * VL };
    __m256 vacc[MR][NV];
    HG_UNROLL for (int i = 0; i < MR; i++) HG_UNROLL for (int j = 0; j < NV; j++) vacc[i][j] =
        _mm256_loadu_ps(a->bias + j * VL);

    const float *const *rows = a->rows;
    const float *weights = a->weights;
    for (size_t t = 0; t < a->taps; t++, rows += MR) {
        const float *vi[MR];
        HG_UNROLL for (int i = 0; i < MR; i++) vi[i] = rows[i] + a->channel;
        for (size_t c = 0; c < a->channels; c++, weights += NR) {
            /* The smaller side is kept in registers, the other streams past it. */
            if (NV <= MR) {
                __m256 vk[NV];
                HG_UNROLL for (int j = 0; j < NV; j++) vk[j] = _mm256_load_ps(weights + j * VL);
                HG_UNROLL for (int i = 0; i < MR; i++)
                {
                    const __m256 va = _mm256_broadcast_ss(vi[i] + c);
                    HG_UNROLL for (int j = 0; j < NV; j++) vacc[i][j] =
                        _mm256_fmadd_ps(va, vk[j], vacc[i][j]);
                }
            } else {
                __m256 va[MR];
                HG_UNROLL for (int i = 0; i < MR; i++) va[i] = _mm256_broadcast_ss(vi[i] + c);
                HG_UNROLL for (int j = 0; j < NV; j++)
                {
                    const __m256 vk = _mm256_load_ps(weights + j * VL);
                    HG_UNROLL for (int i = 0; i < MR; i++) vacc[i][j] =
                        _mm256_fmadd_ps(va[i], vk, vacc[i][j]);
                }
            }
        }
    }

    /* A partial tile computes all rows but stores m rows, and n columns through masks. */
    const bool whole = a->n == NR;
    __m256i vmask[NV];
    HG_UNROLL for (int j = 0; j < NV; j++) vmask[j] =
        hg_tail_mask((size_t)HG_MIN(HG_MAX(a->n - j * VL, 0), VL));
    const bool leaky = a->slope != 1.0f;
    const __m256 vslope = _mm256_set1_ps(a->slope);
    const __m256 vmin = _mm256_set1_ps(a->min), vmax = _mm256_set1_ps(a->max);
    HG_UNROLL for (int i = 0; i < MR; i++)
    {
        if (i >= a->m) return;
        float *out = a->out[i] + a->column;
        HG_UNROLL for (int j = 0; j < NV; j++)
        {
            __m256 v = vacc[i][j];
            if (a->residual) {
                const float *added = a->residual[i] + a->column + j * VL;
                v = _mm256_add_ps(v, whole ? _mm256_loadu_ps(added)
                                           : _mm256_maskload_ps(added, vmask[j]));
            }
            v = hg_conv_post_avx2(v, leaky, vslope, vmin, vmax);
            if (whole)
                _mm256_storeu_ps(out + j * VL, v);
            else
                _mm256_maskstore_ps(out + j * VL, vmask[j], v);
        }
    }
}

#undef TILE_NAME
#undef TILE_MR
#undef TILE_NV
