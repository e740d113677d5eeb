/* What every operator means, in double precision and plain loops. Written from the public headers;
 * shares no code with the kernels. A problem's resolved sizes and paddings are taken as given, so
 * the size rules themselves are checked by the conformance cases.
 *
 * All tensors are dense, [n][c][h][w], whatever the layout of the problem. */
#ifndef HG_TEST_ORACLE_H
#define HG_TEST_ORACLE_H

#include "kernels/problem.h"

typedef struct oracle_input {
    const float *x;
    const float *weights;   /* convolutions: [k][c/groups][r][s], also for the transposed one */
    const float *bias;      /* k values or NULL */
    const float *residual;  /* output's sizes or NULL */
    const float *other;     /* binary: its own sizes */
    const float *slopes;    /* k values of HG_PRELU */
    const int64_t *indices; /* max_unpool2d: input's sizes */
} oracle_input;

/* One value per output element. */
typedef struct oracle_output {
    double *y;
    double *sum;            /* conv: before the epilogue; lp: before the root */
    double *magnitude;      /* conv: |b| + sum |x||w| + |residual|; avg: sum |x| / divisor;
                               lp: sum |x|^p; resize: max |x| over the taps; softmax:
                               below the largest */
    double *count;          /* products or taps that entered the sum */
    int64_t *indices;       /* max_pool2d with indices */
    double *scores, *slack; /* resize_argmax2d, [n][c][h][w] of all channels: exact, and how far
                               those of f32 may be off */
    bool fault;             /* max_unpool2d: an index was refused */
} oracle_output;

/* Allocates the arrays of the output; false: out of memory. */
bool oracle_run(const hg_problem *p, const oracle_input *in, oracle_output *out);
void oracle_free(oracle_output *out);

/* The image that a convolution of a resized one reads, each value rounded once; to be freed. */
float *oracle_resized(const hg_problem *p, const oracle_input *in);

/* The flat index of an element of a tensor of c channels, h rows and w columns, and back; decoding
 * checks the range of the whole and that it names image n and channel c. */
int64_t oracle_encode(hg_index_convention convention, int64_t channels, hg_size2 size, int64_t n,
                      int64_t c, int64_t y, int64_t x);
bool oracle_decode(hg_index_convention convention, int64_t images, int64_t channels, hg_size2 size,
                   int64_t index, int64_t n, int64_t c, int64_t *y, int64_t *x);

/* What follows a convolution's sum v; slope is the channel's of HG_PRELU. */
double oracle_activation(const hg_post *e, double v, double slope);

/* Parts, one file each. */
void oracle_conv(const hg_problem *p, const oracle_input *in, oracle_output *out);
void oracle_conv_transpose(const hg_problem *p, const oracle_input *in, oracle_output *out);
void oracle_pool(const hg_problem *p, const oracle_input *in, oracle_output *out);
void oracle_unpool(const hg_problem *p, const oracle_input *in, oracle_output *out);
void oracle_resize(const hg_problem *p, const oracle_input *in, oracle_output *out);
void oracle_binary(const hg_problem *p, const oracle_input *in, oracle_output *out);
void oracle_activation2d(const hg_problem *p, const oracle_input *in, oracle_output *out);
void oracle_pad(const hg_problem *p, const oracle_input *in, oracle_output *out);
void oracle_softmax(const hg_problem *p, const oracle_input *in, oracle_output *out);
void oracle_argmax(const hg_problem *p, const oracle_input *in, oracle_output *out);

#endif
