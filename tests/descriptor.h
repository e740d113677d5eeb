/* Any operator: its public descriptor behind one tag, and helpers for strided tensors. */
#ifndef HG_TEST_DESCRIPTOR_H
#define HG_TEST_DESCRIPTOR_H

#include "hourglass/hourglass.h"
#include "kernels/problem.h"

typedef struct descriptor {
    hg_op op;
    union {
        hg_conv2d conv2d;
        hg_conv_transpose2d conv_transpose2d;
        hg_max_pool2d max_pool2d;
        hg_avg_pool2d avg_pool2d;
        hg_lp_pool2d lp_pool2d;
        hg_max_unpool2d max_unpool2d;
        hg_resize2d resize2d; /* also the first member of the next */
        hg_resize_argmax2d resize_argmax2d;
        hg_binary binary;
        hg_softmax2d softmax2d;
        hg_activation2d activation2d;
        hg_pad2d pad2d;
    } u;
    hg_filter_desc filter; /* convolutions */
} descriptor;

hg_status descriptor_problem(const descriptor *d, hg_problem *p, hg_reason *why);
hg_status descriptor_output(const descriptor *d, hg_tensor *output);
hg_status descriptor_plan(hg_context *context, const descriptor *d, hg_filter *filter,
                          const void *bias, hg_plan **plan);
/* The member that every operator has. */
hg_tensor *descriptor_input(descriptor *d);
/* After a change of the input: a second tensor has its sizes and layout. */
void descriptor_follow_input(descriptor *d);

int64_t tensor_count(const hg_tensor *t); /* elements */

/* Between dense [n][c][h][w] and a tensor's own strides, for elements of `size` bytes. */
void tensor_scatter(const hg_tensor *t, const hg_strides *s, size_t size, const void *dense,
                    void *buffer);
void tensor_gather(const hg_tensor *t, const hg_strides *s, size_t size, const void *buffer,
                   void *dense);

/* The values of an output; classes are small enough for floats. */
void tensor_gather_values(const hg_tensor *t, const void *buffer, float *dense);

/* Weights [k][c/groups][h][w] in the order that the filter's descriptor names. */
void filter_reorder(const hg_filter_desc *d, const float *canonical, float *ordered);

#endif
