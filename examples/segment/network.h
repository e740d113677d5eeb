/* The network of README.md as a list of plans. */
#ifndef SEGMENT_NETWORK_H
#define SEGMENT_NETWORK_H

#include <hourglass/hourglass.h>

#include "weights.h"

enum {
    NETWORK_STEPS = 16,    /* the layers of README.md; the concatenation needs no step */
    NETWORK_BUFFERS = 16,  /* tensors in memory */
    NETWORK_MULTIPLE = 16, /* height and width of the input are multiples of this */
    NETWORK_CLASSES = 2
};

/* One planned layer and what it works on. */
typedef struct network_step {
    const char *name;
    hg_plan *plan;
    hg_filter *filter; /* NULL for layers without weights */
    const float *bias;
    hg_io io;
    double flops; /* multiplications and additions; 0 for layers without weights */
    double bytes; /* read and written, weights not counted */
} network_step;

typedef struct network {
    int64_t height, width;
    float *input;        /* [height][width] */
    const float *logits; /* [height][width][NETWORK_CLASSES] */
    network_step steps[NETWORK_STEPS];
    float *buffers[NETWORK_BUFFERS];
    int32_t *indices;
    void *workspace;
} network;

/* Plans all layers and allocates their tensors. The weights must outlive the network. False after
 * a message on stderr. Freed by network_free in either case. */
bool network_create(network *net, hg_context *context, const weights *w, int64_t height,
                    int64_t width);
void network_free(network *net);

/* input -> logits */
hg_status network_run(const network *net);

/* size bytes aligned to 64, as hg_run wants its workspace; NULL if out of memory. */
void *network_allocate(size_t size);

#endif
