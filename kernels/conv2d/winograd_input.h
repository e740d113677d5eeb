/* B^T d B of TILE_A x TILE_A pixels. winograd_transform.h defines TILE_A, the name TILE_INPUT and
 * the one-dimensional form TILE_INPUT_1D(d, o); all are undefined at the end. Contract:
 * hg_winograd_steps. */

static void TILE_INPUT(const float *const *pixel, size_t channels, float *v, size_t plane)
{
    enum { A = TILE_A };
    for (size_t c = 0; c < channels; c += VL) {
        vec half[A][A]; /* VL channels per vector; lives in L1 */
        const size_t n_left = channels - c;
        for (int i = 0; i < A; i++) {
            const float *const *row = pixel + i * A;
            vec d[A];
            if (n_left >= VL)
                HG_UNROLL for (int j = 0; j < A; j++) d[j] = load(row[j] + c);
            else
                HG_UNROLL for (int j = 0; j < A; j++) d[j] = load_tail(row[j] + c, n_left);
            TILE_INPUT_1D(d, half[i]);
        }
        for (int j = 0; j < A; j++) {
            vec d[A], o[A];
            HG_UNROLL for (int i = 0; i < A; i++) d[i] = half[i][j];
            TILE_INPUT_1D(d, o);
            HG_UNROLL for (int i = 0; i < A; i++) store(v + (size_t)(i * A + j) * plane + c, o[i]);
        }
    }
}

#undef TILE_A
#undef TILE_INPUT
#undef TILE_INPUT_1D
