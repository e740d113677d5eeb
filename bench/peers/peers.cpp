#include "bench/peers/peers.h"

const PeerLibrary kPeerLibraries[] = {
#if defined(HG_BENCH_ONEDNN)
    {"onednn", makeOneDnn, capOneDnn},
#endif
#if defined(HG_BENCH_XNNPACK)
    {"xnnpack", makeXnnpack, capXnnpack},
#endif
    {nullptr, nullptr, nullptr}};
