/* Steps whose values nothing reads go, from the last on; then the gaps close. */
#include "net/graph.h"

hg_status net_drop_unused(net_graph *g)
{
    for (int i = g->step_count - 1; i >= 0; i--) {
        net_step *s = &g->steps[i];
        if (!s->gone && !net_uses(g, s->output) &&
            (s->indices == NET_NONE || !net_uses(g, s->indices)))
            s->gone = true;
        if (s->indices != NET_NONE && !net_uses(g, s->indices)) s->indices = NET_NONE;
    }
    net_close_gaps(g);
    return HG_OK;
}
