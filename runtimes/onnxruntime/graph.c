/* Reads graphs by the runtime's interface. Contract: graph.h. */
#include "runtimes/onnxruntime/graph.h"

#include <stdlib.h>
#include <string.h>

/* ---- Values ---- */

static OrtStatus *read_shape(const ep_api *api, const OrtValueInfo *info, ep_value *v)
{
    const OrtTypeInfo *type = NULL;
    const OrtTensorTypeAndShapeInfo *tensor = NULL;
    size_t rank = 0;
    v->rank = EP_NONE;
    EP_TRY(api->ort->GetValueInfoTypeInfo(info, &type));
    if (type) EP_TRY(api->ort->CastTypeInfoToTensorInfo(type, &tensor));
    if (!tensor) return NULL;
    EP_TRY(api->ort->GetTensorElementType(tensor, &v->type));
    EP_TRY(api->ort->GetDimensionsCount(tensor, &rank));
    if (rank > EP_RANK) return NULL;
    EP_TRY(api->ort->GetDimensions(tensor, v->dims, rank));
    EP_TRY(api->ort->GetSymbolicDimensions(tensor, v->symbols, rank));
    v->rank = (int)rank;
    return NULL;
}

int ep_graph_find(const ep_graph *g, const char *name)
{
    for (int i = 0; i < g->value_count; i++)
        if (!strcmp(g->values[i].name, name)) return i;
    return EP_NONE;
}

static OrtStatus *place_value(ep_graph *g, const OrtValueInfo *info, int *place)
{
    const char *name = NULL;
    *place = EP_NONE;
    if (info) EP_TRY(g->api->ort->GetValueInfoName(info, &name));
    if (!name || !*name) return NULL;
    *place = ep_graph_find(g, name);
    if (*place != EP_NONE) return NULL;
    ep_value *v = &g->values[g->value_count];
    *v = (ep_value){.name = name, .info = info};
    EP_TRY(read_shape(g->api, info, v));
    EP_TRY(g->api->ort->ValueInfo_IsConstantInitializer(info, &v->constant));
    EP_TRY(g->api->ort->ValueInfo_IsGraphOutput(info, &v->output));
    *place = g->value_count++;
    return NULL;
}

/* ---- Nodes ---- */

typedef struct ends {
    size_t inputs, implicit, outputs, all;
} ends;

static OrtStatus *count_ends(const ep_api *api, const OrtNode *node, ends *e)
{
    EP_TRY(api->ort->Node_GetNumInputs(node, &e->inputs));
    EP_TRY(api->ort->Node_GetNumImplicitInputs(node, &e->implicit));
    EP_TRY(api->ort->Node_GetNumOutputs(node, &e->outputs));
    e->all = e->inputs + e->implicit + e->outputs;
    return NULL;
}

static OrtStatus *read_node(ep_graph *g, const OrtNode *node, const OrtValueInfo **infos,
                            int *places, ep_node *n)
{
    const OrtApi *ort = g->api->ort;
    ends e;
    EP_TRY(count_ends(g->api, node, &e));
    const size_t before = e.inputs + e.implicit;
    *n = (ep_node){.node = node,
                   .inputs = places,
                   .outputs = places + before,
                   .input_count = (int)e.inputs,
                   .implicit_count = (int)e.implicit,
                   .output_count = (int)e.outputs};
    EP_TRY(ort->Node_GetOperatorType(node, &n->op));
    EP_TRY(ort->Node_GetDomain(node, &n->domain));
    EP_TRY(ort->Node_GetSinceVersion(node, &n->version));
    EP_TRY(ort->Node_GetInputs(node, infos, e.inputs));
    EP_TRY(ort->Node_GetImplicitInputs(node, infos + e.inputs, e.implicit));
    EP_TRY(ort->Node_GetOutputs(node, infos + before, e.outputs));
    for (size_t i = 0; i < e.all; i++) EP_TRY(place_value(g, infos[i], &places[i]));
    return NULL;
}

static OrtStatus *read_nodes(ep_graph *g, const OrtNode **nodes, size_t count)
{
    OrtStatus *status = NULL;
    size_t room = 1, at = 0;
    for (size_t i = 0; i < count; i++) {
        ends e;
        EP_TRY(count_ends(g->api, nodes[i], &e));
        room += e.all;
    }
    const OrtValueInfo **infos = calloc(room, sizeof *infos);
    g->values = calloc(room, sizeof *g->values);
    g->places = calloc(room, sizeof *g->places);
    g->nodes = calloc(count + 1, sizeof *g->nodes);
    if (!infos || !g->values || !g->places || !g->nodes) status = ep_no_memory(g->api);
    for (size_t i = 0; !status && i < count; i++) {
        ep_node *n = &g->nodes[g->node_count++];
        status = read_node(g, nodes[i], infos, g->places + at, n);
        at += (size_t)(n->input_count + n->implicit_count + n->output_count);
    }
    free(infos);
    return status;
}

OrtStatus *ep_graph_read(const ep_api *api, const OrtGraph *graph, ep_graph *g)
{
    size_t count = 0;
    *g = (ep_graph){.api = api};
    EP_TRY(api->ort->Graph_GetNumNodes(graph, &count));
    const OrtNode **nodes = calloc(count + 1, sizeof *nodes);
    if (!nodes) return ep_no_memory(api);
    OrtStatus *status = api->ort->Graph_GetNodes(graph, nodes, count);
    if (!status) status = read_nodes(g, nodes, count);
    free(nodes);
    if (status) ep_graph_free(g);
    return status;
}

void ep_graph_free(ep_graph *g)
{
    free(g->values), free(g->nodes), free(g->places);
    *g = (ep_graph){.api = g->api};
}

bool ep_is_image(const ep_value *v)
{
    return v->type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT && v->rank == 4 && v->dims[1] > 0;
}

bool ep_is_indices(const ep_value *v)
{
    return v->type == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 && v->rank == 4 && v->dims[1] > 0;
}
