/* A description in memory: what was read, before anything is fused or placed. */
#ifndef HG_NET_DESCRIPTION_H
#define HG_NET_DESCRIPTION_H

#include "net/memory.h"
#include "net/text.h"

enum { NET_MAX_INPUTS = 32 };

/* What a step does. Lines have all but the last four, which passes make. */
typedef enum net_kind {
    NET_CONV2D,
    NET_CONV_TRANSPOSE2D,
    NET_MAX_POOL2D,
    NET_AVG_POOL2D,
    NET_LP_POOL2D,
    NET_MAX_UNPOOL2D,
    NET_RESIZE2D,
    NET_UPSAMPLE, /* resize2d by nearest neighbours and whole factors */
    NET_ARGMAX,
    NET_CONCAT,
    NET_SLICE,
    NET_BINARY,
    NET_SOFTMAX2D,
    NET_PAD2D,
    NET_BATCH_NORM,
    NET_SCALE,
    NET_BIAS,
    NET_LINEAR, /* x * factor + term, of all channels */
    NET_ACTIVATION,
    NET_UPSAMPLE_CONV2D,
    NET_RESIZE_ARGMAX2D,
    NET_AFFINE, /* x * weight[c] + bias[c] */
    NET_COPY,
    NET_KINDS
} net_kind;

/* Consecutive floats of the weights. */
typedef struct net_parameter {
    bool given, next; /* next: directly behind those of the lines before */
    int64_t offset, count;
} net_parameter;

/* A range of an axis; to = 0: all. */
typedef struct net_range {
    int64_t from, to;
} net_range;

/* All attributes of all operators, zero where a line has none; attributes.c names them. */
typedef struct net_attributes {
    int64_t k, groups, divisor;
    hg_size2 window, stride, dilation, output_padding, size, adaptive, scale_by;
    hg_padding padding;
    net_range channels, rows, columns;
    int ceil, include_pad, global, signed_form, antialias, exclude_outside;              /* bool */
    int mode, coordinates, rounding, activation, class_type, binary, border, convention; /* enums */
    int64_t sides[4]; /* top, left, bottom, right */
    double value, factor, term;
    double cubic_a, scale_h, scale_w, p, eps;
    double min, max, slope, offset;
    net_parameter weight, bias;
} net_attributes;

typedef struct net_operator {
    const char *name;
    net_kind kind;
    int least, most;        /* inputs */
    int outputs;            /* at most; the second is max_pool2d's indices */
    const char *attributes; /* that it takes; those with a ! must be given */
    int activation;         /* of NET_ACTIVATION */
    int binary;             /* of NET_BINARY */
    bool global;            /* pooling over the whole image */
} net_operator;

const net_operator *net_operator_find(net_word name);

/* Reads "name=value" words; fills in what is not given. */
hg_status net_attributes_read(const net_operator *op, const net_word *words, int count,
                              net_word line, net_attributes *a, hg_net_error *error);

typedef struct net_value {
    const char *name;
    net_word word;    /* where it is named first */
    hg_tensor tensor; /* sizes at the description's input size */
} net_value;

typedef struct net_line {
    const net_operator *op;
    net_word word; /* the operator's */
    net_attributes a;
    int inputs[NET_MAX_INPUTS], input_count;
    int outputs[2], output_count;
} net_line;

struct hg_net {
    net_memory memory;
    const char *text; /* words point into it */
    net_value *values;
    int value_count, value_room;
    net_line *lines;
    int line_count, line_room;
    int *inputs, *outputs; /* values, each at most NET_WORDS */
    int input_count, output_count;

    /* weights */
    net_word weights_word; /* line 0: there are none */
    bool random;
    uint64_t seed;
    const char *weights_file;
    int64_t weights_size; /* bytes */
    uint32_t weights_crc;
    float *weights;
    bool bare;    /* they are not here, nor are random ones drawn */
    uint64_t id;  /* of the text */
    int64_t next; /* float behind those that lines have taken */
};

/* Everything but the weights' bytes. */
hg_status net_read_lines(hg_net *net, net_text text, hg_net_error *error);

/* ---- Weights ---- */

/* Reads the file beside `path`. */
hg_status net_weights_load(hg_net *net, const char *path, hg_net_error *error);
/* Copies and checks bytes. */
hg_status net_weights_take(hg_net *net, const void *bytes, size_t size, hg_net_error *error);
/* Gives a parameter its place; where says whose it is. */
hg_status net_parameter_place(hg_net *net, net_parameter *p, int64_t count, net_word where,
                              const char *name, hg_net_error *error);
/* Copies a parameter's floats; random ones are uniform in centre - spread ... centre + spread, and
 * depend on the seed and their place alone. */
void net_parameter_copy(const hg_net *net, const net_parameter *p, float centre, float spread,
                        float *to);

#endif
