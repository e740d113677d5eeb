/* Arrays in NumPy's .npy files: format 1.0, C order, '<f4' or '<i8'. */
#ifndef HG_TEST_NPY_H
#define HG_TEST_NPY_H

#include <stdbool.h>
#include <stdint.h>

enum { NPY_MOST_DIMS = 6 };

typedef struct npy {
    int rank;
    int64_t dims[NPY_MOST_DIMS], count;
    float *reals;      /* '<f4', else NULL */
    int64_t *integers; /* '<i8', else NULL */
} npy;

bool npy_read(const char *path, npy *a);
void npy_free(npy *a);

#endif
