/* Literal cases: what docs/semantics.md says, with results worked out by hand. */
#ifndef HG_TEST_SEMANTICS_H
#define HG_TEST_SEMANTICS_H

#include "tests/descriptor.h"

enum { SEMANTICS_VALUES = 84 };

typedef struct semantics_case {
    const char *row; /* the last cell of a row of the table */
    const char *what;
    descriptor d;              /* the input's layout is left NHWC: every case runs in both */
    float x[SEMANTICS_VALUES]; /* all tensors dense, [n][c][h][w] */
    float
        weights[8]; /* in the order that the filter's descriptor names; binary: the second tensor */
    float bias;     /* of every channel */
    int64_t input_indices[SEMANTICS_VALUES]; /* max_unpool2d */
    hg_size2 size;                           /* of the output */
    float y[SEMANTICS_VALUES];
    int64_t indices[SEMANTICS_VALUES]; /* max_pool2d with indices */
    hg_status status;                  /* of the run */
} semantics_case;

/* Terminated by row NULL. */
extern const semantics_case semantics_conv[], semantics_pool[], semantics_resize[],
    semantics_pointwise[];

#endif
