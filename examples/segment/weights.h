/* The files weights.bin and golden.bin; README.md describes them. */
#ifndef SEGMENT_WEIGHTS_H
#define SEGMENT_WEIGHTS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct weights_tensor {
    char name[32]; /* zero-terminated */
    int32_t dims[4];
    float *data;
} weights_tensor;

typedef struct weights {
    int count;
    weights_tensor *tensors;
} weights;

/* False after a message on stderr. */
bool weights_read(const char *path, weights *w);
void weights_free(weights *w);

/* The tensor "<layer>.<part>" if it has these sizes; else NULL after a message on stderr. */
const float *weights_find(const weights *w, const char *layer, const char *part,
                          const int64_t dims[4]);

/* The stored logits [1][channels][height][width], freed by the caller; NULL after a message. */
float *golden_read(const char *path, int64_t channels, int64_t height, int64_t width);

#endif
