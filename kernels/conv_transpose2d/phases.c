/* The phases of a transposed convolution; see conv_transpose2d.h. */
#include "kernels/conv_transpose2d/conv_transpose2d.h"

int64_t hg_phase_count(int64_t stride, int64_t out)
{
    return HG_MIN(stride, out);
}

int64_t hg_phase_period(int64_t stride, int64_t dilation)
{
    int64_t a = stride, b = dilation;
    while (b) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return stride / a;
}

void hg_phase_axis(int64_t stride, int64_t dilation, int64_t begin, int64_t out, int64_t kernel,
                   hg_igemm_axis *axis)
{
    const int64_t period = hg_phase_period(stride, dilation);
    for (int64_t first = 0; first < axis->phases; first++) {
        hg_igemm_phase *phase = &axis->phase[first];
        *phase = (hg_igemm_phase){.first = first, .count = (out - first - 1) / stride + 1};
        int64_t start = 0; /* taps of the classes before this one */
        for (int64_t c = 0; c < HG_MIN(period, kernel); c++) {
            const int64_t taps = (kernel - c - 1) / period + 1;
            if ((first + begin - c * dilation) % stride == 0) {
                phase->start = start;
                phase->taps = taps;
                for (int64_t t = 0; t < taps; t++)
                    axis->offset[start + t] =
                        (first + begin - (c + t * period) * dilation) / stride;
            }
            start += taps;
        }
    }
}
