/* How far the results of Winograd kernels may be from exact, from their interpolation points and
 * their depth in roundings: the derivation is in docs/accuracy.md. */
#ifndef HG_TEST_WINOGRAD_BOUND_H
#define HG_TEST_WINOGRAD_BOUND_H

#include "tests/data.h"

enum { WINOGRAD_MOST = 9 }; /* pixels of an input tile along one axis */

/* One F(m x m, r x r). The points stand without infinity; at stride 2 they are those of the even
 * pixels. `input` and `output` are the most roundings that a value passes in the one-dimensional
 * transforms as the kernels order them. */
typedef struct winograd_class {
    const char *word; /* of the kernel's name */
    int m, r, stride;
    bool relaxed, exact; /* exact: small integers stay integers, or quarters of them */
    int input, output;
    int count;
    double points[WINOGRAD_MOST];
} winograd_class;

/* Y = A^T [(G g G^T) . (B^T d B)] A with a x a tiles d: rows of B^T and G, columns of A^T. */
typedef struct winograd_matrices {
    int a;
    double b[WINOGRAD_MOST][WINOGRAD_MOST], g[WINOGRAD_MOST][WINOGRAD_MOST],
        y[WINOGRAD_MOST][WINOGRAD_MOST];
} winograd_matrices;

extern const winograd_class winograd_classes[]; /* terminated by word NULL */

/* The class of a kernel, whose name a configuration may follow; NULL: it sums directly. */
const winograd_class *winograd_class_of(const char *kernel);
winograd_matrices winograd_matrices_of(const winograd_class *w);

/* The constants of docs/accuracy.md, and that for random data in place of beta. */
typedef struct winograd_constants {
    double beta, likely, rho;
    int depth; /* roundings beside those of the sums: t */
} winograd_constants;

winograd_constants winograd_constants_of(const winograd_class *w);
double winograd_sums(int64_t channels); /* roundings of the sums: n */

/* Sets *bounds to how far each output may be from exact before bias and epilogue, fused pooling to
 * the worst of its four: what is promised, or, for random data, less. The promise forgives a lost
 * tap where there are many channels; random data stays within much less. Infinite where nothing is
 * promised; NULL: the kernel sums directly, or exactly. false: out of memory. */
bool winograd_bounds(const char *kernel, const hg_problem *p, const oracle_input *in,
                     data_kind kind, double **bounds);

#endif
