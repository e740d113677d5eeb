"""Activations, arithmetic and what goes over channels as lines. Contract: windows.py."""
from from_onnx.converter import Unknown, numbers


def plain(operator, **words):
    """An operator of one value; words: attribute = (attribute of ONNX, default)."""

    def convert(c, node):
        x = c.value(node)
        given = [f"{k}={node.attributes.get(v[0], v[1]):.9g}" for k, v in words.items()]
        c.put(node, operator, [x], c.channels[x], " ".join(given))

    return convert


def clip(c, node):
    x, bounds = c.value(node), []
    for i, key in ((1, "min"), (2, "max")):
        bound = c.constant(node, i)
        bounds.append(bound.values[0] if bound else node.attributes.get(key))
    words = " ".join(f"{k}={v:.9g}" for k, v in zip(("min", "max"), bounds) if v is not None)
    c.put(node, "clamp", [x], c.channels[x], words)


def gelu(c, node):
    x = c.value(node)
    tanh = node.attributes.get("approximate", "none") == "tanh"
    c.put(node, "gelu_tanh" if tanh else "gelu", [x], c.channels[x])


def per_channel(c, tensor, x):
    """A constant as one float per channel of a value."""
    channels, rank = c.channels[x], c.rank.get(x, 4)
    dims = [1] * (rank - len(tensor.dims)) + tensor.dims
    if len(tensor.values) == 1 and len(dims) == rank:
        return tensor.values * channels
    if channels and dims != [1, channels, 1, 1][:rank]:
        raise Unknown("a constant of sizes %s" % numbers(tensor.dims))
    return tensor.values


def prelu(c, node):
    x = c.value(node)
    slopes = per_channel(c, c.constant(node, 1), x)
    c.put(node, "prelu", [x], c.channels[x], "", [slopes])


def batch_norm(c, node):
    x = c.value(node)
    parts = [c.constant(node, i).values for i in range(1, 5)]
    c.put(node, "batch_norm", [x], c.channels[x], f"eps={node.attributes.get('epsilon', 1e-5):.9g}",
          parts)


def two_values(c, node):
    x, y = c.value(node, 0), c.value(node, 1)
    sizes = c.channels[x], c.channels[y]
    if 0 not in sizes and sizes[0] != sizes[1] and 1 not in sizes:
        raise Unknown("of %d and %d channels" % sizes)
    if c.rank.get(x, 4) != c.rank.get(y, 4):
        raise Unknown("of values of different ranks")
    operator = {"Add": "add", "Sub": "subtract", "Mul": "multiply", "Min": "minimum", "Max": "maximum"}
    if node.op not in operator:
        raise Unknown("of two values")
    c.put(node, operator[node.op], [x, y], max(sizes))


def extreme(c, node):
    """Min and Max, of two values or of one and a number."""
    if len(node.inputs) != 2:
        raise Unknown("of %d values" % len(node.inputs))
    fixed = [i for i in (0, 1) if node.inputs[i] in c.constants]
    if not fixed:
        return two_values(c, node)
    x, bound = c.value(node, 1 - fixed[0]), c.constant(node, fixed[0])
    if len(bound.values) != 1:
        raise Unknown("with a constant of sizes %s" % numbers(bound.dims))
    word = "max" if node.op == "Min" else "min"
    c.put(node, "clamp", [x], c.channels[x], f"{word}={bound.values[0]:.9g}")


def arithmetic(c, node):
    """With a constant: a factor and a term, of each channel or of all."""
    op = node.op
    fixed = [i for i in (0, 1) if node.inputs[i] in c.constants]
    if not fixed:
        two_values(c, node)
        return
    x = c.value(node, 1 - fixed[0])
    if fixed[0] == 0 and op == "Div":
        raise Unknown("by a value")
    number = c.constant(node, fixed[0])
    values = per_channel(c, number, x)
    pair = {"Mul": lambda v: (v, 0.0), "Div": lambda v: (1 / v, 0.0), "Add": lambda v: (1.0, v),
            "Sub": lambda v: (-1.0, v) if fixed[0] == 0 else (1.0, -v)}[op]
    if len(number.values) == 1:
        factor, term = pair(number.values[0])
        c.put(node, "linear", [x], c.channels[x], f"factor={factor:.9g} term={term:.9g}")
        return
    factors, terms = zip(*map(pair, values))
    if op in ("Mul", "Div"):
        c.put(node, "scale", [x], c.channels[x], "", [factors])
    elif factors[0] == 1:
        c.put(node, "bias", [x], c.channels[x], "", [terms])
    else:
        c.put(node, "scale", [x], c.channels[x], "bias=next", [factors, terms])


def softmax(c, node):
    x, old = c.value(node), c.opset < 13
    axis, rank = node.attributes.get("axis", 1 if old else -1), c.rank.get(x, 4)
    if axis % rank != 1 or (old and x not in c.rank):
        raise Unknown("of another axis, or of several")
    c.put(node, "softmax", [x], c.channels[x])


def argmax(c, node):
    a = node.attributes
    if a.get("axis", 0) not in (1, -3) or a.get("select_last_index", 0):
        raise Unknown("of another axis, or the last of equals")
    c.put(node, "argmax", [c.value(node)], 1)
