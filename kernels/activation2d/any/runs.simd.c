/* Slope and bounds, runs of elements. Contract: kernels/activation2d/activation2d.h. */
#include "kernels/activation2d/activation2d.h"

#include "kernels/pointwise/spread.h"
#include "kernels/simd/aligned.h"
#include "kernels/simd/post.h"

HG_INLINE void run_first(const float *x, float *y, size_t n, const vpost *post)
{
    v_store_up_to(y, v_post(v_load_up_to(x, n), post), n);
}

/* Elements are read before they are written and never twice: y may be x. nontemporal and leaky,
 * whether there is a slope, are constants. */
HG_INLINE void run_by(const float *x, float *y, int64_t n, const hg_post *post, bool nontemporal,
                      bool leaky)
{
    enum { AT_ONCE = 4 };
    vpost p = v_post_of(post);
    p.leaky = leaky;
    int64_t i = 0;
    if (nontemporal) {
        i = v_before_aligned(y, n);
        if (i > 0) run_first(x, y, (size_t)i, &p);
    }
    for (; i + AT_ONCE * VL <= n; i += AT_ONCE * VL) {
        vfloat v[AT_ONCE];
        HG_UNROLL
        for (int j = 0; j < AT_ONCE; j++) v[j] = v_post(v_load(x + i + j * VL), &p);
        HG_UNROLL
        for (int j = 0; j < AT_ONCE; j++) v_put(y + i + j * VL, v[j], nontemporal);
    }
    for (; i < n; i += VL) run_first(x + i, y + i, (size_t)HG_MIN(n - i, VL), &p);
    if (nontemporal) v_drain(); /* before another thread is told of it */
}

HG_INLINE void run(const float *x, float *y, int64_t n, const hg_post *post, bool nontemporal)
{
    if (post->slope != 1.0f)
        run_by(x, y, n, post, nontemporal, true);
    else
        run_by(x, y, n, post, nontemporal, false);
}

static void post_run(const float *x, float *y, int64_t n, const hg_post *post)
{
    run(x, y, n, post, false);
}

static void post_run_nontemporal(const float *x, float *y, int64_t n, const hg_post *post)
{
    run(x, y, n, post, true);
}

static void spread(const float *value, int64_t step, int64_t channels, int64_t count,
                   const int32_t *places, float *output)
{
    hg_spread(value, step, channels, count, places, output);
}

static const hg_activation2d_ukernels ukernels = {.run = {post_run, post_run_nontemporal},
                                                  .spread = spread};

const hg_kernel HG_ROWS(activation2d_any_runs)[] = {
    {HG_ROW(activation2d, any, "runs"), .rev = 1, .algorithm = &hg_activation2d_runs,
     .run.activation2d = &ukernels},
    {.name = NULL},
};
