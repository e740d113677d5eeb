"""Whole networks from their descriptions: libhourglass-net."""
import operator
import os

import numpy as np

from hourglass._hourglass import ffi, lib
from hourglass._library import InvalidError, check, default_context, failure, text
from hourglass._plan import pointer, workspace

_LAYOUTS = {"nchw": lib.HG_NCHW, "nhwc": lib.HG_NHWC}
_ACCURACIES = {"default": lib.HG_DEFAULT, "strict": lib.HG_STRICT, "relaxed": lib.HG_RELAXED}
_DTYPES = {lib.HG_F32: np.dtype(np.float32), lib.HG_I32: np.dtype(np.int32), lib.HG_U8: np.dtype(np.uint8)}


def _word(words, name, value):
    if value not in words:
        raise InvalidError(f"{name} is {value!r}, none of {', '.join(words)}")
    return words[value]


def _check(status, place, error):
    """Raises what the library says of a description, with the place in the text."""
    if status:
        at = f"{place}:{error.line}:{error.column}: " if error.line else f"{place}: "
        raise failure(status, at + text(error.text))


def _load(path):
    error, made = ffi.new("hg_net_error *"), ffi.new("hg_net **")
    path = os.fspath(path)
    _check(lib.hg_net_load(os.fsencode(path), ffi.NULL, made, error), path, error)
    return ffi.gc(made[0], lib.hg_net_free)


def _read(description, weights):
    error, made = ffi.new("hg_net_error *"), ffi.new("hg_net **")
    words = description.encode()
    weights = b"" if weights is None else np.ascontiguousarray(weights, np.float32).tobytes()
    _check(lib.hg_net_read(words, len(words), weights, len(weights), ffi.NULL, made, error), "text", error)
    return ffi.gc(made[0], lib.hg_net_free)


class Network:
    """A network of a description (docs/networks.md), planned whole: folded, fused, all values in one arena.

    path: the description's, whose weights lie beside it as its line says; or text, with a line `weights size=BYTES`,
    and weights, their float32 in that order. n: images of a batch; size: (height, width) of the first input, which
    scales the others; by default both are the description's. layout: of all arrays, "nchw" or "nhwc", of which the
    latter is copied less. accuracy: "default", "strict" or "relaxed". unfused: every line is a step of its own.

    Calling it takes an array for each input and gives an array, or for several outputs a tuple of them: float32, of
    classes int32 or uint8. Immutable; any number of threads may call it.

    >>> import numpy as np, hourglass
    >>> net = hourglass.Network(text='''hgnet 1
    ... weights size=4
    ... input x c=1 h=2 w=2
    ... scaled = scale x
    ... y = relu scaled
    ... output y''', weights=[3])
    >>> net(np.array([[[[1, -1], [2, -2]]]], np.float32))
    array([[[[3., 0.],
             [6., 0.]]]], dtype=float32)
    >>> net.inputs
    (('x', (1, 1, 2, 2)),)
    """

    def __init__(self, path=None, *, text=None, weights=None, n=0, size=(0, 0), layout="nchw", accuracy="default",
                 unfused=False, context=None):
        if (path is None) == (text is None):
            raise InvalidError("a network is read from a path or from a text")
        net = _load(path) if text is None else _read(text, weights)
        context = context or default_context()
        height, width = map(operator.index, size)
        self._layout = _word(_LAYOUTS, "layout", layout)
        options = ffi.new("hg_net_options *", {
            "n": operator.index(n), "size": {"h": height, "w": width}, "input": self._layout, "output": self._layout,
            "accuracy": _word(_ACCURACIES, "accuracy", accuracy), "unfused": unfused})
        error, made = ffi.new("hg_net_error *"), ffi.new("hg_net_plan **")
        _check(lib.hg_net_plan_create(context._context, net, options, made, error), path or "text", error)
        self._plan = ffi.gc(made[0], lib.hg_net_plan_free)
        self._inputs = self._ends(lib.hg_net_input_count, lib.hg_net_input)
        self._outputs = self._ends(lib.hg_net_output_count, lib.hg_net_output)
        self.inputs = tuple((name, shape) for name, shape, _ in self._inputs)
        self.outputs = tuple((name, shape) for name, shape, _ in self._outputs)
        self.memory = lib.hg_net_memory_size(self._plan)

    def _ends(self, count, get):
        """(name, shape in the caller's layout, dtype) of all inputs, or outputs."""
        ends, name, tensor = [], ffi.new("const char **"), ffi.new("hg_tensor *")
        for i in range(count(self._plan)):
            check(get(self._plan, i, name, tensor))
            n, c, h, w = tensor.n, tensor.c, tensor.h, tensor.w
            shape = (n, c, h, w) if self._layout == lib.HG_NCHW else (n, h, w, c)
            ends.append((text(name[0]), shape, _DTYPES[tensor.dtype]))
        return ends

    def steps(self):
        """What a run does, in order: dictionaries with name, lines (of the text), key and kernel."""
        found, step = [], ffi.new("hg_net_step *")
        for i in range(lib.hg_net_step_count(self._plan)):
            check(lib.hg_net_step_get(self._plan, i, step))
            found.append({name: text(getattr(step, name)) for name in ("name", "lines", "key", "kernel")})
        return found

    def __repr__(self):
        return f"<hourglass.Network {' '.join(name for name, _ in self.inputs)} -> " \
               f"{' '.join(name for name, _ in self.outputs)}>"

    def __call__(self, *inputs):
        if len(inputs) != len(self._inputs):
            raise InvalidError(f"the network takes {len(self._inputs)} arrays, not {len(inputs)}")
        arrays = []
        for array, (name, shape, dtype) in zip(inputs, self._inputs):
            if not isinstance(array, np.ndarray) or array.dtype != dtype:
                raise TypeError(f"{name} is no array of {dtype}")
            if array.shape != shape:
                raise InvalidError(f"{name} has the shape {array.shape}, the network is planned for {shape}")
            arrays.append(np.ascontiguousarray(array))
        outputs = [np.empty(shape, dtype) for _, shape, dtype in self._outputs]
        check(lib.hg_net_run(self._plan, [pointer(a) for a in arrays], [pointer(a) for a in outputs],
                             workspace(self.memory)))
        return outputs[0] if len(outputs) == 1 else tuple(outputs)
