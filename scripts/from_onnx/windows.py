"""Convolutions, pooling and dense layers as lines. A function takes the converter and the node, and raises Unknown."""
from from_onnx.converter import Unknown, numbers


def geometry(node, pads="padding"):
    """stride, dilation and padding as words."""
    a = node.attributes
    words = []
    for key, word in (("strides", "stride"), ("dilations", "dilation")):
        if key in a:
            words.append(f"{word}={numbers(a[key])}")
    auto = a.get("auto_pad", "NOTSET")
    if auto != "NOTSET":
        words.append(f"{pads}={auto.lower()}")
    elif any(a.get("pads", [])):
        words.append(f"{pads}=" + ",".join(map(str, a["pads"])))
    return " ".join(words)


def conv(c, node):
    w, b = c.constant(node, 1), c.constant(node, 2)
    if len(w.dims) != 4:
        raise Unknown("not two-dimensional")
    groups = node.attributes.get("group", 1)
    transposed = node.op == "ConvTranspose"
    k = w.dims[1] * groups if transposed else w.dims[0]
    words = f"k={k} window={numbers(w.dims[2:])} {geometry(node)}"
    if groups > 1:
        words += f" groups={groups}"
    if any(node.attributes.get("output_padding", [])):
        words += f" output_padding={numbers(node.attributes['output_padding'])}"
    if "output_shape" in node.attributes:
        words += f" size={numbers(node.attributes['output_shape'][-2:])}"
    if b:
        words += " bias=next"
    x = c.value(node)
    c.put(node, "conv_transpose2d" if transposed else "conv2d", [x], k, words,
          [w.values] + ([b.values] if b else []))
    if x in c.rank and w.dims[2:] == [1, 1] and not transposed and "padding" not in words:
        c.rank[node.outputs[0]] = 4


def pool(operator):
    def convert(c, node):
        a = node.attributes
        words = f"window={numbers(a['kernel_shape'])} {geometry(node)}"
        if "strides" not in a:
            words += " stride=1"
        if a.get("ceil_mode", 0):
            words += " ceil=yes"
        if a.get("count_include_pad", 0):
            words += " include_pad=yes"
        if operator == "lp_pool2d":
            words += f" p={a.get('p', 2)}"
        if len(node.outputs) > 1 and node.outputs[1]:
            words += " indices=onnx_columns" if a.get("storage_order", 0) else " indices=onnx"
        x = c.value(node)
        c.put(node, operator, [x], c.channels[x], words)

    return convert


def unpool(c, node):
    maker = c.makers.get(node.inputs[1])
    if len(node.inputs) > 2 or not maker or maker.op != "MaxPool" or maker.attributes.get("storage_order", 0):
        raise Unknown("indices that are not a MaxPool's, by rows, or an output_shape")
    words = f"window={numbers(node.attributes['kernel_shape'])} {geometry(node)}"
    if "strides" not in node.attributes:
        words += " stride=1"
    x = c.value(node)
    c.put(node, "max_unpool2d", [x, node.inputs[1]], c.channels[x], words + " indices=onnx")


def mean(c, node):
    a, x = node.attributes, c.value(node)
    axes = c.constant(node, 1).values if len(node.inputs) > 1 else a.get("axes", [])
    if sorted(v % 4 for v in axes) != [2, 3] or c.rank.get(x, 4) != 4:
        raise Unknown("over other axes than rows and columns")
    c.put(node, "global_avg_pool2d", [x], c.channels[x])
    c.rank[node.outputs[0]] = 4 if a.get("keepdims", 1) else 2


def dense(c, node):
    """Gemm and MatMul of a flattened pixel: a convolution of one tap."""
    a, x, w = node.attributes, c.value(node), c.constant(node, 1)
    bias = c.constant(node, 2)
    if c.rank.get(x) != 2 or w is None or len(w.dims) != 2 or a.get("transA", 0):
        raise Unknown("of other than a flattened pixel and a constant matrix")
    if a.get("alpha", 1.0) != 1 or a.get("beta", 1.0) != 1:
        raise Unknown("with a factor")
    transposed = a.get("transB", 0)
    k, channels = w.dims if transposed else w.dims[::-1]
    if c.channels[x] not in (0, channels) or (bias and len(bias.values) not in (1, k)):
        raise Unknown("of sizes that do not fit")
    values = w.values if transposed else [w.values[i * k + o] for o in range(k) for i in range(channels)]
    weights = [values] + ([bias.values * (k // len(bias.values))] if bias else [])
    c.put(node, "conv2d", [x], k, f"k={k} window=1" + (" bias=next" if bias else ""), weights)
    c.rank[node.outputs[0]] = 2
