/* Hourglass: whole networks. A library of its own (hourglass-net) on the public operators.
 *
 *     net       a description that was read: lines, names, where the weights lie     immutable
 *     net plan  the description at one size: fused, placed in one arena, planned     immutable
 *     run       the plan's steps, one after another, in memory that the caller brings
 *
 * docs/networks.md has the format of the text. hourglass.h does not include this header. */
#ifndef HOURGLASS_NET_H
#define HOURGLASS_NET_H

#include "hourglass/hourglass.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hg_net hg_net;
typedef struct hg_net_plan hg_net_plan;

/* What was wrong: one sentence, and the place in the text, counted from 1; line 0: no line's. */
typedef struct hg_net_error {
    int line, column;
    char text[256];
} hg_net_error;

/* ------------------------------------------------------------------------------------------
 * Descriptions
 * ------------------------------------------------------------------------------------------ */

/* Reads a description and the file of weights beside it, which its line `weights` names, and checks
 * all of it: names, attributes, shapes, the weights' size and checksum. allocator NULL: malloc.
 * error may be NULL. On failure *net is NULL. HG_IO: a file that cannot be read. HG_INVALID: text,
 * sizes or weights that are wrong. HG_UNSUPPORTED: another version of the format. HG_NO_MEMORY. */
HG_API hg_status hg_net_load(const char *path, const hg_allocator *allocator, hg_net **net,
                             hg_net_error *error);

/* The same from memory: size bytes of text, and the weights' bytes (NULL, 0: the description draws
 * random ones, or has none), of which a line `weights size=BYTES` says enough. Both are copied. */
HG_API hg_status hg_net_read(const char *text, size_t size, const void *weights,
                             size_t weights_size, const hg_allocator *allocator, hg_net **net,
                             hg_net_error *error);

/* The description alone, for plans that have options.packed: the file of weights need not be there,
 * and random ones are not drawn. As hg_net_load otherwise. */
HG_API hg_status hg_net_load_text(const char *path, const hg_allocator *allocator, hg_net **net,
                                  hg_net_error *error);

/* Plans keep nothing of a net, so it may be freed before them. NULL is allowed. */
HG_API void hg_net_free(hg_net *net);

/* ------------------------------------------------------------------------------------------
 * Plans
 * ------------------------------------------------------------------------------------------ */

/* Zero-initialised: the description's sizes, NHWC, everything fused. */
typedef struct hg_net_options {
    int64_t n;       /* images of every input; 0: the description's */
    hg_size2 size;   /* of the first input; others are scaled alike, without a remainder */
    hg_layout input; /* of all inputs in the caller's memory */
    hg_layout output;
    hg_accuracy accuracy;
    bool unfused; /* every line is a step of its own */
    hg_weights
        *packed; /* where packed weights and biases are found and kept (weights.h), or NULL */
    /* One for each input, in place of n and size, so that each has a size of its own: n, h and w
     * count, which replace the description's, and c must be the description's. NULL: none. */
    const hg_tensor *inputs;
    uint64_t reserved[2];
} hg_net_options;

/* Infers shapes, fuses, places all values in one arena and plans every step. options, error may be
 * NULL. The plan holds the context, and weights as they are packed, once: not those of the file.
 * With options.packed they are there, by numbers that follow from the text and from what is fused:
 * of plans of one text, whatever their sizes, those that fit are found, and others are added. A net
 * without weights (hg_net_load_text) takes what it finds. On failure *plan is NULL. HG_INVALID:
 * sizes that some line refuses, which error names; inputs beside n or size; other weights are
 * packed by this text. HG_UNSUPPORTED: reserved words; a net without weights, of which
 * options.packed lacks something: load it with them. HG_RANGE, HG_NO_MEMORY. */
HG_API hg_status hg_net_plan_create(hg_context *context, const hg_net *net,
                                    const hg_net_options *options, hg_net_plan **plan,
                                    hg_net_error *error);
/* NULL is allowed. */
HG_API void hg_net_plan_free(hg_net_plan *plan);

/* Inputs and outputs as the description numbers them: the name, which lives as long as the plan,
 * and a dense tensor in the layout that was asked for. HG_INVALID: no such number, a null. */
HG_API int hg_net_input_count(const hg_net_plan *plan);
HG_API int hg_net_output_count(const hg_net_plan *plan);
HG_API hg_status hg_net_input(const hg_net_plan *plan, int i, const char **name, hg_tensor *tensor);
HG_API hg_status hg_net_output(const hg_net_plan *plan, int i, const char **name,
                               hg_tensor *tensor);

/* Bytes that a run needs: the arena and the largest workspace of a step; a multiple of 64. */
HG_API size_t hg_net_memory_size(const hg_net_plan *plan);
/* The arena's part of it, and what the values would take if each had memory of its own. */
HG_API size_t hg_net_arena_size(const hg_net_plan *plan);
HG_API size_t hg_net_values_size(const hg_net_plan *plan);

/* Runs the network. inputs and outputs: a pointer for each. memory: hg_net_memory_size bytes
 * aligned to 64 (NULL if that is 0), which outlive nothing: any number of threads run a plan at
 * once, each with memory of its own. Allocates nothing. Buffers must not overlap. HG_INVALID: a
 * null pointer, unaligned memory. HG_INDEX: see hg_max_unpool2d. */
HG_API hg_status hg_net_run(const hg_net_plan *plan, const void *const *inputs,
                            void *const *outputs, void *memory);

/* The same on an executor of this run, as hg_io.executor; NULL: the context's. */
HG_API hg_status hg_net_run_on(const hg_net_plan *plan, const hg_executor *executor,
                               const void *const *inputs, void *const *outputs, void *memory);

/* ------------------------------------------------------------------------------------------
 * Steps
 * ------------------------------------------------------------------------------------------ */

/* Strings live as long as the plan. */
typedef struct hg_net_step {
    const char *name;  /* the value that it makes */
    const char *lines; /* what it does, e.g. "conv2d:4 batch_norm:5 relu:6", by lines of the text */
    const char *key;   /* the problem of its plan; "" for a copy */
    const char *kernel;      /* likewise */
    hg_tensor input, output; /* strides resolved; input: the first one's */
    double flops;            /* of convolutions as written, multiplication and addition counted */
    double bytes;            /* of what it reads and writes, weights left out */
} hg_net_step;

HG_API int hg_net_step_count(const hg_net_plan *plan);
HG_API hg_status hg_net_step_get(const hg_net_plan *plan, int i, hg_net_step *step);
/* Where a step was weighed fused and not (hg_fusion), the keys of all problems concerned, each with
 * a newline: what tuning wants to time beside the step's own. "" where nothing was, NULL for no
 * such step; lives as long as the plan. */
HG_API const char *hg_net_step_weighed(const hg_net_plan *plan, int i);

/* Runs one step, as hg_net_run does for all in order: for whoever wants to time them. */
HG_API hg_status hg_net_step_run(const hg_net_plan *plan, int i, const void *const *inputs,
                                 void *const *outputs, void *memory);

#ifdef __cplusplus
}
#endif
#endif
