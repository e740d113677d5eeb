/* One NEON tile: TILE_NAME computes TILE_MR pixels x TILE_NV vectors of channels. Contract of
 * hg_igemm_args. The including file defines the three names; they are undefined at the end.
 *
 * Four input channels of a row are one vector, va = { c, c+1, c+2, c+3 }, whose lanes multiply
 * four rows of weights. Where accumulators and all MR such vectors exceed the 32 registers, the
 * rows are taken in batches of MB and the weights are read once per batch. */

static void TILE_NAME(const hg_igemm_args *a)
{
    enum { MR = TILE_MR, NV = TILE_NV, NR = NV * VL, REGISTERS = 32 };
    enum { MB = MR * NV + MR + NV <= REGISTERS ? MR : MR % 4 ? MR / 3 : MR / 4 };
    float32x4_t vacc[MR][NV];
    HG_UNROLL for (int i = 0; i < MR; i++) HG_UNROLL for (int j = 0; j < NV; j++) vacc[i][j] =
        vld1q_f32(a->bias + j * VL);

    const float *const *rows = a->rows;
    const float *weights = a->weights;
    const size_t channels = a->channels;
    for (size_t t = 0; t < a->taps; t++, rows += MR) {
        const float *vi[MR];
        HG_UNROLL for (int i = 0; i < MR; i++) vi[i] = rows[i] + a->channel;
        size_t c = 0;
        for (; c + VL <= channels; c += VL, weights += VL * NR) {
            HG_UNROLL for (int b = 0; b < MR; b += MB)
            {
                float32x4_t va[MB];
                HG_UNROLL for (int i = 0; i < MB; i++) va[i] = vld1q_f32(vi[b + i] + c);
                HG_UNROLL for (int lane = 0; lane < VL; lane++)
                {
                    HG_UNROLL for (int j = 0; j < NV; j++)
                    {
                        const float32x4_t vk = vld1q_f32(weights + lane * NR + j * VL);
                        HG_UNROLL for (int i = 0; i < MB; i++) vacc[b + i][j] =
                            hg_fma_lane(vacc[b + i][j], vk, va[i], lane);
                    }
                    /* Loads stay on their side: compilers would hoist those of later lanes and
                     * rows, and spill accumulators to make room. */
                    __asm__ volatile("" ::: "memory");
                }
            }
        }
        for (; c < channels; c++, weights += NR) {
            float32x4_t vk[NV];
            HG_UNROLL for (int j = 0; j < NV; j++) vk[j] = vld1q_f32(weights + j * VL);
            HG_UNROLL for (int i = 0; i < MR; i++)
            {
                const float32x4_t va = vdupq_n_f32(vi[i][c]);
                HG_UNROLL for (int j = 0; j < NV; j++) vacc[i][j] =
                    vfmaq_f32(vacc[i][j], va, vk[j]);
                __asm__ volatile("" ::: "memory"); /* as above */
            }
        }
    }

    const bool leaky = a->slope != 1.0f;
    const float32x4_t vslope = vdupq_n_f32(a->slope);
    const float32x4_t vmin = vdupq_n_f32(a->min), vmax = vdupq_n_f32(a->max);
    HG_UNROLL for (int i = 0; i < MR; i++)
    {
        if (i >= a->m) return;
        float *out = a->out[i] + a->column;
        const float *added = a->residual ? a->residual[i] + a->column : NULL;
        HG_UNROLL for (int j = 0; j < NV; j++)
        {
            const int left = a->n - j * VL; /* columns from this vector on */
            if (left <= 0) break;
            float32x4_t v = vacc[i][j];
            if (left >= VL) {
                if (added) v = vaddq_f32(v, vld1q_f32(added + j * VL));
                vst1q_f32(out + j * VL, hg_conv_post_neon(v, leaky, vslope, vmin, vmax));
            } else {
                if (added) v = vaddq_f32(v, hg_load_tail(added + j * VL, (size_t)left));
                hg_store_tail(out + j * VL, hg_conv_post_neon(v, leaky, vslope, vmin, vmax),
                              (size_t)left);
            }
        }
    }
}

#undef TILE_NAME
#undef TILE_MR
#undef TILE_NV
