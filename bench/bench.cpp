// hourglass-bench: the layers of shape files under Google Benchmark. Flags: options.cpp, --help.
//
// Names are op/network/layer/layout/threads:N/hourglass, and .../onednn, .../xnnpack and
// .../onnxruntime where these are there, have the operator, and the layout is nhwc (--peers=none
// leaves them out). A peer must compute what hourglass computes, or the run fails; what it lacks is
// skipped. On x86 peers are kept to AVX2 where hourglass is, unless --peer-isa=native; one that
// cannot be is left out.
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
// The label is the kernel that the dispatcher chose, or the peer's implementation. With
// --benchmark_out=FILE the JSON also has the samples that these come from (samples.h) and says what
// was measured (origin.h).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "bench/options.h"
#include "bench/origin.h"
#include "bench/peers/peers.h"
#include "bench/samples.h"
#include "bench/session.h"
#include "hourglass/hourglass.h"

extern "C" {
#include "tuner/shapes.h"
}

namespace
{

bool isWanted(const Options &options, const char *peer)
{
    const std::vector<std::string> &named = options.peers;
    return options.allPeers || std::find(named.begin(), named.end(), peer) != named.end();
}

// What is named must be there.
bool checkPeers(const Options &options)
{
    for (const std::string &name : options.peers) {
        const PeerLibrary *peer = kPeerLibraries;
        while (peer->name && name != peer->name) peer++;
        if (!peer->name) return fail("--peers=" + name + ": this program was built without it");
        if (!isFound(*peer))
            return fail("--peers=" + name + ": it is not here (scripts/setup " + name + ")");
    }
    return true;
}

using Peers = std::vector<const PeerLibrary *>;

// Those to be run, kept to the instruction set that was asked for.
Peers usablePeers(const Options &options, hg_context *context)
{
    hg_machine machine = {};
    if (context) hg_context_machine(context, &machine);
    const bool narrow = options.peerIsa == PeerIsa::Avx2 ||
                        (options.peerIsa == PeerIsa::Same && machine.isa <= HG_ISA_AVX2);
    Peers peers;
    for (const PeerLibrary *peer = kPeerLibraries; peer->name; peer++)
        if (isWanted(options, peer->name) && isFound(*peer) && (!narrow || peer->cap()))
            peers.push_back(peer);
    return peers;
}

std::set<std::string> failed; // names: repetitions count once

void runCase(benchmark::State &state, const Case &c, SampleReporter &reporter)
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
    Rounds rounds(*session, c.batch, static_cast<int64_t>(state.max_iterations));
    while (state.KeepRunningBatch(c.batch)) {
        rounds.add(session->run());
        if (!rounds.isFull()) continue;
        state.PauseTiming();
        rounds.close();
        state.ResumeTiming();
    }
    rounds.close();
    session->passLimit(rounds.leastNs());
    reporter.keep(c.name, rounds.samples());
    const bool conv = hg_problem_has_filter(&c.problem);
    const double amount = conv ? hg_problem_flops(&c.problem) : hg_problem_bytes(&c.problem);
    state.counters[conv ? "gflops" : "gbps"] = amount / rounds.meanNs();
    state.counters["min_us"] = rounds.leastNs() * 1e-3;
    state.counters["limit_us"] = session->limitNs() * 1e-3;
    if (session->limitNs() > 0) state.counters["of_limit"] = session->limitNs() / rounds.leastNs();
    state.SetLabel(session->kernel());
}

std::string nameOf(const hg_shape &shape, const hg_problem &p, int threads, const char *who)
{
    std::string layer = shape.layer; // a slash would look like another part of the name
    std::replace(layer.begin(), layer.end(), '/', '_');
    return std::string(hg_op_name(p.op)) + "/" + shape.network + "/" + layer + "/" +
           hg_layout_name(p.in.layout) + "/threads:" + std::to_string(threads) + "/" + who;
}

void addCases(const Peers &peers, const hg_shape &shape, const hg_problem &problem, int threads,
              std::vector<std::unique_ptr<Case>> &cases)
{
    const auto add = [&](const char *who, std::unique_ptr<Peer> (*make)(const PeerTask &)) {
        cases.emplace_back(
            new Case{nameOf(shape, problem, threads, who), problem, threads, make, 0});
    };
    add("hourglass", nullptr);
    if (problem.in.layout != HG_NHWC || problem.post_pool) return;
    for (const PeerLibrary *peer : peers) add(peer->name, peer->make);
}

// Cases must not move once they are registered: they are told apart by address.
bool makeCases(const Options &options, const Peers &peers,
               std::vector<std::unique_ptr<Case>> &cases)
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
                addCases(peers, shapes.rows[i], problem, threads, cases);
            }
    hg_shapes_free(&shapes);
    return true;
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
    std::vector<std::unique_ptr<Case>> cases;
    if (!makeCases(options, usablePeers(options, contextFor(1)), cases)) return 1;
    SampleReporter reporter;
    for (const auto &c : cases)
        benchmark::RegisterBenchmark(c->name.c_str(), [&](benchmark::State &state) {
            runCase(state, *c, reporter);
        })->Unit(benchmark::kMicrosecond);
    describeRun(options.accuracy, contextFor(1));
    const size_t matching =
        benchmark::RunSpecifiedBenchmarks(nullptr, options.writesJson ? &reporter : nullptr);
    benchmark::Shutdown();
    if (matching == 0) fail("no benchmark matches: nothing was run");
    if (!failed.empty())
        fail(std::to_string(failed.size()) + " of " + std::to_string(matching) +
             " benchmarks failed, the first " + *failed.begin());
    return matching == 0 || !failed.empty();
}
