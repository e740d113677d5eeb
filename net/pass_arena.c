/* One arena for all values: largest first, each at the lowest place that no value has which is in
 * use in the same steps. What a step reads and what it writes are in use at once. */
#include <stdlib.h>

#include "net/graph.h"

enum { ALIGNMENT = 64 };

static int root_of(const net_graph *g, int value)
{
    while (g->values[value].parent != NET_NONE) value = g->values[value].parent;
    return value;
}

static void touch(net_graph *g, int value, int step)
{
    if (value == NET_NONE) return;
    net_node *v = &g->values[root_of(g, value)];
    if (v->first < 0) v->first = step;
    v->last = step;
}

static void find_lifetimes(net_graph *g)
{
    for (int i = 0; i < g->value_count; i++) g->values[i].first = g->values[i].last = -1;
    for (int i = 0; i < g->step_count; i++) {
        const net_step *s = &g->steps[i];
        for (int j = 0; j < s->input_count; j++) touch(g, s->inputs[j], i);
        touch(g, s->residual, i);
        touch(g, s->output, i);
        touch(g, s->indices, i);
    }
}

static bool is_own(const net_node *v)
{
    return v->parent == NET_NONE && v->home == NET_ARENA && v->first >= 0;
}

static size_t bytes_of(const hg_tensor *t)
{
    const size_t size = t->dtype == HG_U8 ? 1 : 4;
    const size_t bytes = (size_t)(t->n * t->h * t->w * t->c) * size;
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Larger first; of equals the earlier value, so that the order is the same everywhere. */
static int compare(const void *a, const void *b)
{
    const net_node *v = *(net_node *const *)a, *w = *(net_node *const *)b;
    if (v->bytes != w->bytes) return v->bytes < w->bytes ? 1 : -1;
    return v < w ? -1 : v > w;
}

static bool meet(const net_node *v, const net_node *w)
{
    return v->first <= w->last && w->first <= v->last && v->offset < w->offset + w->bytes &&
           w->offset < v->offset + v->bytes;
}

/* Moves the value behind whatever it meets until it meets nothing. */
static void fit(net_node *v, net_node *const *placed, int count)
{
    v->offset = 0;
    for (int i = 0; i < count;) {
        const bool met = meet(v, placed[i]);
        if (met) v->offset = placed[i]->offset + placed[i]->bytes;
        i = met ? 0 : i + 1;
    }
}

hg_status net_allocate_arena(net_graph *g)
{
    int count = 0;
    net_node **order = net_take(g->memory, (size_t)g->value_count, sizeof(net_node *));
    if (!order) return net_no_memory(g);
    find_lifetimes(g);
    for (int i = 0; i < g->value_count; i++) {
        net_node *v = &g->values[i];
        v->bytes = bytes_of(&v->tensor);
        if (is_own(v)) order[count++] = v;
    }
    qsort(order, (size_t)count, sizeof *order, compare);
    g->arena = 0;
    for (int i = 0; i < count; i++) {
        fit(order[i], order, i);
        const size_t end = order[i]->offset + order[i]->bytes;
        g->arena = end > g->arena ? end : g->arena;
    }
    for (int i = 0; i < g->value_count; i++) {
        net_node *v = &g->values[i];
        const net_node *root = &g->values[root_of(g, i)];
        if (v == root) continue;
        v->home = root->home;
        v->slot = root->slot;
        v->offset += root->offset;
    }
    return HG_OK;
}
