"""Three public networks, as scripts/setup models unpacks them, as models of ONNX: a selfie segmentation out of TFLite's
format, a super resolution out of that of TensorFlow.js, and a text detection as it is. Written by the operators that
converters have for them; both formats are NHWC, the models NCHW."""
import json
import math
import os
import struct

from onnx_model import info, model, node, tensor

# ---- TFLite: a flat buffer of tables, whose fields are found by number ----

FLOAT32, FLOAT16 = 0, 1
ADD, AVERAGE_POOL, CONV, DEPTHWISE, DEQUANTIZE, SIGMOID, MULTIPLY, RELU, RESIZE, CUSTOM, HARD_SWISH = \
    0, 1, 3, 4, 6, 14, 18, 19, 23, 32, 117


class Table:
    def __init__(self, data, at):
        self.data, self.at = data, at
        self.fields = at - struct.unpack_from("<i", data, at)[0]

    def place(self, field):
        """Of a field's bytes; 0: it has its default."""
        if 4 + 2 * field >= struct.unpack_from("<H", self.data, self.fields)[0]:
            return 0
        offset = struct.unpack_from("<H", self.data, self.fields + 4 + 2 * field)[0]
        return self.at + offset if offset else 0

    def number(self, field, kind="i"):
        place = self.place(field)
        return struct.unpack_from("<" + kind, self.data, place)[0] if place else 0

    def follow(self, place):
        return place + struct.unpack_from("<I", self.data, place)[0]

    def table(self, field):
        return Table(self.data, self.follow(self.place(field)))

    def vector(self, field, kind="i"):
        if not self.place(field):
            return []
        at = self.follow(self.place(field))
        count = struct.unpack_from("<I", self.data, at)[0]
        return list(struct.unpack_from("<%d%s" % (count, kind), self.data, at + 4))

    def tables(self, field):
        if not self.place(field):
            return []
        at = self.follow(self.place(field)) + 4
        return [Table(self.data, self.follow(at + 4 * i)) for i in range(struct.unpack_from("<I", self.data, at - 4)[0])]


def moved(values, dims, order):
    """Elements of a dense tensor with its axes in another order."""
    strides = [math.prod(dims[i + 1:]) for i in range(len(dims))]
    places = [0]
    for axis in order:
        places = [p + i * strides[axis] for p in places for i in range(dims[axis])]
    return tensor_dims(dims, order), [values[p] for p in places]


def tensor_dims(dims, order):
    return [dims[axis] for axis in order]


class Selfie:
    """Every operator of the network, its weights widened from 16 bits."""

    def __init__(self, data):
        file = Table(data, struct.unpack_from("<I", data)[0])
        graph, self.buffers = file.tables(2)[0], file.tables(4)
        self.codes = [max(c.number(0, "b"), c.number(3)) for c in file.tables(1)]
        self.values, self.nodes, self.weights = graph.tables(0), [], []
        self.halves = {}  # of a widened value: which one it was
        for operator in graph.tables(3):
            self.convert(self.codes[operator.number(0, "I")], operator, operator.vector(1), operator.vector(2)[0])
        (x,), (y,) = graph.vector(1), graph.vector(2)
        self.model = model(self.nodes, self.weights, [info("v%d" % x, [1, 3, 256, 256])], ["v%d" % y], 14)

    def put(self, op, inputs, output, **attributes):
        self.nodes.append(node(op, inputs, ["v%d" % output], **attributes))

    def constant(self, value, order=None):
        value = self.halves.get(value, value)
        t = self.values[value]
        dims, kind = t.vector(0), "e" if t.number(1, "b") == FLOAT16 else "f"
        data = bytes(self.buffers[t.number(2, "I")].vector(0, "B"))
        values = [v[0] for v in struct.iter_unpack("<" + kind, data)]
        dims, values = moved(values, dims, order) if order else (dims, values)
        self.weights.append(tensor("w%d" % value, dims, values))
        return "w%d" % value, dims

    def convert(self, code, operator, inputs, output):
        x = ["v%d" % v for v in inputs]
        plain = {ADD: "Add", MULTIPLY: "Mul", SIGMOID: "Sigmoid", RELU: "Relu", HARD_SWISH: "HardSwish"}
        if code == DEQUANTIZE:
            self.halves[output] = inputs[0]
        elif code in plain:
            self.put(plain[code], x, output)
        elif code == AVERAGE_POOL:  # all of them over the whole image
            self.put("GlobalAveragePool", x, output)
        elif code == RESIZE:  # twice as large, with half pixels
            self.weights.append(tensor("s%d" % output, [4], [1.0, 1.0, 2.0, 2.0]))
            self.put("Resize", [x[0], "", "s%d" % output], output, mode="linear")
        elif code == CUSTOM:  # a transposed convolution of 2x2 with a bias
            w, dims = self.constant(inputs[1], [3, 0, 1, 2])
            self.put("ConvTranspose", [x[0], w, self.constant(inputs[2])[0]], output, kernel_shape=dims[2:], strides=[2, 2])
        else:
            options = operator.table(4)
            depthwise = code == DEPTHWISE
            w, dims = self.constant(inputs[1], [3, 0, 1, 2] if depthwise else [0, 3, 1, 2])
            self.put("Conv", [x[0], w, self.constant(inputs[2])[0]], output, kernel_shape=dims[2:],
                     group=dims[0] if depthwise else 1, strides=[options.number(2), options.number(1)],
                     auto_pad="SAME_UPPER" if options.number(0, "b") == 0 else "VALID")


# ---- TensorFlow.js: layers in JSON, weights in a file beside ----


def super_resolution(folder):
    with open(os.path.join(folder, "model.json")) as f:
        file = json.load(f)
    with open(os.path.join(folder, "group1-shard1of1.bin"), "rb") as f:
        data = f.read()
    floats, nodes, tensors = {}, [], []
    for w in file["weightsManifest"][0]["weights"]:
        size = 4 * math.prod(w["shape"])
        floats[w["name"]] = w["shape"], [v[0] for v in struct.iter_unpack("<f", data[:size])]
        data = data[size:]
    for layer in file["modelTopology"]["model_config"]["config"]["layers"]:
        kind, name, words = layer["class_name"], layer["config"]["name"], layer["config"]
        x = [i[0] for i in layer["inbound_nodes"][0]] if layer["inbound_nodes"] else []
        if kind == "Conv2D":
            dims, values = floats[name + "/kernel"]
            tensors += [tensor(name + "_w", *moved(values, dims, [3, 2, 0, 1])), tensor(name + "_b", *floats[name + "/bias"])]
            nodes.append(node("Conv", [*x, name + "_w", name + "_b"], [name], kernel_shape=dims[:2], auto_pad="SAME_UPPER"))
        elif kind == "UpSampling2D":
            tensors.append(tensor("twice", [4], [1.0, 1.0, 2.0, 2.0]))
            nodes.append(node("Resize", [*x, "", "twice"], [name], mode="nearest", nearest_mode="floor",
                              coordinate_transformation_mode="asymmetric"))
        elif kind != "InputLayer":
            op = {"Activation": "Relu", "Add": "Add", "Concatenate": "Concat"}[kind]
            nodes.append(node(op, x, [name], **({"axis": 1} if op == "Concat" else {})))
    return model(nodes, tensors, [info("LR", [0, 3, 0, 0])], [name], 14)


# ---- The three ----


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as f:
        return f.read()


# Name, size, and the model's bytes.
NETWORKS = [
    ("selfie", "256x256", lambda folder: Selfie(read(folder, "selfie_segmentation.tflite")).model),
    ("super_resolution", "128x128", super_resolution),
    ("text_detection", "320x640", lambda folder: read(folder, "ch_PP-OCRv4_det_infer.onnx")),
]
