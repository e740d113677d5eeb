/* Which subgraphs are compiled. A node can be if its lines say something that hourglass-net reads.
 *
 * A node's level is how often a path to it changes between nodes that can and nodes that cannot.
 * Of the nodes that can, those of one level that are connected make a subgraph: a path from one of
 * them to another that leaves it would raise the level, so nothing that the runtime does itself
 * lies between them. */
#include <stdlib.h>
#include <string.h>

#include "runtimes/onnxruntime/describe.h"

enum { ANY_SIZE = 64 }; /* of rows and columns that are not known yet */

typedef struct claim {
    ep_provider *p;
    ep_graph g;
    int *maker;       /* of each value: a node, or EP_NONE */
    bool *can;        /* of each node */
    int *level, *lot; /* of each node; lot: the first node of its subgraph */
    int *ends;        /* room for a list of values */
    hg_tensor *sizes; /* likewise */
} claim;

/* ---- Lists of nodes ---- */

static bool listed(const int *list, int count, int value)
{
    for (int i = 0; i < count; i++)
        if (list[i] == value) return true;
    return false;
}

/* What the nodes of a lot read and do not make. lot EP_NONE: of one node. */
static int inputs_of(const claim *c, int lot, int node)
{
    int count = 0;
    for (int i = lot == EP_NONE ? node : 0; i <= (lot == EP_NONE ? node : c->g.node_count - 1);
         i++) {
        const ep_node *n = &c->g.nodes[i];
        if (lot != EP_NONE && c->lot[i] != lot) continue;
        for (int j = 0; j < n->input_count; j++) {
            const int v = n->inputs[j];
            if (v == EP_NONE || c->g.values[v].constant || listed(c->ends, count, v)) continue;
            const int made = c->maker[v];
            if (lot != EP_NONE && made != EP_NONE && c->lot[made] == lot) continue;
            c->ends[count++] = v;
        }
    }
    return count;
}

static bool made_in(const claim *c, int value, int lot)
{
    return value != EP_NONE && c->maker[value] != EP_NONE && c->lot[c->maker[value]] == lot;
}

/* What a lot makes for others: nodes outside, or who runs the model. */
static int outputs_of(const claim *c, int lot)
{
    int count = 0;
    for (int v = 0; v < c->g.value_count; v++)
        if (c->g.values[v].output && made_in(c, v, lot)) c->ends[count++] = v;
    for (int i = 0; i < c->g.node_count; i++) {
        const ep_node *n = &c->g.nodes[i];
        for (int j = 0; c->lot[i] != lot && j < n->input_count + n->implicit_count; j++)
            if (made_in(c, n->inputs[j], lot) && !listed(c->ends, count, n->inputs[j]))
                c->ends[count++] = n->inputs[j];
    }
    return count;
}

/* ---- Checks ---- */

/* Sizes of inputs, where they are not known those of another (but 1: that may be broadcast), or
 * some. */
static bool size_inputs(const claim *c, int count)
{
    int64_t some[4] = {1, 1, ANY_SIZE, ANY_SIZE};
    bool known = true;
    for (int i = 0; i < count; i++)
        for (int axis = 0; axis < 4; axis++)
            if (c->g.values[c->ends[i]].dims[axis] > 1)
                some[axis] = c->g.values[c->ends[i]].dims[axis];
    for (int i = 0; i < count; i++) {
        int64_t dims[4];
        for (int axis = 0; axis < 4; axis++) {
            const int64_t given = c->g.values[c->ends[i]].dims[axis];
            dims[axis] = given > 0 ? given : some[axis];
            known = known && (given > 0 || axis == 0);
        }
        c->sizes[i] = hg_tensor_nhwc(ep_is_indices(&c->g.values[c->ends[i]]) ? HG_I32 : HG_F32,
                                     dims[0], dims[2], dims[3], dims[1]);
    }
    return known;
}

/* NULL: hourglass-net reads it; else why not. */
static const char *read_text(const ep_description *d, const claim *c, int inputs, int output,
                             hg_net_error *error)
{
    hg_net *net;
    char *text = ep_compose(d, c->ends, c->sizes, inputs, &output, 1, false);
    if (!text) return "out of memory";
    const hg_status status = hg_net_read(text, strlen(text), NULL, 0, NULL, &net, error);
    free(text);
    hg_net_free(net);
    return status ? error->text : NULL;
}

static bool check_node(const claim *c, int i)
{
    const ep_node *n = &c->g.nodes[i];
    const char *name = "";
    hg_net_error error = {0};
    ep_description d = {.graph = &c->g, .dry = true};
    const char *why = ep_describe(&d, n);
    if (!why) {
        const int inputs = inputs_of(c, EP_NONE, i);
        size_inputs(c, inputs);
        why = read_text(&d, c, inputs, n->outputs[0], &error);
    }
    ep_description_free(&d);
    if (!why) return true;
    OrtStatus *status = c->p->api.ort->Node_GetName(n->node, &name);
    if (status) c->p->api.ort->ReleaseStatus(status);
    ep_log(c->p, ORT_LOGGING_LEVEL_VERBOSE, "hourglass leaves %s (%s): %s", n->op, name, why);
    return false;
}

/* All of a lot together, where sizes are known; where not, the first run says. */
static bool check_lot(const claim *c, int lot)
{
    hg_net_error error = {0};
    ep_description d = {.graph = &c->g, .dry = true};
    const char *why = NULL;
    int last = lot;
    for (int i = 0; !why && i < c->g.node_count; i++)
        if (c->lot[i] == lot) why = ep_describe(&d, &c->g.nodes[i]), last = i;
    if (!why && outputs_of(c, lot) > EP_MOST_ENDS) why = "more outputs than a network has";
    const int inputs = inputs_of(c, lot, 0);
    if (!why && inputs > EP_MOST_ENDS) why = "more inputs than a network has";
    if (!why && size_inputs(c, inputs))
        why = read_text(&d, c, inputs, c->g.nodes[last].outputs[0], &error);
    ep_description_free(&d);
    if (why)
        ep_log(c->p, ORT_LOGGING_LEVEL_WARNING, "hourglass leaves %s and what belongs to it: %s",
               c->g.nodes[lot].op, why);
    return !why;
}

/* ---- Lots ---- */

static int first_of(const claim *c, int node)
{
    while (c->lot[node] != node) node = c->lot[node];
    return node;
}

static void join(claim *c, int a, int b)
{
    a = first_of(c, a), b = first_of(c, b);
    c->lot[a > b ? a : b] = a > b ? b : a;
}

/* Nodes come behind what they read, so that one pass is enough. */
static void divide(claim *c)
{
    for (int i = 0; i < c->g.node_count; i++) {
        const ep_node *n = &c->g.nodes[i];
        c->lot[i] = i;
        for (int j = 0; j < n->input_count + n->implicit_count; j++) {
            const int made = n->inputs[j] == EP_NONE ? EP_NONE : c->maker[n->inputs[j]];
            if (made == EP_NONE) continue;
            const int level = c->level[made] + (c->can[made] != c->can[i]);
            if (level > c->level[i]) c->level[i] = level;
        }
        for (int j = 0; c->can[i] && j < n->input_count; j++) {
            const int made = n->inputs[j] == EP_NONE ? EP_NONE : c->maker[n->inputs[j]];
            if (made != EP_NONE && c->can[made] && c->level[made] == c->level[i]) join(c, made, i);
        }
    }
    for (int i = 0; i < c->g.node_count; i++) c->lot[i] = first_of(c, i);
}

static OrtStatus *add_lot(const claim *c, int lot, const OrtNode **nodes,
                          OrtEpGraphSupportInfo *support)
{
    const OrtNodeFusionOptions options = {.ort_version_supported = EP_API_VERSION,
                                          .drop_constant_initializers = true};
    size_t count = 0;
    for (int i = 0; i < c->g.node_count; i++)
        if (c->can[i] && c->lot[i] == lot) nodes[count++] = c->g.nodes[i].node;
    if ((int)count < c->p->options.least || !check_lot(c, lot)) return NULL;
    return c->p->api.ep->EpGraphSupportInfo_AddNodesToFuse(support, nodes, count, &options);
}

static OrtStatus *claim_all(claim *c, const OrtNode **nodes, OrtEpGraphSupportInfo *support)
{
    const ep_graph *g = &c->g;
    for (int i = 0; i < g->value_count; i++) c->maker[i] = EP_NONE;
    for (int i = 0; i < g->node_count; i++)
        for (int j = 0; j < g->nodes[i].output_count; j++)
            if (ep_has_output(&g->nodes[i], j)) c->maker[g->nodes[i].outputs[j]] = i;
    for (int i = 0; i < g->node_count; i++) c->can[i] = check_node(c, i);
    divide(c);
    for (int i = 0; i < g->node_count; i++)
        if (c->can[i] && c->lot[i] == i) EP_TRY(add_lot(c, i, nodes, support));
    return NULL;
}

OrtStatus *ep_claim(ep_provider *p, const OrtGraph *graph, OrtEpGraphSupportInfo *support)
{
    claim c = {.p = p};
    const OrtNode *parent = NULL;
    OrtStatus *status = NULL;
    EP_TRY(p->api.ort->Graph_GetParentNode(graph, &parent));
    if (parent) return NULL; /* bodies of loops and branches are the runtime's */
    EP_TRY(ep_graph_read(&p->api, graph, &c.g));
    const size_t nodes = (size_t)c.g.node_count + 1, values = (size_t)c.g.value_count + 1;
    const OrtNode **list = calloc(nodes, sizeof *list);
    c.maker = calloc(values, sizeof *c.maker);
    c.can = calloc(nodes, sizeof *c.can);
    c.level = calloc(nodes, sizeof *c.level);
    c.lot = calloc(nodes, sizeof *c.lot);
    c.ends = calloc(values, sizeof *c.ends);
    c.sizes = calloc(values, sizeof *c.sizes);
    if (!list || !c.maker || !c.can || !c.level || !c.lot || !c.ends || !c.sizes)
        status = ep_no_memory(&p->api);
    if (!status) status = claim_all(&c, list, support);
    free(list), free(c.maker), free(c.can), free(c.level), free(c.lot), free(c.ends), free(c.sizes);
    ep_graph_free(&c.g);
    return status;
}
