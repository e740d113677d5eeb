#!/usr/bin/env python3
"""Writes tests/golden/cases: small operator cases computed by PyTorch (1.13).

    python3 make_golden.py

Inputs are float32; PyTorch computes in float64; the result is stored as float32. A case is a folder
with case.txt and one .npy (format 1.0, C order, '<f4' or '<i8') per tensor. case.txt, one item per line:
    case NAME / op OP / opset N / spatial_dims 2
    attr NAME (int V | float V | string V | ints COUNT V... | floats COUNT V...)
    note TEXT
    input|output NAME (f32|i64) RANK DIMS... FILE
Attributes are explicit, under ONNX names and with ONNX meaning. pads = begins, then ends. What ONNX
cannot say is stated by these extensions:
    op AdaptiveAveragePool, AdaptiveMaxPool     attr output_size ints 2 H W
    op AveragePool                              attr divisor_override int N   (absent: no override)
    op MaxPool, AdaptiveMaxPool, MaxUnpool      attr index_convention string pytorch: an index is
        y*W+x in the unpadded plane of its own (n, c), not flat over the whole tensor
    op Resize, mode area                        adaptive average over the output size
    op Resize, nearest-exact                    half_pixel with nearest_mode round_prefer_ceil
Resize always has resolved_from sizes, and scales_full = out/in. Antialiased cases have exclude_outside 1:
PyTorch drops the taps outside the input and renormalises, where exclude_outside 0 means clamping.

Ties of max pooling go to the first maximum in scan order. A NaN wins every window that it is in, and
the index is that of the last NaN in scan order. Both are what PyTorch does, and checked below.
"""
import shutil
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

CASES = Path(__file__).resolve().parent / "cases"
OPSET = {"Conv": 22, "ConvTranspose": 22, "MaxPool": 22, "AveragePool": 22, "LpPool": 22, "MaxUnpool": 22,
         "Resize": 19, "AdaptiveAveragePool": 22, "AdaptiveMaxPool": 22}
rng = np.random.default_rng(7)
names = []
dropped = []


# ---- writing ----------------------------------------------------------------------------------

def attribute(name, value):
    if isinstance(value, str):
        return f"attr {name} string {value}"
    if isinstance(value, (list, tuple)):
        kind = "floats" if any(isinstance(v, float) for v in value) else "ints"
        return " ".join([f"attr {name} {kind} {len(value)}"] + [repr(v) for v in value])
    return f"attr {name} {'float' if isinstance(value, float) else 'int'} {value!r}"


def emit(name, op, attributes, inputs, outputs, note=None):
    assert name not in names, name
    names.append(name)
    folder = CASES / name
    folder.mkdir(parents=True)
    lines = [f"case {name}", f"op {op}", f"opset {OPSET[op]}", "spatial_dims 2"]
    lines += [attribute(key, value) for key, value in attributes.items()]
    if note:
        lines.append(f"note {note}")
    for role, short, tensors in (("input", "in", inputs), ("output", "out", outputs)):
        for tensor, value in tensors.items():
            array = np.asarray(value)
            whole = array.dtype.kind == "i"
            array = np.ascontiguousarray(array, "<i8" if whole else "<f4")
            file = f"{short}_{tensor}.npy"
            with open(folder / file, "wb") as stream:
                np.lib.format.write_array(stream, array, version=(1, 0))
            dims = "".join(f" {d}" for d in array.shape)
            lines.append(f"{role} {tensor} {'i64' if whole else 'f32'} {array.ndim}{dims} {file}")
    (folder / "case.txt").write_text("\n".join(lines) + "\n")


def normal(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def exact(array):
    return torch.from_numpy(np.asarray(array)).double()


def pair(value):
    return list(value) if isinstance(value, (list, tuple)) else [value, value]


# ---- convolution ------------------------------------------------------------------------------

def conv(name, x, w, stride=1, pad=0, dilation=1, group=1, bias=True):
    """x and w are shapes; pad is one number, (h, w), or (top, left, bottom, right)."""
    stride, dilation = pair(stride), pair(dilation)
    pads = list(pad) if isinstance(pad, tuple) and len(pad) == 4 else pair(pad) * 2
    x, w = normal(*x), normal(*w)
    b = normal(w.shape[0]) if bias else None
    padded = F.pad(exact(x), (pads[1], pads[3], pads[0], pads[2]))
    y = F.conv2d(padded, exact(w), exact(b) if bias else None, stride, 0, dilation, group)
    emit("conv__" + name, "Conv",
         {"kernel_shape": list(w.shape[2:]), "strides": stride, "dilations": dilation, "auto_pad": "NOTSET",
          "group": group, "pads": pads},
         {"X": x, "W": w, **({"B": b} if bias else {})}, {"Y": y})


def conv_transpose(name, x, w, stride=1, pad=0, dilation=1, group=1, output_padding=0, bias=True):
    stride, dilation, pad, output_padding = pair(stride), pair(dilation), pair(pad), pair(output_padding)
    x, w = normal(*x), normal(*w)
    b = normal(w.shape[1] * group) if bias else None
    y = F.conv_transpose2d(exact(x), exact(w), exact(b) if bias else None, stride, pad, output_padding,
                           group, dilation)
    emit("convtranspose__" + name, "ConvTranspose",
         {"kernel_shape": list(w.shape[2:]), "strides": stride, "dilations": dilation, "auto_pad": "NOTSET",
          "group": group, "output_padding": output_padding, "pads": pad * 2},
         {"X": x, "W": w, **({"B": b} if bias else {})}, {"Y": y})


def convolutions():
    conv("wide_k3", (1, 8, 9, 19), (16, 8, 3, 3), pad=1)
    conv("wide_k3_s2", (1, 8, 11, 37), (12, 8, 3, 3), stride=2, pad=1)
    conv("wide_k1", (2, 17, 5, 17), (24, 17, 1, 1))
    conv("wide_k1_s2_no_bias", (1, 9, 7, 33), (8, 9, 1, 1), stride=2, bias=False)
    conv("k5_batch", (2, 3, 10, 21), (9, 3, 5, 5), pad=2)
    conv("k7_s2_rgb", (1, 3, 21, 35), (8, 3, 7, 7), stride=2, pad=3)
    conv("k1x7", (1, 4, 6, 18), (8, 4, 1, 7), pad=(0, 3))
    conv("k7x1", (1, 4, 18, 6), (8, 4, 7, 1), pad=(3, 0))
    conv("asymmetric_pads", (1, 5, 8, 20), (8, 5, 3, 3), stride=2, pad=(0, 1, 1, 2))
    conv("pad_exceeds_kernel", (1, 3, 4, 5), (8, 3, 3, 3), pad=4)
    conv("group2_wide", (1, 8, 7, 18), (16, 4, 3, 3), pad=1, group=2)
    conv("group3_odd", (2, 9, 6, 7), (15, 3, 3, 3), stride=2, pad=1, group=3)
    conv("dilation2_stride2", (1, 6, 15, 24), (8, 6, 3, 3), stride=2, pad=2, dilation=2)
    conv("dilation3x2_stride1x3", (1, 4, 13, 26), (8, 4, 3, 3), stride=(1, 3), pad=(3, 2), dilation=(3, 2))
    conv("dilation4_mostly_padding", (1, 5, 6, 17), (8, 5, 3, 3), pad=4, dilation=4)
    conv("depthwise_k3_wide", (1, 19, 7, 18), (19, 1, 3, 3), pad=1, group=19)
    conv("depthwise_k5_s2", (1, 8, 11, 35), (8, 1, 5, 5), stride=2, pad=2, group=8)
    conv("depthwise_dilation2", (1, 9, 10, 17), (9, 1, 3, 3), pad=2, dilation=2, group=9)
    conv("depthwise_multiplier3", (1, 5, 7, 17), (15, 1, 3, 3), pad=1, group=5)
    conv("depthwise_multiplier2_s2_d2", (2, 4, 11, 33), (8, 1, 3, 3), stride=2, pad=2, dilation=2, group=4)


def transposed():
    conv_transpose("k2_s2_wide", (1, 8, 5, 9), (8, 12, 2, 2), stride=2)
    conv_transpose("k4_s2_p1_wide", (1, 8, 5, 9), (8, 9, 4, 4), stride=2, pad=1)
    conv_transpose("k3_s2_p1_op1", (2, 5, 4, 9), (5, 8, 3, 3), stride=2, pad=1, output_padding=1)
    conv_transpose("k3_s1_p1", (1, 6, 5, 17), (6, 8, 3, 3), pad=1)
    conv_transpose("k16_s8_p4", (1, 2, 3, 4), (2, 3, 16, 16), stride=8, pad=4)
    conv_transpose("k16_s8_p4_group4", (1, 4, 2, 3), (4, 1, 16, 16), stride=8, pad=4, group=4, bias=False)
    conv_transpose("group2_multiplier", (1, 6, 4, 9), (6, 4, 3, 3), stride=2, pad=1, group=2, output_padding=1)
    conv_transpose("depthwise_k4_s2_p1", (1, 9, 5, 8), (9, 1, 4, 4), stride=2, pad=1, group=9)
    conv_transpose("depthwise_multiplier2", (1, 5, 4, 8), (5, 2, 3, 3), stride=2, pad=1, group=5)
    conv_transpose("stride_exceeds_kernel", (1, 3, 4, 6), (3, 8, 2, 2), stride=3)
    conv_transpose("stride4_k1", (1, 4, 3, 5), (4, 8, 1, 1), stride=4, output_padding=3)
    conv_transpose("op_past_support", (1, 3, 3, 5), (3, 8, 2, 2), stride=4, output_padding=3)
    conv_transpose("op_below_dilation", (1, 3, 4, 7), (3, 8, 3, 3), dilation=3, output_padding=2)
    conv_transpose("dilation2", (1, 4, 5, 8), (4, 8, 3, 3), pad=2, dilation=2)
    conv_transpose("dilation2_stride2_empty_phases", (1, 4, 4, 9), (4, 8, 3, 3), stride=2, dilation=2)
    conv_transpose("dilation2_stride4_gcd2", (1, 3, 3, 5), (3, 8, 3, 3), stride=4, dilation=2, pad=1,
                   output_padding=1)
    conv_transpose("dilation3_stride2", (1, 3, 4, 6), (3, 8, 3, 3), stride=2, dilation=3, pad=(2, 3),
                   output_padding=(1, 2))
    conv_transpose("k5x2_s3x1", (1, 3, 4, 16), (3, 8, 5, 2), stride=(3, 1), pad=(2, 0), output_padding=(2, 0))
    conv_transpose("crop_exceeds_input", (1, 3, 6, 7), (3, 8, 3, 3), pad=(3, 4))


# ---- pooling ----------------------------------------------------------------------------------

def max_pool(name, x, kernel, stride=None, pad=0, dilation=1, ceil=0, indices=True, note=None):
    kernel, stride, pad, dilation = pair(kernel), pair(stride or kernel), pair(pad), pair(dilation)
    y, index = F.max_pool2d(exact(x), kernel, stride, pad, dilation, bool(ceil), return_indices=True)
    attributes = {"kernel_shape": kernel, "strides": stride, "dilations": dilation, "auto_pad": "NOTSET",
                  "ceil_mode": ceil, "storage_order": 0, "pads": pad * 2}
    if indices:
        attributes["index_convention"] = "pytorch"
    emit("maxpool__" + name, "MaxPool", attributes, {"X": x},
         {"Y": y, **({"Indices": index} if indices else {})}, note)
    return y.numpy(), index.numpy()


def average_pool(name, x, kernel, stride=None, pad=0, ceil=0, include=0, divisor=None):
    kernel, stride, pad = pair(kernel), pair(stride or kernel), pair(pad)
    x = normal(*x)
    y = F.avg_pool2d(exact(x), kernel, stride, pad, bool(ceil), bool(include), divisor)
    attributes = {"kernel_shape": kernel, "strides": stride, "dilations": [1, 1], "auto_pad": "NOTSET",
                  "ceil_mode": ceil, "count_include_pad": include, "pads": pad * 2}
    if divisor is not None:
        attributes["divisor_override"] = divisor
    emit("averagepool__" + name, "AveragePool", attributes, {"X": x}, {"Y": y})


def lp_pool(name, x, kernel, stride=None, ceil=0, p=2):
    """PyTorch takes the sign of the sum, ONNX takes |x|: |x| is given to PyTorch, x is stored. PyTorch's
    ceil windows are averages scaled by the full kernel size, so ceil is only used where none is clipped."""
    kernel, stride = pair(kernel), pair(stride or kernel)
    x = normal(*x)
    y = F.lp_pool2d(exact(np.abs(x)), float(p), kernel, stride, bool(ceil))
    emit("lppool__" + name, "LpPool",
         {"kernel_shape": kernel, "strides": stride, "dilations": [1, 1], "auto_pad": "NOTSET",
          "ceil_mode": ceil, "p": p, "pads": [0, 0, 0, 0]}, {"X": x}, {"Y": y})


def ties(*shape):
    return rng.integers(-2, 3, shape).astype(np.float32)


def with_nan(x, count):
    flat = x.reshape(-1)
    flat[rng.choice(flat.size, count, replace=False)] = np.nan
    return x


def pooling():
    max_pool("k2_s2_indices", normal(1, 9, 8, 18), 2)
    max_pool("k3_s2_p1_indices", normal(2, 8, 9, 17), 3, 2, 1)
    max_pool("ties", ties(1, 8, 9, 17), 3, 2, 1)
    max_pool("ceil_window_starts_in_padding", normal(1, 8, 5, 7), 3, 3, 1, ceil=1,
             note="a ceil window that would start past the input is dropped")
    max_pool("ceil_k2_s2_p1", normal(1, 8, 4, 6), 2, 2, 1, ceil=1)
    max_pool("ceil_k3_s2", normal(1, 5, 8, 10), 3, 2, ceil=1)
    max_pool("ceil_stride_exceeds_kernel", normal(1, 4, 9, 10), 2, 4, 1, ceil=1)
    max_pool("dilation2", normal(1, 8, 9, 18), 3, 1, 1, dilation=2)
    max_pool("dilation2x3_s2_ceil", normal(1, 4, 12, 17), (3, 2), 2, 1, dilation=(2, 3), ceil=1)
    max_pool("all_negative_padding", -1 - np.abs(normal(1, 8, 7, 9)), 3, 2, 1)
    max_pool("minus_infinity", np.full((1, 2, 5, 5), -np.inf, np.float32), 3, 2, 1, indices=False)
    max_pool("k5_s1_p2", normal(1, 8, 9, 17), 5, 1, 2)
    max_pool("k13_s1_p6_no_indices", normal(1, 4, 16, 17), 13, 1, 6, indices=False)
    y, index = max_pool("nan", with_nan(normal(1, 8, 9, 17), 60), 3, 2, 1,
                        note="a NaN wins; the index is that of the last NaN in scan order")
    assert np.isnan(y).any()
    all_nan = np.full((1, 1, 4, 4), np.nan, np.float32)
    y, index = max_pool("nan_everywhere", all_nan, 2, 2)
    assert index.reshape(-1).tolist() == [5, 7, 13, 15], "last NaN in scan order"
    max_pool("nan_k2_s2_no_indices", with_nan(normal(1, 9, 6, 16), 80), 2, indices=False)

    average_pool("k2_s2_wide", (1, 9, 8, 18), 2)
    average_pool("k3_s2_p1_exclude", (1, 8, 9, 17), 3, 2, 1)
    average_pool("k3_s2_p1_include", (1, 8, 9, 17), 3, 2, 1, include=1)
    average_pool("ceil_exclude", (1, 8, 8, 10), 3, 2, 1, ceil=1)
    average_pool("ceil_include", (1, 8, 8, 10), 3, 2, 1, ceil=1, include=1)
    average_pool("ceil_include_overhang2", (1, 4, 7, 12), (3, 5), (3, 5), (0, 0), ceil=1, include=1)
    average_pool("ceil_exclude_overhang2", (1, 4, 7, 12), (3, 5), (3, 5), (0, 0), ceil=1)
    average_pool("ceil_include_overhang2_p1", (1, 4, 8, 4), 5, 3, (2, 1), ceil=1, include=1)
    average_pool("ceil_window_starts_in_padding", (1, 8, 5, 7), 3, 3, 1, ceil=1, include=1)
    average_pool("divisor_override", (1, 8, 9, 17), 3, 2, 1, divisor=5)
    average_pool("divisor_override_ceil_include", (1, 4, 8, 10), 3, 2, 1, ceil=1, include=1, divisor=7)
    average_pool("k5_s1_p2_include", (1, 4, 9, 17), 5, 1, 2, include=1)

    lp_pool("p1_k3_s2", (1, 8, 9, 17), 3, 2, p=1)
    lp_pool("p2_k2x3", (1, 8, 8, 18), (2, 3), p=2)
    lp_pool("p3_k3_s1", (1, 4, 7, 18), 3, 1, p=3)

    for name, size, out in (("13x21_to_5x8", (13, 21), (5, 8)), ("7x5_to_10x9", (7, 5), (10, 9)),
                            ("17x16_to_1x1", (17, 16), (1, 1)), ("11x3_to_1x7", (11, 3), (1, 7))):
        x = normal(1, 8, *size)
        emit("adaptiveaveragepool__" + name, "AdaptiveAveragePool", {"output_size": list(out)}, {"X": x},
             {"Y": F.adaptive_avg_pool2d(exact(x), out)})
        x = ties(1, 8, *size) if name.startswith("13x21") else normal(1, 8, *size)
        y, index = F.adaptive_max_pool2d(exact(x), out, return_indices=True)
        emit("adaptivemaxpool__" + name, "AdaptiveMaxPool",
             {"output_size": list(out), "index_convention": "pytorch"}, {"X": x}, {"Y": y, "Indices": index})


def max_unpool(name, shape, kernel, stride=None, pad=0, size=None):
    """The indices come from max pooling a tensor of `size` (default: the inferred one)."""
    kernel, stride, pad = pair(kernel), pair(stride or kernel), pair(pad)
    inferred = [(i - 1) * s + k - 2 * p for i, s, k, p in zip(shape[2:], stride, kernel, pad)]
    size = list(size or inferred)
    pooled, index = F.max_pool2d(exact(normal(*shape[:2], *size)), kernel, stride, pad, return_indices=True)
    assert list(pooled.shape) == list(shape), (name, pooled.shape)
    x = normal(*shape)
    if any(s < k for s, k in zip(stride, kernel)):
        # overlapping windows name the same pixel with one value, as after max pooling: no order is implied
        x = pooled.float().numpy()
    y = F.max_unpool2d(exact(x), index, kernel, stride, pad, output_size=size)
    inputs = {"X": x, "I": index}
    if size != inferred:
        inputs["output_shape"] = np.array([*shape[:2], *size], np.int64)
    emit("maxunpool__" + name, "MaxUnpool",
         {"kernel_shape": kernel, "strides": stride, "pads": pad * 2, "index_convention": "pytorch"},
         inputs, {"Y": y}, "indices are in the output tensor" if size != inferred else None)


def unpooling():
    max_unpool("k2_s2_wide", (1, 9, 4, 9), 2)
    max_unpool("k2_s2_batch", (2, 8, 3, 5), 2)
    max_unpool("k2_s2_output_odd", (1, 8, 4, 8), 2, size=(9, 17))
    max_unpool("k3_s2_p1_overlap", (1, 8, 5, 9), 3, 2, 1)
    max_unpool("k3_s3", (1, 4, 3, 6), 3)
    max_unpool("k2_s3_gaps", (1, 4, 3, 6), 2, 3)


# ---- resize -----------------------------------------------------------------------------------

def resize(name, channels, size, out, mode, y_of, coordinates="half_pixel", nearest="floor", a=-0.75,
           antialias=0, note=None, x=None):
    x = normal(1, channels, *size) if x is None else x
    shape = [*x.shape[:2], *out]
    y = y_of(exact(x), tuple(out))
    assert list(y.shape) == shape
    emit("resize__" + name, "Resize",
         {"mode": mode, "coordinate_transformation_mode": coordinates, "nearest_mode": nearest,
          "cubic_coeff_a": a, "exclude_outside": antialias, "extrapolation_value": 0.0, "antialias": antialias,
          "keep_aspect_ratio_policy": "stretch", "axes": [0, 1, 2, 3], "resolved_from": "sizes",
          "scales_full": [1.0, 1.0] + [o / i for o, i in zip(out, size)],
          "sizes_full": shape, "roi_full": [0.0] * 4 + [1.0] * 4},
         {"X": x, "sizes": np.array(shape, np.int64)}, {"Y": y}, note)


def nearest_rows(i, o, mode):
    """The source indices that PyTorch uses along one axis: its own answer on a ramp."""
    ramp = torch.arange(i, dtype=torch.float64)[None, None]
    return F.interpolate(ramp, size=(o,), mode=mode)[0, 0].numpy().astype(int).tolist()


SIZES = [("26x29_to_64x2", (26, 29), (64, 2)), ("21x13_to_50x33", (21, 13), (50, 33)),
         ("9x17_to_18x34", (9, 17), (18, 34)), ("25x33_to_10x14", (25, 33), (10, 14)),
         ("16x18_to_8x6", (16, 18), (8, 6)), ("1x5_to_7x19", (1, 5), (7, 19))]


def resizing():
    def via(mode, **options):
        return lambda x, out: F.interpolate(x, size=out, mode=mode, **options)

    for name, size, out in SIZES:
        # PyTorch rounds the scale, so a coordinate that is an integer may come out one lower. Where its answer
        # is not the integer rule floor(o*in/out) (exact: floor((2o+1)*in/(2*out))), the case is dropped.
        for mode, rule in (("nearest", lambda o, i, n: o * i // n),
                           ("nearest-exact", lambda o, i, n: (2 * o + 1) * i // (2 * n))):
            label = mode.replace("-", "_")
            if all(nearest_rows(i, n, mode) == [rule(o, i, n) for o in range(n)] for i, n in zip(size, out)):
                plain = mode == "nearest"
                resize(f"{label}_{name}", 3, size, out, "nearest", via(mode),
                       "asymmetric" if plain else "half_pixel", "floor" if plain else "round_prefer_ceil")
            else:
                dropped.append(f"{label}_{name}")
        corners = name in ("21x13_to_50x33", "25x33_to_10x14", "1x5_to_7x19")
        resize(f"linear_{name}", 3, size, out, "linear", via("bilinear", align_corners=False))
        if corners:
            resize(f"linear_align_corners_{name}", 3, size, out, "linear", via("bilinear", align_corners=True),
                   "align_corners")
            resize(f"cubic_{name}", 3, size, out, "cubic", via("bicubic", align_corners=False))
            resize(f"cubic_align_corners_{name}", 3, size, out, "cubic", via("bicubic", align_corners=True),
                   "align_corners")
    resize("linear_wide_channels_x2", 17, (5, 7), (10, 14), "linear", via("bilinear", align_corners=False))
    resize("linear_align_corners_to_1x1", 3, (5, 7), (1, 1), "linear", via("bilinear", align_corners=True),
           "align_corners")
    for name, size, out in (("25x33_to_10x14", (25, 33), (10, 14)), ("16x18_to_8x6", (16, 18), (8, 6)),
                            ("29x26_to_2x20", (29, 26), (2, 20)), ("13x9_to_20x4", (13, 9), (20, 4))):
        resize(f"linear_antialias_{name}", 3, size, out, "linear",
               via("bilinear", align_corners=False, antialias=True), antialias=1)
        resize(f"cubic_antialias_{name}", 3, size, out, "cubic",
               via("bicubic", align_corners=False, antialias=True), a=-0.5, antialias=1)
    for name, size, out in (("25x33_to_10x14", (25, 33), (10, 14)), ("7x5_to_10x9", (7, 5), (10, 9)),
                            ("16x18_to_8x6", (16, 18), (8, 6))):
        resize(f"area_{name}", 3, size, out, "area", via("area"), note="adaptive average over the output size")


def main():
    torch.set_num_threads(1)
    shutil.rmtree(CASES, ignore_errors=True)
    for part in (convolutions, transposed, pooling, unpooling, resizing):
        part()
    size = sum(file.stat().st_size for file in CASES.rglob("*") if file.is_file())
    print(f"{len(names)} cases, {size} bytes; dropped: {', '.join(dropped) or 'none'}")


if __name__ == "__main__":
    main()
