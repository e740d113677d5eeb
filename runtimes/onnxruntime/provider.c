/* A provider: what a session asks of it. */
#include <stdlib.h>

#include "runtimes/onnxruntime/provider.h"

static ep_provider *provider_of(const OrtEp *base)
{
    return (ep_provider *)base;
}

static const char *ORT_API_CALL name_of(const OrtEp *base)
{
    (void)base;
    return EP_NAME;
}

static OrtStatus *ORT_API_CALL capability(OrtEp *base, const OrtGraph *graph,
                                          OrtEpGraphSupportInfo *support)
{
    return ep_claim(provider_of(base), graph, support);
}

static void ORT_API_CALL release_compiled(OrtEp *base, OrtNodeComputeInfo **infos, size_t count)
{
    (void)base;
    for (size_t i = 0; i < count; i++) ep_compiled_free(infos[i]);
}

static OrtStatus *ORT_API_CALL compile(OrtEp *base, const OrtGraph **graphs, const OrtNode **fused,
                                       size_t count, OrtNodeComputeInfo **infos,
                                       OrtNode **context_nodes)
{
    OrtStatus *status = NULL;
    (void)context_nodes;
    for (size_t i = 0; i < count; i++) infos[i] = NULL;
    for (size_t i = 0; !status && i < count; i++)
        status = ep_compile(provider_of(base), graphs[i], fused[i], &infos[i]);
    for (size_t i = 0; status && i < count; i++) ep_compiled_free(infos[i]), infos[i] = NULL;
    return status;
}

/* ---- The context ---- */

static void write_log(void *self, hg_status status, const char *sentence)
{
    ep_log(self, ORT_LOGGING_LEVEL_WARNING, "hourglass: %s (%s)", sentence,
           hg_status_string(status));
}

/* Every run brings the runtime's threads; the context needs none of its own. */
static void run_serially(void *self, size_t count, void (*task)(void *argument, size_t i),
                         void *argument)
{
    (void)self;
    for (size_t i = 0; i < count; i++) task(argument, i);
}

static OrtStatus *create_context(ep_provider *p)
{
    const hg_context_options options = {.threads = p->options.threads,
                                        .executor = {run_serially, NULL},
                                        .log = {write_log, p},
                                        .table = p->options.table,
                                        .table_size = p->options.table_size,
                                        .reproducible = p->options.reproducible};
    const hg_status status = hg_context_create(&options, &p->context);
    return status ? ep_fail_net(&p->api, status, NULL) : NULL;
}

OrtStatus *ep_provider_create(const ep_api *api, const OrtSessionOptions *session,
                              const OrtLogger *logger, OrtEp **ep)
{
    ep_provider *p = calloc(1, sizeof *p);
    *ep = NULL;
    if (!p) return ep_no_memory(api);
    *p = (ep_provider){.base = {.ort_version_supported = EP_API_VERSION,
                                .GetName = name_of,
                                .GetCapability = capability,
                                .Compile = compile,
                                .ReleaseNodeComputeInfos = release_compiled},
                       .api = *api,
                       .logger = logger};
    pthread_mutex_init(&p->lock, NULL);
    OrtStatus *status = ep_options_read(api, session, &p->options);
    if (!status) status = create_context(p);
    if (status)
        ep_provider_free(&p->base);
    else
        *ep = &p->base;
    return status;
}

void ep_provider_free(OrtEp *ep)
{
    if (!ep) return;
    ep_provider *p = provider_of(ep);
    while (p->arenas) {
        ep_arena *next = p->arenas->next;
        free(p->arenas);
        p->arenas = next;
    }
    hg_context_free(p->context);
    ep_options_free(&p->options);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
