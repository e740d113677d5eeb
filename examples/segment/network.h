/* The network of README.md as a list of plans. */
#ifndef SEGMENT_NETWORK_H
#define SEGMENT_NETWORK_H

#include <hourglass/hourglass.h>

#include "weights.h"

enum {
    NETWORK_LAYERS = 17,   /* the layers of README.md; the concatenation needs none */
    NETWORK_PAIRS = 1,     /* of layers that one operator may do */
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
    bool fused; /* two layers in one, by this descriptor */
    hg_upsample_conv2d upsample;
    hg_io io;
    double flops; /* multiplications and additions; 0 for layers without weights */
    double bytes; /* read and written, weights not counted */
} network_step;

/* Two layers, and what was expected of them, one after the other and as one. */
typedef struct network_pair {
    const char *first, *second;
    hg_fusion fusion;
} network_pair;

typedef struct network {
    int64_t height, width;
    float *input;        /* [height][width] */
    const float *logits; /* [height][width][NETWORK_CLASSES] */
    uint8_t *classes;    /* [height][width] */
    network_step steps[NETWORK_LAYERS];
    int step_count;
    network_pair pairs[NETWORK_PAIRS];
    int pair_count;
    float *buffers[NETWORK_BUFFERS];
    int32_t *indices;
    void *workspace;
} network;

/* Plans all layers and allocates their tensors; unfused: each layer by itself, whatever is faster.
 * The weights must outlive the network. False after a message on stderr. Freed by network_free in
 * either case. */
bool network_create(network *net, hg_context *context, const weights *w, int64_t height,
                    int64_t width, bool unfused);
void network_free(network *net);

/* input -> logits, classes */
hg_status network_run(const network *net);

/* size bytes aligned to 64, as hg_run wants its workspace; NULL if out of memory. */
void *network_allocate(size_t size);

#endif
