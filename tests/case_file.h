/* A conformance case: case.txt and its arrays.
 *
 *     case NAME / op OP / opset N / spatial_dims N / note TEXT
 *     attr NAME int V | float V | string V | ints COUNT V... | floats COUNT V...
 *     input|output NAME f32|i64 RANK DIMS... FILE */
#ifndef HG_TEST_CASE_FILE_H
#define HG_TEST_CASE_FILE_H

#include "tests/npy.h"

typedef struct case_attr {
    char name[48], text[48];
    int count;
    double values[12];
} case_attr;

typedef struct case_tensor {
    char name[32];
    npy array;
} case_tensor;

enum { CASE_MOST_ATTRS = 24, CASE_MOST_TENSORS = 6 };

typedef struct case_file {
    char name[160], op[48], note[256];
    int opset, spatial_dims, attr_count, input_count, output_count;
    case_attr attrs[CASE_MOST_ATTRS];
    case_tensor inputs[CASE_MOST_TENSORS], outputs[CASE_MOST_TENSORS];
} case_file;

/* Reads folder/case.txt and the arrays that it names. */
bool case_read(const char *folder, case_file *c);
void case_free(case_file *c);

/* NULL if there is none. */
const case_attr *case_find_attr(const case_file *c, const char *name);
const npy *case_find_input(const case_file *c, const char *name);
/* Value i of an attribute, or `fallback`. */
double case_value(const case_file *c, const char *name, int i, double fallback);
bool case_says(const case_file *c, const char *name, const char *text);

#endif
