/* Nodes as lines of the text of docs/networks.md. What is claimed and what is compiled is said by
 * the same functions, so that both always agree. */
#ifndef HG_ONNXRUNTIME_DESCRIBE_H
#define HG_ONNXRUNTIME_DESCRIBE_H

#include "runtimes/onnxruntime/graph.h"

enum { EP_MOST_ENDS = 64 }; /* as many inputs or outputs as hourglass-net takes */

typedef struct ep_description {
    const ep_graph *graph;
    char *text; /* the operators' lines */
    size_t length, room;
    float *weights; /* in the order of the lines */
    size_t count, weight_room;
    bool dry;       /* weights are counted, not kept */
    bool no_memory; /* something did not fit; what is here is not whole */
} ep_description;

void ep_description_free(ep_description *d);

/* Adds a node. NULL: done; else why it cannot be said, in a few words that live forever. */
const char *ep_describe(ep_description *d, const ep_node *n);

/* The whole text, with its inputs (values, and the sizes of each) and outputs. weights: whether the
 * description's follow, or random ones. NULL: no memory; else the caller frees it. */
char *ep_compose(const ep_description *d, const int *inputs, const hg_tensor *sizes,
                 int input_count, const int *outputs, int output_count, bool weights);

/* ---- For operators ---- */

/* Says an operator: as printf, and "v12" for an input is written as ep_line's %d of its value. */
void ep_write(ep_description *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Weights that the lines read next. */
void ep_put(ep_description *d, const float *values, int64_t count);
/* The same number several times. */
void ep_fill(ep_description *d, float value, int64_t count);

typedef const char *ep_describer(ep_description *d, const ep_node *n, const char *word);

/* windows.c */
ep_describer ep_conv, ep_pool, ep_unpool, ep_global_pool, ep_reduce;
/* shapes.c */
ep_describer ep_resize, ep_concat, ep_slice, ep_split, ep_pad, ep_identity;
/* pointwise.c */
ep_describer ep_plain, ep_clip, ep_gelu, ep_prelu, ep_batch_norm, ep_arithmetic, ep_values,
    ep_softmax, ep_argmax;

/* Stride, dilation and padding, as ONNX has them for all windows. NULL: said. */
const char *ep_geometry(ep_description *d, const ep_node *n);

static inline const ep_value *ep_input(const ep_description *d, const ep_node *n, int i)
{
    return &d->graph->values[n->inputs[i]];
}

#endif
