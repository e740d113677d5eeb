"""The operators, named, shaped and defaulted as in torch.nn.functional, on arrays of float32 of shape (N, C, H, W) or
(C, H, W). An array whose channels are innermost in memory (x.transpose(0, 3, 1, 2) of an array (N, H, W, C), PyTorch's
channels_last) is computed as it lies, and so is its result; so are slices of channels and crops.

Plans of the last calls are kept, with copies of their weights: a call with the same sizes and arguments, and equal
weights, plans nothing. Calls that are repeated anyway are faster by hourglass.plans.
"""
from functools import lru_cache

import numpy as np

from hourglass import plans
from hourglass._hourglass import ffi, lib
from hourglass._library import InvalidError, default_context
from hourglass._plan import check_array

__all__ = [*plans.__all__, "forget"]


def _like(shape, strides):
    """Stands for an array of a shape and strides where a plan is made; has no elements to be read."""
    return np.lib.stride_tricks.as_strided(np.empty(1, np.float32), shape, strides, writeable=False)


# ---- Kept plans ----

@lru_cache(maxsize=128)
def _kept(context, planner, shape, strides, arguments, names):
    return planner(_like(shape, strides), *arguments, context=context, **dict(names))


def _plan(planner, input, *arguments, **names):
    """A plan without weights, made once for all calls alike."""
    check_array("input", input)
    return _kept(default_context(), planner, input.shape, input.strides, _fixed(arguments),
                 tuple(names.items()))


def _fixed(arguments):
    """Arguments as keys: lists as tuples."""
    return tuple(tuple(a) if isinstance(a, (list, np.ndarray)) else a for a in arguments)


@lru_cache(maxsize=128)
def _place(context, planner, shape, strides, at, arguments, names):
    """Where the plan for weights that lie at `at` is kept: [plan, weight, bias], or [None, None, None]."""
    return [None, None, None]


def _same(kept, array):
    if array is None or kept is None:
        return array is kept
    return (kept.shape == array.shape and kept.strides == array.strides
            and lib.same_bytes(ffi.from_buffer(kept), ffi.from_buffer(array), array.nbytes))


def _convolution_plan(planner, input, weight, bias, *arguments, **names):
    """A plan for these weights. They are compared with a copy, since they may have been changed where they lie."""
    check_array("input", input)
    check_array("weight", weight)
    weight = np.ascontiguousarray(weight)
    if bias is not None:
        check_array("bias", bias, 1)
        bias = np.ascontiguousarray(bias)
    context = default_context()
    place = _place(context, planner, input.shape, input.strides, weight.__array_interface__["data"][0],
                   _fixed(arguments), tuple(names.items()))
    plan, kept_weight, kept_bias = place
    if plan is None or not _same(kept_weight, weight) or not _same(kept_bias, bias):
        kept_bias = None if bias is None else bias.copy()
        plan = planner(_like(input.shape, input.strides), weight, bias, *arguments, context=context, **names)
        place[:] = plan, weight.copy(), kept_bias
    return plan


def forget():
    """Frees the plans that are kept."""
    _kept.cache_clear()
    _place.cache_clear()


def _batch(input):
    """The input with a dimension of images, and whether it had none."""
    if isinstance(input, np.ndarray) and input.ndim == 3:
        return input[None], True
    return input, False


def _unbatch(result, single):
    if not single:
        return result
    return tuple(r[0] for r in result) if isinstance(result, tuple) else result[0]


# ---- Convolutions ----

def _slopes(slope):
    """A number, or numbers as a key."""
    return slope if slope is None or np.ndim(slope) == 0 else tuple(float(s) for s in np.ravel(slope))


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, *, activation=None, slope=None,
           offset=0.5, minimum=0.0, maximum=0.0, residual=None, accuracy="default"):
    """Cross-correlation with weight (O, C/groups, kH, kW). padding: a number, (h, w), (top, left, bottom, right),
    "valid" or "same". Fused behind the sum: residual, an array that is added, then activation, "relu", "relu6",
    "leaky_relu" (with slope), "clamp" (to minimum and maximum), "sigmoid", "hard_sigmoid" (slope, 1/6, and offset),
    "silu", "hard_swish", "tanh", "gelu", "gelu_tanh", "elu" (slope, 1) or "prelu" (slope, one or one for each output
    channel). accuracy: "default", "strict" or "relaxed", see docs/accuracy.md.

    >>> import numpy as np, hourglass
    >>> x = np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3)
    >>> hourglass.conv2d(x, np.ones((1, 1, 2, 2), np.float32), np.array([0.5], np.float32))
    array([[[[ 8.5, 12.5],
             [20.5, 24.5]]]], dtype=float32)
    """
    input, single = _batch(input)
    residual = residual[None] if single and residual is not None else residual
    if padding == "same" and any(s != 1 for s in plans.pair("stride", stride)):
        raise InvalidError("padding 'same' is for stride 1; give numbers, or use hourglass.keras")
    plan = _convolution_plan(plans.conv2d, input, weight, bias, stride, padding, dilation, groups,
                             activation=activation, slope=_slopes(slope), offset=offset, minimum=minimum,
                             maximum=maximum, residual=residual is not None, accuracy=accuracy)
    return _unbatch(plan(input, residual), single)


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1, *,
                     activation=None, slope=None, offset=0.5, minimum=0.0, maximum=0.0, residual=None,
                     accuracy="default"):
    """Transposed convolution with weight (C, O/groups, kH, kW); the rest as conv2d.

    >>> import numpy as np, hourglass
    >>> x = np.array([[[[1, 2]]]], np.float32)
    >>> hourglass.conv_transpose2d(x, np.ones((1, 1, 2, 2), np.float32), stride=2)
    array([[[[1., 1., 2., 2.],
             [1., 1., 2., 2.]]]], dtype=float32)
    """
    input, single = _batch(input)
    residual = residual[None] if single and residual is not None else residual
    plan = _convolution_plan(plans.conv_transpose2d, input, weight, bias, stride, padding, output_padding, groups,
                             dilation, activation=activation, slope=_slopes(slope), offset=offset,
                             minimum=minimum, maximum=maximum,
                             residual=residual is not None, accuracy=accuracy)
    return _unbatch(plan(input, residual), single)


def upsample_conv2d(input, weight, bias=None, factor=2, padding=0, groups=1, *, activation=None, slope=None,
                    offset=0.5, minimum=0.0, maximum=0.0, residual=None, accuracy="default", mode="nearest",
                    align_corners=False):
    """conv2d(interpolate(input, scale_factor=factor, mode=mode), weight, bias, padding=padding), the enlarged
    array never being there; factor: a whole number or (h, w); mode: "nearest" or "bilinear", which alone reads
    align_corners. The rest as conv2d.

    >>> import numpy as np, hourglass
    >>> x = np.array([[[[1, 2]]]], np.float32)
    >>> hourglass.upsample_conv2d(x, np.ones((1, 1, 1, 3), np.float32), padding=(0, 1))
    array([[[[2., 4., 5., 4.],
             [2., 4., 5., 4.]]]], dtype=float32)
    """
    input, single = _batch(input)
    residual = residual[None] if single and residual is not None else residual
    plan = _convolution_plan(plans.upsample_conv2d, input, weight, bias, factor, padding, groups,
                             activation=activation, slope=_slopes(slope), offset=offset, minimum=minimum,
                             maximum=maximum, residual=residual is not None, accuracy=accuracy, mode=mode,
                             align_corners=align_corners)
    return _unbatch(plan(input, residual), single)


# ---- Pooling ----

def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """Maxima of windows; with return_indices also where they are, y*W + x of the input, int64. NaN wins.

    >>> import numpy as np, hourglass
    >>> x = np.array([[[[1, 5, 2, 0], [3, 4, 1, 8]]]], np.float32)
    >>> hourglass.max_pool2d(x, 2, return_indices=True)
    (array([[[[5., 8.]]]], dtype=float32), array([[[[1, 7]]]]))
    """
    input, single = _batch(input)
    plan = _plan(plans.max_pool2d, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)
    return _unbatch(plan(input), single)


def avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
               divisor_override=None):
    """Means of windows.

    >>> import numpy as np, hourglass
    >>> x = np.array([[[[1, 5, 2, 0], [3, 4, 1, 9]]]], np.float32)
    >>> hourglass.avg_pool2d(x, 2)
    array([[[[3.25, 3.  ]]]], dtype=float32)
    """
    input, single = _batch(input)
    plan = _plan(plans.avg_pool2d, input, kernel_size, stride, padding, ceil_mode, count_include_pad,
                 divisor_override)
    return _unbatch(plan(input), single)


def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """(sum x^p)^(1/p) of windows.

    >>> import numpy as np, hourglass
    >>> hourglass.lp_pool2d(np.array([[[[3, 4]]]], np.float32), 2, (1, 2))
    array([[[[5.]]]], dtype=float32)
    """
    input, single = _batch(input)
    return _unbatch(_plan(plans.lp_pool2d, input, norm_type, kernel_size, stride, ceil_mode)(input), single)


def adaptive_max_pool2d(input, output_size, return_indices=False):
    """Maxima over windows that share the input; a size of None is the input's.

    >>> import numpy as np, hourglass
    >>> hourglass.adaptive_max_pool2d(np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3), (1, 2))
    array([[[[4., 5.]]]], dtype=float32)
    """
    input, single = _batch(input)
    return _unbatch(_plan(plans.adaptive_max_pool2d, input, output_size, return_indices)(input), single)


def adaptive_avg_pool2d(input, output_size):
    """Means over windows that share the input.

    >>> import numpy as np, hourglass
    >>> hourglass.adaptive_avg_pool2d(np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3), 1)
    array([[[[2.5]]]], dtype=float32)
    """
    input, single = _batch(input)
    return _unbatch(_plan(plans.adaptive_avg_pool2d, input, output_size)(input), single)


def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Puts each value where its index says, zero elsewhere. An index outside is an IndexError.

    >>> import numpy as np, hourglass
    >>> x = np.array([[[[1, 5, 2, 0], [3, 4, 1, 8]]]], np.float32)
    >>> hourglass.max_unpool2d(*hourglass.max_pool2d(x, 2, return_indices=True), 2)
    array([[[[0., 5., 0., 0.],
             [0., 0., 0., 8.]]]], dtype=float32)
    """
    input, single = _batch(input)
    indices = indices[None] if single else indices
    plan = _plan(plans.max_unpool2d, input, kernel_size, stride, padding, output_size)
    return _unbatch(plan(input, indices), single)


# ---- Resizing ----

def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None,
                recompute_scale_factor=None, antialias=False):
    """Resizes by mode "nearest", "nearest-exact", "bilinear", "bicubic" or "area".

    >>> import numpy as np, hourglass
    >>> x = np.array([[[[0, 4]]]], np.float32)
    >>> hourglass.interpolate(x, scale_factor=(1, 2), mode="bilinear")
    array([[[[0., 1., 3., 4.]]]], dtype=float32)
    """
    input, single = _batch(input)
    size = size if size is None or isinstance(size, int) else tuple(size)
    scale_factor = tuple(scale_factor) if isinstance(scale_factor, list) else scale_factor
    plan = _plan(plans.interpolate, input, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias)
    return _unbatch(plan(input), single)


def interpolate_argmax(input, size=None, scale_factor=None, mode="bilinear", align_corners=None,
                       recompute_scale_factor=None, antialias=False, dtype=np.int32):
    """interpolate(...).argmax(axis=1), the classes of an enlarged score map, without the map; dtype: numpy.int32 or
    numpy.uint8. Of shape (N, H, W) or (H, W).

    >>> import numpy as np, hourglass
    >>> x = np.array([[[[0, 4]], [[1, 1]]]], np.float32)
    >>> hourglass.interpolate_argmax(x, scale_factor=(1, 4))
    array([[[1, 1, 1, 0, 0, 0, 0, 0]]], dtype=int32)
    """
    input, single = _batch(input)
    size = size if size is None or isinstance(size, int) else tuple(size)
    scale_factor = tuple(scale_factor) if isinstance(scale_factor, list) else scale_factor
    plan = _plan(plans.interpolate_argmax, input, size, scale_factor, mode, align_corners, recompute_scale_factor,
                 antialias, dtype)
    return _unbatch(plan(input)[:, 0], single)


def activation2d(input, activation, *, slope=None, offset=0.5, minimum=0.0, maximum=0.0):
    """A word of conv2d's activation, alone; its numbers as there.

    >>> import numpy as np, hourglass
    >>> hourglass.activation2d(np.array([[[-2, 4]]], np.float32), "prelu", slope=0.25)
    array([[[-0.5,  4. ]]], dtype=float32)
    """
    input, single = _batch(input)
    plan = _plan(plans.activation2d, input, activation, slope=_slopes(slope), offset=offset, minimum=minimum,
                 maximum=maximum)
    return _unbatch(plan(input), single)


def argmax2d(input, dtype=np.int32):
    """The channel of the largest element of each pixel, the first of equals, as int32 or uint8: (N, H, W) or (H, W).

    >>> import numpy as np, hourglass
    >>> hourglass.argmax2d(np.array([[[1, 5]], [[2, 4]]], np.float32))
    array([[1, 0]], dtype=int32)
    """
    return interpolate_argmax(input, input.shape[-2:], mode="nearest", dtype=dtype)


def pad(input, pad, mode="constant", value=None):
    """Columns and rows around: pad is (left, right) or (left, right, top, bottom), negative where some go. mode:
    "constant" (of value, 0), "reflect", "replicate" or "circular".

    >>> import numpy as np, hourglass
    >>> hourglass.pad(np.array([[[1, 2, 3]]], np.float32), (2, 1), "reflect")
    array([[[3., 2., 1., 2., 3., 2.]]], dtype=float32)
    """
    input, single = _batch(input)
    return _unbatch(_plan(plans.pad, input, pad, mode, value)(input), single)


def softmax2d(input):
    """The shares of a pixel's channels, which sum to 1, as torch.nn.Softmax2d.

    >>> import numpy as np, hourglass
    >>> hourglass.softmax2d(np.zeros((1, 4, 1, 2), np.float32)).ravel()
    array([0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25], dtype=float32)
    """
    input, single = _batch(input)
    return _unbatch(_plan(plans.softmax2d, input)(input), single)
