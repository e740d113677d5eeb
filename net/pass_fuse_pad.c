/* Zeros around the input of a convolution, and of nothing else, are its padding. */
#include "net/graph.h"

static bool adds_zeros(const net_step *pad)
{
    const net_attributes *a = &pad->a;
    for (int i = 0; i < 4; i++)
        if (a->sides[i] < 0) return false;
    return pad->kind == NET_PAD2D && a->border == HG_PAD_CONSTANT && a->value == 0;
}

static bool takes(const net_step *conv)
{
    const hg_padding_mode mode = conv->a.padding.mode;
    return conv->kind == NET_CONV2D && (mode == HG_PADDING_EXPLICIT || mode == HG_PADDING_VALID);
}

hg_status net_fuse_pad(net_graph *g)
{
    for (int i = 0; i < g->step_count; i++) {
        net_step *conv = &g->steps[i];
        if (conv->gone || !takes(conv)) continue;
        net_step *pad = net_only_producer(g, conv->inputs[0]);
        if (!pad || !adds_zeros(pad) || !net_take_over(conv, pad)) continue;
        hg_padding *p = &conv->a.padding;
        const int64_t *sides = pad->a.sides;
        if (p->mode == HG_PADDING_VALID) *p = (hg_padding){.mode = HG_PADDING_EXPLICIT};
        p->top += sides[0], p->left += sides[1], p->bottom += sides[2], p->right += sides[3];
    }
    return HG_OK;
}
