/* Nearest upsampling in front of a convolution of stride 1 becomes hg_upsample_conv2d. */
#include "net/graph.h"

static bool is_one(hg_size2 s)
{
    return s.h <= 1 && s.w <= 1;
}

hg_status net_fuse_upsample(net_graph *g)
{
    for (int i = 0; i < g->step_count; i++) {
        net_step *conv = &g->steps[i];
        if (conv->gone || conv->kind != NET_CONV2D) continue;
        if (!is_one(conv->a.stride) || !is_one(conv->a.dilation)) continue;
        net_step *up = net_only_producer(g, conv->inputs[0]);
        if (!up || up->kind != NET_UPSAMPLE) continue;
        if (!net_take_over(conv, up)) continue;
        conv->kind = NET_UPSAMPLE_CONV2D;
        conv->factor = up->a.scale_by;
    }
    return HG_OK;
}
