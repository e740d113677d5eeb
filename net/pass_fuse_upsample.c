/* Nearest and bilinear upsampling in front of a convolution of stride 1 becomes
 * hg_upsample_conv2d, where the library expects that to take no longer. */
#include "net/descriptors.h"

static bool is_one(hg_size2 s)
{
    return s.h <= 1 && s.w <= 1;
}

/* Bilinear resizing by whole factors. */
static bool is_smooth(const net_graph *g, const net_step *s, hg_size2 *factor)
{
    const net_attributes *a = &s->a;
    if (s->kind != NET_RESIZE2D || a->mode != HG_RESIZE_BILINEAR || a->antialias ||
        a->exclude_outside || a->coordinates > HG_ALIGN_CORNERS)
        return false;
    const hg_tensor *in = &g->values[s->inputs[0]].tensor, *out = &g->values[s->output].tensor;
    *factor = (hg_size2){out->h / in->h, out->w / in->w};
    const bool whole = out->h == factor->h * in->h && out->w == factor->w * in->w;
    /* A scale beside the sizes would say where the pixels are. */
    return whole && (a->scale_h == 0 || a->scale_h == (double)factor->h) &&
           (a->scale_w == 0 || a->scale_w == (double)factor->w);
}

static bool enlarges(const net_graph *g, const net_step *up, hg_size2 *factor)
{
    *factor = up->a.scale_by;
    return up->kind == NET_UPSAMPLE || is_smooth(g, up, factor);
}

/* The convolution with what is in front of it. */
static net_step joined(const net_step *up, const net_step *conv, hg_size2 factor)
{
    net_step both = *conv;
    both.kind = NET_UPSAMPLE_CONV2D;
    both.inputs[0] = up->inputs[0];
    both.factor = factor;
    both.a.mode = up->kind == NET_UPSAMPLE ? HG_RESIZE_NEAREST : up->a.mode;
    both.a.coordinates = up->a.coordinates;
    return both;
}

static hg_status weigh(net_graph *g, const net_step *both, net_step *conv, bool *pays)
{
    const hg_filter_desc filter = net_filter_of(g, conv);
    const hg_upsample_conv2d op = net_upsample_conv2d_of(g, both);
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
        hg_size2 factor;
        if (!up || !enlarges(g, up, &factor)) continue;
        bool pays;
        const net_step both = joined(up, conv, factor);
        const hg_status status = weigh(g, &both, conv, &pays);
        if (status) return status;
        if (!pays || !net_take_over(conv, up)) continue;
        conv->kind = both.kind;
        conv->factor = both.factor;
        conv->a.mode = both.a.mode, conv->a.coordinates = both.a.coordinates;
    }
    return HG_OK;
}
