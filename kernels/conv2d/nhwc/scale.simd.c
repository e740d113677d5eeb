/* Each channel times its weight. Contract: scale.h. */
#include "kernels/conv2d/nhwc/scale.h"

#include "kernels/simd/post.h"

enum { AT_ONCE = 4 };

/* n <= VL floats at i, `at` of the period. residual: a constant. */
HG_INLINE vfloat value(const hg_scale_args *a, const vpost *post, bool residual, int64_t i,
                       int64_t at, size_t n)
{
    const vfloat vi = v_load_up_to(a->input + i, n);
    vfloat v = v_fma(vi, v_load(a->weights + at), v_load(a->bias + at));
    if (residual) v = v_add(v, v_load_up_to(a->residual + i, n));
    return v_post(v, post);
}

/* leaky and residual: constants. */
HG_INLINE void run_by(const hg_scale_args *args, bool leaky, bool residual)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_scale_args copy = *args, *a = &copy;
    vpost post = v_post_of(&a->post);
    post.leaky = leaky;
    for (int64_t first = 0; first < a->count; first += a->period) {
        const int64_t n = HG_MIN(a->period, a->count - first);
        int64_t at = 0;
        for (; at + AT_ONCE * VL <= n; at += AT_ONCE * VL) {
            vfloat v[AT_ONCE];
            HG_UNROLL
            for (int j = 0; j < AT_ONCE; j++)
                v[j] = value(a, &post, residual, first + at + j * VL, at + j * VL, VL);
            HG_UNROLL
            for (int j = 0; j < AT_ONCE; j++) v_store(a->output + first + at + j * VL, v[j]);
        }
        for (; at < n; at += VL) {
            const size_t left = (size_t)HG_MIN(n - at, VL);
            v_store_up_to(a->output + first + at, value(a, &post, residual, first + at, at, left),
                          left);
        }
    }
}

static void scale(const hg_scale_args *a)
{
    const bool leaky = a->post.slope != 1.0f;
    if (leaky && a->residual)
        run_by(a, true, true);
    else if (leaky)
        run_by(a, true, false);
    else if (a->residual)
        run_by(a, false, true);
    else
        run_by(a, false, false);
}

const hg_kernel HG_ROWS(conv2d_nhwc_scale)[] = {
    {HG_ROW(conv2d, nhwc, "scale"), .rev = 1,
     .limits = {.kernel = {1, 1}, .stride = {1, 1}, .depthwise = true, .same_channels = true},
     .algorithm = &hg_conv2d_nhwc_scale, .run.scale = scale},
    {.name = NULL},
};
