/* A planned network. */
#ifndef HG_NET_PLAN_H
#define HG_NET_PLAN_H

#include "net/graph.h"

/* A pointer, once the caller's are known. */
typedef struct net_address {
    net_home home;
    int slot;
    size_t offset;
    const void *constant; /* NET_CONSTANT: it is known, and the plan's */
} net_address;

/* One step as a run sees it. */
typedef struct net_action {
    hg_plan *plan; /* NULL: a copy */
    net_address input, second, residual, indices,
        output; /* second: of a binary operator; of unpooling */
    hg_tensor in, out;
    hg_net_step shown;
    const char *weighed;     /* hg_net_step_weighed */
    int read[3], written[2]; /* for tests: nodes, or NET_NONE */
} net_action;

typedef struct net_end {
    const char *name;
    hg_tensor tensor;
} net_end;

struct hg_net_plan {
    net_memory memory;
    net_action *actions;
    int count;
    net_end inputs[NET_WORDS], outputs[NET_WORDS];
    int input_count, output_count;
    size_t arena, workspace, values;
    net_node *nodes; /* for tests: where every value lies, and when */
    int node_count;
};

/* The loop that is not the library's: copy.c. */
void net_copy(const net_action *a, const float *in, float *out);

#endif
