// ONNX Runtime, NCHW: a model of one node on bound buffers, the faster of two levels of
// optimization. All of them means that some layers run in a blocked layout; what is repacked for it
// and back counts, as a model of one layer cannot leave it out. The level below stays in NCHW.
// Opened at run time: the file that HG_ONNXRUNTIME names, else what scripts/setup onnxruntime
// brought, else the loader's own.
#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "bench/peers/onnx_nodes.h"
#include "bench/peers/onnxruntime_abi.h"
#include "bench/peers/peer.h"

namespace
{

using Shape = OnnxModel::Shape;

// The library, opened once and never closed.
class Library
{
  public:
    static const Library *get()
    {
        static const Library library;
        return library.table_ ? &library : nullptr;
    }
    template <class F, class... A> auto call(A... arguments) const
    {
        return reinterpret_cast<typename F::type>(table_[F::place])(arguments...);
    }
    // Throws what the library says is wrong.
    template <class F, class... A> void must(A... arguments) const
    {
        check(call<F>(arguments...));
    }
    void check(ort::Status *status) const
    {
        if (!status) return;
        const std::string message = call<ort::GetErrorMessage>(status);
        call<ort::ReleaseStatus>(status);
        throw std::runtime_error(message);
    }
    const ort::Env *env() const
    {
        return env_;
    }
    const ort::MemoryInfo *memory() const
    {
        return memory_;
    }
    std::string version() const
    {
        return version_;
    }

  private:
    Library()
    {
        const char *named = std::getenv("HG_ONNXRUNTIME");
        void *file = named ? dlopen(named, RTLD_NOW | RTLD_LOCAL)
                           : dlopen(HG_BENCH_ONNXRUNTIME, RTLD_NOW | RTLD_LOCAL);
        if (!file && !named) file = dlopen("libonnxruntime.so.1", RTLD_NOW | RTLD_LOCAL);
        void *symbol = file ? dlsym(file, "OrtGetApiBase") : nullptr;
        if (!symbol) return;
        const ort::Base *base = reinterpret_cast<const ort::Base *(*)()>(symbol)();
        table_ = base->table(ort::kApiVersion);
        version_ = base->version();
        if (!table_) return;
        try {
            must<ort::CreateEnv>(ort::kLogErrors, "hourglass", &env_);
            must<ort::CreateCpuMemoryInfo>(ort::kArenaAllocator, ort::kDefaultMemory, &memory_);
        } catch (const std::runtime_error &) {
            table_ = nullptr;
        }
    }

    ort::Table table_ = nullptr;
    ort::Env *env_ = nullptr;
    ort::MemoryInfo *memory_ = nullptr;
    std::string version_;
};

size_t countOf(const Shape &shape)
{
    size_t count = 1;
    for (const int64_t n : shape) count *= static_cast<size_t>(n);
    return count;
}

// Calls f(place in NHWC, place in NCHW) for every element.
template <class F> void forEach(const hg_tensor &t, F f)
{
    size_t nhwc = 0;
    for (int64_t n = 0; n < t.n; n++)
        for (int64_t p = 0; p < t.h * t.w; p++)
            for (int64_t c = 0; c < t.c; c++)
                f(nhwc++, static_cast<size_t>((n * t.c + c) * t.h * t.w + p));
}

class OnnxRuntime : public Peer
{
  public:
    OnnxRuntime(const Library &library, const hg_tensor &out) : library_(library), out_(out)
    {
    }
    // May throw.
    void prepare(const PeerTask &t, int level)
    {
        level_ = level;
        const hg_tensor &in = t.problem->in;
        input_.resize(countOf(shapeOf(in)));
        output_.resize(countOf(shapeOf(out_)));
        forEach(in, [&](size_t nhwc, size_t nchw) { input_[nchw] = t.input[nhwc]; });
        OnnxModel model = onnxModelOf(t);
        model.output("Y", shapeOf(out_));
        if (t.problem->pool.indices) model.output("J", shapeOf(out_), true);
        start(model.bytes(), level, t.threads);
        bind<ort::BindInput>("X", input_, shapeOf(in), ort::kFloat);
        bind<ort::BindOutput>("Y", output_, shapeOf(out_), ort::kFloat);
        if (t.problem->pool.indices) {
            indices_.resize(output_.size());
            bind<ort::BindOutput>("J", indices_, shapeOf(out_), ort::kInt64);
        }
        if (t.problem->op == HG_OP_MAX_UNPOOL2D) {
            if (t.problem->pool.index_type == HG_INDEX_I32)
                takeIndices(in, static_cast<const int32_t *>(t.inputIndices));
            else
                takeIndices(in, static_cast<const int64_t *>(t.inputIndices));
            bind<ort::BindInput>("I", indices_, shapeOf(in), ort::kInt64);
        }
    }
    ~OnnxRuntime() override
    {
        for (ort::Value *value : values_) library_.call<ort::ReleaseValue>(value);
        if (binding_) library_.call<ort::ReleaseBinding>(binding_);
        if (session_) library_.call<ort::ReleaseSession>(session_);
    }
    void run() override
    {
        library_.must<ort::RunWithBinding>(session_, static_cast<const void *>(nullptr),
                                           static_cast<const ort::Binding *>(binding_));
    }
    void fetch(float *nhwc) override
    {
        forEach(out_, [&](size_t to, size_t from) { nhwc[to] = output_[from]; });
    }
    std::string label() const override
    {
        return library_.version() + " level " + std::to_string(level_);
    }

  private:
    void start(const std::string &model, int level, int threads)
    {
        ort::SessionOptions *options = nullptr;
        library_.must<ort::CreateSessionOptions>(&options);
        library_.must<ort::SetOptimizationLevel>(options, level);
        library_.must<ort::SetThreads>(options, threads);
        ort::Status *status = library_.call<ort::CreateSessionFromArray>(
            library_.env(), static_cast<const void *>(model.data()), model.size(),
            static_cast<const ort::SessionOptions *>(options), &session_);
        library_.call<ort::ReleaseSessionOptions>(options);
        library_.check(status);
        library_.must<ort::CreateBinding>(session_, &binding_);
    }
    template <class Bind, class T>
    void bind(const char *name, std::vector<T> &data, const Shape &shape, int type)
    {
        ort::Value *value = nullptr;
        library_.must<ort::CreateTensor>(library_.memory(), static_cast<void *>(data.data()),
                                         data.size() * sizeof(T), shape.data(), shape.size(), type,
                                         &value);
        values_.push_back(value);
        library_.must<Bind>(binding_, name, static_cast<const ort::Value *>(value));
    }
    // From places in an image to places in all of the output.
    template <class T> void takeIndices(const hg_tensor &in, const T *given)
    {
        indices_.resize(input_.size());
        const size_t from = static_cast<size_t>(in.h * in.w);
        const int64_t to = out_.h * out_.w;
        forEach(in, [&](size_t nhwc, size_t nchw) {
            indices_[nchw] = given[nhwc] + static_cast<int64_t>(nchw / from) * to;
        });
    }

    const Library &library_;
    hg_tensor out_;
    int level_ = 0;
    std::vector<float> input_, output_;
    std::vector<int64_t> indices_;
    ort::Session *session_ = nullptr;
    ort::Binding *binding_ = nullptr;
    std::vector<ort::Value *> values_;
};

} // namespace

bool hasOnnxRuntime()
{
    return Library::get() != nullptr;
}

// It looks at the processor, and at nothing else.
bool capOnnxRuntime()
{
#if defined(__x86_64__)
    return !__builtin_cpu_supports("avx512f");
#else
    return true;
#endif
}

std::unique_ptr<Peer> makeOnnxRuntime(const PeerTask &t)
{
    if (!onnxKnows(*t.problem)) return nullptr;
    std::unique_ptr<Peer> best;
    double least = std::numeric_limits<double>::infinity();
    for (const int level : {ort::kAllOptimizations, ort::kExtendedOptimizations}) {
        try {
            std::unique_ptr<OnnxRuntime> peer(new OnnxRuntime(*Library::get(), t.problem->out));
            peer->prepare(t, level);
            const double ns = leastTime(*peer);
            if (ns >= least) continue;
            least = ns;
            best = std::move(peer);
        } catch (const std::runtime_error &) {
            // no kernel for this node
        }
    }
    return best;
}
