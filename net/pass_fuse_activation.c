/* An activation goes into the epilogue of the convolution or binary operator before it. */
#include "net/graph.h"

hg_status net_fuse_activation(net_graph *g)
{
    for (int i = 0; i < g->step_count; i++) {
        net_step *s = &g->steps[i];
        if (s->gone || s->kind != NET_ACTIVATION) continue;
        const net_attributes a = s->a;
        float *slopes = s->slopes;
        net_step *made = net_only_producer(g, s->inputs[0]);
        if (!made || !net_takes_activation(made, a.activation) || made->a.activation != HG_IDENTITY)
            continue;
        if (made->pool != HG_POOL_NONE || !net_merge(made, s)) continue;
        s->a.activation = a.activation;
        s->a.min = a.min, s->a.max = a.max;
        s->a.slope = a.slope, s->a.offset = a.offset;
        s->slopes = slopes;
    }
    return HG_OK;
}
