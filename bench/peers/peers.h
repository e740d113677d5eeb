// The libraries that this build has to compare with.
#ifndef HG_BENCH_PEERS_H
#define HG_BENCH_PEERS_H

#include "bench/peers/peer.h"

struct PeerLibrary {
    const char *name;
    std::unique_ptr<Peer> (*make)(const PeerTask &);
    void (*cap)(); // to AVX2
};

// Ends with one whose name is nullptr.
extern const PeerLibrary kPeerLibraries[];

#endif
