/* x + x * g, of a pixel g, is x * (g + 1): one pass over the image, and one over the pixel. */
#include "net/graph.h"

static bool is(const net_step *s, hg_binary_op op)
{
    return s && !s->gone && s->kind == NET_BINARY && s->a.binary == (int)op;
}

static bool is_pixel(const net_graph *g, int value)
{
    const hg_tensor *t = &g->values[value].tensor;
    return t->h * t->w == 1;
}

/* The product's step becomes that of the pixel, and its value one. */
static hg_status raise(net_graph *g, net_step *product, int gain)
{
    const int64_t c = g->values[gain].tensor.c;
    float *factor = net_take(g->memory, (size_t)c, sizeof *factor);
    float *term = net_take(g->memory, (size_t)c, sizeof *term);
    if (!factor || !term) return net_no_memory(g);
    for (int64_t i = 0; i < c; i++) factor[i] = term[i] = 1;
    product->kind = NET_AFFINE;
    product->uniform = product->shifts = true;
    product->weight = factor;
    product->bias = term;
    product->inputs[0] = gain;
    product->input_count = 1;
    g->values[product->output].tensor = g->values[gain].tensor;
    return HG_OK;
}

static hg_status fuse(net_graph *g, net_step *sum, int which)
{
    const int x = sum->inputs[!which];
    net_step *product = net_only_producer(g, sum->inputs[which]);
    if (!is(product, HG_MULTIPLY) || product->inputs[0] != x) return HG_OK;
    const int gain = product->inputs[1];
    if (!is_pixel(g, gain) || is_pixel(g, x)) return HG_OK;
    sum->a.binary = HG_MULTIPLY;
    sum->inputs[0] = x;
    sum->inputs[1] = product->output;
    return raise(g, product, gain);
}

hg_status net_fuse_gain(net_graph *g)
{
    hg_status status = HG_OK;
    for (int i = 0; !status && i < g->step_count; i++)
        for (int which = 0; !status && which < 2; which++)
            if (is(&g->steps[i], HG_ADD)) status = fuse(g, &g->steps[i], which);
    return status;
}
