/* Runs of a compiled subgraph. Contract: compiled.h. */
#include <stdlib.h>

#include "runtimes/onnxruntime/compiled.h"

enum { ARENA_HEAD = 64 };

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

static OrtStatus *read_input(const ep_compiled *c, const OrtKernelContext *context, int i,
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
    *size = hg_tensor_nhwc(c->wide[i] ? HG_I32 : HG_F32, dims[0], dims[2], dims[3], dims[1]);
    return ort->GetTensorData(value, data);
}

/* empty: no images, whatever the plan has. Of three axes the channels, of which there is one, are
 * left out. */
static OrtStatus *make_output(const ep_compiled *c, OrtKernelContext *context,
                              const hg_net_plan *plan, int i, bool empty, void **data)
{
    const OrtApi *ort = c->p->api.ort;
    hg_tensor t;
    OrtValue *value = NULL;
    hg_net_output(plan, i, NULL, &t);
    const int64_t n = empty ? 0 : t.n;
    const int64_t four[] = {n, t.c, t.h, t.w}, three[] = {n, t.h, t.w};
    const int rank = c->ranks[i];
    EP_TRY(ort->KernelContext_GetOutput(context, (size_t)i, rank == 3 ? three : four, (size_t)rank,
                                        &value));
    return ort->GetTensorMutableData(value, data);
}

/* ---- Whole numbers: int64 of the runtime, int32 of the network ---- */

static int64_t elements(const hg_tensor *t)
{
    return t->n * t->c * t->h * t->w;
}

static hg_tensor end_of(const ep_compiled *c, const hg_net_plan *plan, int end)
{
    hg_tensor t;
    if (end < c->input_count)
        hg_net_input(plan, end, NULL, &t);
    else
        hg_net_output(plan, end - c->input_count, NULL, &t);
    return t;
}

/* Bytes of all ends that are whole numbers; those before `end` alone. */
static size_t narrow_bytes(const ep_compiled *c, const hg_net_plan *plan, int end)
{
    size_t bytes = 0;
    for (int i = 0; i < end; i++) {
        const hg_tensor t = end_of(c, plan, i);
        if (c->wide[i]) bytes += ((size_t)elements(&t) * sizeof(int32_t) + 63) / 64 * 64;
    }
    return bytes;
}

static bool narrow(const int64_t *from, int32_t *to, int64_t count)
{
    bool fit = true;
    for (int64_t i = 0; i < count; i++) {
        fit = fit && from[i] >= 0 && from[i] <= INT32_MAX;
        to[i] = (int32_t)from[i];
    }
    return fit;
}

static void widen(const int32_t *from, int64_t *to, int64_t count)
{
    for (int64_t i = 0; i < count; i++) to[i] = from[i];
}

/* ---- A run ---- */

/* Pointers to inputs, then outputs. */
typedef struct ends {
    const void *inputs[EP_MOST_ENDS];
    void *outputs[EP_MOST_ENDS];
} ends;

/* What the network sees: of whole numbers copies in `memory`. */
static OrtStatus *narrow_ends(const ep_compiled *c, const hg_net_plan *plan, char *memory, ends *e)
{
    for (int i = 0; i < c->input_count + c->output_count; i++) {
        const hg_tensor t = end_of(c, plan, i);
        void *copy = memory + narrow_bytes(c, plan, i);
        if (!c->wide[i]) continue;
        if (i >= c->input_count)
            e->outputs[i - c->input_count] = copy;
        else if (narrow(e->inputs[i], copy, elements(&t)))
            e->inputs[i] = copy;
        else
            return ep_fail(&c->p->api, ORT_INVALID_ARGUMENT,
                           "hourglass: input %d has an index that is no place in its tensor", i);
    }
    return NULL;
}

static OrtStatus *run_in(const ep_compiled *c, OrtKernelContext *context, const hg_net_plan *plan,
                         const ends *given, char *memory)
{
    loan lent = {c->p->api.ort, context};
    const hg_executor executor = {parallel_for, &lent};
    const size_t size = hg_net_memory_size(plan);
    ends e = *given;
    EP_TRY(narrow_ends(c, plan, memory + size, &e));
    const hg_status status = hg_net_run_on(plan, &executor, e.inputs, e.outputs, memory);
    if (status) return ep_fail_net(&c->p->api, status, NULL);
    for (int i = 0; i < c->output_count; i++) {
        const hg_tensor t = end_of(c, plan, c->input_count + i);
        if (c->wide[c->input_count + i]) widen(e.outputs[i], given->outputs[i], elements(&t));
    }
    return NULL;
}

/* Of an empty batch one image's sizes are planned, and nothing is run. */
static OrtStatus *run_shaped(ep_compiled *c, OrtKernelContext *context, const hg_net_plan *plan,
                             bool empty, ends *e)
{
    for (int i = 0; i < c->output_count; i++)
        EP_TRY(make_output(c, context, plan, i, empty, &e->outputs[i]));
    if (empty) return NULL;
    const size_t narrowed = narrow_bytes(c, plan, c->input_count + c->output_count);
    ep_arena *arena = take_arena(c->p, hg_net_memory_size(plan) + narrowed);
    if (!arena) return ep_no_memory(&c->p->api);
    OrtStatus *status = run_in(c, context, plan, e, (char *)arena + ARENA_HEAD);
    give_arena(c->p, arena);
    return status;
}

OrtStatus *ORT_API_CALL ep_compute(OrtNodeComputeInfo *info, void *state, OrtKernelContext *context)
{
    ep_compiled *c = state;
    hg_tensor sizes[EP_MOST_ENDS];
    ends e;
    ep_shaped *s = NULL;
    bool empty = false;
    (void)info;
    for (int i = 0; i < c->input_count; i++) {
        EP_TRY(read_input(c, context, i, &sizes[i], &e.inputs[i]));
        if (!sizes[i].n) empty = true, sizes[i].n = 1;
    }
    pthread_mutex_lock(&c->lock);
    OrtStatus *status = ep_find_plan(c, sizes, &s);
    pthread_mutex_unlock(&c->lock);
    if (status) return status;
    status = run_shaped(c, context, s->plan, empty, &e);
    pthread_mutex_lock(&c->lock);
    s->users--;
    pthread_mutex_unlock(&c->lock);
    return status;
}

OrtStatus *ORT_API_CALL ep_create_state(OrtNodeComputeInfo *info, OrtNodeComputeContext *node,
                                        void **state)
{
    (void)node;
    *state = info;
    return NULL;
}

void ORT_API_CALL ep_release_state(OrtNodeComputeInfo *info, void *state)
{
    (void)info, (void)state;
}
