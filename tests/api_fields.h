/* Descriptors with one field wrong, and the statuses that may answer them. */
#ifndef HG_TEST_API_FIELDS_H
#define HG_TEST_API_FIELDS_H

#include "tests/api.h"

enum { INVALID = 1u << HG_INVALID, UNSUPPORTED = 1u << HG_UNSUPPORTED, RANGE = 1u << HG_RANGE };

/* Sets of operators. */
enum {
    CONV = 1u << HG_OP_CONV2D,
    TRANSPOSE = 1u << HG_OP_CONV_TRANSPOSE2D,
    MAX = 1u << HG_OP_MAX_POOL2D,
    AVG = 1u << HG_OP_AVG_POOL2D,
    LP = 1u << HG_OP_LP_POOL2D,
    UNPOOL = 1u << HG_OP_MAX_UNPOOL2D,
    RESIZE = 1u << HG_OP_RESIZE2D,
    CONVS = CONV | TRANSPOSE,
    POOLS = MAX | AVG | LP,
    ALL = (1u << HG_OP_COUNT) - 1
};

typedef struct field_case {
    const char *what;
    unsigned ops, mask; /* operators that have the field; statuses, as 1 << status */
    void (*spoil)(descriptor *d);
} field_case;

extern const field_case field_cases[];
extern const size_t field_case_count;

#endif
