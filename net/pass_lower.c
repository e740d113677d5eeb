/* Fewer kinds: what multiplies and adds per channel becomes NET_AFFINE, and the identity goes. */
#include <math.h>

#include "net/graph.h"

static hg_status take_pairs(net_graph *g, const net_step *s, float **factor, float **term)
{
    const int64_t c = g->values[s->inputs[0]].tensor.c;
    *factor = net_take(g->memory, (size_t)c, sizeof **factor);
    *term = net_take(g->memory, (size_t)c, sizeof **term);
    return *factor && *term ? HG_OK : net_no_memory(g);
}

static void become_affine(net_step *s, float *factor, float *term)
{
    s->scales = s->kind != NET_BIAS;
    s->shifts = s->kind != NET_SCALE || s->bias;
    s->kind = NET_AFFINE;
    s->weight = factor;
    s->bias = term;
}

/* (x - mean) / sqrt(variance + eps) * scale + shift */
static hg_status lower_batch_norm(net_graph *g, net_step *s)
{
    const int64_t c = g->values[s->inputs[0]].tensor.c;
    const float *scale = s->weight, *shift = scale + c, *mean = shift + c, *variance = mean + c;
    float *factor, *term;
    const hg_status status = take_pairs(g, s, &factor, &term);
    if (status) return status;
    for (int64_t i = 0; i < c; i++) {
        const double f = (double)scale[i] / sqrt((double)variance[i] + s->a.eps);
        if (!isfinite(f))
            return net_fail(g->error, s->word, HG_INVALID,
                            "channel %lld has scale %g and variance %g", (long long)i,
                            (double)scale[i], (double)variance[i]);
        factor[i] = (float)f;
        term[i] = (float)((double)shift[i] - (double)mean[i] * f);
    }
    become_affine(s, factor, term);
    return HG_OK;
}

/* What a line leaves out is 1 or 0. */
static hg_status lower_scale(net_graph *g, net_step *s)
{
    const int64_t c = g->values[s->inputs[0]].tensor.c;
    float *factor, *term;
    const hg_status status = take_pairs(g, s, &factor, &term);
    if (status) return status;
    for (int64_t i = 0; i < c; i++) {
        factor[i] = s->weight ? s->weight[i] : 1;
        term[i] = s->bias ? s->bias[i] : 0;
    }
    become_affine(s, factor, term);
    return HG_OK;
}

static hg_status lower_linear(net_graph *g, net_step *s)
{
    const int64_t c = g->values[s->inputs[0]].tensor.c;
    float *factor, *term;
    const hg_status status = take_pairs(g, s, &factor, &term);
    if (status) return status;
    if (!isfinite((float)s->a.factor) || !isfinite((float)s->a.term))
        return net_fail(g->error, s->word, HG_INVALID, "factor or term is not finite");
    for (int64_t i = 0; i < c; i++) factor[i] = (float)s->a.factor, term[i] = (float)s->a.term;
    become_affine(s, factor, term);
    s->uniform = true;
    s->scales = s->a.factor != 1;
    s->shifts = s->a.term != 0;
    return HG_OK;
}

hg_status net_lower(net_graph *g)
{
    hg_status status = HG_OK;
    for (int i = 0; !status && i < g->step_count; i++) {
        net_step *s = &g->steps[i];
        if (s->kind == NET_BATCH_NORM) status = lower_batch_norm(g, s);
        if (s->kind == NET_SCALE || s->kind == NET_BIAS) status = lower_scale(g, s);
        if (s->kind == NET_LINEAR) status = lower_linear(g, s);
        if (s->kind == NET_ACTIVATION && s->a.activation == HG_IDENTITY) {
            net_replace(g, s->output, s->inputs[0]);
            s->gone = true;
        }
    }
    return status;
}
