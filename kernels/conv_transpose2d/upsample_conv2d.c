/* The filter behind nearest upsampling. Contract: upsample_conv2d.h. */
#include "kernels/conv_transpose2d/upsample_conv2d.h"

#include "kernels/common/attr.h"

hg_filter_desc hg_upsampled_filter(const hg_filter_desc *conv, hg_size2 factor)
{
    hg_filter_desc summed = *conv;
    summed.order = HG_IOHW;
    summed.height += factor.h - 1;
    summed.width += factor.w - 1;
    return summed;
}

/* Taps [first, end) of the kernel are summed into tap j. */
typedef struct tap_span {
    int64_t first, end;
} tap_span;

static tap_span span_of(int64_t j, int64_t kernel, int64_t factor)
{
    return (tap_span){HG_MAX(kernel - 1 - j, 0), HG_MIN(kernel - 1 - j + factor, kernel)};
}

static float sum_of(const float *kernel, int64_t width, tap_span y, tap_span x)
{
    double sum = 0;
    for (int64_t r = y.first; r < y.end; r++)
        for (int64_t s = x.first; s < x.end; s++) sum += (double)kernel[r * width + s];
    return (float)sum;
}

void hg_upsampled_weights(const hg_filter_desc *conv, hg_size2 factor, const float *weights,
                          float *summed)
{
    const int64_t h = conv->height, w = conv->width;
    const int64_t kernels = conv->out_channels * (conv->in_channels / conv->groups);
    for (int64_t i = 0; i < kernels; i++, weights += h * w)
        for (int64_t jy = 0; jy < h + factor.h - 1; jy++)
            for (int64_t jx = 0; jx < w + factor.w - 1; jx++)
                *summed++ = sum_of(weights, w, span_of(jy, h, factor.h), span_of(jx, w, factor.w));
}
