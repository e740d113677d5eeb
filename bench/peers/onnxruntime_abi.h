// The C interface of ONNX Runtime, as far as it is called here: its functions lie in one table,
// whose order never changes (functions are only added), so that a library of any version from 1.17
// on can be opened at run time without headers of its own.
#ifndef HG_BENCH_ONNXRUNTIME_ABI_H
#define HG_BENCH_ONNXRUNTIME_ABI_H

#include <cstddef>
#include <cstdint>

namespace ort
{

struct Status;
struct Env;
struct Session;
struct SessionOptions;
struct MemoryInfo;
struct Value;
struct Binding;

constexpr uint32_t kApiVersion = 17;
constexpr int kLogErrors = 3, kAllOptimizations = 99, kExtendedOptimizations = 2, kFloat = 1,
              kInt64 = 7;
constexpr int kArenaAllocator = 1, kDefaultMemory = 0;

// A function, and its place in the table.
template <int Place, class Type> struct Function {
    static constexpr int place = Place;
    using type = Type *;
};

using GetErrorMessage = Function<2, const char *(const Status *)>;
using CreateEnv = Function<3, Status *(int level, const char *name, Env **)>;
using CreateSessionFromArray = Function<8, Status *(const Env *, const void *model, size_t,
                                                    const SessionOptions *, Session **)>;
using CreateSessionOptions = Function<10, Status *(SessionOptions **)>;
using SetOptimizationLevel = Function<23, Status *(SessionOptions *, int level)>;
using SetThreads = Function<24, Status *(SessionOptions *, int threads)>;
using CreateTensor = Function<49, Status *(const MemoryInfo *, void *data, size_t bytes,
                                           const int64_t *shape, size_t rank, int type, Value **)>;
using CreateCpuMemoryInfo = Function<69, Status *(int allocator, int memory, MemoryInfo **)>;
using ReleaseStatus = Function<93, void(Status *)>;
using ReleaseSession = Function<95, void(Session *)>;
using ReleaseValue = Function<96, void(Value *)>;
using ReleaseSessionOptions = Function<100, void(SessionOptions *)>;
using RunWithBinding = Function<133, Status *(Session *, const void *options, const Binding *)>;
using CreateBinding = Function<134, Status *(Session *, Binding **)>;
using ReleaseBinding = Function<135, void(Binding *)>;
using BindInput = Function<136, Status *(Binding *, const char *name, const Value *)>;
using BindOutput = Function<137, Status *(Binding *, const char *name, const Value *)>;

using Table = void (*const *)();

// What the library exports as OrtGetApiBase().
struct Base {
    Table (*table)(uint32_t version);
    const char *(*version)();
};

} // namespace ort

#endif
