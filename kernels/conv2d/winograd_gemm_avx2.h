/* GEMM_MR rows of one panel, AVX2: product[i*ldp + 0..16) = sum over c of v[i*ldv + c] * u[c*16
 * ..], HG_WINOGRAD_SUM channels at a time. What is multiplied after it is fetched from `next` on,
 * `step` floats per channel. The including file defines GEMM_MR and GEMM_NAME; both are undefined
 * at the end. */

static void GEMM_NAME(const float *restrict v, size_t ldv, const float *restrict u, size_t channels,
                      float *restrict product, size_t ldp, const float *next, size_t step)
{
    enum { ROWS = GEMM_MR };
    for (size_t first = 0; first < channels; first += HG_WINOGRAD_SUM) {
        const size_t end = HG_MIN(first + HG_WINOGRAD_SUM, channels);
        __m256 vacc[ROWS][2];
        HG_UNROLL for (int i = 0; i < ROWS; i++) vacc[i][0] = vacc[i][1] = _mm256_setzero_ps();
        for (size_t c = first; c < end; c++, u += 2 * VL) {
            hg_prefetch(next, (int64_t)(c * step));
            const __m256 vk0 = _mm256_load_ps(u), vk1 = _mm256_load_ps(u + VL);
            HG_UNROLL for (int i = 0; i < ROWS; i++)
            {
                const __m256 vi = _mm256_broadcast_ss(v + (size_t)i * ldv + c);
                vacc[i][0] = _mm256_fmadd_ps(vi, vk0, vacc[i][0]);
                vacc[i][1] = _mm256_fmadd_ps(vi, vk1, vacc[i][1]);
            }
        }
        HG_UNROLL for (int i = 0; i < ROWS; i++)
        {
            float *const to = product + (size_t)i * ldp;
            if (first) {
                vacc[i][0] = _mm256_add_ps(_mm256_loadu_ps(to), vacc[i][0]);
                vacc[i][1] = _mm256_add_ps(_mm256_loadu_ps(to + VL), vacc[i][1]);
            }
            _mm256_storeu_ps(to, vacc[i][0]);
            _mm256_storeu_ps(to + VL, vacc[i][1]);
        }
    }
}

#undef GEMM_MR
#undef GEMM_NAME
