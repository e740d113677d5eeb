/* Nearest upsampling in front of a convolution of stride 1 becomes hg_upsample_conv2d, where the
 * library expects that to take no longer. */
#include "net/descriptors.h"

static bool is_one(hg_size2 s)
{
    return s.h <= 1 && s.w <= 1;
}

static hg_status weigh(net_graph *g, const net_step *up, net_step *conv, bool *pays)
{
    net_step both = *conv;
    both.inputs[0] = up->inputs[0];
    both.factor = up->a.scale_by;
    const hg_filter_desc filter = net_filter_of(g, conv);
    const hg_upsample_conv2d op = net_upsample_conv2d_of(g, &both);
    hg_fusion fusion;
    const hg_status status = hg_weigh_upsample_conv2d(g->context, &op, &filter, &fusion);
    return net_weighed(g, conv, status, &fusion, pays);
}

hg_status net_fuse_upsample(net_graph *g)
{
    for (int i = 0; i < g->step_count; i++) {
        net_step *conv = &g->steps[i];
        if (conv->gone || conv->kind != NET_CONV2D) continue;
        if (!is_one(conv->a.stride) || !is_one(conv->a.dilation)) continue;
        net_step *up = net_only_producer(g, conv->inputs[0]);
        if (!up || up->kind != NET_UPSAMPLE) continue;
        bool pays;
        const hg_status status = weigh(g, up, conv, &pays);
        if (status) return status;
        if (!pays || !net_take_over(conv, up)) continue;
        conv->kind = NET_UPSAMPLE_CONV2D;
        conv->factor = up->a.scale_by;
    }
    return HG_OK;
}
