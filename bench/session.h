// A layer being timed: its buffers, its plan or the peer that stands in for it, its limits.
#ifndef HG_BENCH_SESSION_H
#define HG_BENCH_SESSION_H

#include <memory>
#include <string>

#include "bench/peers/peer.h"
#include "hourglass/hourglass.h"

extern "C" {
#include "bench/limits.h"
#include "tuner/workload.h"
}

struct Case {
    std::string name;
    hg_problem problem;
    int threads;
    std::unique_ptr<Peer> (*makePeer)(const PeerTask &); // nullptr: hourglass itself
    // Runs per batch, found by the first session: Google Benchmark aborts where repetitions, which
    // may be interleaved with other cases, differ in their number of iterations.
    mutable int batch = 0;
};

// One context per number of threads, as long as the process lives; nullptr if it cannot be made.
hg_context *contextFor(int threads);

// A problem with its buffers, its plan and its limit. Google Benchmark calls a benchmark several
// times to find the number of iterations, so the last session is kept.
class Session
{
  public:
    explicit Session(const Case &c);
    ~Session();
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
    bool isLacking() const // the peer has no such operator
    {
        return lacking_;
    }
    // What runs: kernel and configuration, or the peer's words.
    std::string kernel() const;
    // Of the kernel; 0 for peers.
    int revision() const;
    double limitNs() const
    {
        return limitNs_;
    }
    // Measures the limit again if a run took less: the machine may have been disturbed, then.
    void passLimit(double ns);
    // Time of one batch in ns.
    double run() const;
    // Times of the reference, now.
    hg_reference_times reference() const
    {
        return hg_reference_run(reference_);
    }

  private:
    void runOnce() const;
    int findBatch() const;
    bool takePeer();
    hg_traffic traffic() const;
    void measureLimit(bool again);

    const Case *case_;
    bool ready_ = false, lacking_ = false;
    std::string error_;
    std::unique_ptr<Peer> peer_;
    hg_workload work_ = {};
    hg_runner runner_ = {};
    hg_reference *reference_ = nullptr;
    double limitNs_ = 0;
};

#endif
