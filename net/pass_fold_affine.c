/* Factors and terms per channel behind a convolution go into its weights and bias. */
#include "net/graph.h"

static bool can_take(const net_step *conv)
{
    return conv && net_has_epilogue(conv) && conv->residual == NET_NONE &&
           conv->a.activation == HG_IDENTITY && conv->pool == HG_POOL_NONE;
}

/* weight is [K][C/groups][R][S], or transposed [C][K/groups][R][S]. */
static void multiply(const net_step *conv, int64_t channels, const float *factor)
{
    const int64_t taps = conv->a.window.h * conv->a.window.w, groups = conv->a.groups;
    const int64_t k = conv->a.k, kg = k / groups, cg = channels / groups;
    const bool transposed = conv->kind == NET_CONV_TRANSPOSE2D;
    const int64_t rows = transposed ? channels : k, columns = transposed ? kg : cg;
    for (int64_t row = 0; row < rows && conv->weight; row++)
        for (int64_t column = 0; column < columns; column++) {
            const int64_t out = transposed ? row / cg * kg + column : row;
            float *w = conv->weight + (row * columns + column) * taps;
            for (int64_t t = 0; t < taps; t++) w[t] *= factor[out];
        }
}

static hg_status fold(net_graph *g, net_step *conv, net_step *affine)
{
    const int64_t k = conv->a.k;
    if (!conv->bias) conv->bias = net_take(g->memory, (size_t)k, sizeof *conv->bias);
    if (!conv->bias) return net_no_memory(g);
    const float *factor = affine->weight, *term = affine->bias;
    if (!net_merge(conv, affine)) return HG_OK;
    multiply(affine, g->values[affine->inputs[0]].tensor.c, factor);
    for (int64_t i = 0; i < k; i++)
        affine->bias[i] = (float)((double)affine->bias[i] * (double)factor[i] + (double)term[i]);
    return HG_OK;
}

hg_status net_fold_affine(net_graph *g)
{
    hg_status status = HG_OK;
    for (int i = 0; !status && i < g->step_count; i++) {
        net_step *s = &g->steps[i];
        if (s->gone || s->kind != NET_AFFINE) continue;
        net_step *conv = net_only_producer(g, s->inputs[0]);
        if (can_take(conv)) status = fold(g, conv, s);
    }
    return status;
}
