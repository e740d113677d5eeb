/* An activation behind a convolution goes into its epilogue. */
#include "net/graph.h"

hg_status net_fuse_activation(net_graph *g)
{
    for (int i = 0; i < g->step_count; i++) {
        net_step *s = &g->steps[i];
        if (s->gone || s->kind != NET_ACTIVATION) continue;
        const net_attributes a = s->a;
        float *slopes = s->slopes;
        net_step *conv = net_only_producer(g, s->inputs[0]);
        if (!conv || !net_has_epilogue(conv) || conv->a.activation != HG_IDENTITY) continue;
        if (conv->pool != HG_POOL_NONE || !net_merge(conv, s)) continue;
        s->a.activation = a.activation;
        s->a.min = a.min, s->a.max = a.max;
        s->a.slope = a.slope, s->a.offset = a.offset;
        s->slopes = slopes;
    }
    return HG_OK;
}
