/* The classes of a resized map come without the map. */
#include "net/graph.h"

hg_status net_fuse_argmax(net_graph *g)
{
    for (int i = 0; i < g->step_count; i++) {
        net_step *s = &g->steps[i];
        if (s->gone || s->kind != NET_ARGMAX) continue;
        net_step *resize = net_only_producer(g, s->inputs[0]);
        const int type = s->a.class_type;
        if (!resize || resize->kind != NET_RESIZE2D || !net_merge(resize, s)) continue;
        s->kind = NET_RESIZE_ARGMAX2D;
        s->a.class_type = type;
    }
    return HG_OK;
}
