// One layer: Hourglass in both layouts, its other candidates and the peers, in turn.
#ifndef HG_BENCH_RACE_H
#define HG_BENCH_RACE_H

#include <string>
#include <vector>

#include "bench/peers/peers.h"
#include "hourglass/hourglass.h"

struct RaceOptions {
    hg_context *context;
    int threads;
    std::vector<const PeerLibrary *> peers;
};

struct Timed {
    std::string name;       // kernel and configuration, or the peer's implementation
    double us = 0;          // least of all rounds of the final
    double estimateUs = -1; // of ours
};

// Ours in one layout. The best of the others is the fastest of a few that a first, shorter race
// left; it may be slower than the default.
struct Field {
    hg_layout layout;
    Timed untuned;
    std::vector<Timed> others;
    int candidates = 0, tried = 0;  // the others did not fit the time
    std::vector<std::string> wrong; // candidates whose results differ from the default's
};

struct PeerOutcome {
    std::string library;
    std::string lack; // why there is no time, or ""
    Timed timed;
};

struct Outcome {
    std::string key, error; // error: why nothing was timed, or ""
    double flops = 0, bytes = 0;
    int rounds = 0;
    std::vector<Field> fields;
    std::vector<PeerOutcome> peers;
};

// Runs until about `seconds` have passed, making of plans and data included, but at least six
// rounds. The problem is dense, NHWC.
//
// A sample is the least of some batches of 20 us, behind a call that is not timed where calls are
// short, so that each finds the caches as it leaves them itself. Every round has one of everybody,
// in random order.
Outcome race(const RaceOptions &options, const hg_problem &problem, double seconds);

#endif
