"""Plans for calls that are repeated: the operators of hourglass under their names, with their arguments. They look at
the shape and memory order of `input`, not at its elements, and answer with an hourglass.Plan.

>>> import numpy as np, hourglass
>>> x = np.ones((1, 8, 16, 16), np.float32)
>>> weight = np.ones((4, 8, 3, 3), np.float32)
>>> plan = hourglass.plans.conv2d(x, weight, padding=1, activation="relu")
>>> plan(x)[0, 0, :2, :3]
array([[32., 48., 48.],
       [48., 72., 72.]], dtype=float32)
"""
import operator

import numpy as np

from hourglass._hourglass import ffi, lib
from hourglass._library import InvalidError, UnsupportedError, check, default_context
from hourglass._plan import Form, Plan, check_array

__all__ = ["conv2d", "conv_transpose2d", "upsample_conv2d", "max_pool2d", "avg_pool2d", "lp_pool2d",
           "adaptive_max_pool2d", "adaptive_avg_pool2d", "max_unpool2d", "interpolate", "interpolate_argmax"]

_MODES = {"valid": lib.HG_PADDING_VALID, "same": lib.HG_PADDING_SAME_UPPER, "same_lower": lib.HG_PADDING_SAME_LOWER,
          "keras_same": lib.HG_PADDING_KERAS_SAME, "keras_valid": lib.HG_PADDING_KERAS_VALID}
_ORDERS = {"oihw": lib.HG_OIHW, "hwio": lib.HG_HWIO, "iohw": lib.HG_IOHW, "hwoi": lib.HG_HWOI}
_ACCURACIES = {"default": lib.HG_DEFAULT, "strict": lib.HG_STRICT, "relaxed": lib.HG_RELAXED}


# ---- Arguments ----

def pair(name, value):
    """(h, w) of a number or of two."""
    values = tuple(value) if isinstance(value, (tuple, list, np.ndarray)) else (value, value)
    if len(values) != 2:
        raise InvalidError(f"{name} is {value!r}, neither a number nor two")
    return tuple(operator.index(v) for v in values)


def _set(size, name, value):
    size.h, size.w = pair(name, value)


def _set_padding(padding, value):
    """A number, (h, w), (top, left, bottom, right), or a word."""
    if isinstance(value, str):
        if value not in _MODES:
            raise InvalidError(f"padding is {value!r}, none of {', '.join(_MODES)}")
        padding.mode = _MODES[value]
        return
    if not isinstance(value, (tuple, list)) or len(value) != 4:
        value = pair("padding", value) * 2
    padding.top, padding.left, padding.bottom, padding.right = (operator.index(v) for v in value)


def _word(words, name, value):
    if value not in words:
        raise InvalidError(f"{name} is {value!r}, none of {', '.join(words)}")
    return words[value]


_SLOPES = {"hard_sigmoid": 1 / 6, "elu": 1.0, "prelu": 0.25}  # PyTorch's defaults


def _set_epilogue(epilogue, activation, slope, offset, minimum, maximum, residual):
    """Returns the slopes of "prelu", else None."""
    word = "HG_" + (activation or "identity").upper()
    if not hasattr(lib, word) or not isinstance(getattr(lib, word), int):
        raise InvalidError(f"activation is {activation!r}, which the library does not have")
    slope = _SLOPES.get(activation, 0.0) if slope is None else slope
    epilogue.activation = getattr(lib, word)
    epilogue.slope = 0.0 if activation == "prelu" else slope
    epilogue.offset, epilogue.min, epilogue.max = offset, minimum, maximum
    epilogue.residual = residual
    return slope if activation == "prelu" else None


def _descriptor(name, input):
    """A zeroed descriptor whose input is the array, and the array's form."""
    check_array("input", input)
    op = ffi.new(name)
    form = Form(input.shape, input.strides)
    form.fill(op.input)
    return op, form


def _made(context, form, planner, *arguments, alive=None, **how):
    """alive: what the arguments point to."""
    made = ffi.new("hg_plan **")
    context = context or default_context()
    check(planner(context._context, *arguments, made))
    return Plan(made[0], context, form, **how)


# ---- Convolutions ----

def _filter(context, weight, order, groups):
    """An hg_filter of weights in an order of hg_filter_order, freed with the last reference."""
    check_array("weight", weight)
    desc = ffi.new("hg_filter_desc *", {"dtype": lib.HG_F32, "order": _word(_ORDERS, "order", order),
                                        "groups": groups})
    sizes = dict(zip(order, weight.shape))
    desc.height, desc.width = sizes["h"], sizes["w"]
    divided = "i" if order in ("oihw", "hwio") else "o"
    sizes[divided] *= groups
    desc.out_channels, desc.in_channels = sizes["o"], sizes["i"]
    made = ffi.new("hg_filter **")
    check(lib.hg_filter_create(context._context, desc, ffi.from_buffer(np.ascontiguousarray(weight)), made))
    return ffi.gc(made[0], lib.hg_filter_free), desc.out_channels


def _convolution(context, op, form, planner, weight, order, bias, groups, residual, slopes):
    context = context or default_context()
    packed, channels = _filter(context, weight, order, groups)
    kept = _set_slopes(op, slopes, channels)
    if bias is not None:
        check_array("bias", bias, 1)
        if bias.size != channels:
            raise InvalidError(f"bias has {bias.size} elements for {channels} output channels")
        bias = ffi.from_buffer(np.ascontiguousarray(bias))
    return _made(context, form, planner, op, packed, ffi.NULL if bias is None else bias, alive=kept,
                 second="residual" if residual else None)


def _set_slopes(op, slopes, channels):
    """Of "prelu", one or one for each channel; returns what must live until the plan is made."""
    if slopes is None:
        return None
    slopes = np.asarray(slopes, np.float32)
    if slopes.shape not in ((), (1,), (channels,)):
        raise InvalidError(f"slope has shape {slopes.shape} for {channels} channels")
    slopes = ffi.from_buffer("float[]", np.ascontiguousarray(np.broadcast_to(slopes, channels)))
    op.slopes = slopes
    return slopes


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, *, activation=None, slope=None,
           offset=0.5, minimum=0.0, maximum=0.0, residual=False, accuracy="default", order="oihw", context=None):
    """hourglass.conv2d's plan. residual: True if calls bring an array to add, plan(input, residual)."""
    op, form = _descriptor("hg_conv2d *", input)
    _set(op.stride, "stride", stride)
    _set(op.dilation, "dilation", dilation)
    _set_padding(op.padding, padding)
    slopes = _set_epilogue(op.epilogue, activation, slope, offset, minimum, maximum, residual)
    op.accuracy = _word(_ACCURACIES, "accuracy", accuracy)
    return _convolution(context, op, form, lib.hg_plan_conv2d, weight, order, bias, groups, residual, slopes)


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1, *,
                     activation=None, slope=None, offset=0.5, minimum=0.0, maximum=0.0, residual=False,
                     accuracy="default", order="iohw", context=None):
    """hourglass.conv_transpose2d's plan. residual: as of conv2d. With padding "keras_same" or "keras_valid",
    output_padding may be None, as in Keras."""
    op, form = _descriptor("hg_conv_transpose2d *", input)
    _set(op.stride, "stride", stride)
    _set(op.dilation, "dilation", dilation)
    _set_padding(op.padding, padding)
    op.keras_output_padding = output_padding is not None and str(padding).startswith("keras_")
    _set(op.output_padding, "output_padding", output_padding or 0)
    slopes = _set_epilogue(op.epilogue, activation, slope, offset, minimum, maximum, residual)
    op.accuracy = _word(_ACCURACIES, "accuracy", accuracy)
    return _convolution(context, op, form, lib.hg_plan_conv_transpose2d, weight, order, bias, groups, residual,
                        slopes)


def upsample_conv2d(input, weight, bias=None, factor=2, padding=0, groups=1, *, activation=None, slope=None,
                    offset=0.5, minimum=0.0, maximum=0.0, residual=False, accuracy="default", order="oihw",
                    context=None, mode="nearest", align_corners=False):
    """hourglass.upsample_conv2d's plan. residual: as of conv2d."""
    op, form = _descriptor("hg_upsample_conv2d *", input)
    modes = {"nearest": lib.HG_RESIZE_NEAREST, "bilinear": lib.HG_RESIZE_BILINEAR}
    op.mode = _word(modes, "mode", mode)
    op.coordinates = lib.HG_ALIGN_CORNERS if align_corners else lib.HG_HALF_PIXEL
    _set(op.factor, "factor", factor)
    _set_padding(op.padding, padding)
    slopes = _set_epilogue(op.epilogue, activation, slope, offset, minimum, maximum, residual)
    op.accuracy = _word(_ACCURACIES, "accuracy", accuracy)
    return _convolution(context, op, form, lib.hg_plan_upsample_conv2d, weight, order, bias, groups, residual, slopes)


# ---- Pooling ----

def _set_windows(pool, kernel_size, stride, padding, ceil_mode, dilation=1):
    _set(pool.window, "kernel_size", kernel_size)
    _set(pool.stride, "stride", kernel_size if stride is None else stride)
    _set(pool.dilation, "dilation", dilation)
    _set_padding(pool.padding, padding)
    pool.ceil_mode = ceil_mode


def _set_adaptive(pool, input, output_size):
    sizes = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
    _set(pool.adaptive, "output_size", [own if size is None else size for size, own in zip(sizes, input.shape[2:])])


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False, *,
               context=None):
    """hourglass.max_pool2d's plan."""
    op, form = _descriptor("hg_max_pool2d *", input)
    _set_windows(op.pool, kernel_size, stride, padding, ceil_mode, dilation)
    op.indices = return_indices
    return _made(context, form, lib.hg_plan_max_pool2d, op, indices=return_indices)


def avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
               divisor_override=None, *, context=None):
    """hourglass.avg_pool2d's plan."""
    op, form = _descriptor("hg_avg_pool2d *", input)
    _set_windows(op.pool, kernel_size, stride, padding, ceil_mode)
    op.count_include_pad = count_include_pad
    if divisor_override == 0:
        raise InvalidError("divisor_override is 0")
    op.divisor_override = divisor_override or 0
    return _made(context, form, lib.hg_plan_avg_pool2d, op)


def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False, *, context=None):
    """hourglass.lp_pool2d's plan."""
    op, form = _descriptor("hg_lp_pool2d *", input)
    _set_windows(op.pool, kernel_size, stride, 0, ceil_mode)
    op.p = norm_type
    op.form = lib.HG_LP_SIGNED
    return _made(context, form, lib.hg_plan_lp_pool2d, op)


def adaptive_max_pool2d(input, output_size, return_indices=False, *, context=None):
    """hourglass.adaptive_max_pool2d's plan."""
    op, form = _descriptor("hg_max_pool2d *", input)
    _set_adaptive(op.pool, input, output_size)
    op.indices = return_indices
    return _made(context, form, lib.hg_plan_max_pool2d, op, indices=return_indices)


def adaptive_avg_pool2d(input, output_size, *, context=None):
    """hourglass.adaptive_avg_pool2d's plan."""
    op, form = _descriptor("hg_avg_pool2d *", input)
    _set_adaptive(op.pool, input, output_size)
    return _made(context, form, lib.hg_plan_avg_pool2d, op)


def max_unpool2d(input, kernel_size, stride=None, padding=0, output_size=None, *, context=None):
    """hourglass.max_unpool2d's plan; the indices come with each call, plan(input, indices)."""
    op, form = _descriptor("hg_max_unpool2d *", input)
    _set(op.window, "kernel_size", kernel_size)
    _set(op.stride, "stride", kernel_size if stride is None else stride)
    _set_padding(op.padding, padding)
    if output_size is not None:
        _set(op.output_size, "output_size", tuple(output_size)[-2:])
    return _made(context, form, lib.hg_plan_max_unpool2d, op, second="indices")


# ---- Resizing ----

def _preset(preset, input, mode, *flags):
    """A descriptor of a mode, for a size that is to be set, and the array's form."""
    op, form = _descriptor("hg_resize2d *", input)
    one = ffi.new("hg_size2 *", (1, 1))
    status = preset(ffi.new("hg_tensor *", op.input), one[0], mode.encode(), *flags, op)
    if status == lib.HG_UNSUPPORTED:
        raise UnsupportedError(f"mode {mode!r} with align_corners and antialias")
    if status:
        raise InvalidError(f"mode {mode!r}: not one for two dimensions, or one without align_corners and antialias")
    return op, form


def _interpolation(input, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias):
    """The hg_resize2d of interpolate's arguments, and the array's form."""
    if (size is None) == (scale_factor is None):
        raise InvalidError("interpolate takes one of size and scale_factor")
    check_array("input", input)
    scales = None
    if size is None:
        scales = scale_factor if isinstance(scale_factor, (tuple, list)) else (scale_factor, scale_factor)
        size = [int(extent * scale) for extent, scale in zip(input.shape[2:], scales)]
    op, form = _preset(lib.hg_resize2d_pytorch, input, mode, bool(align_corners), antialias)
    _set(op.output_size, "size", size)
    # PyTorch takes coordinates from a given scale, and from the sizes where it recomputes it or corners align.
    if scales and not recompute_scale_factor and not align_corners and mode != "area":
        op.scale_h, op.scale_w = (float(scale) for scale in scales)
    return op, form


def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None,
                recompute_scale_factor=None, antialias=False, *, context=None):
    """hourglass.interpolate's plan."""
    op, form = _interpolation(input, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias)
    return _made(context, form, lib.hg_plan_resize2d, op)


def interpolate_argmax(input, size=None, scale_factor=None, mode="bilinear", align_corners=None,
                       recompute_scale_factor=None, antialias=False, dtype=np.int32, *, context=None):
    """hourglass.interpolate_argmax's plan; its results have a dimension of one channel."""
    if np.dtype(dtype) not in (np.dtype(np.int32), np.dtype(np.uint8)):
        raise InvalidError(f"dtype is {np.dtype(dtype)}, neither int32 nor uint8")
    resize, form = _interpolation(input, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias)
    op = ffi.new("hg_resize_argmax2d *")
    op.resize = resize[0]
    op.class_type = lib.HG_CLASS_I32 if np.dtype(dtype) == np.int32 else lib.HG_CLASS_U8
    return _made(context, form, lib.hg_plan_resize_argmax2d, op, dtype=dtype)


def softmax2d(input, *, context=None):
    """hourglass.softmax2d's plan."""
    op, form = _descriptor("hg_softmax2d *", input)
    return _made(context, form, lib.hg_plan_softmax2d, op)


def activation2d(input, activation, *, slope=None, offset=0.5, minimum=0.0, maximum=0.0, context=None):
    """hourglass.activation2d's plan."""
    op, form = _descriptor("hg_activation2d *", input)
    slopes = _set_epilogue(op.epilogue, activation, slope, offset, minimum, maximum, False)
    kept = _set_slopes(op, slopes, input.shape[1])
    return _made(context, form, lib.hg_plan_activation2d, op, alive=kept)


_BORDERS = {"constant": lib.HG_PAD_CONSTANT, "reflect": lib.HG_PAD_REFLECT, "replicate": lib.HG_PAD_EDGE,
            "circular": lib.HG_PAD_WRAP}


def pad(input, pad, mode="constant", value=None, *, context=None):
    """hourglass.pad's plan."""
    op, form = _descriptor("hg_pad2d *", input)
    sides = [operator.index(v) for v in pad]
    if len(sides) not in (2, 4):
        raise InvalidError(f"pad has {len(sides)} numbers, neither (left, right) nor (left, right, top, bottom)")
    op.left, op.right, op.top, op.bottom = (sides + [0, 0])[:4]
    op.mode = _word(_BORDERS, "mode", mode)
    op.value = value or 0.0
    return _made(context, form, lib.hg_plan_pad2d, op)


def upsample(input, factor, mode="nearest", *, context=None):
    """The plan of keras.layers.UpSampling2D: nearest, bilinear or bicubic, by whole factors (h, w)."""
    factor = pair("size", factor)
    if min(factor) < 1:
        raise InvalidError(f"size is {factor}: factors below 1")
    op, form = _preset(lib.hg_resize2d_keras, input, mode)
    _set(op.output_size, "size", [own * times for own, times in zip(input.shape[2:], factor)])
    return _made(context, form, lib.hg_plan_resize2d, op)
