"""Models at the edge of what the provider claims: where the runtime differs from the standard, and where a subgraph could not run.
Contract: onnxruntime_models.py, which writes them."""
from onnx_model import field, info, node, tensor, whole

IMAGE = [0, 6, 0, 0]


def graph(name, nodes, outputs):
    """An attribute that is a graph, of values of the outer one."""
    body = field(2, "body") + b"".join(field(1, n) for n in nodes) + b"".join(field(12, info(o, None)) for o in outputs)
    return field(5, field(1, name) + field(6, body) + field(20, 5))


def implicit(w):
    """A branch reads what the provider makes, and what comes behind reads both: two subgraphs, not one around the branch."""
    branch = node("If", ["cond"], ["i"]) + graph("then_branch", [node("Abs", ["a"], ["t"])], ["t"]) + \
        graph("else_branch", [node("Neg", ["a"], ["e"])], ["e"])
    nodes = [
        node("Erf", ["x"], ["x0"]), node("ReduceMax", ["x"], ["m"], keepdims=0), node("Greater", ["m", "z"], ["cond"]),
        node("Relu", ["x0"], ["a"]), branch, node("Add", ["a", "i"], ["s"]), node("Relu", ["s"], ["y"])]
    w.write("implicit", 3, "1x6x4x5", nodes, [tensor("z", [], [0.0])], [info("x", [1, 6, 4, 5])])


def ends(w):
    """As many values between a subgraph and the runtime as a network has, and more: those are the runtime's."""
    for count, claimed in (60, 60), (70, 0):
        names = ["x"] + ["r%d" % i for i in range(count)]
        nodes = [n for i in range(count) for n in (node("Sigmoid", [names[i]], [names[i + 1]]),
                                                   node("Erf", [names[i + 1]], ["e%d" % i]))]
        for name, dims in ("known", [1, 6, 4, 5]), ("open", IMAGE):
            w.write(f"outputs_{count}_{name}", claimed, "1x6x4x5", nodes, [], [info("x", dims)],
                    ["e%d" % i for i in range(count)])
    for count, claimed in (60, 59), (70, 0):
        nodes = [node("Erf", ["q%d" % (i - 1) if i else "x"], ["q%d" % i]) for i in range(count)]
        nodes += [node("Add", ["s%d" % (i - 1) if i > 1 else "q0", "q%d" % i], ["s%d" % i]) for i in range(1, count)]
        for name, dims in ("known", [1, 6, 4, 5]), ("open", IMAGE):
            w.write(f"inputs_{count}_{name}", claimed, "1x6x4x5", nodes, [], [info("x", dims)], [f"s{count - 1}"])


def resizing(w):
    """Sizes and pixels by factors that float32 rounds, and rules of old versions."""
    r = lambda **words: node("Resize", ["x", "", "scales"], "y", **words)
    old, up = node("Resize", ["x", "scales"], "y", mode="nearest"), node("Upsample", ["x", "scales"], "y", mode="nearest")
    known, sizes = [1, 6, 10, 10], "1x6x10x10"
    floor = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    cases = [
        ("open", 0, r(mode="linear"), (0.7, 0.7), IMAGE, sizes, 13),
        ("size", 0, r(mode="linear"), (0.7, 0.7), known, sizes, 13),  # 6 of the standard, 7 of the runtime
        ("same_size", 1, r(mode="linear"), (0.7, 1.3), [1, 6, 11, 12], "1x6x11x12", 13),
        ("dyadic", 1, r(mode="cubic"), (1.0009765625, 0.5009765625), IMAGE, "1x6x10x10 1x6x7x64", 13),
        ("nearest", 0, r(**floor), (1.6, 1.6), [1, 6, 20, 30], "1x6x20x30", 13),
        ("nearest_dyadic", 1, r(**floor), (1.625, 0.75), IMAGE, "1x6x20x30 2x6x9x11", 13),
        ("upsample", 0, up, (1.2, 1.7), [1, 6, 9, 11], "1x6x9x11", 9),
        ("old_third", 0, old, (0.75, 0.75), IMAGE, "1x6x8x8", 10), ("old_half", 1, old, (0.5, 0.25), IMAGE, "1x6x9x13", 10),
        ("old_linear", 1, node("Resize", ["x", "scales"], "y", mode="linear"), (0.5, 1.25), IMAGE, "1x6x9x13", 10),
    ]
    for name, claimed, n, scales, dims, shapes, opset in cases:
        w.write("resize_" + name, claimed, shapes, [n], [tensor("scales", [4], [1.0, 1.0, *scales])], [info("x", dims)],
                opset=opset)
    for name, size, words in (("ceil", (7, 9), {"nearest_mode": "round_prefer_ceil"}),
                              ("symmetric", (15, 10), {"coordinate_transformation_mode": "half_pixel_symmetric",
                                                       "nearest_mode": "floor"})):
        w.write("resize_" + name, 0, "1x6x20x30", [node("Resize", ["x", "", "", "sizes"], "y", mode="nearest", **words)],
                [whole("sizes", [1, 6, *size])], [info("x", [1, 6, 20, 30])], opset=19)


def broadcasts(w):
    """Values that are both repeated, or a first one of a difference."""
    known, pixel, column, row = [2, 6, 3, 5], [2, 6, 1, 1], [2, 6, 3, 1], [2, 6, 1, 5]
    image, names = IMAGE, ["N", 6, "H", "W"]
    cases = [
        ("both", "Add", 0, row, column, None, None), ("channels", "Mul", 0, pixel, [2, 1, 3, 5], None, None),
        ("images", "Mul", 0, [2, 6, 1, 1], [1, 6, 3, 5], None, None),
        ("open_both", "Add", 0, row, column, [0, 6, 1, 0], [0, 6, 0, 1]),
        ("open_channels", "Mul", 0, pixel, [2, 1, 3, 5], [0, 6, 1, 1], [0, 1, 0, 0]),
        ("open_images", "Mul", 0, [2, 6, 1, 1], [1, 6, 3, 5], [2, 6, 1, 1], [1, 6, 0, 0]),
        ("names", "Add", 0, row, column, names, ["N", 6, "K", "L"]),
        ("same_names", "Sub", 1, known, known, names, names), ("difference", "Sub", 0, pixel, known, [0, 6, 1, 1], image),
        ("difference_names", "Sub", 0, pixel, known, names, ["N", 6, "K", "L"]),
        ("difference_second", "Sub", 1, known, pixel, image, [0, 6, 1, 1]),
        ("excite", "Mul", 1, pixel, known, [0, 6, 1, 1], image), ("most", "Max", 0, row, column, [0, 6, 1, 0], [0, 6, 0, 1]),
        ("one_image", "Add", 1, [1, 6, 3, 5], known, [1, 6, 0, 0], image),
    ]
    for name, op, claimed, x, z, said_x, said_z in cases:
        shapes = "+".join("x".join(map(str, v)) for v in (x, z))
        w.write("repeated_" + name, claimed, shapes, [node(op, "xz", "y")], [],
                [info("x", said_x or x), info("z", said_z or z)])


def named_sizes(w):
    """Two values of the same names, and then of other sizes: either may be repeated, not both, which is said."""
    names = ["N", 6, "H", "W"]
    for op in "Add", "Sub":
        first = "2x6x1x5+2x6x3x5" if op == "Add" else "!2x6x1x5+2x6x3x5"
        w.write("named_" + op, 1, f"2x6x3x5+2x6x3x5 !2x6x1x5+2x6x3x1 {first} 2x6x3x5+1x6x1x1 2x6x3x5+2x6x3x5",
                [node(op, "xz", "y")], [], [info("x", names), info("z", names)])


def windows(w):
    """auto_pad that the runtime has of its own, and lists that are no window's."""
    def transpose(size, **words):
        return "ConvTranspose", "xw", [w.draw("w", [6, 4, *size])], words

    pool = lambda op, **words: (op, "x", [], words)
    cases = {
        "transpose_short": (0, transpose([1, 2], strides=[1, 4], auto_pad="SAME_UPPER")),
        "transpose_padded": (0, transpose([2, 2], strides=[4, 3], output_padding=[1, 2], auto_pad="SAME_LOWER")),
        "transpose_whole": (1, transpose([3, 2], strides=[3, 2], auto_pad="SAME_UPPER")),
        "avg_dilated": (0, pool("AveragePool", kernel_shape=[2, 3], dilations=[1, 2], auto_pad="SAME_UPPER")),
        "lp_dilated": (0, pool("LpPool", kernel_shape=[4, 2], dilations=[1, 2], auto_pad="SAME_LOWER")),
        "avg_skips": (0, pool("AveragePool", kernel_shape=[3, 2], strides=[3, 4], auto_pad="SAME_UPPER")),
        "lp_skips": (0, pool("LpPool", kernel_shape=[3, 1], strides=[1, 4], p=1, auto_pad="SAME_UPPER")),
        "avg_same": (1, pool("AveragePool", kernel_shape=[3, 2], strides=[2, 2], auto_pad="SAME_UPPER")),
    }
    for name, (claimed, (op, inputs, tensors, words)) in cases.items():
        w.write("same_" + name, claimed, "1x6x10x12 2x6x9x11 1x6x13x8", [node(op, inputs, "y", **words)], tensors,
                [info("x", IMAGE)], opset=22)


def constants(w):
    """Numbers that are not finite: weights would be multiplied by them."""
    parts = [w.draw(p, [4], 0.5, 1.5) for p in "shm"] + [tensor("v", [4], [1.0, float("inf"), 1.0, 1.0])]
    weights = w.draw("w", [4, 6, 1, 1])
    for name, n, tensors in (("mul", node("Mul", ["c", "k"], ["y"]), [weights, tensor("k", [1], [float("inf")])]),
                             ("add", node("Add", ["c", "k"], ["y"]), [tensor("k", [4, 1, 1], [0.0, float("nan"), 1.0, 2.0])]),
                             ("norm", node("BatchNormalization", ["c", *"shmv"], ["y"]), parts)):
        first = node("Conv", ["x", "w"], ["c"]) if name == "mul" else node("Relu", ["x"], ["c"])
        w.write("infinite_" + name, 1, "1x%dx4x5" % (6 if name == "mul" else 4), [first, n], tensors,
                [info("x", IMAGE if name == "mul" else [0, 4, 0, 0])])


def pads(w):
    """Around the image once, by sides that are not cut. Where it is twice the runtime's values vary from run to run."""
    for name, claimed, sides, dims in (("once", 1, [1, 2, 3, 0], [1, 6, 10, 12]), ("whole", 1, [10, 0, 0, 12], [1, 6, 10, 12]),
                                       ("cut", 0, [-1, 2, 3, -2], [1, 6, 10, 12]), ("open", 0, [1, 2, 3, 0], IMAGE)):
        shape = "x".join(map(str, dims)) if dims != IMAGE else "1x6x4x5"
        w.write("wrap_" + name, claimed, shape, [node("Pad", ["x", "p"], "y", mode="wrap")],
                [whole("p", [0, 0, *sides[:2], 0, 0, *sides[2:]])], [info("x", dims)], opset=19)


def limits(w):
    for write in (implicit, ends, resizing, broadcasts, named_sizes, windows, constants, pads):
        write(w)
