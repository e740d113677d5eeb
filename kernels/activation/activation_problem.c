/* The activations of public descriptors as the problem has them. */
#include <math.h>

#include "kernels/problem.h"

hg_status hg_post_from_epilogue(const hg_epilogue *epilogue, hg_post *post, hg_reason *why)
{
    hg_post v = {-INFINITY, INFINITY, 1.0f, epilogue->residual, HG_IDENTITY, 0.0f, 0.0f};
    switch (epilogue->activation) {
    case HG_IDENTITY:
        break;
    case HG_RELU:
        v.min = 0.0f;
        break;
    case HG_RELU6:
        v.min = 0.0f;
        v.max = 6.0f;
        break;
    case HG_CLAMP:
        if (!(epilogue->min <= epilogue->max))
            return hg_fail(why, HG_INVALID,
                           "epilogue.min is %g, epilogue.max %g; min must be at most max",
                           (double)epilogue->min, (double)epilogue->max);
        v.min = epilogue->min;
        v.max = epilogue->max;
        break;
    case HG_LEAKY_RELU:
        if (isnan(epilogue->slope)) return hg_fail(why, HG_INVALID, "epilogue.slope is NaN");
        v.slope = epilogue->slope;
        break;
    case HG_ELU:
        if (isnan(epilogue->slope)) return hg_fail(why, HG_INVALID, "epilogue.slope is NaN");
        v.function = HG_ELU;
        v.factor = epilogue->slope;
        break;
    case HG_HARD_SIGMOID:
        if (!isfinite(epilogue->slope) || !isfinite(epilogue->offset))
            return hg_fail(why, HG_INVALID,
                           "epilogue.slope is %g, epilogue.offset %g; both must be finite",
                           (double)epilogue->slope, (double)epilogue->offset);
        v.function = HG_HARD_SIGMOID;
        v.factor = epilogue->slope;
        v.offset = epilogue->offset;
        break;
    case HG_SIGMOID:
    case HG_SILU:
    case HG_HARD_SWISH:
    case HG_TANH:
    case HG_GELU:
    case HG_GELU_TANH:
    case HG_PRELU:
        v.function = epilogue->activation;
        break;
    default:
        return hg_fail(why, HG_INVALID, "epilogue.activation is %d, no hg_activation",
                       (int)epilogue->activation);
    }
    *post = v;
    return HG_OK;
}
