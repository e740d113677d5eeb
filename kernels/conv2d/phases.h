/* The outputs of both convolutions along one axis, as phases: sets of outputs that read the input
 * in the same way.
 *
 * Phase f computes the outputs first, first + out_step, ... (count of them); output number j reads,
 * under its taps start .. start + taps - 1, the input coordinates j*in_step + offset[tap].
 *
 * conv2d has one phase with all taps. Transposed: output oy = iy*stride + ky*dilation - begin. The
 * outputs of one residue f = (oy + begin) mod stride are reached by the taps with
 * ky*dilation = f (mod stride) only: a phase. Such taps differ by multiples of
 * period = stride / gcd(stride, dilation), so a class of taps is {c, c + period, c + 2*period,
 * ...}, and a phase has one class or, where gcd does not divide f, none. */
#ifndef HG_PHASES_H
#define HG_PHASES_H

#include <stdint.h>

typedef struct hg_phase {
    int64_t first, count;
    int64_t start, taps;
    int64_t inside_begin, inside_end; /* outputs whose taps all lie inside: hg_phases_inside */
} hg_phase;

typedef struct hg_phases {
    int64_t phases, out_step, in_step;
    hg_phase *phase; /* [phases] */
    int64_t *offset; /* [kernel], ordered by class of taps; rising or falling within a class */
} hg_phases;

/* Number of phases of a transposed axis that have outputs. */
int64_t hg_phase_count(int64_t stride, int64_t out);

int64_t hg_phase_period(int64_t stride, int64_t dilation);

/* Taps of class c: c, c + period, ... */
static inline int64_t hg_class_taps(int64_t kernel, int64_t period, int64_t c)
{
    return (kernel - c - 1) / period + 1;
}

/* One phase of a transposed axis as a convolution of stride 1 whose outputs lie `stride` apart, the
 * taps of its class from the last to the first: output number j reads the inputs j + input,
 * j + input + step, ... under the taps last, last - period, ... Without taps class, last and input
 * are 0. */
typedef struct hg_transposed_phase {
    int64_t first, count; /* outputs */
    int64_t class, taps, last, period;
    int64_t input, step;
} hg_transposed_phase;

hg_transposed_phase hg_transposed_phase_of(int64_t first, int64_t stride, int64_t dilation,
                                           int64_t begin, int64_t out, int64_t kernel);

/* Fill the steps, phase[0 .. phases) and offset, of conv2d and of a transposed convolution. */
void hg_window_axis(int64_t stride, int64_t dilation, int64_t begin, int64_t out, int64_t kernel,
                    hg_phases *axis);
void hg_phase_axis(int64_t stride, int64_t dilation, int64_t begin, int64_t out, int64_t kernel,
                   hg_phases *axis);

/* Fills inside_begin and inside_end, which either function leaves 0. */
void hg_phases_inside(int64_t in, hg_phases *axis);

#endif
