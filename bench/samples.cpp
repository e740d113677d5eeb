#include "bench/samples.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "bench/json.h"

extern "C" {
#include "bench/waiting.h"
}

namespace
{

constexpr double kRounds = 40, kLeastBatches = 2, kLongNs = 4e6;
constexpr double kNever = std::numeric_limits<double>::infinity();

std::string listed(const std::vector<double> &values)
{
    std::string out;
    for (const double value : values) {
        out += (out.empty() ? "" : ", ") + numberText(value);
    }
    return "[" + out + "]";
}

std::string written(const std::string &name, size_t repetition, const Samples &s)
{
    return "    {\"name\": " + quoted(name) +
           ", \"repetition_index\": " + std::to_string(repetition) +
           ", \"kernel\": " + quoted(s.kernel) + ", \"rev\": " + std::to_string(s.revision) +
           ",\n     \"us\": " + listed(s.us) + ",\n     \"waited\": " + listed(s.waited) +
           ",\n     \"core_us\": " + listed(s.coreUs) +
           ",\n     \"memory_us\": " + listed(s.memoryUs) + "}";
}

} // namespace

Rounds::Rounds(const Session &session, int batch, int64_t calls)
    : session_(session), batch_(batch), least_(kNever), roundLeast_(kNever)
{
    perRound_ = std::max(std::ceil(static_cast<double>(calls) / batch_ / kRounds), kLeastBatches);
    samples_.kernel = session.kernel();
    samples_.revision = session.revision();
    keepReference();
    waited_ = hg_waited_ns();
}

void Rounds::keepReference()
{
    const hg_reference_times reference = session_.reference();
    samples_.coreUs.push_back(reference.core_ns * 1e-3);
    samples_.memoryUs.push_back(reference.memory_ns * 1e-3);
}

void Rounds::add(double ns)
{
    roundLeast_ = std::min(roundLeast_, ns);
    roundTotal_ += ns;
    roundBatches_++;
    least_ = std::min(least_, ns);
    total_ += ns;
    batches_++;
}

bool Rounds::isFull() const
{
    return roundBatches_ >= perRound_ || roundTotal_ >= kLongNs;
}

void Rounds::close()
{
    const bool few = roundBatches_ < kLeastBatches && roundTotal_ < kLongNs;
    if (roundBatches_ == 0 || (few && !samples_.us.empty())) return; // but one sample at least
    const double waited = hg_waited_ns() - waited_;
    samples_.us.push_back(roundLeast_ / batch_ * 1e-3);
    samples_.waited.push_back(waited / roundTotal_);
    keepReference();
    roundLeast_ = kNever;
    roundTotal_ = roundBatches_ = 0;
    waited_ = hg_waited_ns();
}

bool SampleReporter::ReportContext(const Context &context)
{
    file_ = &GetOutputStream();
    SetOutputStream(&text_);
    return JSONReporter::ReportContext(context);
}

void SampleReporter::ReportRuns(const std::vector<Run> &runs)
{
    for (const Run &run : runs)
        if (run.run_type == Run::RT_Iteration) reported_.push_back(run.benchmark_name());
    JSONReporter::ReportRuns(runs);
}

// Puts the samples before the last brace. The first repetition of a benchmark also looks for the
// number of iterations, so of all its calls the last ones are those that were reported.
void SampleReporter::Finalize()
{
    JSONReporter::Finalize();
    std::string text = text_.str(), samples;
    std::map<std::string, size_t> repetitions, written_;
    for (const std::string &name : reported_) repetitions[name]++;
    for (const std::string &name : reported_) {
        const std::vector<Samples> &calls = calls_[name];
        const size_t i = written_[name]++, skipped = calls.size() - repetitions[name];
        if (calls.size() < repetitions[name]) continue; // it failed
        samples += (samples.empty() ? "\n" : ",\n") + written(name, i, calls[skipped + i]);
    }
    const size_t end = std::min(text.rfind('}'), text.size());
    text.insert(end, ",\n  \"samples\": [" + samples + "\n  ]\n");
    *file_ << text;
}
