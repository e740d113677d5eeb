// Writes ONNX models of a single node: as much of the protobuf format as these need.
#ifndef HG_BENCH_ONNX_MODEL_H
#define HG_BENCH_ONNX_MODEL_H

#include <cstdint>
#include <string>
#include <vector>

// One node of the operator set of version 18, its inputs and outputs the graph's own, in the order
// in which they are added. Everything is f32 except where int64 is said.
class OnnxModel
{
  public:
    using Shape = std::vector<int64_t>;

    explicit OnnxModel(const std::string &op);

    void input(const std::string &name, const Shape &shape, bool int64 = false);
    void noInput(); // an optional one that is left out
    void constant(const std::string &name, const Shape &shape, const float *values);
    void constant(const std::string &name, const std::vector<int64_t> &values);
    void output(const std::string &name, const Shape &shape, bool int64 = false);

    void attribute(const std::string &name, int64_t value);
    void attribute(const std::string &name, float value);
    void attribute(const std::string &name, const char *value);
    void attribute(const std::string &name, const std::vector<int64_t> &values);

    std::string bytes() const; // a ModelProto

  private:
    void constant(const std::string &name, const Shape &shape, bool int64, const void *data,
                  size_t size);

    std::string node_, attributes_, graph_;
};

#endif
