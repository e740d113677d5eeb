/* x * sigmoid(x) and its kin are activations of x, however they were written down. */
#include <math.h>

#include "net/graph.h"

static bool is_near(double a, double b)
{
    return fabs(a - b) < 1e-6;
}

/* What x times a gate of x is; HG_IDENTITY: no activation. */
static hg_activation gated_by(const net_step *gate)
{
    const net_attributes *a = &gate->a;
    if (a->activation == HG_SIGMOID) return HG_SILU;
    return a->activation == HG_HARD_SIGMOID && is_near(a->slope, 1.0 / 6) && is_near(a->offset, 0.5)
               ? HG_HARD_SWISH
               : HG_IDENTITY;
}

static bool clamps_to_6(const net_step *s)
{
    const net_attributes *a = &s->a;
    return a->activation == HG_RELU6 || (a->activation == HG_CLAMP && a->min == 0 && a->max == 6);
}

static bool adds_3(const net_step *s)
{
    return s && s->kind == NET_AFFINE && s->uniform && s->weight[0] == 1 && s->bias[0] == 3;
}

/* x * clamp(x + 3, 0, 6) is 6 * hard_swish(x): the clamp becomes the activation, the product the
 * factor, which a sixth behind it takes back. */
static bool split(net_step *product, net_step *clamp, net_step *plus)
{
    if (!net_take_over(clamp, plus)) return false;
    clamp->a.activation = HG_HARD_SWISH;
    clamp->a.min = -HUGE_VAL, clamp->a.max = HUGE_VAL;
    product->kind = NET_AFFINE;
    product->scales = product->uniform = true;
    product->weight = plus->weight;
    product->bias = plus->bias;
    product->inputs[0] = clamp->output;
    product->input_count = 1;
    return true;
}

static bool fuse(net_graph *g, net_step *product, int which)
{
    const int x = product->inputs[which];
    net_step *gate = net_only_producer(g, product->inputs[!which]);
    if (!gate || gate->kind != NET_ACTIVATION) return false;
    const hg_activation whole = gated_by(gate);
    if (whole && gate->inputs[0] == x && net_take_over(product, gate)) {
        product->kind = NET_ACTIVATION;
        product->input_count = 1;
        product->a.activation = (int)whole;
        return true;
    }
    net_step *plus = clamps_to_6(gate) ? net_only_producer(g, gate->inputs[0]) : NULL;
    if (!adds_3(plus) || plus->inputs[0] != x || !split(product, gate, plus)) return false;
    for (int64_t i = 0; i < g->values[x].tensor.c; i++) plus->weight[i] = 6, plus->bias[i] = 0;
    return true;
}

hg_status net_fuse_gate(net_graph *g)
{
    for (int i = 0; i < g->step_count; i++) {
        net_step *s = &g->steps[i];
        if (s->gone || s->kind != NET_BINARY || s->a.binary != HG_MULTIPLY) continue;
        if (!fuse(g, s, 0)) fuse(g, s, 1);
    }
    return HG_OK;
}
