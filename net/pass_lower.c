/* Fewer kinds: what multiplies and adds per channel becomes NET_AFFINE, and the identity goes. */
#include <math.h>

#include "net/graph.h"

static hg_status take_pairs(net_graph *g, net_step *s, float **factor, float **term)
{
    const int64_t c = g->values[s->inputs[0]].tensor.c;
    *factor = net_take(g->memory, (size_t)c, sizeof **factor);
    *term = net_take(g->memory, (size_t)c, sizeof **term);
    return *factor && *term ? HG_OK : net_no_memory(g);
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
    s->kind = NET_AFFINE;
    s->weight = factor;
    s->bias = term;
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
    s->kind = NET_AFFINE;
    s->weight = factor;
    s->bias = term;
    return HG_OK;
}

static void replace(net_graph *g, int value, int by)
{
    for (int i = 0; i < g->net->output_count; i++)
        if (g->outputs[i] == value) g->outputs[i] = by;
    for (int i = 0; i < g->step_count; i++)
        for (int j = 0; j < g->steps[i].input_count; j++)
            if (g->steps[i].inputs[j] == value) g->steps[i].inputs[j] = by;
}

hg_status net_lower(net_graph *g)
{
    hg_status status = HG_OK;
    for (int i = 0; !status && i < g->step_count; i++) {
        net_step *s = &g->steps[i];
        if (s->kind == NET_BATCH_NORM) status = lower_batch_norm(g, s);
        if (s->kind == NET_SCALE || s->kind == NET_BIAS) status = lower_scale(g, s);
        if (s->kind == NET_ACTIVATION && s->a.activation == HG_IDENTITY) {
            replace(g, s->output, s->inputs[0]);
            s->gone = true;
        }
    }
    return status;
}
