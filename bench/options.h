// The flags of hourglass-bench.
#ifndef HG_BENCH_OPTIONS_H
#define HG_BENCH_OPTIONS_H

#include <string>
#include <vector>

#include "hourglass/hourglass.h"

enum class PeerIsa { Same, Avx2, Native }; // Same: as hourglass, as far as AVX2 goes

struct Options {
    std::vector<std::string> shapes; // files
    std::vector<hg_layout> layouts = {HG_NHWC};
    std::vector<int> threads = {1};
    hg_accuracy accuracy = HG_DEFAULT;
    bool allPeers = true; // that are built in; else those named
    std::vector<std::string> peers;
    PeerIsa peerIsa = PeerIsa::Same;
    bool writesJson = false; // --benchmark_out, and in no other format
    bool help = false;
};

// Takes our flags out of the arguments, --help excepted. false after a message: a bad value, or
// nothing to run.
bool readOptions(std::vector<char *> &arguments, Options &options);
void printUsage();

// Prints a sentence on stderr; false.
bool fail(const std::string &what);

#endif
