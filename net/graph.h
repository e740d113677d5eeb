/* A network while it is planned: steps and values that passes rewrite. */
#ifndef HG_NET_GRAPH_H
#define HG_NET_GRAPH_H

#include "net/description.h"

enum { NET_NONE = -1, NET_FUSED = 16 };

/* Where a value's memory begins. */
typedef enum net_home { NET_ARENA, NET_INPUT, NET_OUTPUT, NET_CONSTANT } net_home;

/* NHWC, except what the caller holds as NCHW. A value with a parent is a part of it: a slice, or
 * what a concatenation is made of. */
typedef struct net_node {
    const char *name;
    net_word word;
    hg_tensor tensor; /* HG_I32 for indices; strides are resolved by placing */
    bool indices;
    int parent;
    int64_t y, x, c; /* the first element, in the parent */
    net_home home;   /* slot: which input or output */
    int slot;
    const float *floats; /* NET_CONSTANT: its elements, one for each channel */
    size_t offset;       /* bytes from the beginning of its home */
    size_t bytes;        /* of those without a parent: what it takes */
    int first, last;     /* of those without a parent: the steps in which it is in use; -1: none */
} net_node;

typedef struct net_step {
    net_kind kind;
    bool gone; /* fused into another, or of no use */
    net_word word;
    net_attributes a;
    int inputs[NET_MAX_INPUTS], input_count;
    int output, indices, residual; /* values, or NET_NONE */
    hg_conv_pool pool;
    hg_size2 factor;               /* NET_UPSAMPLE_CONV2D */
    float *weight, *bias, *slopes; /* a copy that passes may change; NULL: none, and of convolutions
                                      of a net without weights */
    bool scales, shifts, uniform;  /* of NET_AFFINE, and of what it becomes, as the text says: it
                                      has factors, terms, the same of all channels (then a net
                                      without weights has them as well) */
    net_word words[NET_FUSED];     /* operators of the lines that it does */
    int word_count;
    const char *weighed; /* hg_net_step_weighed; NULL: nothing was */
} net_step;

typedef struct net_graph {
    net_memory *memory;
    const hg_net *net;
    hg_net_options options;
    hg_net_error *error;
    hg_context *context; /* NULL while a description is checked: nothing is fused */
    net_node *values;
    int value_count, value_room;
    net_step *steps;
    int step_count, step_room;
    int inputs[NET_WORDS], outputs[NET_WORDS]; /* values */
    size_t arena;                              /* bytes */
} net_graph;

/* The steps are the lines, with all shapes and copies of the weights. */
hg_status net_graph_create(net_graph *g);
/* The same without weights; gives parameters their places, and values their sizes, in the
 * description itself. */
hg_status net_check(hg_net *net, hg_net_error *error);

/* ---- For passes ---- */

int net_value_add(net_graph *g, const net_node *like); /* NET_NONE: no memory */
net_step *net_step_insert(net_graph *g, int at);       /* empty; NULL: no memory */
/* The step that makes a value; NULL: an input. */
net_step *net_producer(net_graph *g, int value);
/* How many steps and outputs read a value. */
int net_uses(const net_graph *g, int value);
/* The producer of a value that nothing else reads; NULL: none such. */
net_step *net_only_producer(net_graph *g, int value);
/* `into` does what `step` did as well, in its place among the steps and for its output; it then is
 * at `step`, and what was there is gone. false: its lines are too many. */
bool net_merge(net_step *into, net_step *step);

/* `step` does what `before`, which makes its first input, did as well; that is gone. false: as
 * above. */
bool net_take_over(net_step *step, net_step *before);

/* Whether what was weighed for a step pays, which what cannot be weighed does not; the step keeps
 * its keys. */
hg_status net_weighed(net_graph *g, net_step *step, hg_status status, const hg_fusion *fusion,
                      bool *pays);

/* Steps that are gone leave the list. */
void net_close_gaps(net_graph *g);

/* Convolutions, whose epilogue can take what follows. */
bool net_has_epilogue(const net_step *s);
/* ... an activation, which other steps can, too. */
bool net_takes_activation(const net_step *s, int activation);
/* What reads a value, or gives it out, reads another. */
void net_replace(net_graph *g, int value, int by);
hg_status net_no_memory(const net_graph *g);

/* ---- Kinds of steps: kinds.c ---- */

/* The output's sizes from the inputs', by the public functions. */
hg_status net_infer(const net_graph *g, const net_step *s, hg_tensor *out);
/* Floats of a step's weight and bias. */
int64_t net_weight_count(const net_graph *g, const net_step *s);
int64_t net_bias_count(const net_graph *g, const net_step *s);
/* Plans a step; *plan stays NULL for a copy. */
hg_status net_plan_step(const net_graph *g, const net_step *s, hg_context *context, hg_plan **plan);
double net_flops(const net_graph *g, const net_step *s);

/* ---- options.packed: packed.c ---- */

/* The number of a step's weights: it follows from the text and the lines that are fused. */
uint64_t net_packed_id(const net_graph *g, const net_step *s);
/* What the step has for each channel is added, or taken from there by a net without weights. */
hg_status net_exchange_floats(const net_graph *g, const net_step *s);

/* ---- Passes, one file each ---- */

typedef hg_status net_pass(net_graph *g);
net_pass net_fuse_gate, net_fuse_gain, net_fold_affine, net_fold_forward, net_lower_affine,
    net_fuse_pad, net_fuse_upsample, net_fuse_residual, net_fuse_activation, net_fuse_pool,
    net_fuse_argmax, net_lower_product, net_drop_unused, net_lower, net_place, net_allocate_arena;
/* All of them in order. */
hg_status net_run_passes(net_graph *g);

#endif
