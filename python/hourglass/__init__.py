"""Hourglass: convolution, pooling, resizing, unpooling and transposed convolution on the CPU, as SIMD kernels.

    hourglass.conv2d(x, weight, bias, padding=1)            as torch.nn.functional
    hourglass.keras.Conv2D(32, 3, padding="same")           as keras.layers
    plan = hourglass.plans.conv2d(x, weight); plan(x)       for calls that are repeated
    print(plan.explain())                                   which kernel, and why
    net = hourglass.Network("model.hgnet"); net(x)          a whole network, fused, in one arena
    hourglass.tune(lambda: model(x))                        times the kernels for what model calls

Arrays are NumPy's, float32. Failures are exceptions with the sentence of the C library, which names the field.
"""
from hourglass import keras, plans
from hourglass._library import (Context, Error, FileError, IndexOutsideError, InvalidError, NoMemoryError, RangeError,
                                UnsupportedError, default_context, set_default_context, version)
from hourglass._plan import Plan
from hourglass.functional import (activation2d, adaptive_avg_pool2d, adaptive_max_pool2d, argmax2d, avg_pool2d, conv2d,
                                  conv_transpose2d, forget, interpolate, interpolate_argmax, lp_pool2d, max_pool2d,
                                  max_unpool2d, pad, softmax2d, upsample_conv2d)
from hourglass.network import Network
from hourglass.tuning import tune

__version__ = version()
__all__ = ["Context", "Error", "FileError", "IndexOutsideError", "InvalidError", "Network", "NoMemoryError", "Plan",
           "RangeError", "UnsupportedError", "activation2d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "argmax2d",
           "avg_pool2d", "conv2d", "conv_transpose2d", "default_context", "forget", "interpolate", "interpolate_argmax",
           "keras", "lp_pool2d", "max_pool2d", "max_unpool2d", "pad", "plans", "set_default_context", "softmax2d",
           "tune", "upsample_conv2d", "version"]
