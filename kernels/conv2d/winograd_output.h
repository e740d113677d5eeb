/* A^T m A of TILE_A x TILE_A products into TILE_M x TILE_M pixels. winograd_transform.h defines
 * both, the name TILE_OUTPUT and the one-dimensional form TILE_OUTPUT_1D(m, y); all are undefined
 * at the end. Contract: hg_winograd_steps. */

static void TILE_OUTPUT(const float *product, size_t plane, const hg_winograd_out *to)
{
    enum { A = TILE_A, M = TILE_M };
    for (size_t c = 0; c < to->channels; c += VL) {
        vec half[A][M];
        for (int i = 0; i < A; i++) {
            vec m[A];
            HG_UNROLL for (int j = 0; j < A; j++) m[j] =
                load(product + (size_t)(i * A + j) * plane + c);
            TILE_OUTPUT_1D(m, half[i]);
        }
        const size_t n_left = to->channels - c;
        const vec vbias = load(to->bias + c);
        for (int j = 0; j < M; j++) {
            vec m[A], y[M];
            HG_UNROLL for (int i = 0; i < A; i++) m[i] = half[i][j];
            TILE_OUTPUT_1D(m, y);
            HG_UNROLL for (int i = 0; i < M; i++)
            {
                float *out = to->out[i * M + j];
                if (!out) continue;
                vec vy = add(y[i], vbias);
                if (to->residual) {
                    const float *added = to->residual[i * M + j] + c;
                    vy = add(vy, n_left >= VL ? load(added) : load_tail(added, n_left));
                }
                vy = post(vy, to);
                if (n_left >= VL)
                    store(out + c, vy);
                else
                    store_tail(out + c, vy, n_left);
            }
        }
    }
}

#undef TILE_A
#undef TILE_M
#undef TILE_OUTPUT
#undef TILE_OUTPUT_1D
