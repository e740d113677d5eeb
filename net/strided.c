/* What the library has no operator for: copies between layouts, activations and factors where
 * nothing takes them into an epilogue. Plain C, on the caller's thread. */
#include <math.h>
#include <string.h>

#include "net/plan.h"

/* A row of pixels: w x c elements of either tensor. */
typedef struct row {
    const float *in;
    float *out;
} row;

static void copy_row(const net_action *a, row r)
{
    const hg_strides *from = &a->in.strides, *to = &a->out.strides;
    for (int64_t x = 0; x < a->out.w; x++)
        for (int64_t c = 0; c < a->out.c; c++)
            r.out[x * to->w + c * to->c] = r.in[x * from->w + c * from->c];
}

static void affine_row(const net_action *a, row r)
{
    for (int64_t x = 0; x < a->out.w; x++) {
        const float *in = r.in + x * a->in.strides.w;
        float *out = r.out + x * a->out.strides.w;
        for (int64_t c = 0; c < a->out.c; c++) out[c] = in[c] * a->factor[c] + a->term[c];
    }
}

static float clamp(float v, float min, float max)
{
    return v < min ? min : v > max ? max : v;
}

static float activate(const hg_epilogue *e, float v, float slope)
{
    switch (e->activation) {
    case HG_IDENTITY:
        return v;
    case HG_RELU:
        return v < 0 ? 0 : v;
    case HG_RELU6:
        return clamp(v, 0, 6);
    case HG_CLAMP:
        return clamp(v, e->min, e->max);
    case HG_LEAKY_RELU:
        return v < 0 ? v * e->slope : v;
    case HG_SIGMOID:
        return 1 / (1 + expf(-v));
    case HG_HARD_SIGMOID:
        return clamp(v * e->slope + e->offset, 0, 1);
    case HG_SILU:
        return v == -HUGE_VALF ? -0.0f : v / (1 + expf(-v));
    case HG_HARD_SWISH:
        return v == -HUGE_VALF ? -0.0f : v * clamp(v + 3, 0, 6) / 6;
    case HG_TANH:
        return tanhf(v);
    case HG_GELU:
        return v == -HUGE_VALF ? -0.0f : v * erfcf(v * -0.70710678f) / 2;
    case HG_GELU_TANH:
        return v == -HUGE_VALF ? -0.0f : v / (1 + expf(-1.5957691f * (v + 0.044715f * v * v * v)));
    case HG_ELU:
        return v < 0 ? expm1f(v) * e->slope : v;
    case HG_PRELU:
        return v < 0 ? v * slope : v;
    }
    return v;
}

static void activate_row(const net_action *a, row r)
{
    for (int64_t x = 0; x < a->out.w; x++) {
        const float *in = r.in + x * a->in.strides.w;
        float *out = r.out + x * a->out.strides.w;
        for (int64_t c = 0; c < a->out.c; c++)
            out[c] = activate(&a->activation, in[c], a->slopes ? a->slopes[c] : 0);
    }
}

static void rows(const net_action *a, const float *in, float *out,
                 void (*of_row)(const net_action *a, row r))
{
    for (int64_t n = 0; n < a->out.n; n++)
        for (int64_t y = 0; y < a->out.h; y++) {
            const row r = {in + n * a->in.strides.n + y * a->in.strides.h,
                           out + n * a->out.strides.n + y * a->out.strides.h};
            of_row(a, r);
        }
}

void net_copy(const net_action *a, const float *in, float *out)
{
    rows(a, in, out, copy_row);
}

void net_affine(const net_action *a, const float *in, float *out)
{
    rows(a, in, out, affine_row);
}

void net_activate(const net_action *a, const float *in, float *out)
{
    rows(a, in, out, activate_row);
}
