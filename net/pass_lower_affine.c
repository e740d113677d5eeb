/* Factors and terms per channel that no convolution took are a depthwise convolution of one tap:
 * one pass over memory, and what follows fuses with it as with any other. */
#include "net/graph.h"

hg_status net_lower_affine(net_graph *g)
{
    for (int i = 0; i < g->step_count; i++) {
        net_step *s = &g->steps[i];
        if (s->gone || s->kind != NET_AFFINE) continue;
        s->kind = NET_CONV2D;
        s->a.k = s->a.groups = g->values[s->inputs[0]].tensor.c;
        s->a.window = (hg_size2){1, 1};
        if (g->net->bare) s->weight = NULL; /* packed, as other convolutions' are */
    }
    return HG_OK;
}
