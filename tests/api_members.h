/* Where the structures are that the descriptors of several operators have. */
#ifndef HG_TEST_API_MEMBERS_H
#define HG_TEST_API_MEMBERS_H

#include "tests/descriptor.h"

void *operator_of(descriptor *d); /* hg_conv2d, hg_max_pool2d, ... itself */
void *input_of(descriptor *d);
void *output_strides_of(descriptor *d);
void *reserved_of(descriptor *d);
void *kernel_of(descriptor *d);
void *padding_of(descriptor *d);
void *stride_of(descriptor *d);
void *dilation_of(descriptor *d);
void *geometry_of(descriptor *d); /* pooling */
void *epilogue_of(descriptor *d); /* convolutions */

#endif
