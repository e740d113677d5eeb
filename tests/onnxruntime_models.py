#!/usr/bin/env python3
"""Models for test_onnxruntime, and the list of them.

    tests/onnxruntime_models.py FOLDER [--time]

--time: a few whole networks instead, of sizes that are worth measuring."""
import array
import math
import os
import random
import struct
import sys

sys.dont_write_bytecode = True
from onnx_model import FLOAT, INT64, info, model, node, tensor
from onnxruntime_limits import limits
from public_models import NETWORKS

# Cases of tests/onnx that the runtime keeps, and why.
KEPT = {
    "resize_tf_crop_and_resize": "a crop",
    "resize_downsample_scales_nearest": "a factor that float32 rounds",
    "resize_downsample_scales_linear_align_corners": "the runtime's own result is not the standard's",
    "depthtospace_crd_mode_example": "no such operator",
    "depthtospace_example": "no such operator",
    "spacetodepth_example": "no such operator",
}
OPEN = [0, 3, 0, 0]
# More than the plans that are kept, the first once more at the end; some differ in one size alone.
SHAPES = "1x3x32x32 2x3x32x32 1x3x48x32 1x3x32x48 2x3x16x48 1x3x64x24 3x3x32x32 1x3x8x8 1x3x8x16 1x3x16x8 1x3x32x32"


class Writer:
    def __init__(self, folder):
        self.folder, self.lines, self.r = folder, [], random.Random(1)

    def draw(self, name, dims, low=-0.5, high=0.5):
        count = 1
        for d in dims:
            count *= d
        scale = min(1.0, (3.0 / max(1, count // dims[0])) ** 0.5) if len(dims) == 4 else 1.0
        return tensor(name, dims, [self.r.uniform(low, high) * scale for _ in range(count)])

    def write(self, name, claimed, shapes, nodes, tensors, inputs, outputs=("y",), opset=13, expected=""):
        with open(os.path.join(self.folder, name + ".onnx"), "wb") as f:
            f.write(model(nodes, tensors, inputs, outputs, opset))
        self.lines.append(f"{name}.onnx {claimed} {shapes}{expected}")

    def done(self):
        with open(os.path.join(self.folder, "models"), "w") as f:
            f.write("\n".join(self.lines) + "\n")


def bn(w, name, c):
    parts = [w.draw(name + p, [c]) for p in "shm"] + [w.draw(name + "v", [c], 0.5, 1.5)]
    return parts, [name + p for p in "shmv"]


# ---- Whole networks ----


def unet(w, name="unet", k=8, shapes=SHAPES, dims=OPEN):
    """Two levels, the upper one concatenated; everything but the last operator is claimed."""
    parts, names = bn(w, "n", k)
    nodes = [
        node("Conv", ["x", "w1"], ["1"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("BatchNormalization", ["1", *names], ["2"]),
        node("Relu", ["2"], ["3"]),
        node("MaxPool", ["3"], ["4"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["4", "w2", "b2"], ["5"], kernel_shape=[3, 3], auto_pad="SAME_UPPER"),
        node("Sigmoid", ["5"], ["6"]),
        node("Mul", ["5", "6"], ["7"]),
        node("Conv", ["7", "w3", "b2"], ["8"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], group=2),
        node("Add", ["8", "7"], ["9"]),
        node("PRelu", ["9", "slopes"], ["10"]),
        node("ConvTranspose", ["10", "w4"], ["11"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Concat", ["11", "3"], ["12"], axis=1),
        node("Conv", ["12", "w5", "b5"], ["13"], kernel_shape=[1, 1]),
        node("Clip", ["13", "low", "high"], ["y"]),
    ]
    tensors = parts + [
        w.draw("w1", [k, 3, 3, 3]), w.draw("w2", [2 * k, k, 3, 3]), w.draw("b2", [2 * k]),
        w.draw("w3", [2 * k, k, 3, 3]), w.draw("slopes", [2 * k, 1, 1]), w.draw("w4", [2 * k, k, 2, 2]),
        w.draw("w5", [2, 2 * k, 1, 1]), w.draw("b5", [2]), tensor("low", [], [-0.5]), tensor("high", [], [0.75])]
    w.write(name, 13, shapes, nodes, tensors, [info("x", dims)])  # the runtime folds one


def split(w):
    """An operator that the provider lacks cuts a network in two, with two values across."""
    nodes = [
        node("Conv", ["x", "w1"], ["1"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Relu", ["1"], ["2"]),
        node("MaxPool", ["2"], ["3"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Erf", ["3"], ["4"]),
        node("Resize", ["4", "", "scales"], ["5"], mode="nearest"),
        node("Concat", ["5", "2"], ["6"], axis=1),
        node("Conv", ["6", "w2"], ["y"], kernel_shape=[1, 1]),
    ]
    tensors = [w.draw("w1", [8, 3, 3, 3]), w.draw("w2", [4, 16, 1, 1]),
               tensor("scales", [4], [1.0, 1.0, 2.0, 2.0])]
    w.write("split", 6, "1x3x16x16 2x3x8x24", nodes, tensors, [info("x", OPEN)])


def two_inputs(w):
    """Two images of unrelated sizes."""
    nodes = [
        node("Conv", ["x", "w1"], ["1"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
        node("Conv", ["z", "w2"], ["2"], kernel_shape=[1, 1]),
        node("Add", ["1", "2"], ["y"]),
    ]
    tensors = [w.draw("w1", [4, 3, 3, 3]), w.draw("w2", [4, 2, 1, 1])]
    inputs = [info("x", OPEN), info("z", [0, 2, 0, 0])]
    w.write("two_inputs", 3, "1x3x16x16+1x2x8x8 2x3x7x9+2x2x4x5", nodes, tensors, inputs)


def none(w):
    """Nothing to claim: matrices, whole numbers, weights that are values."""
    nodes = [node("Conv", ["x", "z"], ["1"], kernel_shape=[1, 1]), node("Erf", ["1"], ["y"])]
    w.write("none", 0, "1x3x5x5+2x3x1x1", nodes, [], [info("x", [1, 3, 5, 5]), info("z", [2, 3, 1, 1])])


class Chain:
    """Nodes one behind the other, with names of their own."""

    def __init__(self, w):
        self.w, self.nodes, self.tensors, self.count = w, [], [], 0

    def put(self, op, inputs, tensors=(), **attributes):
        self.count += 1
        self.tensors += tensors
        self.nodes.append(node(op, inputs, [f"v{self.count}"], **attributes))
        return f"v{self.count}"

    def conv(self, x, c, k, size, stride=1, act="Relu", groups=1):
        name = f"w{self.count}"
        weights = [self.w.draw(name, [k, c // groups, size, size]), self.w.draw(name + "b", [k])]
        x = self.put("Conv", [x, name, name + "b"], weights, kernel_shape=[size, size], group=groups,
                     strides=[stride, stride], pads=[size // 2] * 4)
        return self.put(act, [x]) if act else x

    def write(self, name, y, shape):
        """Open sizes."""
        nodes = self.nodes + [node("Identity", [y], ["y"])]
        dims = [0, int(shape.split("x")[1]), 0, 0]
        self.w.write(name, 0, shape, nodes, self.tensors, [info("x", dims)], opset=14)


def resnet(w):
    """Stem and bottlenecks of ResNet-50, of the first two stages."""
    n = Chain(w)
    x = n.put("MaxPool", [n.conv("x", 3, 64, 7, 2)], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    c = 64
    for k, stride in ((64, 1), (64, 1), (64, 1), (128, 2), (128, 1), (128, 1)):
        skip = n.conv(x, c, 4 * k, 1, stride, None) if c != 4 * k else x
        y = n.conv(n.conv(n.conv(x, c, k, 1), k, k, 3, stride), k, 4 * k, 1, 1, None)
        x, c = n.put("Relu", [n.put("Add", [y, skip])]), 4 * k
    n.write("resnet", n.put("GlobalAveragePool", [x]), "1x3x224x224")


def deep_unet(w):
    """Four levels of 16 to 128 channels."""
    n = Chain(w)
    x, c, skips = "x", 3, []
    for k in (16, 32, 64, 128):
        x = n.conv(n.conv(x, c, k, 3), k, k, 3)
        c = k
        if k < 128:
            skips.append((x, k))
            x = n.put("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])
    for skip, k in reversed(skips):
        scales = f"s{k}"
        x = n.put("Resize", [x, "", scales], [tensor(scales, [4], [1.0, 1.0, 2.0, 2.0])], mode="nearest")
        x = n.put("Concat", [n.conv(x, c, k, 3), skip], axis=1)
        x, c = n.conv(x, 2 * k, k, 3), k
    n.write("deep_unet", n.conv(x, c, 2, 1, 1, None), "1x3x256x256")


def mobile(w):
    """Depthwise and pointwise convolutions with hard swish."""
    n = Chain(w)
    x, c = n.conv("x", 3, 16, 3, 2, "HardSwish"), 16
    for k, stride in ((24, 2), (24, 1), (40, 2), (40, 1), (80, 2), (80, 1)):
        y = n.conv(n.conv(x, c, 4 * c, 1, 1, "HardSwish"), 4 * c, 4 * c, 3, stride, "HardSwish", 4 * c)
        y = n.conv(y, 4 * c, k, 1, 1, None)
        x, c = n.put("Add", [y, x]) if c == k and stride == 1 else y, k
    n.write("mobile", x, "1x3x224x224")


# ---- Single nodes ----


def singles(w):
    """One node each, on a shape that the model says and on shapes that it leaves open."""
    c, x = 6, info("x", [0, 6, 0, 0])
    scales = lambda *v: tensor("scales", [4], [1.0, 1.0, *v])
    channel = lambda name: w.draw(name, [1, c, 1, 1], 0.5, 1.5)
    conv = lambda k, s: [w.draw("w", [k, *s]), w.draw("b", [k])]
    cases = {
        "conv_same_lower": (node("Conv", "xwb", "y", auto_pad="SAME_LOWER", strides=[2, 1]), conv(5, [6, 3, 3])),
        "conv_pads": (node("Conv", "xwb", "y", pads=[0, 2, 1, 0], dilations=[2, 1]), conv(4, [6, 3, 2])),
        "conv_depthwise": (node("Conv", "xwb", "y", group=6, pads=[1, 1, 1, 1]), conv(12, [1, 3, 3])),
        "transpose_groups": (node("ConvTranspose", "xw", "y", group=2, strides=[2, 3], pads=[1, 0, 0, 1],
                                  output_padding=[1, 0]), [w.draw("w", [6, 2, 3, 3])]),
        "max_pool_ceil": (node("MaxPool", "x", "y", kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1), []),
        "avg_pool": (node("AveragePool", "x", "y", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1), []),
        "avg_pool_out": (node("AveragePool", "x", "y", kernel_shape=[3, 3], pads=[1, 1, 0, 0], strides=[2, 2]), []),
        "lp_pool": (node("LpPool", "x", "y", kernel_shape=[2, 2], p=3), []),
        "global_avg": (node("GlobalAveragePool", "x", "y"), []),
        "global_max": (node("GlobalMaxPool", "x", "y"), []),
        "mean": (node("ReduceMean", ["x", "axes"], "y"), [tensor("axes", [2], [2, -1], "int64")]),
        "hard_swish": (node("HardSwish", "x", "y"), []),
        "hard_sigmoid": (node("HardSigmoid", "x", "y", alpha=0.25), []),
        "leaky": (node("LeakyRelu", "x", "y"), []), "elu": (node("Elu", "x", "y", alpha=0.5), []),
        "tanh": (node("Tanh", "x", "y"), []), "gelu": (node("Gelu", "x", "y"), []),
        "gelu_tanh": (node("Gelu", "x", "y", approximate="tanh"), []),
        "clip_low": (node("Clip", ["x", "low"], "y"), [tensor("low", [], [-0.25])]),
        "prelu_one": (node("PRelu", "xa", "y"), [tensor("a", [1], [0.3])]),
        "mul": (node("Mul", "xa", "y"), [channel("a")]), "mul_left": (node("Mul", "ax", "y"), [channel("a")]),
        "sub": (node("Sub", "xa", "y"), [channel("a")]), "sub_left": (node("Sub", "ax", "y"), [channel("a")]),
        "div": (node("Div", "xa", "y"), [channel("a")]), "add_one": (node("Add", "xa", "y"), [tensor("a", [], [0.3])]),
        "double": (node("Add", "xx", "y"), []), "sum": (node("Sum", "xx", "y"), []),
        "slice": (node("Slice", ["x", "s", "e", "a"], "y"),
                  [tensor("s", [1], [-4], "int64"), tensor("e", [1], [1 << 40], "int64"), tensor("a", [1], [1], "int64")]),
        "nearest": (node("Resize", ["x", "", "scales"], "y", mode="nearest", nearest_mode="floor",
                         coordinate_transformation_mode="asymmetric"), [scales(2.0, 3.0)]),
        "linear": (node("Resize", ["x", "", "scales"], "y", mode="linear"), [scales(2.0, 1.5)]),
        "cubic": (node("Resize", ["x", "", "scales"], "y", mode="cubic"), [scales(1.5, 2.5)]),
        "corners": (node("Resize", ["x", "", "scales"], "y", mode="linear",
                         coordinate_transformation_mode="align_corners"), [scales(2.0, 3.0)]),
        "axes": (node("Resize", ["x", "", "scales"], "y", mode="linear", axes=[3, 2]),
                 [tensor("scales", [2], [1.5, 2.0])]),
        "batch_norm": (node("BatchNormalization", ["x", *bn(w, "n", c)[1]], "y"), bn(w, "n", c)[0]),
    }
    for name, (n, tensors) in cases.items():
        w.write(name, 1, "2x6x9x11 1x6x12x8", [n], tensors, [x], opset=20)
    sizes = tensor("sizes", [2], [4, 2], "int64")
    join = node("Concat", ["b", "a"], "y", axis=1)
    w.write("split_sizes", 2, "2x6x4x5", [node("Split", ["x", "sizes"], "ab", axis=1), join], [sizes], [x])
    w.write("split_equal", 2, "2x6x4x5", [node("Split", "x", "ab", axis=1), join], [], [x])
    w.write("mean_1", 0, "1x6x3x3", [node("ReduceMean", "x", "y", axes=[1])], [], [x])
    w.write("mean_old", 1, "1x6x3x3", [node("ReduceMean", "x", "y", axes=[2, 3])], [], [x])
    pads = lambda *v: tensor("p", [8], [0, 0, *v[:2], 0, 0, *v[2:]], "int64")
    more = {
        "softmax": (node("Softmax", "x", "y", axis=1), []),
        "pad": (node("Pad", "xp", "y"), [pads(1, 0, 2, 3)]), "crop": (node("Pad", "xp", "y"), [pads(-1, 2, 0, -3)]),
        "pad_value": (node("Pad", "xpa", "y"), [pads(1, 2, 0, 0), tensor("a", [], [0.5])]),
        "reflect": (node("Pad", "xp", "y", mode="reflect"), [pads(2, 1, 3, 0)]),
        "edge": (node("Pad", "xp", "y", mode="edge"), [pads(2, 1, 3, 0)]),
    }
    for name, (n, tensors) in more.items():
        w.write(name, 1, "2x6x9x11 1x6x12x8", [n], tensors, [x], opset=20)
    for name, op in ("product", "Mul"), ("difference", "Sub"), ("least", "Min"), ("most", "Max"), ("broadcast", "Add"):
        size = 1 if name == "broadcast" else 0
        shape = "2x6x3x5+2x6x1x1" if size else "2x6x3x5+2x6x3x5"
        w.write(name, 1, shape, [node(op, "xz", "y")], [], [x, info("z", [0, 6, size, size])])
    # The standard and the runtime differ here: of 13.5 rows 13 are made, and corners aligned with either.
    corners = node("Resize", ["x", "", "scales"], "y", mode="linear", coordinate_transformation_mode="align_corners")
    w.write("corners_between", 0, "1x6x9x11", [corners], [scales(1.5, 2.0)], [x])
    w.write("mul_spatial", 0, "1x6x4x4", [node("Mul", "xa", "y")], [w.draw("a", [1, 1, 4, 4])], [x])
    w.write("concat_rows", 0, "1x6x1x4", [node("Concat", ["x", "x"], "y", axis=2)], [], [x])


def whole_numbers(w):
    """Classes and indices, which the runtime has as int64: between nodes of one subgraph, of two, and of the model."""
    x, classes = info("x", [0, 6, 0, 0]), [info("y", None, INT64)]
    shapes = "2x6x8x12 1x6x4x4"
    pool = lambda *made, **words: node("MaxPool", "x", made, kernel_shape=[2, 2], strides=[2, 2], **words)
    unpool = lambda *read: node("MaxUnpool", read, ["y"], kernel_shape=[2, 2], strides=[2, 2])
    w.write("argmax", 1, shapes, [node("ArgMax", "x", "y", axis=1)], [], [x], classes)
    w.write("argmax_flat", 1, shapes, [node("ArgMax", "x", "y", axis=-3, keepdims=0)], [], [x], classes)
    w.write("argmax_known", 1, "2x6x4x5", [node("ArgMax", "x", "y", axis=1)], [], [info("x", [2, 6, 4, 5])], classes)
    w.write("argmax_last", 0, shapes, [node("ArgMax", "x", "y", axis=1, select_last_index=1)], [], [x], classes)
    w.write("argmax_rows", 0, shapes, [node("ArgMax", "x", "y", axis=2)], [], [x], classes)
    w.write("pool_indices", 1, shapes, [pool("p", "y")], [], [x], classes)
    w.write("pool_columns", 1, shapes, [pool("p", "y", storage_order=1)], [], [x], classes)
    w.write("pool_ceil", 1, "2x6x7x5", [pool("p", "y", ceil_mode=1)], [], [x], classes)
    w.write("unpooled", 2, shapes, [pool("p", "i"), unpool("p", "i")], [], [x])
    w.write("unpooled_others", 2, shapes, [pool("p", "i"), node("Erf", ["p"], ["e"]), unpool("e", "i")], [], [x])
    w.write("unpooled_size", 1, shapes, [pool("p", "i"), node("Shape", ["x"], ["s"]), unpool("p", "i", "s")], [], [x])
    with open(os.path.join(w.folder, "unpool.onnx.in"), "wb") as f:  # two channels of 2x2 values, and where they go to
        f.write(struct.pack("<16f", *range(1, 9), 5, 7, 8, 15, 16, 19, 25, 30))
    w.write("unpool", 1, "1x2x2x2+1x2x2x2", [unpool("x", "i")], [], [info("x", [0, 2, 0, 0]), info("i", [0, 2, 0, 0], INT64)])


# ---- Cases of ONNX ----


def read_npy(path):
    with open(path, "rb") as f:
        data = f.read()
    return data[10 + struct.unpack("<H", data[8:10])[0]:]


def parse(kind, words):
    if kind.endswith("s"):
        return [float(v) if kind == "floats" else int(v) for v in words[1:]]
    return {"int": int, "float": float, "string": str}[kind](words[0])


def case(w, folder, name):
    attributes, inputs, outputs, opset = {}, [], [], 13
    with open(os.path.join(folder, "case.txt")) as f:
        lines = [line.split() for line in f]
    for kind, *words in lines:
        if kind == "op":
            op = words[0]
        elif kind == "opset":
            opset = int(words[0])
        elif kind == "attr" and not words[0].endswith("_full") and words[0] != "resolved_from":
            attributes[words[0]] = parse(words[1], words[2:])
        elif kind in ("input", "output"):
            rank = int(words[2])
            dims, path = [int(v) for v in words[3:3 + rank]], os.path.join(folder, words[3 + rank])
            (inputs if kind == "input" else outputs).append((words[0], words[1], dims, path))
    if len(inputs[0][2]) != 4 or inputs[0][1] != "f32" or op == "MaxUnpool":
        return
    if op == "Upsample":  # attributes of Resize, which it became
        attributes = {"mode": attributes["mode"]}
    tensors = []
    for value, kind, dims, path in inputs[1:]:
        data = read_npy(path)
        count = len(data) // (4 if kind == "f32" else 8)
        values = struct.unpack("<%d%s" % (count, "f" if kind == "f32" else "q"), data)
        tensors.append(tensor(value, dims, values, True if kind == "f32" else "int64"))
    names = {"Resize": ["X", "roi", "scales", "sizes"]}.get(op, [v[0] for v in inputs])
    given = [n if n in [v[0] for v in inputs] else "" for n in names]
    while not given[-1]:
        given.pop()
    if op == "Resize" and "axes" in attributes and "scales" in given + ["sizes"]:
        size = [v[2][0] for v in inputs if v[0] in ("scales", "sizes")][0]
        attributes["axes"] = attributes["axes"][:size]
    n = node(op, given, [o[0] for o in outputs], **attributes)
    with open(os.path.join(w.folder, name + ".onnx.in"), "wb") as f:
        f.write(read_npy(inputs[0][3]))
    with open(os.path.join(w.folder, name + ".out"), "wb") as f:
        f.write(read_npy(outputs[0][3]))
    claimed = name.split("__")[1] not in KEPT
    w.write(name, int(claimed), "x".join(map(str, inputs[0][2])), [n], tensors,
            [info(inputs[0][0], inputs[0][2])],
            [info(o[0], None, FLOAT if o[1] == "f32" else INT64) for o in outputs], 9 if op == "Upsample" else max(19, min(opset, 22)), f" = {name}.out" if claimed else "")


def cases(w):
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "onnx", "cases")
    for name in sorted(os.listdir(folder)):
        case(w, os.path.join(folder, name), name)


def public(w):
    """Three networks of others, where scripts/setup models has put them."""
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "build", "models")
    for name, size, make in NETWORKS if os.path.isdir(folder) else []:
        with open(os.path.join(w.folder, name + ".onnx"), "wb") as f:
            f.write(make(folder))
        with open(os.path.join(w.folder, name + ".onnx.in"), "wb") as f:
            array.array("f", (w.r.random() for _ in range(3 * math.prod(map(int, size.split("x")))))).tofile(f)
        w.lines.append(f"{name}.onnx -1 1x3x{size}")
        if w.nets:  # what `hourglass net` makes of it, by the test's script
            w.lines.append(f"{name}.onnx -1 1x3x{size} = {name}.net")


def main(words):
    w = Writer(words[0])
    w.nets = "--time" not in words
    checks = [unet, split, two_inputs, none, singles, whole_numbers, limits, cases]
    for write in [resnet, deep_unet, mobile, public] if "--time" in words else checks + [public]:
        write(w)
    w.done()


main(sys.argv[1:])
