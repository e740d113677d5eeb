/* Activations over runs of elements. Contract: activation.h. */
#include "kernels/activation/activation.h"

#include "kernels/simd/functions.h"

/* VL elements; which is a constant. vslope is that of HG_PRELU. */
HG_INLINE vfloat apply(hg_activation which, vfloat v, vfloat vslope, const hg_activation_args *a)
{
    switch (which) {
    case HG_SIGMOID:
        return v_sigmoid(v);
    case HG_HARD_SIGMOID:
        return v_hard_sigmoid(v, v_all(a->factor), v_all(a->offset));
    case HG_SILU:
        return v_silu(v);
    case HG_HARD_SWISH:
        return v_hard_swish(v);
    case HG_TANH:
        return v_tanh(v);
    case HG_GELU:
        return v_gelu(v);
    case HG_GELU_TANH:
        return v_gelu_tanh(v);
    case HG_ELU:
        return v_elu(v, v_all(a->factor));
    default:
        return v_select(v_negative(v), v_mul(v, vslope), v);
    }
}

HG_INLINE void run(hg_activation which, const float *x, float *y, int64_t n,
                   const hg_activation_args *args)
{
    const hg_activation_args a = *args; /* y may not be what changes it */
    const bool each = which == HG_PRELU && !a.share;
    vfloat vslope = which == HG_PRELU ? v_splat(a.slopes) : v_zero();
    int64_t i = 0;
    for (; i + VL <= n; i += VL) {
        if (each) vslope = v_load(a.slopes + i);
        v_store(y + i, apply(which, v_load(x + i), vslope, &a));
    }
    if (i == n) return;
    const size_t left = (size_t)(n - i);
    if (each) vslope = v_load_first(a.slopes + i, left);
    v_store_first(y + i, apply(which, v_load_first(x + i, left), vslope, &a), left);
}

#define FUNCTIONS(X)                                                                               \
    X(HG_SIGMOID)                                                                                  \
    X(HG_HARD_SIGMOID)                                                                             \
    X(HG_SILU)                                                                                     \
    X(HG_HARD_SWISH)                                                                               \
    X(HG_TANH)                                                                                     \
    X(HG_GELU)                                                                                     \
    X(HG_GELU_TANH)                                                                                \
    X(HG_ELU)                                                                                      \
    X(HG_PRELU)

#define FUNCTION(which)                                                                            \
    static void run_##which(const float *x, float *y, int64_t n, const hg_activation_args *args)   \
    {                                                                                              \
        run(which, x, y, n, args);                                                                 \
    }
FUNCTIONS(FUNCTION)

#define ENTRY(which) [which] = run_##which,
const hg_activations HG_JOIN(hg_activations, HG_SIMD) = {.of = {FUNCTIONS(ENTRY)}};
