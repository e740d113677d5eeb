// The libraries that this build has to compare with.
#ifndef HG_BENCH_PEERS_H
#define HG_BENCH_PEERS_H

#include "bench/peers/peer.h"

struct PeerLibrary {
    const char *name;
    std::unique_ptr<Peer> (*make)(const PeerTask &);
    bool (*cap)();   // to AVX2; false: it cannot be kept to it
    bool (*found)(); // nullptr: it was linked
};

// Ends with one whose name is nullptr.
extern const PeerLibrary kPeerLibraries[];

inline bool isFound(const PeerLibrary &library)
{
    return !library.found || library.found();
}

#endif
