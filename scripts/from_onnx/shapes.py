"""Resizing, concatenation, slices, borders and what changes nothing as lines. Contract: windows.py."""
from from_onnx.converter import Unknown, alias, numbers
from from_onnx.model import Tensor


def concat(c, node):
    if node.attributes.get("axis", 1) not in (1, -3):
        raise Unknown("of another axis")
    values = [c.value(node, i) for i in range(len(node.inputs))]
    c.put(node, "concat", values, sum(c.channels[v] for v in values))


def cut(c, node):
    a = node.attributes
    starts, ends, axes, steps = (c.constant(node, i) for i in range(1, 5)) \
        if "starts" not in a else (None,) * 4
    starts = starts.values if starts else a["starts"]
    ends = ends.values if ends else a["ends"]
    axes = axes.values if axes else a.get("axes", list(range(len(starts))))
    if steps and any(s != 1 for s in steps.values):
        raise Unknown("with steps")
    x, words = c.value(node), []
    channels = c.channels[x]
    for axis, start, end in zip(axes, starts, ends):
        axis %= 4
        if axis == 1:
            start, end = (v + channels if v < 0 else min(v, channels) for v in (start, end))
        if axis == 0 or start < 0 or end < 0 or end >= 1 << 31:
            raise Unknown("of images, or to an end that depends on the size")
        words.append(f"{('', 'channels', 'rows', 'columns')[axis]}={start}:{end}")
        channels = end - start if axis == 1 else channels
    c.put(node, "slice", [x], channels, " ".join(words))


def resize(c, node):
    a, x = node.attributes, c.value(node)
    old = node.op == "Upsample" or c.opset < 11
    at = 1 if old or len(node.inputs) == 2 else 2
    scales = a.get("scales") or (c.constant(node, at).values if c.constant(node, at) else None)
    sizes = c.constant(node, 3)
    mode = {"nearest": "nearest", "linear": "bilinear", "cubic": "bicubic"}[a.get("mode", "nearest")]
    rule = a.get("coordinate_transformation_mode", "asymmetric" if old else "half_pixel")
    rounding = a.get("nearest_mode", "floor" if old else "round_prefer_floor")
    if a.get("keep_aspect_ratio_policy", "stretch") != "stretch" or "axes" in a:
        raise Unknown("that keeps the aspect ratio, or of axes that are named")
    if sizes is None and not scales:
        raise Unknown("without constant sizes")
    if rule == "tf_crop_and_resize":
        raise Unknown(rule)
    if scales and mode == "nearest" and all(s == int(s) for s in scales) and \
            rule in ("asymmetric", "half_pixel") and rounding in ("floor", "round_prefer_floor") and \
            (rule == "half_pixel") == (rounding != "floor"):
        c.put(node, "upsample", [x], c.channels[x], f"by={int(scales[2])}x{int(scales[3])}")
        return
    words = f"mode={mode} coordinates={rule}"
    words += f" size={numbers(sizes.values[2:])}" if sizes else f" scale={scales[2]:.9g},{scales[3]:.9g}"
    if mode == "nearest":
        words += f" rounding={rounding.replace('round_', '')}"
    if mode == "bicubic":
        words += f" cubic_a={a.get('cubic_coeff_a', -0.75):.9g}"
    for key in ("antialias", "exclude_outside"):
        words += f" {key}=yes" if a.get(key) else ""
    c.put(node, "resize2d", [x], c.channels[x], words)


def pad(c, node):
    a, x = node.attributes, c.value(node)
    sides = c.constant(node, 1).values if len(node.inputs) > 1 else a.get("pads", a.get("paddings"))
    value = c.constant(node, 2)
    axes = c.constant(node, 3)
    axes = [v % 4 for v in axes.values] if axes else [0, 1, 2, 3]
    if 2 * len(axes) != len(sides):
        raise Unknown("of another number of sides")
    begin, end = [0] * 4, [0] * 4
    for i, axis in enumerate(axes):
        begin[axis], end[axis] = sides[i], sides[len(axes) + i]
    if begin[0] or end[0] or begin[1] or end[1]:
        raise Unknown("of images or channels")
    mode = a.get("mode", "constant")
    if mode not in ("constant", "reflect", "edge", "wrap"):
        raise Unknown(mode)
    words = "sides=" + ",".join(map(str, begin[2:] + end[2:])) + f" border={mode}"
    filling = value.values[0] if value and value.values else a.get("value", 0.0)
    if mode == "constant" and filling:
        words += f" value={filling:.9g}"
    c.put(node, "pad", [x], c.channels[x], words)


def reshape(c, node):
    """Flatten, Reshape, Squeeze and Unsqueeze of a single pixel, whose memory they leave as it is."""
    x, a = c.value(node), node.attributes
    if x not in c.rank:
        raise Unknown("of more than one pixel")
    channels, rank = c.channels[x], c.rank[x]
    if node.op == "Flatten":
        shape = [-1, channels] if a.get("axis", 1) == 1 else []
    elif node.op == "Reshape":
        shape = list(c.constant(node, 1).values)
    else:
        axes = c.constant(node, 1)
        axes = sorted(v % 4 for v in (axes.values if axes else a.get("axes", [])))
        shape = [-1, channels] if node.op == "Squeeze" and axes == [2, 3] and rank == 4 else \
            [-1, channels, 1, 1] if node.op == "Unsqueeze" and axes == [2, 3] and rank == 2 else []
    sizes = [channels if v == 0 and i == 1 else v for i, v in enumerate(shape)]
    if len(sizes) not in (2, 4) or sizes[0] not in (-1, 0, c.images) or sizes[1] not in (-1, channels) or sizes[2:] not in ([], [1, 1]):
        raise Unknown("to sizes that are no pixel's")
    alias(c, node)
    c.rank[node.outputs[0]] = len(sizes)


def constant(c, node):
    if not isinstance(node.attributes.get("value"), Tensor):
        raise Unknown("not a tensor")
    c.constants[node.outputs[0]] = node.attributes["value"]


def identity(c, node):
    if node.inputs[0] in c.constants:
        c.constants[node.outputs[0]] = c.constants[node.inputs[0]]
        return
    alias(c, node)
