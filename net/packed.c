/* options.packed: what weights and biases of steps are known by. */
#include <string.h>

#include "net/graph.h"

/* Raised when a pass changes what a step of the same lines has as its weights. */
enum { PASSES = 2 };

/* What a step has, beside its weights. */
enum { WEIGHT, BIAS, SLOPES };

static uint64_t id_of(const net_graph *g, const net_step *s, int what)
{
    uint64_t words[4 + NET_FUSED] = {g->net->id, PASSES, (uint64_t)s->kind, (uint64_t)what};
    for (int i = 0; i < s->word_count; i++) words[4 + i] = (uint64_t)s->words[i].line;
    return hg_weights_id(words, sizeof words);
}

uint64_t net_packed_id(const net_graph *g, const net_step *s)
{
    return id_of(g, s, WEIGHT);
}

static hg_status exchange(const net_graph *g, const net_step *s, int what, float *floats,
                          int64_t count)
{
    hg_weights *packed = g->options.packed;
    const uint64_t id = id_of(g, s, what);
    if (!floats || !count) return HG_OK;
    if (!g->net->bare) return hg_weights_add(packed, id, floats, (size_t)count);
    const float *found = hg_weights_find(packed, id, (size_t)count);
    if (!found) return HG_UNSUPPORTED;
    memcpy(floats, found, (size_t)count * sizeof *floats);
    return HG_OK;
}

hg_status net_exchange_floats(const net_graph *g, const net_step *s)
{
    const int64_t inputs = g->values[s->inputs[0]].tensor.c;
    const int64_t channels = net_has_epilogue(s) ? s->a.k : inputs;
    if (!g->options.packed) return HG_OK;
    const hg_status status = exchange(g, s, BIAS, s->bias, channels);
    return status ? status : exchange(g, s, SLOPES, s->slopes, channels);
}
