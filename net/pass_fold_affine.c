/* Factors and terms per channel behind a convolution go into its weights and bias, behind others
 * into those, and nothing at all goes. */
#include "net/graph.h"

static bool can_take(const net_step *conv)
{
    return net_has_epilogue(conv) && conv->residual == NET_NONE &&
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

static void follow(float *terms, int64_t count, const float *factor, const float *term)
{
    for (int64_t i = 0; i < count; i++)
        terms[i] = (float)((double)terms[i] * (double)factor[i] + (double)term[i]);
}

static hg_status fold(net_graph *g, net_step *conv, net_step *affine)
{
    const int64_t k = conv->a.k;
    if (!conv->bias) conv->bias = net_take(g->memory, (size_t)k, sizeof *conv->bias);
    if (!conv->bias) return net_no_memory(g);
    const float *factor = affine->weight, *term = affine->bias;
    if (!net_merge(conv, affine)) return HG_OK;
    multiply(affine, g->values[affine->inputs[0]].tensor.c, factor);
    follow(affine->bias, k, factor, term);
    return HG_OK;
}

static void compose(const net_graph *g, net_step *first, net_step *second)
{
    const int64_t c = g->values[first->inputs[0]].tensor.c;
    const net_step after = *second;
    if (!net_merge(first, second)) return;
    for (int64_t i = 0; i < c; i++) second->weight[i] *= after.weight[i];
    follow(second->bias, c, after.weight, after.bias);
    second->uniform = second->uniform && after.uniform;
    second->scales = second->scales || after.scales;
    second->shifts = second->shifts || after.shifts;
}

static bool does_nothing(const net_step *s)
{
    return !s->gone && s->kind == NET_AFFINE && s->uniform && s->weight[0] == 1 && s->bias[0] == 0;
}

hg_status net_fold_affine(net_graph *g)
{
    hg_status status = HG_OK;
    for (int i = 0; !status && i < g->step_count; i++) {
        net_step *s = &g->steps[i];
        if (s->gone || s->kind != NET_AFFINE) continue;
        net_step *made = net_only_producer(g, s->inputs[0]);
        if (made && made->kind == NET_AFFINE) compose(g, made, s);
        if (made && can_take(made)) status = fold(g, made, s);
    }
    for (int i = 0; i < g->step_count; i++) {
        net_step *s = &g->steps[i];
        if (!does_nothing(s)) continue;
        net_replace(g, s->output, s->inputs[0]);
        s->gone = true;
    }
    return status;
}
