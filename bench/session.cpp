#include "bench/session.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

extern "C" {
#include "dispatch/filter.h"
#include "tuner/clock.h"
}

namespace
{

constexpr double kBatchNs = 20e3;
constexpr int kRepeats = 3; // of the limit, while a layer passes it

// One per number of threads, as contexts are.
hg_reference *referenceFor(hg_context *context, int threads)
{
    static std::map<int, hg_reference *> references;
    auto found = references.find(threads);
    if (found != references.end()) return found->second;
    hg_machine machine;
    hg_context_machine(context, &machine);
    return references[threads] = hg_reference_create(machine.isa, threads);
}

} // namespace

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

Session::Session(const Case &c) : case_(&c)
{
    hg_reason why = {};
    hg_context *context = contextFor(c.threads);
    if (!context) {
        error_ = "no context for this number of threads";
        return;
    }
    reference_ = referenceFor(context, c.threads);
    if (!reference_) {
        error_ = "no memory for the reference";
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
    measureLimit(false);
}

Session::~Session()
{
    if (!ready_) return;
    hg_runner_free(&runner_);
    hg_workload_free(&work_);
}

std::string Session::kernel() const
{
    return peer_ ? peer_->label() : hg_plan_kernel(runner_.plan);
}

int Session::revision() const
{
    const std::string chosen = kernel(), name = chosen.substr(0, chosen.find(' '));
    hg_kernel_info info;
    for (size_t i = 0; !peer_ && hg_kernel_get(work_.context, i, &info); i++)
        if (name == info.name) return info.revision;
    return 0;
}

double Session::run() const
{
    const double start = hg_clock_ns();
    for (int i = 0; i < case_->batch; i++) runOnce();
    return hg_clock_ns() - start;
}

void Session::runOnce() const
{
    if (peer_)
        peer_->run();
    else
        hg_runner_run(&runner_, &work_);
}

int Session::findBatch() const
{
    const double start = hg_clock_ns();
    runOnce();
    const double ns = std::max(hg_clock_ns() - start, 1.0);
    return static_cast<int>(std::min(std::max(std::ceil(kBatchNs / ns), 1.0), 1e4));
}

// Makes the peer and holds its result against hourglass's.
bool Session::takePeer()
{
    const float *weights = work_.filter ? work_.filter->weights : nullptr;
    peer_ = case_->makePeer(
        {&case_->problem, case_->threads, work_.input, weights, work_.bias, work_.input_indices});
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
    // What it writes beside maxima has its own order and type.
    if (work_.indices) std::memcpy(work_.indices, work_.expected_indices, work_.indices_bytes);
    if (hg_workload_matches(&work_, &difference)) return true;
    error_ = "computes something else: off by " + std::to_string(difference);
    return false;
}

// What the layer reads and writes. The output's contents are lost.
hg_traffic Session::traffic() const
{
    const hg_problem &p = case_->problem;
    hg_traffic t = {};
    const auto add = [&](void *data, const hg_tensor &tensor, size_t element, bool written) {
        const int64_t rows = tensor.n * tensor.h * (tensor.layout == HG_NCHW ? tensor.c : 1);
        const size_t bytes = static_cast<size_t>(hg_tensor_extent(&tensor)) * element;
        if (data) t.tensors[t.count++] = {data, bytes, static_cast<size_t>(rows), written};
    };
    add(work_.input, p.in, sizeof(float), false);
    add(work_.other, p.binary.other, sizeof(float), false);
    add(work_.input_indices, p.in, hg_index_bytes(p.pool.index_type), false);
    add(work_.output, p.out, hg_dtype_bytes(p.out.dtype), true);
    add(work_.indices, p.out, hg_index_bytes(p.pool.index_type), true);
    return t;
}

// One limit for a layer, whoever runs it; the lowest time of all measurements.
void Session::measureLimit(bool again)
{
    static std::map<std::string, double> least;
    double &known = least[work_.key + (" " + std::to_string(case_->threads))];
    limitNs_ = known;
    if (known > 0 && !again) return;
    const hg_problem &p = case_->problem;
    hg_machine machine;
    hg_context_machine(work_.context, &machine);
    const bool conv = hg_problem_has_filter(&p);
    double ns = 0;
    if (conv) {
        const double peak = hg_limit_gflops(machine.isa, case_->threads);
        ns = peak > 0 ? hg_problem_flops(&p) / peak : 0;
    }
    if (!conv || p.groups > 1) {
        const hg_traffic all = traffic();
        ns = std::max(ns, hg_limit_traffic_ns(machine.isa, case_->threads, &all));
    }
    if (ns > 0) known = known > 0 ? std::min(known, ns) : ns;
    limitNs_ = known;
}

void Session::passLimit(double ns)
{
    for (int i = 0; i < kRepeats && ns < limitNs_; i++) measureLimit(true);
}
