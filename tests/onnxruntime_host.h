/* A program that runs models by ONNX Runtime, with and without the provider. */
#ifndef HG_TEST_ONNXRUNTIME_HOST_H
#define HG_TEST_ONNXRUNTIME_HOST_H

#include <onnxruntime_c_api.h>
#include <stdbool.h>

#include "tests/onnxruntime_memory.h"

enum { HOST_ENDS = 8, HOST_NAME = 1024 }; /* a file's name, or a sentence of the runtime */

typedef struct host {
    const OrtApi *ort;
    OrtEnv *env;
    OrtMemoryInfo *memory;
    const char *provider; /* file */
} host;

/* Session options; zero-initialised: the runtime alone, one thread. */
typedef struct host_options {
    bool provider;
    int threads;
    const char *key, *value; /* an option of the provider, besides least_nodes 1; NULL: none */
    bool choosy;             /* least_nodes stays as it is */
} host_options;

typedef struct host_shape {
    int64_t dims[4];
} host_shape;

/* Opens the runtime's library and registers the provider; false: said why. */
bool host_open(host *h, const char *runtime, const char *provider);
void host_close(host *h);
/* Another provider in the place of the first; its memory, or NULL: text says why. */
counted_memory *host_replace(host *h, const char *provider, char text[HOST_NAME]);

/* true: no error. Releases it; text may be NULL. */
bool host_good(const host *h, OrtStatus *status, char text[HOST_NAME]);

/* NULL: text says why. */
OrtSession *host_session(const host *h, const char *model, const host_options *o,
                         char text[HOST_NAME]);
/* Nodes of the model that the provider does, and how many others (NULL: not asked). */
int host_claimed(const host *h, const OrtSession *session, int *others);
/* Runs on inputs of these shapes; *output: the first one, whose memory the caller frees. false:
 * text says why. */
bool host_run(const host *h, OrtSession *session, int count, const host_shape *shapes,
              const float *const *inputs, float **output, int64_t *size, char text[HOST_NAME]);

#endif
