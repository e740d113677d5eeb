/* Activations in double, rounded once: what the references of convolution end with. Minus infinity
 * gives the limit. */
#include <math.h>

#include "kernels/activation/activation.h"

typedef double function(double x, const hg_activation_args *a, int64_t i);

static double sigmoid(double x, const hg_activation_args *a, int64_t i)
{
    (void)a, (void)i;
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

static double hard_sigmoid(double x, const hg_activation_args *a, int64_t i)
{
    (void)i;
    const double v = (double)a->factor * x + (double)a->offset;
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* x times what lies between 0, where x is minus infinity, and 1. */
static double times(double x, double part)
{
    return x == -INFINITY ? -0.0 : x * part;
}

static double silu(double x, const hg_activation_args *a, int64_t i)
{
    return times(x, sigmoid(x, a, i));
}

static double hard_swish(double x, const hg_activation_args *a, int64_t i)
{
    (void)a, (void)i;
    return times(x, x < -3 ? 0 : x > 3 ? 1 : (x + 3) / 6);
}

static double hyperbolic_tangent(double x, const hg_activation_args *a, int64_t i)
{
    (void)a, (void)i;
    return tanh(x);
}

static double gelu(double x, const hg_activation_args *a, int64_t i)
{
    (void)a, (void)i;
    return times(x, 0.5 * erfc(-x * 0.70710678118654752440));
}

static double gelu_tanh(double x, const hg_activation_args *a, int64_t i)
{
    return times(x, sigmoid(1.59576912160573071176 * x * (1 + 0.044715 * x * x), a, i));
}

static double elu(double x, const hg_activation_args *a, int64_t i)
{
    (void)i;
    return x < 0 ? (double)a->factor * expm1(x) : x;
}

static double prelu(double x, const hg_activation_args *a, int64_t i)
{
    return x < 0 ? (double)a->slopes[a->share ? 0 : i] * x : x;
}

#define FUNCTIONS(X)                                                                               \
    X(HG_SIGMOID, sigmoid)                                                                         \
    X(HG_HARD_SIGMOID, hard_sigmoid)                                                               \
    X(HG_SILU, silu)                                                                               \
    X(HG_HARD_SWISH, hard_swish)                                                                   \
    X(HG_TANH, hyperbolic_tangent)                                                                 \
    X(HG_GELU, gelu)                                                                               \
    X(HG_GELU_TANH, gelu_tanh)                                                                     \
    X(HG_ELU, elu)                                                                                 \
    X(HG_PRELU, prelu)

#define RUN(word, f)                                                                               \
    static void run_##f(const float *x, float *y, int64_t n, const hg_activation_args *args)       \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++) y[i] = (float)f((double)x[i], args, i);                    \
    }
FUNCTIONS(RUN)

#define ENTRY(word, f) [word] = run_##f,
const hg_activations hg_activations_ref = {.of = {FUNCTIONS(ENTRY)}};
