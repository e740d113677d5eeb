/* Runs a model by ONNX Runtime, with Hourglass' execution provider and without: what the provider
 * does of it, how far results differ, how long runs take.
 *
 *     onnxruntime MODEL.onnx [HxW] [THREADS]
 *
 * HxW: rows and columns where the model leaves them open, 224x224. THREADS: 1. */
#include <dlfcn.h>
#include <math.h>
#include <onnxruntime_c_api.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_INPUTS = 16, MOST_AXES = 8, RUNS = 20 };

static const OrtApi *ort;

static void check(OrtStatus *status)
{
    if (!status) return;
    fprintf(stderr, "%s\n", ort->GetErrorMessage(status));
    exit(1);
}

static double milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* ---- Sessions ---- */

static void append_provider(OrtEnv *env, OrtSessionOptions *options, const char *threads)
{
    const char *const keys[] = {"threads"}, *const values[] = {threads};
    const OrtEpDevice *const *devices;
    size_t count;
    check(ort->RegisterExecutionProviderLibrary(env, "hourglass", PROVIDER));
    check(ort->GetEpDevices(env, &devices, &count));
    for (size_t i = 0; i < count; i++)
        if (!strcmp(ort->EpDevice_EpName(devices[i]), "hourglass"))
            check(ort->SessionOptionsAppendExecutionProvider_V2(options, env, &devices[i], 1, keys,
                                                                values, 1));
}

static OrtSession *open_session(OrtEnv *env, const char *model, const char *threads, bool provider)
{
    OrtSessionOptions *options;
    OrtSession *session;
    check(ort->CreateSessionOptions(&options));
    check(ort->SetIntraOpNumThreads(options, atoi(threads)));
    check(ort->AddSessionConfigEntry(options, "session.record_ep_graph_assignment_info", "1"));
    if (provider) append_provider(env, options, threads);
    check(ort->CreateSession(env, model, options, &session));
    ort->ReleaseSessionOptions(options);
    return session;
}

static void print_nodes(const OrtSession *session)
{
    const OrtEpAssignedSubgraph *const *parts;
    const OrtEpAssignedNode *const *nodes;
    size_t count, in_part, all = 0, ours = 0, subgraphs = 0;
    const char *name;
    check(ort->Session_GetEpGraphAssignmentInfo(session, &parts, &count));
    for (size_t i = 0; i < count; i++) {
        check(ort->EpAssignedSubgraph_GetEpName(parts[i], &name));
        check(ort->EpAssignedSubgraph_GetNodes(parts[i], &nodes, &in_part));
        const bool is_ours = !strcmp(name, "hourglass");
        all += in_part, ours += is_ours ? in_part : 0, subgraphs += is_ours;
    }
    printf("%zu of %zu nodes by Hourglass, in %zu subgraphs\n", ours, all, subgraphs);
}

/* ---- Data ---- */

/* An input of random numbers; open sizes are 1, but rows and columns. */
static OrtValue *make_input(const OrtSession *session, size_t i, const int64_t *open)
{
    OrtTypeInfo *type;
    const OrtTensorTypeAndShapeInfo *shape;
    OrtMemoryInfo *memory;
    OrtValue *value;
    ONNXTensorElementDataType element;
    int64_t dims[MOST_AXES];
    size_t rank, count = 1;
    check(ort->SessionGetInputTypeInfo(session, i, &type));
    check(ort->CastTypeInfoToTensorInfo(type, &shape));
    check(ort->GetTensorElementType(shape, &element));
    check(ort->GetDimensionsCount(shape, &rank));
    if (element != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT || rank > MOST_AXES)
        exit((fprintf(stderr, "input %zu is not float32\n", i), 1));
    check(ort->GetDimensions(shape, dims, rank));
    ort->ReleaseTypeInfo(type);
    for (size_t axis = 0; axis < rank; axis++) {
        if (dims[axis] < 1) dims[axis] = rank == 4 && axis >= 2 ? open[axis - 2] : 1;
        count *= (size_t)dims[axis];
    }
    float *data = malloc(count * sizeof *data);
    for (size_t j = 0; data && j < count; j++) data[j] = (float)rand() / (float)RAND_MAX;
    check(ort->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory));
    check(ort->CreateTensorWithDataAsOrtValue(memory, data, count * sizeof *data, dims, rank,
                                              element, &value));
    ort->ReleaseMemoryInfo(memory);
    return value;
}

/* Inputs, and the output that is compared. */
typedef struct job {
    char *inputs[MOST_INPUTS], *output;
    OrtValue *values[MOST_INPUTS];
    size_t count;
} job;

static OrtValue *run(const job *j, OrtSession *session, double *least)
{
    OrtValue *output = NULL;
    const double start = milliseconds();
    check(ort->Run(session, NULL, (const char *const *)j->inputs,
                   (const OrtValue *const *)j->values, j->count, (const char *const *)&j->output, 1,
                   &output));
    *least = fmin(*least, milliseconds() - start);
    return output;
}

/* Floats of an output, and how many. */
static const float *read_floats(const OrtValue *value, size_t *count)
{
    OrtTensorTypeAndShapeInfo *shape;
    ONNXTensorElementDataType element;
    const void *data;
    check(ort->GetTensorTypeAndShape(value, &shape));
    check(ort->GetTensorElementType(shape, &element));
    check(ort->GetTensorShapeElementCount(shape, count));
    ort->ReleaseTensorTypeAndShapeInfo(shape);
    if (element != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT)
        exit((fprintf(stderr, "the output is not float32\n"), 1));
    check(ort->GetTensorData(value, &data));
    return data;
}

/* NaN stays. */
static double difference(const OrtValue *a, const OrtValue *b)
{
    size_t count, others;
    double most = 0;
    const float *x = read_floats(a, &count), *y = read_floats(b, &others);
    if (count != others)
        exit((fprintf(stderr, "%zu elements without, %zu with\n", count, others), 1));
    for (size_t i = 0; i < count; i++) {
        const double off = x[i] == y[i] ? 0 : fabs((double)x[i] - (double)y[i]);
        if (!isnan(most) && !(off <= most)) most = off;
    }
    return most;
}

int main(int count, char **words)
{
    int64_t open[2] = {224, 224};
    long long h, w;
    double least[2] = {HUGE_VAL, HUGE_VAL}, off = 0;
    job j = {0};
    OrtEnv *env;
    OrtAllocator *allocator;
    if (count < 2) return puts("usage: onnxruntime MODEL.onnx [HxW] [THREADS]"), 2;
    if (count > 2 && sscanf(words[2], "%lldx%lld", &h, &w) == 2) open[0] = h, open[1] = w;
    const char *threads = count > 3 ? words[3] : "1";
    void *library = dlopen(RUNTIME, RTLD_NOW);
    const OrtApiBase *(*base)(void);
    if (!library) return fprintf(stderr, "%s\n", dlerror()), 1;
    *(void **)&base = dlsym(library, "OrtGetApiBase");
    ort = base()->GetApi(ORT_API_VERSION);
    if (!ort) return fprintf(stderr, "the library is older than its headers\n"), 1;
    check(ort->CreateEnv(ORT_LOGGING_LEVEL_WARNING, "example", &env));
    check(ort->GetAllocatorWithDefaultOptions(&allocator));
    OrtSession *alone = open_session(env, words[1], threads, false);
    OrtSession *with = open_session(env, words[1], threads, true);
    print_nodes(with);
    check(ort->SessionGetInputCount(alone, &j.count));
    if (j.count > MOST_INPUTS) return fprintf(stderr, "too many inputs\n"), 1;
    for (size_t i = 0; i < j.count; i++) {
        check(ort->SessionGetInputName(alone, i, allocator, &j.inputs[i]));
        j.values[i] = make_input(alone, i, open);
    }
    check(ort->SessionGetOutputName(alone, 0, allocator, &j.output));
    for (int i = 0; i < RUNS; i++) {
        OrtValue *a = run(&j, alone, &least[0]), *b = run(&j, with, &least[1]);
        off = difference(a, b);
        ort->ReleaseValue(a), ort->ReleaseValue(b);
    }
    printf("largest difference %.2g; %.2f ms without, %.2f ms with: %.2f times as fast\n", off,
           least[0], least[1], least[0] / least[1]);
    ort->ReleaseSession(alone), ort->ReleaseSession(with);
    ort->ReleaseEnv(env);
    return 0;
}
