/* The sum of a convolution and another value is the convolution with a residual. */
#include "net/graph.h"

static bool can_take(const net_step *conv)
{
    return conv && net_has_epilogue(conv) && conv->residual == NET_NONE &&
           conv->a.activation == HG_IDENTITY && conv->pool == HG_POOL_NONE;
}

/* Of values of the same sizes: a residual is not repeated. */
static bool is_sum(const net_graph *g, const net_step *s)
{
    if (s->gone || s->kind != NET_BINARY || s->a.binary != HG_ADD) return false;
    const hg_tensor *a = &g->values[s->inputs[0]].tensor, *b = &g->values[s->inputs[1]].tensor;
    return a->n == b->n && a->h == b->h && a->w == b->w && a->c == b->c;
}

/* Of two convolutions the later one: the other then need not wait. */
static void fuse(net_graph *g, net_step *add)
{
    net_step *const made[] = {net_only_producer(g, add->inputs[0]),
                              net_only_producer(g, add->inputs[1])};
    const int later = made[0] && made[1] ? made[1] > made[0] : made[1] != NULL;
    for (int i = 0; i < 2; i++) {
        const int which = i == 0 ? later : !later;
        const int other = add->inputs[!which];
        if (!can_take(made[which]) || !net_merge(made[which], add)) continue;
        add->residual = other;
        return;
    }
}

hg_status net_fuse_residual(net_graph *g)
{
    for (int i = 0; i < g->step_count; i++)
        if (is_sum(g, &g->steps[i])) fuse(g, &g->steps[i]);
    return HG_OK;
}
