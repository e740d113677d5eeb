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

/* Fill the steps, phase[0 .. phases) and offset, of conv2d and of a transposed convolution. */
void hg_window_axis(int64_t stride, int64_t dilation, int64_t begin, int64_t out, int64_t kernel,
                    hg_phases *axis);
void hg_phase_axis(int64_t stride, int64_t dilation, int64_t begin, int64_t out, int64_t kernel,
                   hg_phases *axis);

/* Fills inside_begin and inside_end, which either function leaves 0. */
void hg_phases_inside(int64_t in, hg_phases *axis);

#endif
