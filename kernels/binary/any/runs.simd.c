/* Two tensors to one, runs of elements. Contract: kernels/binary/runs.h. */
#include "kernels/binary/runs.h"

#include "kernels/pointwise/spread.h"
#include "kernels/simd/aligned.h"
#include "kernels/simd/post.h"

/* NaN if a or b is. op is a constant. */
HG_INLINE vfloat combine(hg_binary_op op, vfloat va, vfloat vb)
{
    if (op == HG_ADD) return v_add(va, vb);
    if (op == HG_SUBTRACT) return v_sub(va, vb);
    if (op == HG_MULTIPLY) return v_mul(va, vb);
    const vfloat v = op == HG_MINIMUM ? v_at_most(va, vb) : v_at_least(va, vb);
    return v_select(v_is_nan(vb), vb, v); /* v is a's NaN, if it is one */
}

/* Up to a vector. */
HG_INLINE void run_first(hg_binary_op op, bool single, const float *a, const float *b, float *y,
                         size_t n, const vpost *post)
{
    const vfloat vb = single ? v_splat(b) : v_load_up_to(b, n);
    v_store_up_to(y, v_post(combine(op, v_load_up_to(a, n), vb), post), n);
}

/* Elements are read before they are written and never twice: y may be a or b. All of what is not a
 * pointer or n is constant; leaky: there is a slope. */
HG_INLINE void run_by(hg_binary_op op, bool single, bool nontemporal, const float *a,
                      const float *b, float *y, int64_t n, const hg_post *post, bool leaky)
{
    enum { AT_ONCE = 4 };
    vpost p = v_post_of(post);
    p.leaky = leaky;
    const vfloat vsingle = single ? v_splat(b) : v_zero();
    int64_t i = 0;
    if (nontemporal) {
        i = v_before_aligned(y, n);
        if (i > 0) run_first(op, single, a, b, y, (size_t)i, &p);
    }
    for (; i + AT_ONCE * VL <= n; i += AT_ONCE * VL) {
        vfloat v[AT_ONCE];
        HG_UNROLL
        for (int j = 0; j < AT_ONCE; j++) {
            const vfloat vb = single ? vsingle : v_load(b + i + j * VL);
            v[j] = v_post(combine(op, v_load(a + i + j * VL), vb), &p);
        }
        HG_UNROLL
        for (int j = 0; j < AT_ONCE; j++) v_put(y + i + j * VL, v[j], nontemporal);
    }
    for (; i < n; i += VL)
        run_first(op, single, a + i, single ? b : b + i, y + i, (size_t)HG_MIN(n - i, VL), &p);
    if (nontemporal) v_drain(); /* before another thread is told of it */
}

HG_INLINE void run(hg_binary_op op, bool single, bool nontemporal, const float *a, const float *b,
                   float *y, int64_t n, const hg_post *post)
{
    if (post->slope != 1.0f)
        run_by(op, single, nontemporal, a, b, y, n, post, true);
    else
        run_by(op, single, nontemporal, a, b, y, n, post, false);
}

#define OPS(X)                                                                                     \
    X(HG_ADD)                                                                                      \
    X(HG_SUBTRACT)                                                                                 \
    X(HG_MULTIPLY)                                                                                 \
    X(HG_MINIMUM)                                                                                  \
    X(HG_MAXIMUM)
#define KINDS(X, op) X(op, 0, 0) X(op, 0, 1) X(op, 1, 0) X(op, 1, 1)

#define RUN(op, single, nontemporal)                                                               \
    static void run_##op##_##single##nontemporal(const float *a, const float *b, float *y,         \
                                                 int64_t n, const hg_post *post)                   \
    {                                                                                              \
        run(op, single, nontemporal, a, b, y, n, post);                                            \
    }
#define RUNS(op) KINDS(RUN, op)
OPS(RUNS)

static void spread(const float *value, int64_t step, int64_t channels, int64_t count,
                   const int32_t *places, float *output)
{
    hg_spread(value, step, channels, count, places, output);
}

#define ENTRY(op, single, nontemporal) [op][single][nontemporal] = run_##op##_##single##nontemporal,
#define ENTRIES(op) KINDS(ENTRY, op)
static const hg_binary_ukernels ukernels = {.run = {OPS(ENTRIES)}, .spread = spread};

const hg_kernel HG_ROWS(binary_any_runs)[] = {
    {HG_ROW(binary, any, "runs"), .rev = 2, .algorithm = &hg_binary_runs, .run.binary = &ukernels},
    {.name = NULL},
};
