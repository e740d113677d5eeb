/* Contract: onnxruntime_host.h. */
#include "tests/onnxruntime_host.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool host_good(const host *h, OrtStatus *status, char text[HOST_NAME])
{
    if (!status) return true;
    if (text) snprintf(text, HOST_NAME, "%s", h->ort->GetErrorMessage(status));
    h->ort->ReleaseStatus(status);
    return false;
}

bool host_open(host *h, const char *runtime, const char *provider)
{
    char text[HOST_NAME];
    void *library = dlopen(runtime, RTLD_NOW);
    if (!library) return printf("%s\n", dlerror()), false;
    const OrtApiBase *(*get)(void);
    *(void **)&get = dlsym(library, "OrtGetApiBase");
    h->provider = provider;
    h->ort = get ? get()->GetApi(ORT_API_VERSION) : NULL;
    if (!h->ort) return printf("%s is too old for the headers\n", runtime), false;
    if (host_good(h, h->ort->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "test", &h->env), text) &&
        host_good(h, h->ort->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &h->memory),
                  text) &&
        host_good(h, h->ort->RegisterExecutionProviderLibrary(h->env, "first", provider), text))
        return true;
    printf("%s\n", text);
    return false;
}

void host_close(host *h)
{
    if (h->memory) h->ort->ReleaseMemoryInfo(h->memory);
    if (h->env) h->ort->ReleaseEnv(h->env);
}

counted_memory *host_replace(host *h, const char *provider, char text[HOST_NAME])
{
    if (!host_good(h, h->ort->UnregisterExecutionProviderLibrary(h->env, "first"), text) ||
        !host_good(h, h->ort->RegisterExecutionProviderLibrary(h->env, "first", provider), text))
        return NULL;
    void *library = dlopen(provider, RTLD_NOW);
    counted_memory *(*get)(void);
    *(void **)&get = library ? dlsym(library, "provider_memory") : NULL;
    return get ? get() : NULL;
}

/* ---- Sessions ---- */

static OrtStatus *append(const host *h, OrtSessionOptions *options, const host_options *o)
{
    const char *keys[2], *values[2];
    const OrtEpDevice *const *devices;
    size_t count, given = 0;
    OrtStatus *status = h->ort->GetEpDevices(h->env, &devices, &count);
    if (!o->choosy) keys[given] = "least_nodes", values[given++] = "1";
    if (o->key) keys[given] = o->key, values[given++] = o->value;
    for (size_t i = 0; !status && i < count; i++)
        if (!strcmp(h->ort->EpDevice_EpName(devices[i]), "hourglass"))
            return h->ort->SessionOptionsAppendExecutionProvider_V2(options, h->env, &devices[i], 1,
                                                                    keys, values, given);
    return status ? status : h->ort->CreateStatus(ORT_FAIL, "no device has the provider");
}

static OrtStatus *set(const host *h, OrtSessionOptions *options, const host_options *o)
{
    OrtStatus *status = h->ort->SetIntraOpNumThreads(options, o->threads ? o->threads : 1);
    if (!status)
        status =
            h->ort->AddSessionConfigEntry(options, "session.record_ep_graph_assignment_info", "1");
    return !status && o->provider ? append(h, options, o) : status;
}

OrtSession *host_session(const host *h, const char *model, const host_options *o,
                         char text[HOST_NAME])
{
    OrtSessionOptions *options;
    OrtSession *session = NULL;
    if (!host_good(h, h->ort->CreateSessionOptions(&options), text)) return NULL;
    if (!host_good(h, set(h, options, o), text) ||
        !host_good(h, h->ort->CreateSession(h->env, model, options, &session), text))
        session = NULL;
    h->ort->ReleaseSessionOptions(options);
    return session;
}

int host_claimed(const host *h, const OrtSession *session, int *others)
{
    const OrtEpAssignedSubgraph *const *parts;
    const OrtEpAssignedNode *const *nodes;
    size_t count = 0, claimed = 0, left = 0, in_part = 0;
    const char *name;
    if (!host_good(h, h->ort->Session_GetEpGraphAssignmentInfo(session, &parts, &count), NULL))
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!host_good(h, h->ort->EpAssignedSubgraph_GetEpName(parts[i], &name), NULL)) return -1;
        if (!host_good(h, h->ort->EpAssignedSubgraph_GetNodes(parts[i], &nodes, &in_part), NULL))
            return -1;
        *(strcmp(name, "hourglass") ? &left : &claimed) += in_part;
    }
    if (others) *others = (int)left;
    return (int)claimed;
}

/* ---- Runs ---- */

typedef struct ends {
    OrtAllocator *allocator;
    char *names[HOST_ENDS], *output;
    OrtValue *values[HOST_ENDS], *result;
    int count;
} ends;

static OrtStatus *type_of(const host *h, const OrtSession *session, size_t input,
                          ONNXTensorElementDataType *type)
{
    OrtTypeInfo *info;
    const OrtTensorTypeAndShapeInfo *shape;
    OrtStatus *status = h->ort->SessionGetInputTypeInfo(session, input, &info);
    if (status) return status;
    status = h->ort->CastTypeInfoToTensorInfo(info, &shape);
    if (!status) status = h->ort->GetTensorElementType(shape, type);
    h->ort->ReleaseTypeInfo(info);
    return status;
}

/* Of an input of int64 the floats are its whole numbers. */
static OrtStatus *make_value(const host *h, ends *e, ONNXTensorElementDataType type,
                             const host_shape *shape, const float *data, OrtValue **value)
{
    const int64_t *d = shape->dims;
    const size_t count = (size_t)(d[0] * d[1] * d[2] * d[3]);
    void *to = NULL;
    if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT)
        return h->ort->CreateTensorWithDataAsOrtValue(h->memory, (void *)data, count * sizeof *data,
                                                      d, 4, type, value);
    OrtStatus *status = h->ort->CreateTensorAsOrtValue(e->allocator, d, 4, type, value);
    if (!status) status = h->ort->GetTensorMutableData(*value, &to);
    for (size_t i = 0; !status && i < count; i++) ((int64_t *)to)[i] = (int64_t)data[i];
    return status;
}

static OrtStatus *prepare(const host *h, OrtSession *session, const host_shape *shapes,
                          const float *const *inputs, ends *e)
{
    OrtStatus *status = h->ort->GetAllocatorWithDefaultOptions(&e->allocator);
    if (!status) status = h->ort->SessionGetOutputName(session, 0, e->allocator, &e->output);
    for (int i = 0; !status && i < e->count; i++) {
        ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
        status = h->ort->SessionGetInputName(session, (size_t)i, e->allocator, &e->names[i]);
        if (!status) status = type_of(h, session, (size_t)i, &type);
        if (!status) status = make_value(h, e, type, &shapes[i], inputs[i], &e->values[i]);
    }
    return status;
}

/* Whole numbers as floats. */
static OrtStatus *copy(const host *h, OrtValue *value, float **output, int64_t *size)
{
    OrtTensorTypeAndShapeInfo *shape;
    size_t elements = 0;
    const void *data = NULL;
    OrtStatus *status = h->ort->GetTensorTypeAndShape(value, &shape);
    if (status) return status;
    ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
    status = h->ort->GetTensorShapeElementCount(shape, &elements);
    if (!status) status = h->ort->GetTensorElementType(shape, &type);
    h->ort->ReleaseTensorTypeAndShapeInfo(shape);
    if (!status) status = h->ort->GetTensorData(value, &data);
    if (status) return status;
    *output = malloc((elements + 1) * sizeof(float));
    for (size_t i = 0; i < elements; i++)
        (*output)[i] = type == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64
                           ? (float)((const int64_t *)data)[i]
                           : ((const float *)data)[i];
    *size = (int64_t)elements;
    return NULL;
}

static void clean(const host *h, ends *e)
{
    for (int i = 0; i < e->count; i++) {
        if (e->values[i]) h->ort->ReleaseValue(e->values[i]);
        if (e->names[i]) host_good(h, h->ort->AllocatorFree(e->allocator, e->names[i]), NULL);
    }
    if (e->result) h->ort->ReleaseValue(e->result);
    if (e->output) host_good(h, h->ort->AllocatorFree(e->allocator, e->output), NULL);
}

bool host_run(const host *h, OrtSession *session, int count, const host_shape *shapes,
              const float *const *inputs, float **output, int64_t *size, char text[HOST_NAME])
{
    ends e = {.count = count};
    *output = NULL;
    OrtStatus *status = prepare(h, session, shapes, inputs, &e);
    if (!status)
        status = h->ort->Run(session, NULL, (const char *const *)e.names,
                             (const OrtValue *const *)e.values, (size_t)count,
                             (const char *const *)&e.output, 1, &e.result);
    if (!status) status = copy(h, e.result, output, size);
    clean(h, &e);
    return host_good(h, status, text);
}
