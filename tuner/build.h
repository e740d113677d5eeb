/* A build of the library, loaded beside others in one process, with a context of its own. */
#ifndef HG_TUNER_BUILD_H
#define HG_TUNER_BUILD_H

#include "hourglass/hourglass.h"
#include "kernels/problem.h"

typedef struct hg_build {
    void *handle;
    hg_context *context;
    char said[200]; /* the last sentence of its log */
    /* Its public functions, as declared in include/hourglass. */
    const char *(*version)(void);
    hg_status (*context_create)(const hg_context_options *options, hg_context **context);
    void (*context_free)(hg_context *context);
    hg_status (*filter_create)(hg_context *context, const hg_filter_desc *desc, const void *weights,
                               hg_filter **filter);
    void (*filter_free)(hg_filter *filter);
    hg_status (*plan_from_key)(hg_context *context, const char *key, hg_filter *filter,
                               const void *bias, const char *kernel, hg_plan **plan);
    void (*plan_free)(hg_plan *plan);
    const char *(*plan_kernel)(const hg_plan *plan);
    size_t (*plan_workspace_size)(const hg_plan *plan);
    hg_status (*run)(const hg_plan *plan, const hg_io *io, void *workspace);
} hg_build;

/* Loads a copy of the shared library at `path`, so that one file can be loaded several times, and
 * makes a context for so many threads. A context keeps the address of *build for its log.
 * HG_IO: not a shared library of Hourglass. HG_UNSUPPORTED: no context. */
hg_status hg_build_open(const char *path, int threads, hg_build *build, hg_reason *why);
void hg_build_close(hg_build *build);

#endif
