/* Oracle: convolution and transposed convolution, and what all parts share. */
#include <math.h>
#include <stdlib.h>

#include "tests/oracle.h"

double oracle_activation(const hg_post *e, double v, double slope)
{
    const double ramp = (double)e->factor * v + (double)e->offset;
    if (isnan(v)) return v;
    switch (e->function) {
    case HG_SIGMOID:
        return 1 / (1 + exp(-v));
    case HG_HARD_SIGMOID:
        return isnan(ramp) ? ramp : fmin(fmax(ramp, 0), 1);
    case HG_SILU:
        return isinf(v) ? fmax(v, 0) : v / (1 + exp(-v));
    case HG_HARD_SWISH:
        return isinf(v) ? fmax(v, 0) : v * fmin(fmax(v + 3, 0), 6) / 6;
    case HG_TANH:
        return tanh(v);
    case HG_GELU:
        return isinf(v) ? fmax(v, 0) : v * erfc(-v / sqrt(2)) / 2;
    case HG_GELU_TANH: /* (1 + tanh(k)) / 2 without its cancellation */
        return isinf(v) ? fmax(v, 0)
                        : v / (1 + exp(-2 * sqrt(2 / acos(-1)) * (v + 0.044715 * v * v * v)));
    case HG_ELU:
        return v < 0 ? (double)e->factor * expm1(v) : v;
    case HG_PRELU:
        return v < 0 ? slope * v : v;
    default:
        if (v < 0) v *= (double)e->slope;
        return v < (double)e->min ? (double)e->min : v > (double)e->max ? (double)e->max : v;
    }
}

static void finish(const hg_problem *p, const oracle_input *in, oracle_output *out)
{
    const int64_t total = p->out.n * p->out.c * p->out.h * p->out.w;
    for (int64_t i = 0; i < total; i++) {
        if (p->post.residual) {
            out->sum[i] += (double)in->residual[i];
            out->magnitude[i] += fabs((double)in->residual[i]);
        }
        const int64_t k = i / (p->out.h * p->out.w) % p->out.c;
        const double slope = in->slopes ? (double)in->slopes[k] : 0;
        out->y[i] = oracle_activation(&p->post, out->sum[i], slope);
    }
}

static void start(const hg_problem *p, const oracle_input *in, oracle_output *out)
{
    const int64_t plane = p->out.h * p->out.w, total = p->out.n * p->out.c * plane;
    for (int64_t i = 0; i < total; i++) {
        const double b = in->bias ? (double)in->bias[i / plane % p->out.c] : 0.0;
        out->sum[i] = b;
        out->magnitude[i] = fabs(b);
        out->count[i] = 0;
    }
}

/* Adds x * w to output (n, k, oy, ox). */
static void add(const hg_problem *p, oracle_output *out, const int64_t at[4], float x, float w)
{
    const int64_t i = ((at[0] * p->out.c + at[1]) * p->out.h + at[2]) * p->out.w + at[3];
    const double product = (double)x * (double)w;
    out->sum[i] += product;
    out->magnitude[i] += fabs(product);
    out->count[i] += 1;
}

/* Both convolutions walk the same tuples; only which side is strided differs. `near` is the side
 * that a tap's position is computed from (conv: output; transposed: input), `far` the other. */
static void walk(const hg_problem *p, const oracle_input *in, oracle_output *out, bool transposed)
{
    const hg_tensor *near = transposed ? &p->in : &p->out, *far = transposed ? &p->out : &p->in;
    const int64_t cg = p->in.c / p->groups, kg = p->out.c / p->groups;
    const float *weight = in->weights;
    for (int64_t k = 0; k < p->out.c; k++)
        for (int64_t c = 0; c < cg; c++)
            for (int64_t ky = 0; ky < p->kernel.h; ky++)
                for (int64_t kx = 0; kx < p->kernel.w; kx++, weight++)
                    for (int64_t n = 0; n < p->in.n; n++)
                        for (int64_t y = 0; y < near->h; y++)
                            for (int64_t x = 0; x < near->w; x++) {
                                const int64_t fy =
                                    y * p->stride.h - p->pad.top + ky * p->dilation.h;
                                const int64_t fx =
                                    x * p->stride.w - p->pad.left + kx * p->dilation.w;
                                if (fy < 0 || fy >= far->h || fx < 0 || fx >= far->w) continue;
                                const int64_t channel = n * p->in.c + k / kg * cg + c;
                                const int64_t iy = transposed ? y : fy, ix = transposed ? x : fx;
                                const int64_t at[4] = {n, k, transposed ? fy : y,
                                                       transposed ? fx : x};
                                add(p, out, at, in->x[(channel * p->in.h + iy) * p->in.w + ix],
                                    *weight);
                            }
}

/* Output i from the 2 x 2 values of the convolution above it. The bounds are those of the worst. */
static void pool_one(const hg_problem *p, const oracle_output *conv, oracle_output *out, int64_t i)
{
    const int64_t x = i % p->out.w, y = i / p->out.w, row = 2 * p->out.w;
    const int64_t first = 2 * y * row + 2 * x; /* y counts the rows of all planes */
    const int64_t at[4] = {first, first + 1, first + row, first + row + 1};
    double most = -INFINITY, sum = 0;
    for (int j = 0; j < 4; j++) {
        const double v = conv->y[at[j]];
        if (isnan(v) || v > most) most = v;
        if (isnan(most)) most = NAN;
        sum += v;
        out->magnitude[i] = fmax(out->magnitude[i], conv->magnitude[at[j]]);
        out->count[i] = fmax(out->count[i], conv->count[at[j]]);
    }
    out->y[i] = out->sum[i] = p->post_pool == HG_POOL_MAX_2X2 ? most : sum / 4;
}

static void oracle_fused(const hg_problem *p, const oracle_input *in, oracle_output *out)
{
    const hg_problem conv = hg_problem_unfused(p);
    oracle_output full;
    if (!oracle_run(&conv, in, &full)) abort();
    for (int64_t i = 0; i < p->out.n * p->out.c * p->out.h * p->out.w; i++)
        pool_one(p, &full, out, i);
    oracle_free(&full);
}

void oracle_conv(const hg_problem *p, const oracle_input *in, oracle_output *out)
{
    if (p->post_pool) {
        oracle_fused(p, in, out);
        return;
    }
    const hg_problem conv = hg_problem_unfused(p);
    float *resized = p->resized.h ? oracle_resized(p, in) : NULL;
    oracle_input read = *in;
    if (resized) read.x = resized;
    start(&conv, &read, out);
    walk(&conv, &read, out, false);
    finish(&conv, &read, out);
    free(resized);
}

void oracle_conv_transpose(const hg_problem *p, const oracle_input *in, oracle_output *out)
{
    start(p, in, out);
    walk(p, in, out, true);
    finish(p, in, out);
}

bool oracle_run(const hg_problem *p, const oracle_input *in, oracle_output *out)
{
    static void (*const parts[HG_OP_COUNT])(const hg_problem *, const oracle_input *,
                                            oracle_output *) = {
        [HG_OP_CONV2D] = oracle_conv,
        [HG_OP_CONV_TRANSPOSE2D] = oracle_conv_transpose,
        [HG_OP_MAX_POOL2D] = oracle_pool,
        [HG_OP_AVG_POOL2D] = oracle_pool,
        [HG_OP_LP_POOL2D] = oracle_pool,
        [HG_OP_MAX_UNPOOL2D] = oracle_unpool,
        [HG_OP_RESIZE2D] = oracle_resize,
        [HG_OP_RESIZE_ARGMAX2D] = oracle_argmax,
        [HG_OP_BINARY] = oracle_binary,
        [HG_OP_SOFTMAX2D] = oracle_softmax,
        [HG_OP_ACTIVATION2D] = oracle_activation2d,
        [HG_OP_PAD2D] = oracle_pad};
    const size_t total = (size_t)(p->out.n * p->out.c * p->out.h * p->out.w) + 1;
    *out = (oracle_output){.y = calloc(total, sizeof(double)),
                           .sum = calloc(total, sizeof(double)),
                           .magnitude = calloc(total, sizeof(double)),
                           .count = calloc(total, sizeof(double)),
                           .indices = calloc(total, sizeof(int64_t))};
    if (!out->y || !out->sum || !out->magnitude || !out->count || !out->indices) {
        oracle_free(out);
        return false;
    }
    parts[p->op](p, in, out);
    return true;
}

void oracle_free(oracle_output *out)
{
    free(out->y);
    free(out->sum);
    free(out->magnitude);
    free(out->count);
    free(out->indices);
    free(out->scores);
    free(out->slack);
    *out = (oracle_output){0};
}
