// Problems as ONNX nodes: input X, and I where there are indices; outputs are the caller's to add.
#ifndef HG_BENCH_ONNX_NODES_H
#define HG_BENCH_ONNX_NODES_H

#include "bench/peers/onnx_model.h"
#include "bench/peers/peer.h"

OnnxModel::Shape shapeOf(const hg_tensor &t);

// Whether a node of one operator computes the problem.
bool onnxKnows(const hg_problem &p);
// Of a problem that is known.
OnnxModel onnxModelOf(const PeerTask &t);

#endif
