"""scripts/onnx2hg on models made here, byte by byte, run by `hourglass net` and worked out in plain Python.

    tests/test_onnx2hg.py HOURGLASS"""
import importlib.machinery
import importlib.util
import io
import math
import os
import random
import struct
import subprocess
import sys
import tempfile
from contextlib import redirect_stderr

sys.dont_write_bytecode = True
from onnx_model import info, model, node, tensor, whole

SCRIPT = os.path.join(os.path.dirname(__file__), "..", "scripts", "onnx2hg")
loader = importlib.machinery.SourceFileLoader("onnx2hg", SCRIPT)
onnx2hg = importlib.util.module_from_spec(importlib.util.spec_from_loader("onnx2hg", loader))
loader.exec_module(onnx2hg)
passed = failed = 0


def expect(name, condition):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    if not condition:
        print("FAILED:", name)


# ---- What they mean: images are [c][y][x] ----


def conv(x, w, b, k, r, pad):
    c, size = len(x), len(x[0])

    def at(i, y, z):
        return x[i][y][z] if 0 <= y < size and 0 <= z < size else 0.0

    return [[[b[o] + sum(at(i, y - pad + s, z - pad + t) * w[((o * c + i) * r + s) * r + t]
                         for i in range(c) for s in range(r) for t in range(r))
              for z in range(size)] for y in range(size)] for o in range(k)]


def each(x, f):
    return [[[f(v, c) for v in row] for row in plane] for c, plane in enumerate(x)]


def pool(x):
    n = len(x[0]) // 2
    return [[[max(p[2 * y + i][2 * z + j] for i in (0, 1) for j in (0, 1)) for z in range(n)]
             for y in range(n)] for p in x]


def twice(x):
    n = 2 * len(x[0])
    return [[[p[y // 2][z // 2] for z in range(n)] for y in range(n)] for p in x]


def flat(x):
    return [v for plane in x for row in plane for v in row]


def run(folder, data, words=()):
    """Exit code and what was said."""
    path = os.path.join(folder, "m.onnx")
    with open(path, "wb") as f:
        f.write(data)
    done = subprocess.run([sys.executable, SCRIPT, path, os.path.join(folder, "m.hgnet"), *words],
                          capture_output=True, text=True)
    return done.returncode, done.stderr


def network(r):
    draw = lambda n: [struct.unpack("<f", struct.pack("<f", r.uniform(-1, 1)))[0] for _ in range(n)]
    w1, b1, w2, w3, b3 = draw(4 * 3 * 9), draw(4), draw(6 * 4), draw(2 * 10), draw(2)
    scale, shift, mean, slopes = draw(4), draw(4), draw(4), draw(6)
    variance = [abs(v) + 0.5 for v in draw(4)]
    nodes = [
        node("Conv", ["in/x:0", "w1", "b1"], ["1"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("BatchNormalization", ["1", "s", "h", "m", "v"], ["2"], epsilon=0.001),
        node("Relu", ["2"], ["3"]),
        node("MaxPool", ["3"], ["4"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["4", "w2"], ["5"], kernel_shape=[1, 1]),
        node("Sigmoid", ["5"], ["6"]),
        node("Mul", ["5", "6"], ["7"]),
        node("Dropout", ["7"], ["8"]),
        node("PRelu", ["8", "slopes"], ["9"]),
        node("Constant", [], ["factors"], value=tensor("", [4], [1, 1, 2, 2])),
        node("Upsample", ["9", "factors"], ["10"], mode="nearest"),
        node("Concat", ["10", "3"], ["11"], axis=1),
        node("Conv", ["11", "w3", "b3"], ["12"], kernel_shape=[1, 1]),
        node("Mul", ["12", "half"], ["13"]),
        node("Sub", ["13", "b3_"], ["14"]),
        node("Clip", ["14"], ["15"], min=-0.5, max=0.75),
        node("Identity", ["15"], ["out"]),
    ]
    tensors = [tensor("w1", [4, 3, 3, 3], w1), tensor("b1", [4], b1, False),
               tensor("s", [4], scale), tensor("h", [4], shift), tensor("m", [4], mean),
               tensor("v", [4], variance), tensor("w2", [6, 4, 1, 1], w2),
               tensor("slopes", [6, 1, 1], slopes), tensor("w3", [2, 10, 1, 1], w3),
               tensor("b3", [2], b3), tensor("half", [], [0.5]), tensor("b3_", [1, 2, 1, 1], b3)]
    variance = [struct.unpack("<f", struct.pack("<f", v))[0] for v in variance]

    def answer(x):
        a = each(conv(x, w1, b1, 4, 3, 1),
                 lambda v, c: max(0, (v - mean[c]) / math.sqrt(variance[c] + 0.001) * scale[c] + shift[c]))
        b = each(conv(pool(a), w2, [0] * 6, 6, 1, 0), lambda v, c: v / (1 + math.exp(-v)))
        b = twice(each(b, lambda v, c: v if v >= 0 else v * slopes[c]))
        return each(conv(b + a, w3, b3, 2, 1, 0), lambda v, c: min(max(v * 0.5 - b3[c], -0.5), 0.75))

    return nodes, tensors, answer


def classifier(r):
    """Squeeze and excite, borders, and dense layers of a pixel: also what these become in a network of one tap."""
    draw = lambda n: [struct.unpack("<f", struct.pack("<f", r.uniform(-1, 1)))[0] for _ in range(n)]
    w1, b1, w2, w3, b3 = draw(2 * 3), draw(2), draw(2 * 3), draw(3 * 4), draw(4)
    nodes = [
        node("GlobalAveragePool", ["x"], ["1"]),
        node("Flatten", ["1"], ["2"]),
        node("Gemm", ["2", "w1", "b1"], ["3"], transB=1),
        node("Relu", ["3"], ["4"]),
        node("MatMul", ["4", "w2"], ["5"]),
        node("Sigmoid", ["5"], ["6"]),
        node("Reshape", ["6", "pixel"], ["7"]),
        node("Mul", ["7", "x"], ["8"]),
        node("Sub", ["8", "7"], ["9"]),
        node("Min", ["9", "x"], ["10"]),
        node("Max", ["10", "least"], ["11"]),
        node("Pad", ["11", "sides"], ["12"], mode="edge"),
        node("ReduceMean", ["12"], ["13"], axes=[2, 3], keepdims=0),
        node("Gemm", ["13", "w3", "b3"], ["14"]),
        node("Softmax", ["14"], ["out"], axis=-1),
    ]
    tensors = [tensor("w1", [2, 3], w1), tensor("b1", [2], b1), tensor("w2", [2, 3], w2), tensor("w3", [3, 4], w3),
               tensor("b3", [4], b3), tensor("least", [], [-0.25]), whole("pixel", [-1, 3, 1, 1]),
               whole("sides", [0, 0, 1, 2, 0, 0, 0, -1])]

    def mean(plane):
        return sum(map(sum, plane)) / sum(map(len, plane))

    def answer(x):
        m = [mean(p) for p in x]
        h = [max(0, b1[o] + sum(m[i] * w1[o * 3 + i] for i in range(3))) for o in range(2)]
        g = [1 / (1 + math.exp(-sum(h[i] * w2[i * 3 + o] for i in range(2)))) for o in range(3)]
        y = [[[max(min(v * g[c] - g[c], v), -0.25) for v in row] for row in p] for c, p in enumerate(x)]
        y = [[[row[0], row[0]] + row[:-1] for row in [p[0]] + p] for p in y]
        m = [mean(p) for p in y]
        s = [b3[o] + sum(m[i] * w3[i * 4 + o] for i in range(3)) for o in range(4)]
        e = [math.exp(v) for v in s]
        return [[[v / sum(e)]] for v in e]

    return nodes, tensors, answer


def test_values(hourglass, folder, network, name, count):
    r = random.Random(1)
    nodes, tensors, answer = network(r)
    data = model(nodes, tensors, [info(name, [0, 3, 0, 0])], ["out"])
    code, said = run(folder, data)
    expect("an open size is asked for", code == 3 and "--size" in said)
    code, said = run(folder, data, ["--size", "6x6"])
    expect("converted: " + said, code == 0)
    x = [[[r.uniform(-1, 1) for _ in range(6)] for _ in range(6)] for _ in range(3)]
    path = os.path.join(folder, "x.raw")
    with open(path, "wb") as f:
        f.write(struct.pack("<108f", *flat(x)))
    done = subprocess.run([hourglass, "net", os.path.join(folder, "m.hgnet"), "--nchw", "--input", path,
                           "--output", path + ".out"], capture_output=True, text=True)
    expect("runs: " + done.stderr, done.returncode == 0)
    with open(path + ".out", "rb") as f:
        got = struct.unpack("<%df" % count, f.read())
    off = max(abs(a - b) for a, b in zip(got, flat(answer(x))))
    expect("the results, off by %g" % off, off < 1e-4)


def test_refusals(folder):
    code, said = run(folder, model([node("Conv", ["x", "w"], ["1"]), node("Erf", ["1"], ["2"]),
                                    node("Pow", ["2", "1"], ["3"])],
                                   [tensor("w", [2, 1, 1, 1], [1, 2])], [info("x", [1, 1, 4, 4])], ["3"]))
    expect("operators are named", code == 3 and "Erf (2): no such" in said and "Pow (3)" in said)
    expect("and nothing else", said.count("\n") == 2)
    expect("no model", run(folder, b"no model")[0] == 1)
    expect("an empty file", run(folder, b"")[0] == 1)
    expect("no such file", onnx2hg.main([folder + "/none", folder + "/m.hgnet"]) == 1)
    expect("wrong usage", onnx2hg.main(["one"]) == 2)


def test_rules(folder):
    """What a node of one version, or of one rank, becomes: the words of its lines, or why it becomes nothing."""
    image, pixel = [info("x", [1, 4, 8, 8])], node("GlobalAveragePool", ["x"], ["g"])
    flat = node("Flatten", ["g"], ["f"])
    scales = tensor("s", [4], [1.0, 1.0, 2.0, 1.5])
    shape = lambda *v: ([pixel, node("Reshape", ["g", "t"], ["f"]), node("Relu", ["f"], ["y"])], [whole("t", v)])
    add = lambda dims, count=4: ([pixel, flat, node("Add", ["f", "k"], ["y"])],
                                 [tensor("k", dims, [1.0, 2.0, 3.0, 4.0][:count])])
    resize = lambda **words: ([node("Resize", ["x", "", "s"], ["y"], **words)], [scales])
    cases = [
        ("Resize, 10", 10, ([node("Resize", ["x", "s"], ["y"], mode="nearest")], [scales]), "asymmetric", "rounding=floor"),
        ("Resize, 11", 11, resize(mode="nearest"), "half_pixel", "rounding=prefer_floor"),
        ("an aspect ratio", 18, resize(keep_aspect_ratio_policy="not_larger"), None, "aspect"),
        ("stretched", 18, resize(mode="linear", keep_aspect_ratio_policy="stretch"), "half_pixel", "bilinear"),
        ("axes", 18, ([node("Resize", ["x", "", "s"], ["y"], axes=[2, 3])], [tensor("s", [2], [2.0, 2.0])]), None, "axes"),
        ("two images of one", 13, shape(2, -1), None, "no pixel"), ("one image", 13, shape(1, -1), "relu", ""),
        ("all images", 13, shape(0, 4, 1, 1), "relu", ""), ("any", 13, shape(-1, 4), "relu", ""),
        ("a bias", 13, add([4]), "bias", ""), ("a row", 13, add([1, 4]), "bias", ""),
        ("a number", 13, add([1], 1), "linear", "term=1"), ("an image", 13, add([1, 4, 1, 1]), None, "sizes"),
        ("a number of four axes", 13, add([1, 1, 1, 1], 1), None, "sizes"), ("a column", 13, add([4, 1]), None, "sizes"),
    ]
    for name, opset, (nodes, tensors), line, word in cases:
        code, said = run(folder, model(nodes, tensors, image, ["y"], opset))
        if not line:
            expect(name + ": " + said, code == 3 and word in said)
            continue
        with open(os.path.join(folder, "m.hgnet"), "rb") as f:
            text = f.read().decode(errors="replace")
        expect(name + ": " + said + text, code == 0 and line in text and word in text)


def test_damage(folder):
    """Never anything but an exit code."""
    nodes, tensors, _ = network(random.Random(1))
    others, constants, _ = classifier(random.Random(1))
    models = (model(nodes, tensors, [info("in/x:0", [1, 3, 6, 6])], ["out"]),
              model(others, constants, [info("x", [1, 3, 6, 6])], ["out"]))
    path = os.path.join(folder, "d.onnx")
    for i in range(400):
        r = random.Random(i)
        data = bytearray(models[i % 2])
        for _ in range(r.randint(1, 3)):
            data[r.randrange(len(data))] = r.randrange(256)
        if i % 4 < 2:
            del data[r.randrange(len(data)):]
        with open(path, "wb") as f:
            f.write(data)
        try:
            code = onnx2hg.main([path, os.path.join(folder, "d.hgnet")])
        except Exception as why:
            code = repr(why)
        expect("damage %d: %s" % (i, code), code in (0, 1, 3))


with tempfile.TemporaryDirectory() as work, redirect_stderr(io.StringIO()):
    test_values(sys.argv[1], work, network, "in/x:0", 72)
    test_values(sys.argv[1], work, classifier, "x", 4)
    test_refusals(work)
    test_rules(work)
    test_damage(work)
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)
