/* The execution provider: what ONNX Runtime makes of this library.
 *
 *     factory    one for each registration of the library                      factory.c
 *     provider   one for each session: options, a context                      provider.c
 *     compiled   one for each subgraph: a network, a plan for each shape       compile.c
 *
 * A subgraph is described in the text of docs/networks.md and planned whole by hourglass-net. */
#ifndef HG_ONNXRUNTIME_PROVIDER_H
#define HG_ONNXRUNTIME_PROVIDER_H

#include <onnxruntime_c_api.h>
#include <pthread.h>
#include <stdbool.h>

#include "hourglass/net.h"

/* The first version whose interface has all that is called here; later runtimes offer it, too. */
enum { EP_API_VERSION = 23 };

/* As users name it; options are session entries "ep.hourglass.NAME". */
#define EP_NAME "hourglass"

typedef struct ep_api {
    const OrtApi *ort;
    const OrtEpApi *ep;
} ep_api;

/* ---- Options: options.c ---- */

typedef struct ep_options {
    hg_accuracy accuracy;
    bool reproducible;
    int threads; /* parts that a run is cut into at most */
    int least;   /* nodes of a subgraph; smaller ones are left to the runtime */
    char *table; /* text of a tuning table, or NULL */
    size_t table_size;
} ep_options;

/* Reads the entries of a session. An unknown name or word is an error that names it. */
OrtStatus *ep_options_read(const ep_api *api, const OrtSessionOptions *session, ep_options *o);
void ep_options_free(ep_options *o);

/* ---- Providers ---- */

/* Memory of runs that have ended, for those to come: as many as ran at once. */
typedef struct ep_arena {
    struct ep_arena *next;
    size_t size; /* bytes behind this header, which takes 64 */
} ep_arena;

typedef struct ep_provider {
    OrtEp base; /* the runtime holds a pointer to this */
    ep_api api;
    const OrtLogger *logger;
    ep_options options;
    hg_context *context;
    pthread_mutex_t lock; /* of arenas */
    ep_arena *arenas;
} ep_provider;

OrtStatus *ep_provider_create(const ep_api *api, const OrtSessionOptions *session,
                              const OrtLogger *logger, OrtEp **ep);
void ep_provider_free(OrtEp *ep);

/* Compiles a subgraph that was claimed. fused: the node that takes its place. */
OrtStatus *ep_compile(ep_provider *p, const OrtGraph *graph, const OrtNode *fused,
                      OrtNodeComputeInfo **info);
void ep_compiled_free(OrtNodeComputeInfo *info);

/* Names the subgraphs that ep_compile can do. */
OrtStatus *ep_claim(ep_provider *p, const OrtGraph *graph, OrtEpGraphSupportInfo *support);

/* ---- Words for the runtime: status.c ---- */

/* Leaves the function with a status that is not NULL. */
#define EP_TRY(call)                                                                               \
    do {                                                                                           \
        OrtStatus *status_ = (call);                                                               \
        if (status_) return status_;                                                               \
    } while (0)

/* One sentence, as printf. */
OrtStatus *ep_fail(const ep_api *api, OrtErrorCode code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What a call of the library said. */
OrtStatus *ep_fail_net(const ep_api *api, hg_status status, const hg_net_error *error);
OrtStatus *ep_no_memory(const ep_api *api);
/* A line of the session's log; severity: ORT_LOGGING_LEVEL_... */
void ep_log(const ep_provider *p, OrtLoggingLevel severity, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
