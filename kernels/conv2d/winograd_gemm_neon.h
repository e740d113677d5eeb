/* GEMM_MR rows of one panel, NEON: product[i*ldp + 0..16) = sum over c of v[i*ldv + c] * u[c*16
 * ..], HG_WINOGRAD_SUM channels at a time. Four channels of a row are one vector, whose lanes
 * multiply four rows of u. What is multiplied after it is fetched from `next` on, `step` floats per
 * channel. The including file defines GEMM_MR and GEMM_NAME; both are undefined at the end. */

static void GEMM_NAME(const float *restrict v, size_t ldv, const float *restrict u, size_t channels,
                      float *restrict product, size_t ldp, const float *next, size_t step)
{
    enum { ROWS = GEMM_MR, NV = NR / VL };
    for (size_t first = 0; first < channels; first += HG_WINOGRAD_SUM) {
        const size_t end = HG_MIN(first + HG_WINOGRAD_SUM, channels);
        float32x4_t vacc[ROWS][NV];
        HG_UNROLL for (int i = 0; i < ROWS; i++) HG_UNROLL for (int j = 0; j < NV; j++) vacc[i][j] =
            vdupq_n_f32(0.0f);
        size_t c = first;
        for (; c + VL <= end; c += VL, u += VL * NR) {
            float32x4_t vi[ROWS];
            HG_UNROLL for (int i = 0; i < ROWS; i++) vi[i] = vld1q_f32(v + (size_t)i * ldv + c);
            HG_UNROLL for (int lane = 0; lane < VL; lane++)
                hg_prefetch(next, (int64_t)((c + (size_t)lane) * step));
            HG_UNROLL for (int lane = 0; lane < VL; lane++) HG_UNROLL for (int j = 0; j < NV; j++)
            {
                const float32x4_t vk = vld1q_f32(u + lane * NR + j * VL);
                HG_UNROLL for (int i = 0; i < ROWS; i++) vacc[i][j] =
                    hg_fma_lane(vacc[i][j], vk, vi[i], lane);
            }
        }
        for (; c < end; c++, u += NR) HG_UNROLL for (int j = 0; j < NV; j++)
            {
                const float32x4_t vk = vld1q_f32(u + j * VL);
                HG_UNROLL for (int i = 0; i < ROWS; i++) vacc[i][j] =
                    vfmaq_n_f32(vacc[i][j], vk, v[(size_t)i * ldv + c]);
            }
        HG_UNROLL for (int i = 0; i < ROWS; i++) HG_UNROLL for (int j = 0; j < NV; j++)
        {
            float *const to = product + (size_t)i * ldp + j * VL;
            vst1q_f32(to, first ? vaddq_f32(vld1q_f32(to), vacc[i][j]) : vacc[i][j]);
        }
    }
}

#undef GEMM_MR
#undef GEMM_NAME
