#include "bench/peers/peers.h"

#include <algorithm>

extern "C" {
#include "tuner/clock.h"
}

const PeerLibrary kPeerLibraries[] = {
#if defined(HG_BENCH_ONEDNN)
    {"onednn", makeOneDnn, capOneDnn, nullptr},
#endif
#if defined(HG_BENCH_XNNPACK)
    {"xnnpack", makeXnnpack, capXnnpack, nullptr},
#endif
#if defined(HG_BENCH_ONNXRUNTIME)
    {"onnxruntime", makeOnnxRuntime, capOnnxRuntime, hasOnnxRuntime},
#endif
    {nullptr, nullptr, nullptr, nullptr}};

double leastTime(Peer &peer)
{
    constexpr double kLongNs = 1e8;
    const double begin = hg_clock_ns();
    peer.run();
    double least = hg_clock_ns() - begin;
    for (int i = 0; i < 5 && least < kLongNs; i++) {
        const double start = hg_clock_ns();
        peer.run();
        least = std::min(least, hg_clock_ns() - start);
    }
    return least;
}
