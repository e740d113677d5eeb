/* Layers of shape files, chosen by words of the command line. */
#ifndef HG_CLI_LAYERS_H
#define HG_CLI_LAYERS_H

#include "tuner/shapes.h"

typedef struct hg_layers {
    const char *files;           /* names separated by commas */
    const char *network, *layer; /* NULL: all */
    const char *layout;          /* "nhwc", "nchw" or "both" */
} hg_layers;

/* false, after a message, ends the walk. */
typedef bool hg_layer_visitor(void *self, const hg_shape *shape, hg_layout layout,
                              const hg_problem *problem);

/* Hands over every chosen layer in every chosen layout. Returns an exit code, after a message
 * unless it is CLI_OK. CLI_USAGE: no such layout, or no layer matches; CLI_FAILED: a file, or the
 * visitor. */
int hg_layers_visit(const hg_layers *choice, hg_layer_visitor *visit, void *self);

#endif
