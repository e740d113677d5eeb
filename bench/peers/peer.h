// Other libraries on hourglass-bench's problems, in the same process and on the same data.
#ifndef HG_BENCH_PEER_H
#define HG_BENCH_PEER_H

#include <memory>
#include <string>

extern "C" {
#include "kernels/problem.h"
}

struct PeerTask {
    const hg_problem *problem; // dense, NHWC
    int threads;
    const float *input;   // [n][h][w][c]
    const float *weights; // [out][in / groups][h][w]; nullptr for operators without
    const float *bias;
    const void *inputIndices; // as input; nullptr but for unpooling
};

// A planned operator. Weights are reordered and memory is taken before the first run.
class Peer
{
  public:
    virtual ~Peer() = default;
    virtual void run() = 0;
    virtual void fetch(float *nhwc) = 0; // the result of the last run
    virtual std::string label() const = 0;
};

// Keeps the libraries to AVX2; before the first peer is made. false: this one cannot be kept to it.
bool capOneDnn();
bool capXnnpack();
bool capOnnxRuntime();

// Whether the library was found when the program was started.
bool hasOnnxRuntime();

// Least time of a few runs, in ns. The first one, cold, would favour the variant that is tried
// last; where it takes long, as plain C does, it is enough.
double leastTime(Peer &peer);

// nullptr where the library lacks the operator.
std::unique_ptr<Peer> makeOneDnn(const PeerTask &task);
std::unique_ptr<Peer> makeXnnpack(const PeerTask &task);
std::unique_ptr<Peer> makeOnnxRuntime(const PeerTask &task);

#endif
