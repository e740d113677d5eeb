// What a benchmark measured, sample by sample, and how it gets into the JSON of a run.
#ifndef HG_BENCH_SAMPLES_H
#define HG_BENCH_SAMPLES_H

#include <benchmark/benchmark.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "bench/session.h"

// One call of a benchmark: a sample per round, in their order.
struct Samples {
    std::string kernel;
    int revision = 0;
    std::vector<double> us;     // of a call, the least batch of the round
    std::vector<double> waited; // for a core, all threads together, over the time of the round
    std::vector<double> coreUs, memoryUs; // the reference before the first round and after each
};

// Cuts the batches of a call into rounds, about 40 and none much longer than 4 ms, each of which
// the reference closes. The least batch of a round counts: the first finds the caches as the
// reference left them, which matters where a round is shorter.
class Rounds
{
  public:
    Rounds(const Session &session, int batch, int64_t calls);

    void add(double ns);
    bool isFull() const;
    // Keeps the sample and times the reference; drops a round of a single short batch.
    void close();

    double leastNs() const // of a call
    {
        return least_ / batch_;
    }
    double meanNs() const
    {
        return total_ / (batches_ * batch_);
    }
    const Samples &samples() const
    {
        return samples_;
    }

  private:
    void keepReference();

    const Session &session_;
    Samples samples_;
    double batch_, perRound_;
    double least_, total_ = 0, batches_ = 0;
    // Of the round; waited_: the clock of waiting when it began.
    double roundLeast_, roundTotal_ = 0, roundBatches_ = 0, waited_;
};

// The JSON of Google Benchmark with one member more:
//
//   "samples": [{"name": ..., "repetition_index": ..., "kernel": ..., "rev": ..., "us": [...],
//                "waited": [...], "core_us": [...], "memory_us": [...]}, ...]
class SampleReporter : public benchmark::JSONReporter
{
  public:
    void keep(const std::string &name, const Samples &samples)
    {
        calls_[name].push_back(samples);
    }

    bool ReportContext(const Context &context) override;
    void ReportRuns(const std::vector<Run> &runs) override;
    void Finalize() override;

  private:
    std::map<std::string, std::vector<Samples>> calls_;
    std::vector<std::string> reported_; // a name per repetition
    std::ostringstream text_;           // what the parent wrote, until Finalize
    std::ostream *file_ = nullptr;
};

#endif
