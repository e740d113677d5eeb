/* Factors and terms per channel that only convolutions read go into those. Zeros of padding would
 * have to become other numbers where there are terms: such convolutions take none. */
#include "net/graph.h"

static bool pads(const net_step *conv)
{
    const hg_padding *p = &conv->a.padding;
    if (p->mode == HG_PADDING_EXPLICIT) return p->top || p->left || p->bottom || p->right;
    return p->mode != HG_PADDING_VALID && (conv->a.window.h > 1 || conv->a.window.w > 1);
}

static bool can_take(const net_step *conv, const net_step *affine)
{
    return conv->kind == NET_CONV2D && !(affine->shifts && pads(conv)) &&
           conv->word_count + affine->word_count <= NET_FUSED;
}

/* All that read it can. */
static bool is_taken(const net_graph *g, const net_step *affine)
{
    int takers = 0;
    for (int i = 0; i < g->step_count; i++) {
        const net_step *s = &g->steps[i];
        takers += !s->gone && s->inputs[0] == affine->output && can_take(s, affine);
    }
    return takers && takers == net_uses(g, affine->output);
}

/* weight is [K][C/groups][R][S], and NULL of a net without weights, whose biases are packed. */
static hg_status take(net_graph *g, net_step *conv, const net_step *affine)
{
    const int64_t taps = conv->a.window.h * conv->a.window.w, k = conv->a.k;
    const int64_t kg = k / conv->a.groups;
    const int64_t cg = g->values[conv->inputs[0]].tensor.c / conv->a.groups;
    if (affine->shifts && !conv->bias)
        conv->bias = net_take(g->memory, (size_t)k, sizeof *conv->bias);
    if (affine->shifts && !conv->bias) return net_no_memory(g);
    for (int64_t out = 0; out < k && conv->weight; out++) {
        double sum = 0;
        for (int64_t i = 0; i < cg * taps; i++) {
            const int64_t in = out / kg * cg + i / taps;
            float *w = &conv->weight[out * cg * taps + i];
            sum += (double)*w * (double)affine->bias[in];
            *w *= affine->weight[in];
        }
        if (affine->shifts) conv->bias[out] = (float)((double)conv->bias[out] + sum);
    }
    return HG_OK;
}

hg_status net_fold_forward(net_graph *g)
{
    hg_status status = HG_OK;
    for (int i = 0; i < g->step_count; i++) {
        net_step *s = &g->steps[i];
        if (s->gone || s->kind != NET_AFFINE || !is_taken(g, s)) continue;
        for (int j = 0; !status && j < g->step_count; j++) {
            net_step *conv = &g->steps[j];
            if (conv->gone || conv->inputs[0] != s->output) continue;
            status = take(g, conv, s);
            net_take_over(conv, s);
        }
    }
    return status;
}
