/* Factors alone, or terms alone, that nothing took are a binary operator with a constant: hg_binary
 * does a pass at the rate of memory, a depthwise convolution of few channels leaves lanes empty. */
#include "net/graph.h"

static bool is_binary(const net_step *s)
{
    return !s->gone && s->kind == NET_CONV2D && s->scales != s->shifts && s->residual == NET_NONE &&
           !s->pool && s->a.activation != HG_PRELU;
}

hg_status net_lower_product(net_graph *g)
{
    for (int i = 0; i < g->step_count; i++) {
        net_step *s = &g->steps[i];
        if (!is_binary(s)) continue;
        net_node constant = g->values[s->inputs[0]];
        const int64_t c = constant.tensor.c;
        float *floats = s->scales ? s->weight : s->bias;
        if (!floats) floats = net_take(g->memory, (size_t)c, sizeof *floats); /* packed */
        constant.tensor = hg_tensor_nhwc(HG_F32, 1, 1, 1, c);
        constant.home = NET_CONSTANT;
        constant.floats = floats;
        const int value = net_value_add(g, &constant);
        if (!floats || value == NET_NONE) return net_no_memory(g);
        s->kind = NET_BINARY;
        s->a.binary = s->scales ? HG_MULTIPLY : HG_ADD;
        s->inputs[1] = value;
        s->input_count = 2;
        s->slopes = floats;
        s->weight = s->bias = NULL;
    }
    return HG_OK;
}
