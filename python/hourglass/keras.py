"""Layers named, shaped and defaulted as in keras.layers, for inference on NumPy arrays of float32. data_format:
"channels_last", (N, H, W, C), or "channels_first", (N, C, H, W).

Weights come with set_weights([kernel, bias]) in Keras' order, as model.get_layer(...).get_weights() has them; without,
build() draws them as Keras does by default: Glorot uniform, and a bias of zeros.
"""
import math

import numpy as np

from hourglass import plans
from hourglass._library import InvalidError

__all__ = ["Conv2D", "Conv2DTranspose", "MaxPooling2D", "AveragePooling2D", "UpSampling2D"]


def _check_word(name, value, words):
    if value not in words:
        raise InvalidError(f"{name} is {value!r}, none of {', '.join(words)}")
    return value


class _Layer:
    """A plan for each shape and memory order of input that has come."""

    def __init__(self, data_format):
        self.data_format = _check_word("data_format", data_format or "channels_last",
                                       ("channels_last", "channels_first"))
        self._plans = {}

    def plan(self, inputs):
        """The plan for arrays of this shape: an hourglass.Plan of shape (N, C, H, W) in either data_format."""
        key = inputs.shape, inputs.strides
        plan = self._plans.get(key)
        if plan is None:
            if not isinstance(inputs, np.ndarray) or inputs.ndim != 4:
                raise InvalidError(f"inputs of shape {np.shape(inputs)}: four dimensions are needed")
            self.build(inputs.shape)
            plan = self._plans[key] = self._make(self._turned(inputs))
        return plan

    def _turned(self, inputs):
        return inputs.transpose(0, 3, 1, 2) if self.data_format == "channels_last" else inputs

    def build(self, input_shape):
        """Makes the weights, where there are any and none were given."""

    def compute_output_shape(self, input_shape):
        """The shape of the output, a tuple."""
        n, c, h, w = self.plan(np.empty(input_shape, np.float32)).output_shape
        return (n, h, w, c) if self.data_format == "channels_last" else (n, c, h, w)

    def __call__(self, inputs):
        if not isinstance(inputs, np.ndarray):
            raise TypeError(f"inputs is {type(inputs).__name__}, not numpy.ndarray")
        plan = self.plan(inputs)
        if self.data_format == "channels_last":
            return plan(inputs.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1)
        return plan(inputs)


class _Convolution(_Layer):
    def __init__(self, filters, kernel_size, strides, padding, data_format, dilation_rate, groups, activation,
                 use_bias, slope):
        super().__init__(data_format)
        self.filters, self.groups, self.activation, self.use_bias = filters, groups, activation, use_bias
        self.kernel_size = plans.pair("kernel_size", kernel_size)
        self.strides = plans.pair("strides", strides)
        self.dilation_rate = plans.pair("dilation_rate", dilation_rate)
        self.padding = _check_word("padding", padding, ("valid", "same"))
        self.kernel = self.bias = None
        self._fused = {"activation": None if activation == "linear" else activation}
        if activation == "leaky_relu":
            self._fused["slope"] = slope
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise InvalidError(f"strides {self.strides} with dilation_rate {self.dilation_rate}: Keras has one of both")

    def _channels(self, input_shape):
        return input_shape[-1 if self.data_format == "channels_last" else 1]

    def build(self, input_shape):
        if self.kernel is not None:
            return
        shape = self._kernel_shape(self._channels(input_shape))
        area = shape[0] * shape[1]
        limit = math.sqrt(6 / (area * shape[2] + area * shape[3]))
        self.kernel = np.random.default_rng().uniform(-limit, limit, shape).astype(np.float32)
        self.bias = np.zeros(self.filters, np.float32) if self.use_bias else None

    def get_weights(self):
        return [w for w in (self.kernel, self.bias) if w is not None]

    def set_weights(self, weights):
        """[kernel, bias], or [kernel] where use_bias is false; they are copied."""
        if len(weights) != 1 + self.use_bias:
            raise InvalidError(f"{len(weights)} arrays of weights for a layer that has {1 + self.use_bias}")
        kernel = np.array(weights[0], np.float32)
        if kernel.ndim != 4 or kernel.shape[:2] != self.kernel_size or self.filters not in kernel.shape[2:]:
            raise InvalidError(f"a kernel of shape {kernel.shape} for {self.filters} filters of {self.kernel_size}")
        self.kernel = kernel
        self.bias = np.array(weights[1], np.float32) if self.use_bias else None
        self._plans = {}


class Conv2D(_Convolution):
    """keras.layers.Conv2D; kernel (kH, kW, C/groups, filters). activation: None, "linear", "relu", "relu6",
    "leaky_relu" (negative_slope) or another word of hg_activation.

    >>> import numpy as np
    >>> layer = Conv2D(1, 3, strides=2, padding="same", activation="relu")
    >>> layer.set_weights([np.ones((3, 3, 1, 1), np.float32), np.array([-1], np.float32)])
    >>> layer(np.ones((1, 4, 4, 1), np.float32))[0, :, :, 0]
    array([[8., 5.],
           [5., 3.]], dtype=float32)
    """

    def __init__(self, filters, kernel_size, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1),
                 groups=1, activation=None, use_bias=True, *, negative_slope=0.2):
        super().__init__(filters, kernel_size, strides, padding, data_format, dilation_rate, groups, activation,
                         use_bias, negative_slope)

    def _kernel_shape(self, channels):
        return (*self.kernel_size, channels // self.groups, self.filters)

    def _make(self, inputs):
        return plans.conv2d(inputs, self.kernel, self.bias, self.strides, self.padding, self.dilation_rate,
                            self.groups, order="hwio", **self._fused)


class Conv2DTranspose(_Convolution):
    """keras.layers.Conv2DTranspose; kernel (kH, kW, filters, C).

    >>> import numpy as np
    >>> layer = Conv2DTranspose(1, 2, strides=2, use_bias=False)
    >>> layer.set_weights([np.ones((2, 2, 1, 1), np.float32)])
    >>> layer(np.array([[[[1.0], [2.0]]]], np.float32))[0, :, :, 0]
    array([[1., 1., 2., 2.],
           [1., 1., 2., 2.]], dtype=float32)
    """

    def __init__(self, filters, kernel_size, strides=(1, 1), padding="valid", output_padding=None, data_format=None,
                 dilation_rate=(1, 1), activation=None, use_bias=True, *, negative_slope=0.2):
        super().__init__(filters, kernel_size, strides, padding, data_format, dilation_rate, 1, activation, use_bias,
                         negative_slope)
        self.output_padding = None if output_padding is None else plans.pair("output_padding", output_padding)

    def _kernel_shape(self, channels):
        return (*self.kernel_size, self.filters, channels)

    def _make(self, inputs):
        return plans.conv_transpose2d(inputs, self.kernel, self.bias, self.strides, "keras_" + self.padding,
                                      self.output_padding, 1, self.dilation_rate, order="hwoi", **self._fused)


class _Pooling(_Layer):
    def __init__(self, pool_size=(2, 2), strides=None, padding="valid", data_format=None):
        super().__init__(data_format)
        self.pool_size = plans.pair("pool_size", pool_size)
        self.strides = self.pool_size if strides is None else plans.pair("strides", strides)
        self.padding = _check_word("padding", padding, ("valid", "same"))


class MaxPooling2D(_Pooling):
    """keras.layers.MaxPooling2D.

    >>> import numpy as np
    >>> MaxPooling2D(padding="same")(np.arange(6, dtype=np.float32).reshape(1, 2, 3, 1)).ravel()
    array([4., 5.], dtype=float32)
    """

    def _make(self, inputs):
        return plans.max_pool2d(inputs, self.pool_size, self.strides, self.padding)


class AveragePooling2D(_Pooling):
    """keras.layers.AveragePooling2D; padding does not count.

    >>> import numpy as np
    >>> AveragePooling2D(padding="same")(np.arange(6, dtype=np.float32).reshape(1, 2, 3, 1)).ravel()
    array([2. , 3.5], dtype=float32)
    """

    def _make(self, inputs):
        return plans.avg_pool2d(inputs, self.pool_size, self.strides, self.padding, count_include_pad=False)


class UpSampling2D(_Layer):
    """keras.layers.UpSampling2D; interpolation "nearest", "bilinear" or "bicubic".

    >>> import numpy as np
    >>> UpSampling2D((1, 2))(np.array([[[[1.0], [2.0]]]], np.float32)).ravel()
    array([1., 1., 2., 2.], dtype=float32)
    """

    def __init__(self, size=(2, 2), data_format=None, interpolation="nearest"):
        super().__init__(data_format)
        self.size = plans.pair("size", size)
        self.interpolation = _check_word("interpolation", interpolation, ("nearest", "bilinear", "bicubic"))

    def _make(self, inputs):
        return plans.upsample(inputs, self.size, self.interpolation)
