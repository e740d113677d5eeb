#include "kernels/conv2d/phases.h"

#include "kernels/common/attr.h"

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

void hg_window_axis(int64_t stride, int64_t dilation, int64_t begin, int64_t out, int64_t kernel,
                    hg_phases *axis)
{
    axis->out_step = 1, axis->in_step = stride;
    axis->phase[0] = (hg_phase){.count = out, .taps = kernel};
    for (int64_t k = 0; k < kernel; k++) axis->offset[k] = k * dilation - begin;
}

hg_transposed_phase hg_transposed_phase_of(int64_t first, int64_t stride, int64_t dilation,
                                           int64_t begin, int64_t out, int64_t kernel)
{
    const int64_t period = hg_phase_period(stride, dilation);
    hg_transposed_phase f = {.first = first,
                             .count = (out - first - 1) / stride + 1,
                             .period = period,
                             .step = period * dilation / stride};
    /* The class c < period for which first + begin - c * dilation is a multiple of the stride. */
    const int64_t step = dilation % stride, classes = HG_MIN(period, kernel);
    int64_t c = 0, rest = (first + begin) % stride;
    for (rest += rest < 0 ? stride : 0; rest; c++) {
        if (c + 1 == classes) return f;
        rest += rest < step ? stride - step : -step;
    }
    f.class = c;
    f.taps = hg_class_taps(kernel, period, c);
    f.last = c + (f.taps - 1) * period;
    f.input = (first + begin - f.last * dilation) / stride;
    return f;
}

void hg_phase_axis(int64_t stride, int64_t dilation, int64_t begin, int64_t out, int64_t kernel,
                   hg_phases *axis)
{
    axis->out_step = stride, axis->in_step = 1;
    for (int64_t first = 0; first < axis->phases; first++) {
        const hg_transposed_phase f =
            hg_transposed_phase_of(first, stride, dilation, begin, out, kernel);
        int64_t start = 0; /* taps of the classes before this one */
        for (int64_t c = 0; c < f.class; c++) start += hg_class_taps(kernel, f.period, c);
        for (int64_t t = 0; t < f.taps; t++)
            axis->offset[start + t] = f.input + (f.taps - 1 - t) * f.step;
        axis->phase[first] =
            (hg_phase){.first = first, .count = f.count, .start = start, .taps = f.taps};
    }
}

void hg_phases_inside(int64_t in, hg_phases *axis)
{
    for (int64_t i = 0; i < axis->phases; i++) {
        hg_phase *phase = &axis->phase[i];
        if (phase->taps == 0) continue;
        const int64_t a = axis->offset[phase->start];
        const int64_t b = axis->offset[phase->start + phase->taps - 1];
        const int64_t low = HG_MIN(a, b), high = HG_MAX(a, b);
        phase->inside_begin = HG_CEIL_DIV(HG_MAX(-low, 0), axis->in_step);
        phase->inside_end = high < in ? (in - 1 - high) / axis->in_step + 1 : 0;
    }
}
