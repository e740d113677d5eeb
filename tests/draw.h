/* Random problems that a given kernel should accept, mostly from corners where SIMD code breaks. */
#ifndef HG_TEST_DRAW_H
#define HG_TEST_DRAW_H

#include "kernels/kernel.h"
#include "tests/descriptor.h"
#include "tests/random.h"

/* One draw; false: it came out invalid, too large, or outside the kernel's supports(). */
bool draw_problem(const hg_kernel *k, rng *r, descriptor *d, hg_problem *p);

/* What the operators' parts share. */
int64_t draw_channels(rng *r, int64_t least, int64_t most);
hg_size2 draw_size2(rng *r, hg_size2 fixed, const int64_t *from, int64_t count);
int64_t draw_rows(rng *r);
int64_t draw_columns(rng *r);
int64_t draw_input_extent(rng *r, int64_t out, int64_t kernel, int64_t stride, int64_t dilation,
                          int64_t padding);
void draw_strides(rng *r, hg_tensor *t); /* gaps in a third of the cases */
int64_t draw_batch(rng *r);
hg_layout draw_layout(const hg_kernel *k, rng *r);
void draw_activation(rng *r, hg_epilogue *e);

void draw_conv(const hg_kernel *k, rng *r, descriptor *d);           /* draw_conv.c */
void draw_conv_transpose(const hg_kernel *k, rng *r, descriptor *d); /* draw_conv.c */

#endif
