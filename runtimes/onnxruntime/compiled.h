/* A subgraph that was compiled: its network, and a plan for each of the last shapes. */
#ifndef HG_ONNXRUNTIME_COMPILED_H
#define HG_ONNXRUNTIME_COMPILED_H

#include "runtimes/onnxruntime/describe.h"

/* A plan for the inputs' sizes. */
typedef struct ep_shaped {
    struct ep_shaped *next; /* the one used before */
    hg_net_plan *plan;
    int users;         /* runs that are under way */
    hg_tensor sizes[]; /* of each input */
} ep_shaped;

typedef struct ep_compiled {
    OrtNodeComputeInfo base;
    ep_provider *p;
    ep_description d;  /* until the network is read */
    int *values;       /* inputs, then outputs */
    int *places;       /* of inputs: which of the node's */
    int64_t *channels; /* of inputs */
    bool *wide;        /* inputs, then outputs: int64 of the runtime, int32 of the network */
    int *ranks;        /* of outputs */
    int input_count, output_count;
    pthread_mutex_t lock; /* of all below */
    bool fixed;           /* no other sizes can come: the network is gone, its plan is there */
    hg_net *net;
    hg_weights *weights; /* packed, for the plans of all shapes */
    ep_shaped *plans;    /* the last one used first */
} ep_compiled;

/* The plan for these sizes, made where it is not kept; it stays until its users are 0 again. The
 * caller holds the lock. plans.c */
OrtStatus *ep_find_plan(ep_compiled *c, const hg_tensor *sizes, ep_shaped **found);
void ep_plans_free(ep_compiled *c);

/* OrtNodeComputeInfo's functions. compute.c */
OrtStatus *ORT_API_CALL ep_create_state(OrtNodeComputeInfo *info, OrtNodeComputeContext *node,
                                        void **state);
OrtStatus *ORT_API_CALL ep_compute(OrtNodeComputeInfo *info, void *state,
                                   OrtKernelContext *context);
void ORT_API_CALL ep_release_state(OrtNodeComputeInfo *info, void *state);

#endif
