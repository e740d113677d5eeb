/* Descriptors that are wrong in one way, the statuses that may answer them, and what the sentence
 * must name. */
#ifndef HG_TEST_API_FIELDS_H
#define HG_TEST_API_FIELDS_H

#include "kernels/common/attr.h"
#include "tests/api.h"

enum {
    INVALID = 1u << HG_INVALID,
    UNSUPPORTED = 1u << HG_UNSUPPORTED,
    RANGE = 1u << HG_RANGE,
    KNOWN_LATER = 1u << 30 /* the output's size is well defined; only planning refuses */
};

/* Sets of operators. */
enum {
    CONV = 1u << HG_OP_CONV2D,
    TRANSPOSE = 1u << HG_OP_CONV_TRANSPOSE2D,
    MAX = 1u << HG_OP_MAX_POOL2D,
    AVG = 1u << HG_OP_AVG_POOL2D,
    LP = 1u << HG_OP_LP_POOL2D,
    UNPOOL = 1u << HG_OP_MAX_UNPOOL2D,
    ARGMAX = 1u << HG_OP_RESIZE_ARGMAX2D,
    RESIZE = 1u << HG_OP_RESIZE2D | ARGMAX,
    BINARY = 1u << HG_OP_BINARY,
    ACTIVATION = 1u << HG_OP_ACTIVATION2D,
    PAD = 1u << HG_OP_PAD2D,
    CONVS = CONV | TRANSPOSE,
    WINDOWED = CONVS | MAX | AVG | LP | UNPOOL,
    POOLS = MAX | AVG | LP,
    ALL = (1u << HG_OP_COUNT) - 1
};

typedef enum field_kind { WORD, CHOICE, REAL, FLOAT } field_kind; /* int64_t, enum, double, float */

/* One field with a value that is wrong in every sample. */
typedef struct field_case {
    const char *field;          /* as the sentence names it */
    unsigned ops, mask;         /* operators that have it; statuses, as 1 << status */
    void *(*in)(descriptor *d); /* the structure it is in, */
    size_t at;                  /* and where there */
    field_kind kind;
    int64_t word;
    double real;
} field_case;

extern const field_case field_cases[];
extern const size_t field_case_count;
void spoil_field(const field_case *c, descriptor *d);

/* Fields that are wrong together. */
typedef struct combined_case {
    const char *what, *named;
    unsigned ops, mask;
    void (*spoil)(descriptor *d);
} combined_case;

extern const combined_case combined_cases[];
extern const size_t combined_case_count;

#endif
