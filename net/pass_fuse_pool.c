/* 2x2 pooling of stride 2 behind a convolution, which nothing else reads, is done with it, where
 * the library expects that to take no longer. */
#include "net/descriptors.h"

static bool is(hg_size2 s, int64_t size)
{
    return s.h == size && s.w == size;
}

static hg_conv_pool form_of(const net_step *s)
{
    const net_attributes *a = &s->a;
    const hg_padding *p = &a->padding;
    const bool bare = p->mode == HG_PADDING_VALID || (p->mode == HG_PADDING_EXPLICIT && !p->top &&
                                                      !p->left && !p->bottom && !p->right);
    const bool plain = !a->global && !a->ceil && !a->divisor && !a->adaptive.h && bare;
    if (!plain || !is(a->window, 2) || !(is(a->stride, 2) || is(a->stride, 0))) return HG_POOL_NONE;
    if (!is(a->dilation, 0) && !is(a->dilation, 1)) return HG_POOL_NONE;
    if (s->kind == NET_MAX_POOL2D && s->indices == NET_NONE) return HG_POOL_MAX_2X2;
    return s->kind == NET_AVG_POOL2D ? HG_POOL_AVG_2X2 : HG_POOL_NONE;
}

static hg_status weigh(net_graph *g, net_step *conv, hg_conv_pool form, bool *pays)
{
    net_step both = *conv;
    both.pool = form;
    const hg_filter_desc filter = net_filter_of(g, conv);
    const hg_conv2d op = net_conv2d_of(g, &both);
    hg_fusion fusion;
    const hg_status status = hg_weigh_conv2d_pool(g->context, &op, &filter, &fusion);
    return net_weighed(g, conv, status, &fusion, pays);
}

hg_status net_fuse_pool(net_graph *g)
{
    for (int i = 0; i < g->step_count; i++) {
        net_step *s = &g->steps[i];
        const hg_conv_pool form = s->gone ? HG_POOL_NONE : form_of(s);
        net_step *conv = form ? net_only_producer(g, s->inputs[0]) : NULL;
        if (!conv || conv->kind != NET_CONV2D || conv->residual != NET_NONE || conv->pool) continue;
        bool pays;
        const hg_status status = weigh(g, conv, form, &pays);
        if (status) return status;
        if (pays && net_merge(conv, s)) s->pool = form;
    }
    return HG_OK;
}
