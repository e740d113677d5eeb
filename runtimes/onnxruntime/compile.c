/* Describes a subgraph that was claimed, and plans it where all sizes are known. */
#include <stdlib.h>

#include "runtimes/onnxruntime/compiled.h"

static OrtStatus *describe(ep_compiled *c, const ep_graph *g)
{
    for (int i = 0; i < g->node_count; i++) {
        const char *why = ep_describe(&c->d, &g->nodes[i]);
        if (why) return ep_fail(&c->p->api, ORT_FAIL, "hourglass: %s: %s", g->nodes[i].op, why);
    }
    return c->d.no_memory ? ep_no_memory(&c->p->api) : NULL;
}

/* Values by their names in the subgraph; constants are no inputs. */
static OrtStatus *find_ends(ep_compiled *c, const ep_graph *g, const OrtValueInfo *const *infos,
                            size_t inputs, size_t outputs)
{
    for (size_t i = 0; i < inputs + outputs; i++) {
        const char *name;
        EP_TRY(c->p->api.ort->GetValueInfoName(infos[i], &name));
        const int v = ep_graph_find(g, name);
        if (v == EP_NONE)
            return ep_fail(&c->p->api, ORT_FAIL, "hourglass: no node has the value %s", name);
        if (i < inputs && g->values[v].constant) continue;
        if (i < inputs) {
            c->channels[c->input_count] = g->values[v].dims[1];
            c->places[c->input_count] = (int)i;
        } else
            c->ranks[c->output_count] = g->values[v].rank;
        const int at = c->input_count + c->output_count;
        c->values[at] = v;
        c->wide[at] = g->values[v].type == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64;
        *(i < inputs ? &c->input_count : &c->output_count) += 1;
    }
    if (c->input_count > EP_MOST_ENDS || c->output_count > EP_MOST_ENDS)
        return ep_fail(&c->p->api, ORT_FAIL, "hourglass: more than %d inputs or outputs",
                       EP_MOST_ENDS);
    return NULL;
}

static OrtStatus *read_ends(ep_compiled *c, const ep_graph *g, const OrtNode *fused)
{
    const OrtApi *ort = c->p->api.ort;
    size_t inputs, outputs;
    EP_TRY(ort->Node_GetNumInputs(fused, &inputs));
    EP_TRY(ort->Node_GetNumOutputs(fused, &outputs));
    const OrtValueInfo **infos = calloc(inputs + outputs, sizeof *infos);
    c->values = calloc(inputs + outputs, sizeof *c->values);
    c->places = calloc(inputs + 1, sizeof *c->places);
    c->channels = calloc(inputs + 1, sizeof *c->channels);
    c->wide = calloc(inputs + outputs, sizeof *c->wide);
    c->ranks = calloc(outputs + 1, sizeof *c->ranks);
    OrtStatus *status = NULL;
    if (!infos || !c->values || !c->places || !c->channels || !c->wide || !c->ranks)
        status = ep_no_memory(&c->p->api);
    if (!status) status = ort->Node_GetInputs(fused, infos, inputs);
    if (!status) status = ort->Node_GetOutputs(fused, infos + inputs, outputs);
    if (!status) status = find_ends(c, g, infos, inputs, outputs);
    free(infos);
    return status;
}

/* Where the model says all sizes, all is planned before the first run. */
static OrtStatus *plan_known(ep_compiled *c, const ep_graph *g)
{
    hg_tensor sizes[EP_MOST_ENDS];
    ep_shaped *s = NULL;
    for (int i = 0; i < c->input_count; i++) {
        const int64_t *dims = g->values[c->values[i]].dims;
        if (dims[0] < 1 || dims[2] < 1 || dims[3] < 1) return NULL;
        sizes[i] = hg_tensor_nhwc(c->wide[i] ? HG_I32 : HG_F32, dims[0], dims[2], dims[3], dims[1]);
    }
    EP_TRY(ep_find_plan(c, sizes, &s));
    s->users--;
    c->fixed = true;
    hg_net_free(c->net);
    c->net = NULL;
    return NULL;
}

static OrtStatus *build(ep_compiled *c, const OrtGraph *graph, const OrtNode *fused)
{
    ep_graph g;
    EP_TRY(ep_graph_read(&c->p->api, graph, &g));
    c->d.graph = &g;
    OrtStatus *status = describe(c, &g);
    if (!status) status = read_ends(c, &g, fused);
    if (!status) status = plan_known(c, &g);
    c->d.graph = NULL;
    ep_graph_free(&g);
    return status;
}

OrtStatus *ep_compile(ep_provider *p, const OrtGraph *graph, const OrtNode *fused,
                      OrtNodeComputeInfo **info)
{
    ep_compiled *c = calloc(1, sizeof *c);
    if (!c) return ep_no_memory(&p->api);
    *c = (ep_compiled){.base = {.ort_version_supported = EP_API_VERSION,
                                .CreateState = ep_create_state,
                                .Compute = ep_compute,
                                .ReleaseState = ep_release_state},
                       .p = p};
    pthread_mutex_init(&c->lock, NULL);
    OrtStatus *status = build(c, graph, fused);
    if (status)
        ep_compiled_free(&c->base);
    else
        *info = &c->base;
    return status;
}

void ep_compiled_free(OrtNodeComputeInfo *info)
{
    ep_compiled *c = (ep_compiled *)info;
    if (!c) return;
    ep_plans_free(c);
    hg_net_free(c->net);
    hg_weights_free(c->weights);
    ep_description_free(&c->d);
    free(c->values), free(c->places), free(c->channels), free(c->wide), free(c->ranks);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
