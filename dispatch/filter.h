/* Filters: a copy of the weights in canonical order, and the packed forms that plans asked for. */
#ifndef HG_FILTER_H
#define HG_FILTER_H

#include "dispatch/weights.h"

/* Packed weights for one algorithm and form; lives as long as its filter. */
typedef struct hg_packed {
    struct hg_packed *next;
    const hg_algorithm *algorithm;
    hg_op op;
    bool turned;
    int32_t form[12];
    const float *data; /* 64-byte aligned */
    float *owned;      /* the same, or NULL: it is desc.packed's */
} hg_packed;

struct hg_filter {
    int references; /* atomic */
    hg_context *context;
    hg_filter_desc desc;
    uint64_t source; /* hash of the weights; 0: there were none, or no desc.packed */
    hg_os_lock lock;
    /* [out_channels][in_channels / groups][height][width], or NULL: dropped, or never there;
     * guarded by lock. */
    float *weights;
    hg_packed *forms; /* guarded by lock; entries are immutable */
    /* The filters behind nearest upsampling that were made of this one; guarded by lock. */
    hg_filter *upsampled;
    /* Of such a filter: the factor, and the next of the list. */
    hg_size2 factor;
    hg_filter *next;
};

void hg_filter_retain(hg_filter *filter);

/* The filter of the transposed convolution that upsampling by the factor and this one make
 * (kernels/conv_transpose2d/upsample_conv2d.h), summed now if no plan asked before. The caller
 * retains it beyond the life of `filter`. NULL: out of memory. */
hg_filter *hg_filter_upsampled(hg_filter *filter, hg_size2 factor);

/* The weights as the kernel wants them for the problem, packed now if no plan asked before; turned:
 * of the filter turned by half (hg_problem_as_conv2d). HG_UNSUPPORTED: they are not there, and
 * there is nothing to pack. HG_NO_MEMORY. */
hg_status hg_filter_packed(hg_filter *filter, const hg_problem *p, const hg_kernel *k, bool turned,
                           size_t bytes, const float **data, hg_reason *why);

#endif
