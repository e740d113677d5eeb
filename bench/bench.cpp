// hourglass-bench: the layers of shape files under Google Benchmark. Flags: options.cpp, --help.
//
// Names are op/network/layer/layout/threads:N/hourglass, and .../onednn and .../xnnpack where these
// are built in, have the operator, and the layout is nhwc (--peers=none leaves them out). A peer
// must compute what hourglass computes, or the run fails; what it lacks is skipped. On x86 peers
// are kept to AVX2, as hourglass is, unless --peer-isa=native.
//
// Counters:
//   gflops    convolutions: multiply-adds of the direct form, 2 per product, per second (mean, of
//             the time that passed: the library's own rates would count one thread's CPU time)
//   gbps      the others: bytes of input, output and indices, per second (mean, likewise)
//   min_us    least time of one run, over batches of about 20 us
//   limit_us  what the machine's limit, measured just before, would take
//   of_limit  limit_us / min_us: the FMA peak for dense convolutions (fast algorithms may pass 1),
//             the slower of FMA peak and traffic roof for grouped ones, the traffic roof for others
//
// The label is the kernel that the dispatcher chose, or the peer's implementation.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "bench/options.h"
#include "bench/peers/peer.h"
#include "hourglass/hourglass.h"

extern "C" {
#include "bench/limits.h"
#include "dispatch/filter.h"
#include "tuner/clock.h"
#include "tuner/shapes.h"
#include "tuner/workload.h"
}

namespace
{

constexpr double kBatchNs = 20e3;

struct Case {
    std::string name;
    hg_problem problem;
    int threads;
    std::unique_ptr<Peer> (*makePeer)(const PeerTask &); // nullptr: hourglass itself
    // Runs per batch, found by the first session: Google Benchmark aborts where repetitions, which
    // may be interleaved with other cases, differ in their number of iterations.
    mutable int batch = 0;
};

struct PeerName {
    const char *name;
    std::unique_ptr<Peer> (*make)(const PeerTask &);
    void (*cap)();
};

const PeerName kPeers[] = {
#if defined(HG_BENCH_ONEDNN)
    {"onednn", makeOneDnn, capOneDnn},
#endif
#if defined(HG_BENCH_XNNPACK)
    {"xnnpack", makeXnnpack, capXnnpack},
#endif
    {nullptr, nullptr, nullptr}};

bool isWanted(const Options &options, const char *peer)
{
    const std::vector<std::string> &named = options.peers;
    return options.allPeers || std::find(named.begin(), named.end(), peer) != named.end();
}

// What is named must be there.
bool checkPeers(const Options &options)
{
    for (const std::string &name : options.peers) {
        const PeerName *peer = kPeers;
        while (peer->name && name != peer->name) peer++;
        if (!peer->name) return fail("--peers=" + name + ": this program was built without it");
    }
    return true;
}

// Contexts live as long as the process: one per number of threads.
hg_context *contextFor(int threads)
{
    static std::map<int, hg_context *> contexts;
    auto found = contexts.find(threads);
    if (found != contexts.end()) return found->second;
    hg_context_options options = {};
    options.threads = threads;
    hg_context *context = nullptr;
    if (hg_context_create(&options, &context) != HG_OK) context = nullptr;
    return contexts[threads] = context;
}

// A problem with its buffers, its plan and its limit. Google Benchmark calls a benchmark several
// times to find the number of iterations, so the last session is kept.
class Session
{
  public:
    explicit Session(const Case &c) : case_(&c)
    {
        hg_reason why = {};
        hg_context *context = contextFor(c.threads);
        if (!context) {
            error_ = "no context for this number of threads";
            return;
        }
        ready_ = hg_workload_create(context, &c.problem, &work_, &why) == HG_OK;
        if (ready_ && hg_runner_create(&work_, nullptr, &runner_, &why) != HG_OK) {
            hg_workload_free(&work_);
            ready_ = false;
        }
        if (!ready_) {
            error_ = why.text;
            return;
        }
        const hg_status status = hg_runner_run(&runner_, &work_);
        if (status != HG_OK) error_ = hg_status_string(status);
        if (c.makePeer && !takePeer()) return;
        if (c.batch == 0) c.batch = findBatch();
        measureLimit(context);
    }
    ~Session()
    {
        if (!ready_) return;
        hg_runner_free(&runner_);
        hg_workload_free(&work_);
    }
    Session(const Session &) = delete;
    Session &operator=(const Session &) = delete;

    bool isFor(const Case &c) const
    {
        return case_ == &c;
    }
    const std::string &error() const
    {
        return error_;
    }
    bool isLacking() const
    {
        return lacking_;
    }
    std::string kernel() const
    {
        return peer_ ? peer_->label() : hg_plan_kernel(runner_.plan);
    }
    double limitNs() const
    {
        return limitNs_;
    }
    // Time of one batch in ns.
    double run() const
    {
        const double start = hg_clock_ns();
        for (int i = 0; i < case_->batch; i++) runOnce();
        return hg_clock_ns() - start;
    }

  private:
    void runOnce() const
    {
        if (peer_)
            peer_->run();
        else
            hg_runner_run(&runner_, &work_);
    }
    int findBatch() const
    {
        const double start = hg_clock_ns();
        runOnce();
        const double ns = std::max(hg_clock_ns() - start, 1.0);
        return static_cast<int>(std::min(std::max(std::ceil(kBatchNs / ns), 1.0), 1e4));
    }
    // Makes the peer and holds its result against hourglass's.
    bool takePeer()
    {
        const float *weights = work_.filter ? work_.filter->weights : nullptr;
        peer_ =
            case_->makePeer({&case_->problem, case_->threads, work_.input, weights, work_.bias});
        if (!peer_) {
            error_ = "the library does not have this operator";
            lacking_ = true;
            return false;
        }
        double difference = 0;
        hg_workload_expect(&work_);
        hg_workload_erase(&work_);
        peer_->run();
        peer_->fetch(work_.output);
        if (hg_workload_matches(&work_, &difference)) return true;
        error_ = "computes something else: off by " + std::to_string(difference);
        return false;
    }
    void measureLimit(hg_context *context)
    {
        const hg_problem &p = case_->problem;
        hg_machine machine;
        hg_context_machine(context, &machine);
        const bool conv = hg_problem_has_filter(&p);
        double fma = 0, traffic = 0;
        if (conv) {
            const double peak = hg_limit_gflops(machine.isa, case_->threads);
            fma = peak > 0 ? hg_problem_flops(&p) / peak : 0;
        }
        if (!conv || p.groups > 1) {
            const double in = 4.0 * static_cast<double>(hg_tensor_extent(&p.in));
            const double out = 4.0 * static_cast<double>(hg_tensor_extent(&p.out));
            const double extra = std::max(hg_problem_bytes(&p) - in - out, 0.0); // indices
            const bool reads = p.op == HG_OP_MAX_UNPOOL2D;
            traffic = hg_limit_traffic_ns(machine.isa, case_->threads,
                                          static_cast<size_t>(reads ? in + extra : in),
                                          static_cast<size_t>(reads ? out : out + extra));
        }
        limitNs_ = std::max(fma, traffic);
    }

    const Case *case_;
    bool ready_ = false, lacking_ = false; // lacking: the peer has no such operator
    std::string error_;
    std::unique_ptr<Peer> peer_;
    hg_workload work_ = {};
    hg_runner runner_ = {};
    double limitNs_ = 0;
};

std::set<std::string> failed; // names: repetitions count once

void runCase(benchmark::State &state, const Case &c)
{
    static std::unique_ptr<Session> session;
    if (!session || !session->isFor(c)) {
        session.reset(); // frees the old buffers before the new ones are made
        session.reset(new Session(c));
    }
    if (!session->error().empty()) {
        state.SkipWithError(session->error().c_str());
        if (!session->isLacking()) failed.insert(c.name);
        return;
    }
    double least = std::numeric_limits<double>::infinity(), total = 0, batches = 0;
    while (state.KeepRunningBatch(c.batch)) {
        const double ns = session->run();
        least = std::min(least, ns);
        total += ns;
        batches++;
    }
    least /= c.batch;
    const double mean = total / (batches * c.batch);
    const bool conv = hg_problem_has_filter(&c.problem);
    const double amount = conv ? hg_problem_flops(&c.problem) : hg_problem_bytes(&c.problem);
    state.counters[conv ? "gflops" : "gbps"] = amount / mean;
    state.counters["min_us"] = least * 1e-3;
    state.counters["limit_us"] = session->limitNs() * 1e-3;
    if (session->limitNs() > 0) state.counters["of_limit"] = session->limitNs() / least;
    state.SetLabel(session->kernel());
}

std::string nameOf(const hg_shape &shape, const hg_problem &p, int threads, const char *who)
{
    std::string layer = shape.layer; // a slash would look like another part of the name
    std::replace(layer.begin(), layer.end(), '/', '_');
    return std::string(hg_op_name(p.op)) + "/" + shape.network + "/" + layer + "/" +
           hg_layout_name(p.in.layout) + "/threads:" + std::to_string(threads) + "/" + who;
}

void addCases(const Options &options, const hg_shape &shape, const hg_problem &problem, int threads,
              std::vector<std::unique_ptr<Case>> &cases)
{
    const auto add = [&](const char *who, std::unique_ptr<Peer> (*make)(const PeerTask &)) {
        cases.emplace_back(
            new Case{nameOf(shape, problem, threads, who), problem, threads, make, 0});
    };
    add("hourglass", nullptr);
    if (problem.in.layout != HG_NHWC || problem.fused) return;
    for (const PeerName *peer = kPeers; peer->name; peer++)
        if (isWanted(options, peer->name)) add(peer->name, peer->make);
}

// Cases must not move once they are registered: they are told apart by address.
bool makeCases(const Options &options, std::vector<std::unique_ptr<Case>> &cases)
{
    hg_shapes shapes = {};
    hg_reason why = {};
    for (const std::string &file : options.shapes)
        if (hg_shapes_read(file.c_str(), &shapes, &why) != HG_OK) return fail(why.text);
    for (size_t i = 0; i < shapes.count; i++)
        for (const hg_layout layout : options.layouts)
            for (const int threads : options.threads) {
                hg_problem problem;
                if (hg_shape_problem(&shapes.rows[i], layout, &problem, &why))
                    return fail(why.text);
                problem.accuracy = options.accuracy;
                addCases(options, shapes.rows[i], problem, threads, cases);
            }
    hg_shapes_free(&shapes);
    return true;
}

void describe(const Options &options)
{
    const char *const accuracies[] = {"default", "strict", "relaxed"};
    benchmark::AddCustomContext("accuracy", accuracies[options.accuracy]);
    hg_context *context = contextFor(1);
    if (!context) return;
    hg_machine machine;
    hg_context_machine(context, &machine);
    benchmark::AddCustomContext("hourglass", hg_version());
    benchmark::AddCustomContext("machine", machine.key);
    benchmark::AddCustomContext("processor", machine.name);
}

} // namespace

int main(int argc, char **argv)
{
    // Before the caller's flags, so that they win.
    static char minTime[] = "--benchmark_min_time=0.2";
    std::vector<char *> arguments(argv, argv + argc);
    arguments.insert(arguments.begin() + (argc > 0), minTime);
    Options options;
    if (!readOptions(arguments, options) || !checkPeers(options)) return 2;
    if (options.help) printUsage(); // Google Benchmark adds its own flags and exits
    int count = static_cast<int>(arguments.size());
    arguments.push_back(nullptr);
    benchmark::Initialize(&count, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
    for (const PeerName *peer = kPeers; options.capPeers && peer->name; peer++) peer->cap();
    std::vector<std::unique_ptr<Case>> cases;
    if (!makeCases(options, cases)) return 1;
    for (const auto &c : cases)
        benchmark::RegisterBenchmark(c->name.c_str(), [&c](benchmark::State &state) {
            runCase(state, *c);
        })->Unit(benchmark::kMicrosecond);
    describe(options);
    const size_t matching = benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    if (matching == 0) fail("no benchmark matches: nothing was run");
    if (!failed.empty())
        fail(std::to_string(failed.size()) + " of " + std::to_string(matching) +
             " benchmarks failed, the first " + *failed.begin());
    return matching == 0 || !failed.empty();
}
