#include "bench/peers/onnx_model.h"

#include <cstring>

namespace
{

// Numbers of fields, of onnx.proto.
enum { MODEL_IR_VERSION = 1, MODEL_GRAPH = 7, MODEL_OPSET = 8 };
enum { OPSET_VERSION = 2 };
enum { GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_INITIALIZER = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_OP = 4, NODE_ATTRIBUTE = 5 };
enum {
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_F = 2,
    ATTRIBUTE_I = 3,
    ATTRIBUTE_S = 4,
    ATTRIBUTE_INTS = 8,
    ATTRIBUTE_TYPE = 20
};
enum { TYPE_FLOAT = 1, TYPE_INT = 2, TYPE_STRING = 3, TYPE_INTS = 7 };
enum { TENSOR_DIMS = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_RAW = 9 };
enum {
    VALUE_NAME = 1,
    VALUE_TYPE = 2,
    TYPE_TENSOR = 1,
    TENSOR_ELEMENT = 1,
    TENSOR_SHAPE = 2,
    SHAPE_DIM = 1,
    DIM_VALUE = 1
};
enum { ELEMENT_FLOAT = 1, ELEMENT_INT64 = 7 };
constexpr int kIrVersion = 8, kOperatorSet = 18;

std::string varint(uint64_t value)
{
    std::string out;
    for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
    return out + static_cast<char>(value);
}

std::string tag(int field, unsigned wire)
{
    return varint(static_cast<uint64_t>(field) << 3 | wire);
}

std::string whole(int field, int64_t value)
{
    return tag(field, 0) + varint(static_cast<uint64_t>(value));
}

// A string, bytes or a message.
std::string text(int field, const std::string &value)
{
    return tag(field, 2) + varint(value.size()) + value;
}

int elementOf(bool int64)
{
    return int64 ? ELEMENT_INT64 : ELEMENT_FLOAT;
}

std::string value(const std::string &name, const OnnxModel::Shape &shape, bool int64)
{
    std::string dims;
    for (const int64_t n : shape) dims += text(SHAPE_DIM, whole(DIM_VALUE, n));
    const std::string tensor = whole(TENSOR_ELEMENT, elementOf(int64)) + text(TENSOR_SHAPE, dims);
    return text(VALUE_NAME, name) + text(VALUE_TYPE, text(TYPE_TENSOR, tensor));
}

std::string attributeOf(const std::string &name, int type, const std::string &value)
{
    return text(NODE_ATTRIBUTE, text(ATTRIBUTE_NAME, name) + value + whole(ATTRIBUTE_TYPE, type));
}

} // namespace

OnnxModel::OnnxModel(const std::string &op)
{
    attributes_ = text(NODE_OP, op);
    graph_ = text(GRAPH_NAME, "layer");
}

void OnnxModel::input(const std::string &name, const Shape &shape, bool int64)
{
    node_ += text(NODE_INPUT, name);
    graph_ += text(GRAPH_INPUT, value(name, shape, int64));
}

void OnnxModel::noInput()
{
    node_ += text(NODE_INPUT, "");
}

void OnnxModel::output(const std::string &name, const Shape &shape, bool int64)
{
    node_ += text(NODE_OUTPUT, name);
    graph_ += text(GRAPH_OUTPUT, value(name, shape, int64));
}

void OnnxModel::constant(const std::string &name, const Shape &shape, bool int64, const void *data,
                         size_t size)
{
    std::string tensor;
    for (const int64_t n : shape) tensor += whole(TENSOR_DIMS, n);
    tensor += whole(TENSOR_TYPE, elementOf(int64)) + text(TENSOR_NAME, name);
    tensor += text(TENSOR_RAW, std::string(static_cast<const char *>(data), size));
    node_ += text(NODE_INPUT, name);
    graph_ += text(GRAPH_INITIALIZER, tensor);
}

void OnnxModel::constant(const std::string &name, const Shape &shape, const float *values)
{
    size_t count = 1;
    for (const int64_t n : shape) count *= static_cast<size_t>(n);
    constant(name, shape, false, values, count * sizeof *values);
}

void OnnxModel::constant(const std::string &name, const std::vector<int64_t> &values)
{
    constant(name, {static_cast<int64_t>(values.size())}, true, values.data(),
             values.size() * sizeof(int64_t));
}

void OnnxModel::attribute(const std::string &name, int64_t value)
{
    attributes_ += attributeOf(name, TYPE_INT, whole(ATTRIBUTE_I, value));
}

void OnnxModel::attribute(const std::string &name, float value)
{
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    attributes_ +=
        attributeOf(name, TYPE_FLOAT, tag(ATTRIBUTE_F, 5) + std::string(raw, sizeof raw));
}

void OnnxModel::attribute(const std::string &name, const char *value)
{
    attributes_ += attributeOf(name, TYPE_STRING, text(ATTRIBUTE_S, value));
}

void OnnxModel::attribute(const std::string &name, const std::vector<int64_t> &values)
{
    std::string all;
    for (const int64_t v : values) all += whole(ATTRIBUTE_INTS, v);
    attributes_ += attributeOf(name, TYPE_INTS, all);
}

std::string OnnxModel::bytes() const
{
    return whole(MODEL_IR_VERSION, kIrVersion) +
           text(MODEL_OPSET, whole(OPSET_VERSION, kOperatorSet)) +
           text(MODEL_GRAPH, graph_ + text(GRAPH_NODE, node_ + attributes_));
}
