/* A subgraph that was compiled: its network, and a plan for each of the last shapes. */
#include <stdlib.h>
#include <string.h>

#include "runtimes/onnxruntime/describe.h"

enum { KEPT_PLANS = 8, ARENA_HEAD = 64 };

/* A plan for the inputs' sizes. */
typedef struct shaped {
    struct shaped *next; /* the one used before */
    hg_net_plan *plan;
    int users;         /* runs that are under way */
    hg_tensor sizes[]; /* of each input */
} shaped;

typedef struct compiled {
    OrtNodeComputeInfo base;
    ep_provider *p;
    ep_description d;  /* until the network is read */
    int *values;       /* inputs, then outputs */
    int *places;       /* of inputs: which of the node's */
    int64_t *channels; /* of inputs */
    int input_count, output_count;
    pthread_mutex_t lock; /* of all below */
    bool fixed;           /* no other sizes can come: the network is gone, its plan is there */
    hg_net *net;
    shaped *plans; /* the last one used first */
} compiled;

/* ---- Plans: the lock is held ---- */

/* The first sizes that fit make the network of the description. */
static OrtStatus *read_net(compiled *c, const hg_tensor *sizes)
{
    hg_net_error error = {0};
    char *text = ep_compose(&c->d, c->values, sizes, c->input_count, c->values + c->input_count,
                            c->output_count, true);
    if (!text) return ep_no_memory(&c->p->api);
    const hg_status status = hg_net_read(text, strlen(text), c->d.weights,
                                         c->d.count * sizeof *c->d.weights, NULL, &c->net, &error);
    free(text);
    if (status) return ep_fail_net(&c->p->api, status, &error);
    ep_description_free(&c->d);
    return NULL;
}

static OrtStatus *make_plan(compiled *c, const hg_tensor *sizes, shaped **made)
{
    hg_net_error error = {0};
    if (c->fixed)
        return ep_fail(&c->p->api, ORT_INVALID_ARGUMENT,
                       "hourglass: a shape that is not the one of the model");
    if (!c->net) EP_TRY(read_net(c, sizes));
    const size_t bytes = (size_t)c->input_count * sizeof *sizes;
    shaped *s = calloc(1, sizeof *s + bytes);
    if (!s) return ep_no_memory(&c->p->api);
    memcpy(s->sizes, sizes, bytes);
    const hg_net_options options = {.inputs = s->sizes,
                                    .input = HG_NCHW,
                                    .output = HG_NCHW,
                                    .accuracy = c->p->options.accuracy};
    const hg_status status = hg_net_plan_create(c->p->context, c->net, &options, &s->plan, &error);
    if (status) {
        free(s);
        return ep_fail_net(&c->p->api, status, &error);
    }
    *made = s;
    return NULL;
}

/* Plans beyond those that are kept go, unless they run. */
static void forget(compiled *c)
{
    int kept = 0;
    for (shaped **at = &c->plans; *at;) {
        shaped *s = *at;
        if (++kept <= KEPT_PLANS || s->users) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        hg_net_plan_free(s->plan);
        free(s);
    }
}

static bool same_sizes(const compiled *c, const shaped *s, const hg_tensor *sizes)
{
    for (int i = 0; i < c->input_count; i++)
        if (s->sizes[i].n != sizes[i].n || s->sizes[i].h != sizes[i].h ||
            s->sizes[i].w != sizes[i].w)
            return false;
    return true;
}

static OrtStatus *find_plan(compiled *c, const hg_tensor *sizes, shaped **found)
{
    shaped **at = &c->plans, *s = NULL;
    while (*at && !same_sizes(c, *at, sizes)) at = &(*at)->next;
    if (*at)
        s = *at, *at = s->next;
    else
        EP_TRY(make_plan(c, sizes, &s));
    s->next = c->plans;
    c->plans = s;
    s->users++;
    forget(c);
    *found = s;
    return NULL;
}

/* ---- Memory of runs ---- */

static ep_arena *take_arena(ep_provider *p, size_t size)
{
    pthread_mutex_lock(&p->lock);
    ep_arena *a = p->arenas;
    if (a) p->arenas = a->next;
    pthread_mutex_unlock(&p->lock);
    if (a && a->size >= size) return a;
    free(a);
    a = aligned_alloc(64, ARENA_HEAD + size);
    if (a) a->size = size;
    return a;
}

static void give_arena(ep_provider *p, ep_arena *a)
{
    pthread_mutex_lock(&p->lock);
    a->next = p->arenas;
    p->arenas = a;
    pthread_mutex_unlock(&p->lock);
}

/* ---- Runs ---- */

/* The runtime's threads, for one call. */
typedef struct loan {
    const OrtApi *ort;
    const OrtKernelContext *context;
} loan;

static void parallel_for(void *self, size_t count, void (*task)(void *argument, size_t i),
                         void *argument)
{
    const loan *l = self;
    OrtStatus *status = l->ort->KernelContext_ParallelFor(l->context, task, count, 0, argument);
    if (!status) return;
    l->ort->ReleaseStatus(status); /* refused before anything was done */
    for (size_t i = 0; i < count; i++) task(argument, i);
}

static OrtStatus *read_input(const compiled *c, const OrtKernelContext *context, int i,
                             hg_tensor *size, const void **data)
{
    const OrtApi *ort = c->p->api.ort;
    const OrtValue *value = NULL;
    OrtTensorTypeAndShapeInfo *shape = NULL;
    int64_t dims[4];
    size_t rank = 0;
    EP_TRY(ort->KernelContext_GetInput(context, (size_t)c->places[i], &value));
    EP_TRY(ort->GetTensorTypeAndShape(value, &shape));
    OrtStatus *status = ort->GetDimensionsCount(shape, &rank);
    if (!status && rank == 4) status = ort->GetDimensions(shape, dims, rank);
    ort->ReleaseTensorTypeAndShapeInfo(shape);
    if (status) return status;
    if (rank != 4 || dims[1] != c->channels[i])
        return ep_fail(&c->p->api, ORT_INVALID_ARGUMENT,
                       "hourglass: input %d has %zu axes and %lld channels, not 4 and %lld", i,
                       rank, rank == 4 ? (long long)dims[1] : 0, (long long)c->channels[i]);
    *size = hg_tensor_nhwc(HG_F32, dims[0], dims[2], dims[3], dims[1]);
    return ort->GetTensorData(value, data);
}

/* n: images, where those of the plan do not count. */
static OrtStatus *make_output(const compiled *c, OrtKernelContext *context, const hg_net_plan *plan,
                              int i, bool empty, void **data)
{
    const OrtApi *ort = c->p->api.ort;
    hg_tensor t;
    OrtValue *value = NULL;
    hg_net_output(plan, i, NULL, &t);
    const int64_t dims[] = {empty ? 0 : t.n, t.c, t.h, t.w};
    EP_TRY(ort->KernelContext_GetOutput(context, (size_t)i, dims, 4, &value));
    return ort->GetTensorMutableData(value, data);
}

static OrtStatus *run(const compiled *c, OrtKernelContext *context, const hg_net_plan *plan,
                      const void *const *inputs, void *const *outputs)
{
    loan lent = {c->p->api.ort, context};
    const hg_executor executor = {parallel_for, &lent};
    ep_arena *arena = take_arena(c->p, hg_net_memory_size(plan));
    if (!arena) return ep_no_memory(&c->p->api);
    const hg_status status =
        hg_net_run_on(plan, &executor, inputs, outputs, (char *)arena + ARENA_HEAD);
    give_arena(c->p, arena);
    return status ? ep_fail_net(&c->p->api, status, NULL) : NULL;
}

/* Of an empty batch one image's sizes are planned, and nothing is run. */
static OrtStatus *run_shaped(compiled *c, OrtKernelContext *context, const hg_net_plan *plan,
                             bool empty, const void **inputs, void **outputs)
{
    for (int i = 0; i < c->output_count; i++)
        EP_TRY(make_output(c, context, plan, i, empty, &outputs[i]));
    return empty ? NULL : run(c, context, plan, inputs, outputs);
}

enum { MOST_ENDS = 64 }; /* as many inputs or outputs as hourglass-net takes */

static OrtStatus *ORT_API_CALL compute(OrtNodeComputeInfo *info, void *state,
                                       OrtKernelContext *context)
{
    compiled *c = state;
    hg_tensor sizes[MOST_ENDS];
    const void *inputs[MOST_ENDS];
    void *outputs[MOST_ENDS];
    shaped *s = NULL;
    bool empty = false;
    (void)info;
    for (int i = 0; i < c->input_count; i++) {
        EP_TRY(read_input(c, context, i, &sizes[i], &inputs[i]));
        if (!sizes[i].n) empty = true, sizes[i].n = 1;
    }
    pthread_mutex_lock(&c->lock);
    OrtStatus *status = find_plan(c, sizes, &s);
    pthread_mutex_unlock(&c->lock);
    if (status) return status;
    status = run_shaped(c, context, s->plan, empty, inputs, outputs);
    pthread_mutex_lock(&c->lock);
    s->users--;
    pthread_mutex_unlock(&c->lock);
    return status;
}

static OrtStatus *ORT_API_CALL create_state(OrtNodeComputeInfo *info, OrtNodeComputeContext *node,
                                            void **state)
{
    (void)node;
    *state = info;
    return NULL;
}

static void ORT_API_CALL release_state(OrtNodeComputeInfo *info, void *state)
{
    (void)info, (void)state;
}

/* ---- Compiling ---- */

static OrtStatus *describe(compiled *c, const ep_graph *g)
{
    for (int i = 0; i < g->node_count; i++) {
        const char *why = ep_describe(&c->d, &g->nodes[i]);
        if (why) return ep_fail(&c->p->api, ORT_FAIL, "hourglass: %s: %s", g->nodes[i].op, why);
    }
    return c->d.no_memory ? ep_no_memory(&c->p->api) : NULL;
}

/* Values by their names in the subgraph; constants are no inputs. */
static OrtStatus *find_ends(compiled *c, const ep_graph *g, const OrtValueInfo *const *infos,
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
            c->values[c->input_count++] = v;
        } else
            c->values[c->input_count + c->output_count++] = v;
    }
    if (c->input_count > MOST_ENDS || c->output_count > MOST_ENDS)
        return ep_fail(&c->p->api, ORT_FAIL, "hourglass: more than %d inputs or outputs",
                       MOST_ENDS);
    return NULL;
}

static OrtStatus *read_ends(compiled *c, const ep_graph *g, const OrtNode *fused)
{
    const OrtApi *ort = c->p->api.ort;
    size_t inputs, outputs;
    EP_TRY(ort->Node_GetNumInputs(fused, &inputs));
    EP_TRY(ort->Node_GetNumOutputs(fused, &outputs));
    const OrtValueInfo **infos = calloc(inputs + outputs, sizeof *infos);
    c->values = calloc(inputs + outputs, sizeof *c->values);
    c->places = calloc(inputs + 1, sizeof *c->places);
    c->channels = calloc(inputs + 1, sizeof *c->channels);
    OrtStatus *status = NULL;
    if (!infos || !c->values || !c->places || !c->channels) status = ep_no_memory(&c->p->api);
    if (!status) status = ort->Node_GetInputs(fused, infos, inputs);
    if (!status) status = ort->Node_GetOutputs(fused, infos + inputs, outputs);
    if (!status) status = find_ends(c, g, infos, inputs, outputs);
    free(infos);
    return status;
}

/* Where the model says all sizes, all is planned before the first run. */
static OrtStatus *plan_known(compiled *c, const ep_graph *g)
{
    hg_tensor sizes[MOST_ENDS];
    shaped *s = NULL;
    for (int i = 0; i < c->input_count; i++) {
        const int64_t *dims = g->values[c->values[i]].dims;
        if (dims[0] < 1 || dims[2] < 1 || dims[3] < 1) return NULL;
        sizes[i] = hg_tensor_nhwc(HG_F32, dims[0], dims[2], dims[3], dims[1]);
    }
    EP_TRY(find_plan(c, sizes, &s));
    s->users--;
    c->fixed = true;
    hg_net_free(c->net);
    c->net = NULL;
    return NULL;
}

static OrtStatus *build(compiled *c, const OrtGraph *graph, const OrtNode *fused)
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
    compiled *c = calloc(1, sizeof *c);
    if (!c) return ep_no_memory(&p->api);
    *c = (compiled){.base = {.ort_version_supported = EP_API_VERSION,
                             .CreateState = create_state,
                             .Compute = compute,
                             .ReleaseState = release_state},
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
    compiled *c = (compiled *)info;
    if (!c) return;
    while (c->plans) {
        shaped *next = c->plans->next;
        hg_net_plan_free(c->plans->plan);
        free(c->plans);
        c->plans = next;
    }
    hg_net_free(c->net);
    ep_description_free(&c->d);
    free(c->values), free(c->places), free(c->channels);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
