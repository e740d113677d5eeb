"""Draws layers at random, as the problem keys of docs/keys.md: what bench/sweep times.

A layer is a function of the seed and of its number alone, so that any part of a sweep can be repeated. The
distribution is what the layers of published networks contain, their odd values included, widened so that no
list can be learnt by heart:

    shares     of the classes: WEIGHTS
    channels   half from POWERS; then those of the networks named at WIDTHS; one in eight any from 1 to 640
    maps       from the families of input sizes that networks are trained at, halved until 7 (MAPS); a fifth any
               from 1 to 600; one in six is not square
    together   networks keep channels times rows within about PIXEL_CHANNELS: drawn again until they are
    batch      1 in four of five, else 2 to 8
    padding    "same" as PyTorch has it, TensorFlow's (one more below than above), none: 70, 15, 15 %
    windows, strides, dilations, groups, multipliers, modes: the tables beside each class, with weights

and drawn again until a layer fits WORK and BYTES, so that a sweep ends: at most some 10 ms on one core.
"""
import random

# As many as in the networks of bench/shapes, with more of what these have few of.
WEIGHTS = {"3x3": 18, "1x1": 18, "strided": 10, "other": 9, "depthwise": 17, "grouped": 5, "transposed": 8,
           "pooling": 8, "resizing": 6, "unpooling": 1}
CLASSES = list(WEIGHTS)

POWERS = [8, 16, 16, 32, 32, 32, 64, 64, 64, 64, 128, 128, 128, 128, 256, 256, 256, 256, 512, 512, 512, 1024, 1024,
          2048]
WIDTHS = [
    24, 40, 48, 72, 80, 88, 96, 112, 120, 144, 160, 184, 192, 200, 240, 320, 384, 480, 576, 672, 960, 1280,  # MobileNet
    12, 20, 36, 60, 100, 152, 304, 56, 136, 232, 816, 1152, 1392, 1632,  # GhostNet, EfficientNet
    58, 116, 464, 122, 244, 488, 976, 54, 108, 216,  # ShuffleNet
    44, 84, 168, 336, 42, 11, 22,  # NASNet
    18, 36, 30, 90, 180,  # HRNet, EfficientDet
    224, 352, 416, 448, 608, 736, 832, 896,  # DenseNet, GoogLeNet, Inception
    104, 208, 440, 888, 368, 784, 152, 392,  # RegNet
    68, 156, 188, 252, 75, 28, 52, 192,  # segmentation and text
]
FEW = [1, 1, 2, 3, 3, 4, 6, 12, 16, 18, 19, 21, 24, 75, 91, 150, 255, 486, 546]  # images, masks, heads of detectors
MAPS = {
    "224": [224, 112, 112, 56, 56, 56, 28, 28, 28, 14, 14, 14, 7, 7],  # ResNet, MobileNet and most others
    "299": [299, 149, 147, 73, 71, 35, 35, 17, 17, 8],  # Inception, Xception, NASNet
    "300": [300, 150, 75, 38, 19, 10, 5, 3],  # SSD
    "416": [416, 208, 104, 52, 26, 13],  # YOLO
    "512": [512, 256, 128, 64, 32, 16, 8, 4],  # U-Net, CenterNet, generators
    "513": [513, 257, 129, 65, 33],  # DeepLab
    "640": [320, 160, 80, 40, 20],  # YOLO, EfficientDet
    "small": [48, 24, 12, 6, 96, 9, 11, 1, 2],  # vision transformers, text, squeeze and excite
}
PIXEL_CHANNELS = (60, 34000)
WORK, BYTES = 1.2e9, 48e6  # operations of the direct form; bytes of input, output and weights
TRIES = 1000


class Again(Exception):
    """What was drawn is no layer, or too large."""


def pick(r, table):
    """A key of {value: weight}, or an entry of a list."""
    if isinstance(table, dict):
        return r.choices(list(table), list(table.values()))[0]
    return r.choice(table)


def channels(r, few=0.0):
    if r.random() < few:
        return pick(r, FEW)
    roll = r.random()
    return pick(r, POWERS) if roll < 0.5 else pick(r, WIDTHS) if roll < 0.875 else r.randint(1, 640)


def extent(r):
    return r.randint(1, 600) if r.random() < 0.2 else pick(r, MAPS[pick(r, list(MAPS))])


class Layer:
    """Sizes that all classes share; text() is the key."""

    def __init__(self, r, few=0.0, like=True):
        self.r = r
        self.n = 1 if r.random() < 0.8 else pick(r, [2, 2, 3, 4, 4, 5, 6, 7, 8, 8])
        self.h = extent(r)
        self.w = self.h if r.random() < 5 / 6 else pick(r, [extent(r), max(self.h // 2, 1), min(2 * self.h, 600)])
        self.c = channels(r, few)
        low, high = PIXEL_CHANNELS
        if like and not low <= self.c * self.h <= high:
            raise Again

    def window(self, window, stride, dilation=(1, 1), padding=None):
        """Sets window, stride, dilation and padding top, left, bottom, right; a "same" one by default."""
        self.window_, self.stride, self.dilation = window, stride, dilation
        reach = [(k - 1) * d + 1 for k, d in zip(window, dilation)]
        if padding is None:
            kind = pick(self.r, {"same": 70, "tensorflow": 15, "none": 15})
            padding = {"same": self.same, "tensorflow": self.tensorflow, "none": lambda _: (0, 0, 0, 0)}[kind](reach)
        self.padding = padding
        for size, k, before, behind in zip((self.h, self.w), reach, padding[:2], padding[2:]):
            if size + before + behind < k:
                raise Again

    @staticmethod
    def same(reach):
        return ((reach[0] - 1) // 2, (reach[1] - 1) // 2) * 2

    def tensorflow(self, reach):
        """As many outputs as the input has strides; the odd pixel of padding comes behind."""
        all_ = [max((-(-size // s) - 1) * s + k - size, 0)
                for size, s, k in zip((self.h, self.w), self.stride, reach)]
        return (all_[0] // 2, all_[1] // 2, all_[0] - all_[0] // 2, all_[1] - all_[1] // 2)

    def outputs(self, ceil=False):
        """Rows and columns of a convolution or pooling."""
        out = []
        for i, size in enumerate((self.h, self.w)):
            reach = (self.window_[i] - 1) * self.dilation[i] + 1
            room = size + self.padding[i] + self.padding[i + 2] - reach
            n = (-(-room // self.stride[i]) if ceil else room // self.stride[i]) + 1
            # The last window of the ceiling rule must start inside the input or the padding before it.
            if ceil and (n - 1) * self.stride[i] >= size + self.padding[i]:
                n -= 1
            out.append(n)
        return out

    def head(self, op):
        return f"{op} f32 nhwc n{self.n} c{self.c} h{self.h} w{self.w}"

    def windows(self):
        pairs = [f"{letter}{a}x{b}" for letter, (a, b) in (("r", self.window_), ("s", self.stride))]
        return " ".join(pairs + ["p" + ",".join(map(str, self.padding))])

    def dilations(self):
        return "d{}x{}".format(*self.dilation)

    def check(self, outs, out, weights, products):
        moved = 4 * (self.n * (self.c * self.h * self.w + outs * out[0] * out[1]) + weights)
        if 2 * products > WORK or moved > BYTES:
            raise Again


def square(n):
    return (n, n)


def convolution(layer, outs, groups=1):
    out = layer.outputs()
    weights = outs * layer.c // groups * layer.window_[0] * layer.window_[1]
    layer.check(outs, out, weights, layer.n * weights * out[0] * out[1])
    return f"{layer.head('conv2d')} k{outs} {layer.windows()} {layer.dilations()} g{groups}"


def draw_3x3(r):
    layer = Layer(r, few=0.05)
    layer.window((3, 3), (1, 1))
    outs = layer.c if r.random() < 0.5 else channels(r, few=0.1)
    return convolution(layer, outs)


def draw_1x1(r):
    layer = Layer(r)
    layer.window((1, 1), (1, 1), padding=(0, 0, 0, 0))
    return convolution(layer, channels(r, few=0.15))


# Window and stride. The first layers of networks, patches of vision transformers, downsampling between stages.
STRIDED = {((3, 3), (2, 2)): 50, ((1, 1), (2, 2)): 12, ((7, 7), (2, 2)): 8, ((5, 5), (2, 2)): 6, ((2, 2), (2, 2)): 6,
           ((4, 4), (4, 4)): 4, ((3, 3), (3, 3)): 2, ((4, 4), (2, 2)): 4, ((11, 11), (4, 4)): 2, ((6, 6), (2, 2)): 2,
           ((3, 3), (2, 1)): 2, ((7, 7), (4, 4)): 2, ((1, 7), (1, 2)): 1, ((9, 9), (3, 3)): 1, ((3, 3), (1, 2)): 1}


def draw_strided(r):
    first = r.random() < 0.25
    layer = Layer(r, like=not first)
    if first:
        layer.c = pick(r, [1, 3, 3, 3, 4])
        if layer.h < 64:
            raise Again
    window, stride = pick(r, STRIDED)
    layer.window(window, stride)
    outs = pick(r, [16, 24, 32, 32, 40, 48, 64, 64, 96]) if first else channels(r)
    return convolution(layer, outs)


# Window and dilation: Inception's and text recognition's long windows, DeepLab's rates, large kernels, even ones.
OTHER = {((5, 5), (1, 1)): 20, ((7, 7), (1, 1)): 6, ((1, 3), (1, 1)): 5, ((3, 1), (1, 1)): 5, ((1, 5), (1, 1)): 3,
         ((5, 1), (1, 1)): 3, ((1, 7), (1, 1)): 8, ((7, 1), (1, 1)): 8, ((1, 11), (1, 1)): 1, ((11, 1), (1, 1)): 1,
         ((2, 2), (1, 1)): 4, ((4, 4), (1, 1)): 4, ((9, 9), (1, 1)): 3, ((11, 11), (1, 1)): 1, ((3, 3), (2, 2)): 12,
         ((3, 3), (4, 4)): 6, ((3, 3), (6, 6)): 3, ((3, 3), (12, 12)): 2, ((3, 3), (3, 3)): 3, ((5, 5), (2, 2)): 2}


def draw_other(r):
    layer = Layer(r, few=0.1)
    window, dilation = pick(r, OTHER)
    layer.window(window, (1, 1), dilation)
    return convolution(layer, layer.c if r.random() < 0.4 else channels(r, few=0.1))


# Window, stride, dilation: MobileNet, EfficientNet, MixNet, ConvNeXt, RepLKNet, DeepLab.
DEPTHWISE = {(3, 1, 1): 40, (3, 2, 1): 18, (5, 1, 1): 13, (5, 2, 1): 7, (7, 1, 1): 7, (7, 2, 1): 2, (9, 1, 1): 2,
             (11, 1, 1): 1, (3, 1, 2): 4, (3, 1, 4): 2, (5, 1, 2): 1, (2, 2, 1): 1, (4, 2, 1): 1, (3, 3, 1): 1}


def draw_depthwise(r):
    layer = Layer(r)
    window, stride, dilation = pick(r, DEPTHWISE)
    long = r.random() < 0.06 and pick(r, [(1, window), (window, 1)])
    layer.window(long or square(window), square(stride), square(dilation))
    multiplier = pick(r, {1: 92, 2: 5, 3: 1, 4: 1, 8: 1})
    return convolution(layer, layer.c * multiplier, layer.c)


def draw_grouped(r):
    """AlexNet's 2, ShuffleNet's 3, ResNeXt's 32 groups; RegNet's groups of 8 to 48 channels; unequal ones."""
    layer = Layer(r)
    groups = pick(r, {2: 15, 3: 10, 4: 12, 8: 15, 16: 12, 32: 25, 64: 8})
    each = layer.c // groups or 1
    if r.random() < 0.3:
        each = pick(r, [2, 4, 8, 8, 16, 16, 24, 40, 48])
    layer.c = each * groups
    if each == 1 or not PIXEL_CHANNELS[0] <= layer.c * layer.h <= PIXEL_CHANNELS[1]:
        raise Again
    window, stride = pick(r, {(3, 1): 55, (3, 2): 20, (1, 1): 20, (5, 1): 5})
    layer.window(square(window), square(stride))
    outs = layer.c if r.random() < 0.75 else groups * pick(r, [each * 2, max(each // 2, 1), pick(r, [4, 8, 12, 24])])
    return convolution(layer, outs, groups)


# Window, stride, cropping on either side, rows more at the end: U-Net, generators, FCN, pose networks.
TRANSPOSED = {(2, 2, 0, 0): 30, (4, 2, 1, 0): 22, (3, 2, 1, 1): 20, (5, 2, 2, 1): 5, (3, 2, 0, 0): 4, (3, 1, 1, 0): 5,
              (6, 2, 2, 0): 2, (8, 4, 2, 0): 4, (4, 4, 0, 0): 3, (3, 3, 0, 0): 1, (1, 2, 0, 1): 2, (4, 1, 0, 0): 2,
              (7, 4, 2, 1): 1, (9, 3, 3, 0): 1}


def draw_transposed(r):
    layer = Layer(r, few=0.05)
    window, stride, crop, more = pick(r, TRANSPOSED)
    layer.window_, layer.stride, layer.dilation = square(window), square(stride), (1, 1)
    kind = pick(r, {"dense": 74, "depthwise": 18, "groups": 8})
    groups, outs = 1, channels(r, few=0.25)
    if kind == "depthwise":
        groups = outs = layer.c
    elif kind == "groups":
        groups = pick(r, [g for g in (2, 8, 32, layer.c // 2, layer.c // 4) if 1 < g < layer.c and layer.c % g == 0] or [1])
        outs = groups * pick(r, [1, 2, 4, 8, 16])
    elif r.random() < 0.4:
        outs = max(layer.c // 2, 1)
    out = [(size - 1) * stride + window - 2 * crop + more for size in (layer.h, layer.w)]
    if min(out) < 1:
        raise Again
    layer.padding = (crop, crop, crop - more, crop - more)
    weights = layer.c * (outs // groups) * window * window
    layer.check(outs, out, weights, layer.n * weights * layer.h * layer.w)
    return f"{layer.head('conv_transpose2d')} k{outs} {layer.windows()} d1x1 g{groups} o{out[0]}x{out[1]}"


# Operator, window, stride, padding, ceiling rule: GoogLeNet, ResNet, VGG, SqueezeNet, SPP, DenseNet, text networks.
POOLING = {("max", (3, 3), (2, 2), 1, False): 14, ("max", (3, 3), (2, 2), 0, True): 9, ("max", (2, 2), (2, 2), 0, False): 16,
           ("max", (2, 2), (2, 2), 0, True): 4, ("max", (3, 3), (2, 2), 0, False): 5, ("max", (3, 3), (1, 1), 1, False): 6,
           ("max", (5, 5), (1, 1), 2, False): 4, ("max", (9, 9), (1, 1), 4, False): 2, ("max", (2, 1), (2, 1), 0, False): 2,
           ("max", (3, 3), (3, 3), 0, True): 1, ("max", (7, 7), (1, 1), 3, False): 1, ("max", (4, 4), (4, 4), 0, False): 1,
           ("avg", (2, 2), (2, 2), 0, False): 9, ("avg", (3, 3), (1, 1), 1, False): 9, ("avg", (3, 3), (2, 2), 1, False): 4,
           ("avg", (3, 3), (2, 2), 0, True): 2, ("avg", (5, 5), (3, 3), 0, False): 1, ("avg", (4, 4), (4, 4), 0, False): 1,
           ("avg", (1, 4), (1, 4), 0, False): 1, ("lp", (2, 2), (2, 2), 0, False): 1, ("lp", (3, 3), (2, 2), 1, False): 1}


def draw_pooling(r):
    layer = Layer(r)
    kind = pick(r, {"window": 78, "global": 15, "adaptive": 7})
    if kind == "global":
        op = pick(r, ["avg", "avg", "avg", "max"])
        layer.h, layer.w = min(layer.h, 64), min(layer.w, 64)
        layer.window((layer.h, layer.w), (1, 1), padding=(0, 0, 0, 0))
        out = (1, 1)
    elif kind == "adaptive":
        out = square(pick(r, [1, 2, 3, 6, 7]))  # PSPNet's pyramid, VGG's 7
        layer.check(layer.c, out, 0, 0)
        return f"{layer.head('avg_pool2d')} o{out[0]}x{out[1]} adaptive"
    else:
        op, window, stride, pad, ceil = pick(r, POOLING)
        layer.window(window, stride, padding=(pad,) * 4)
        out = layer.outputs(ceil)
    layer.check(layer.c, out, 0, layer.n * layer.c * out[0] * out[1] * layer.window_[0] * layer.window_[1])
    words = ""
    if op == "avg" and r.random() < 0.4:
        words = " include_pad" if any(layer.padding) else ""
    if op == "max" and kind == "window" and r.random() < 0.1:
        words = " index=" + pick(r, ["pytorch:i64", "onnx:i64", "tensorflow:i64", "pytorch:i32"])
    if op == "lp":
        words = " power=2"
    return f"{layer.head(op + '_pool2d')} {layer.windows()} d1x1 o{out[0]}x{out[1]}{words}"


MODES = {"bilinear half_pixel": 40, "bilinear align_corners": 14, "bilinear half_pixel antialias": 3,
         "bilinear asymmetric": 2, "nearest asymmetric round=floor": 24, "nearest half_pixel round=prefer_floor": 3,
         "bicubic half_pixel a=-0.75": 6, "bicubic half_pixel a=-0.5 exclude_outside antialias": 2, "area": 4,
         "lanczos3 half_pixel exclude_outside antialias": 2}


def draw_resizing(r):
    layer = Layer(r, few=0.15)
    kind = pick(r, {"up": 60, "down": 15, "any": 25})
    if kind == "up":
        factor = pick(r, {2: 70, 4: 15, 8: 8, 3: 4, 16: 3})
        out = (layer.h * factor, layer.w * factor)
    elif kind == "down":
        factor = pick(r, {2: 60, 4: 25, 8: 5, 3: 10})
        out = (max(layer.h // factor, 1), max(layer.w // factor, 1))
    else:
        out = (extent(r), extent(r)) if r.random() < 0.3 else square(extent(r))
    if max(out) > 1100:
        raise Again
    mode = pick(r, MODES)
    if out[0] >= layer.h and out[1] >= layer.w:
        mode = mode.replace(" antialias", "")  # which would change nothing
    layer.check(layer.c, out, 0, 0)
    return f"{layer.head('resize2d')} o{out[0]}x{out[1]} {mode}"


def draw_unpooling(r):
    layer = Layer(r)
    window, stride = pick(r, {(2, 2): 85, (3, 2): 10, (3, 3): 5})
    out = [(size - 1) * stride + window for size in (layer.h, layer.w)]
    layer.window_, layer.stride, layer.padding = square(window), square(stride), (0, 0, 0, 0)
    layer.check(layer.c, out, 2 * layer.n * layer.c * layer.h * layer.w, 0)
    return f"{layer.head('max_unpool2d')} {layer.windows()} o{out[0]}x{out[1]} index=pytorch:i64"


DRAWS = {name: globals()["draw_" + name] for name in CLASSES}


def layer(seed, number, only=None):
    """(class, key) of a layer of a sweep; only: of this class."""
    r = random.Random(f"{seed} {number} {only or ''}")
    name = only or pick(r, WEIGHTS)
    for _ in range(TRIES):
        try:
            return name, DRAWS[name](r)
        except Again:
            pass
    raise ValueError(f"no layer {number} of {name} fits")
