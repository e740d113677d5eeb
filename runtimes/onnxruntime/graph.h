/* A graph of the runtime, read into plain structures: what operators are described by. */
#ifndef HG_ONNXRUNTIME_GRAPH_H
#define HG_ONNXRUNTIME_GRAPH_H

#include "runtimes/onnxruntime/provider.h"

enum { EP_NONE = -1, EP_RANK = 8, EP_AXES = 8 };

typedef struct ep_value {
    const char *name;
    const OrtValueInfo *info;
    ONNXTensorElementDataType type;
    int rank;                     /* EP_NONE: not known, or above EP_RANK */
    int64_t dims[EP_RANK];        /* EP_NONE: not known */
    const char *symbols[EP_RANK]; /* names of dimensions; "": none */
    bool constant, output;        /* output: of the graph */
} ep_value;

typedef struct ep_node {
    const OrtNode *node;
    const char *op, *domain;
    int version;
    int *inputs, *outputs; /* values; EP_NONE: left out */
    int input_count, output_count;
    int implicit_count; /* values behind the inputs, which the node's own graphs read: of If, Loop
                         */
} ep_node;

typedef struct ep_graph {
    const ep_api *api;
    ep_value *values;
    int value_count;
    ep_node *nodes; /* as the runtime sorts them: producers first */
    int node_count;
    int *places; /* what inputs and outputs of nodes point into */
} ep_graph;

OrtStatus *ep_graph_read(const ep_api *api, const OrtGraph *graph, ep_graph *g);
void ep_graph_free(ep_graph *g);
/* EP_NONE: none of that name. */
int ep_graph_find(const ep_graph *g, const char *name);

/* An image of float32: four axes, known channels. */
bool ep_is_image(const ep_value *v);
/* What MaxPool gives beside its maxima: the same axes, of int64. */
bool ep_is_indices(const ep_value *v);

/* ---- What a node says; false: it does not ---- */

/* Is an input or output there? */
bool ep_has_input(const ep_node *n, int i);
bool ep_has_output(const ep_node *n, int i);

bool ep_number(const ep_graph *g, const ep_node *n, const char *name, double *value);
bool ep_integer(const ep_graph *g, const ep_node *n, const char *name, int64_t *value);
/* At most EP_AXES of them; *count is 0 where there is no such attribute, -1 where there are more.
 */
void ep_integers(const ep_graph *g, const ep_node *n, const char *name, int64_t *values,
                 int *count);
void ep_numbers(const ep_graph *g, const ep_node *n, const char *name, double *values, int *count);
/* As much of a string as there is room for; "" where there is none. */
void ep_word(const ep_graph *g, const ep_node *n, const char *name, char *word, size_t room);

/* ---- Constants ---- */

/* A constant of float32, and how many elements; NULL: not one. Lives as long as the graph. */
const float *ep_floats(const ep_graph *g, const ep_node *n, int input, int64_t *count);
/* A constant of at most EP_AXES whole numbers, or floats. */
bool ep_whole_constant(const ep_graph *g, const ep_node *n, int input, int64_t *values, int *count);

#endif
