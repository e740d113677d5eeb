"""Plans: one operator at one size, run on NumPy arrays."""
import threading

import numpy as np

from hourglass._hourglass import ffi, lib
from hourglass._library import InvalidError, error, text

_NULL = ffi.NULL
_from_buffer = ffi.from_buffer
_run_plan = lib.run_plan
_float32 = np.dtype(np.float32)
_int64 = np.dtype(np.int64)
_scratch = threading.local()  # .memory is this thread's workspace, which all plans share; it only grows


def _grow(size):
    block = ffi.new("char[]", size + 64)
    start = int(ffi.cast("uintptr_t", block))
    _scratch.block, _scratch.size, _scratch.memory = block, size, block + (-start) % 64
    return _scratch.memory


def workspace(size):
    """This thread's memory, of at least `size` bytes, which all plans and networks share."""
    if size <= getattr(_scratch, "size", -1):
        return _scratch.memory
    return _grow(size)


# ---- Arrays as tensors ----

def _nested(sizes, strides):
    """Strides in elements, outermost first, if elements of the innermost dimension follow each other and dimensions
    do not overlap, else None. Those of dimensions of one element, which NumPy leaves open, are made dense."""
    fixed, dense = [], 1
    for size, stride in zip(reversed(sizes), reversed(strides)):
        stride = dense if size == 1 else stride
        if stride < dense or (not fixed and stride != 1):
            return None
        fixed.append(stride)
        dense = stride * size
    return fixed[::-1]


def check_array(name, array, rank=4, dtype=_float32):
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} is {type(array).__name__}, not numpy.ndarray")
    if array.dtype != dtype:
        raise TypeError(f"{name} is {array.dtype}, not {dtype}: give {name}.astype(numpy.{dtype})")
    if array.ndim != rank:
        raise InvalidError(f"{name} has {array.ndim} dimensions, not {rank}")


class Form:
    """How an array of shape (n, c, h, w) lies in memory: layout "nchw" or "nhwc", strides in elements."""

    __slots__ = ("shape", "layout", "strides", "dense")

    def __init__(self, shape, strides):
        n, c, h, w = self.shape = shape
        sn, sc, sh, sw = (stride // 4 for stride in strides)
        rows = _nested((n, c, h, w), (sn, sc, sh, sw))
        pixels = None if rows else _nested((n, h, w, c), (sn, sh, sw, sc))
        self.dense = False
        if rows:
            self.layout, (sn, sc, sh, sw) = "nchw", rows
        elif pixels:
            self.layout, (sn, sh, sw, sc) = "nhwc", pixels
        else:  # arrays of this form are copied
            self.layout, (sn, sc, sh, sw) = "nchw", (c * h * w, h * w, w, 1)
            self.dense = True
        self.strides = (sn, sc, sh, sw)

    def fill(self, tensor):
        """Describes it in an hg_tensor."""
        tensor.dtype = lib.HG_F32
        tensor.layout = lib.HG_NCHW if self.layout == "nchw" else lib.HG_NHWC
        tensor.n, tensor.c, tensor.h, tensor.w = self.shape
        strides = tensor.strides
        strides.n, strides.c, strides.h, strides.w = self.strides

    def holds(self, array):
        """Lies the array as the form says?"""
        if array.shape != self.shape:
            return False
        pairs = zip(self.shape, self.strides, array.strides)
        return all(size == 1 or stride * array.itemsize == bytes_ for size, stride, bytes_ in pairs)

    def new(self, dtype):
        """An array that lies so, without gaps; its elements are undefined."""
        n, c, h, w = self.shape
        if self.layout == "nchw":
            return np.empty((n, c, h, w), dtype)
        return np.empty((n, h, w, c), dtype).transpose(0, 3, 1, 2)


def pointer(array):
    if array.flags.c_contiguous:
        return _from_buffer(array)
    return ffi.cast("void *", array.__array_interface__["data"][0])


# ---- Plans ----

class Plan:
    """One operator at one size: kernel chosen, weights packed. Immutable; any number of threads may call it.

    Made by the functions of hourglass.plans. Calling it with an array of the planned shape gives a new array, or
    fills `out`, an array of the output's shape and memory order without gaps. An array that lies otherwise in memory
    than the planned one is copied first.

    >>> import numpy as np, hourglass
    >>> x = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4)
    >>> plan = hourglass.plans.max_pool2d(x, 2)
    >>> plan(x)
    array([[[[ 5.,  7.],
             [13., 15.]]]], dtype=float32)
    >>> plan.key
    'max_pool2d f32 nchw n1 c1 h4 w4 r2x2 s2x2 p0,0,0,0 d1x1 o2x2'
    """

    def __init__(self, made, context, form, second=None, indices=False, dtype=_float32):
        """made: an hg_plan that becomes this one's. second: what a call takes besides the input, "residual" or
        "indices". indices: a call gives the positions of maxima, too. dtype: the output's."""
        self._plan = ffi.gc(made, lib.hg_plan_free)
        self._context = context
        self._second = second
        self._indices = indices
        self._dtype = np.dtype(dtype)
        self._in = form
        output = ffi.new("hg_tensor *")
        lib.hg_plan_output(self._plan, output)
        n, c, h, w = output.n, output.c, output.h, output.w
        strides = (c * h * w, h * w, w, 1) if form.layout == "nchw" else (h * w * c, 1, w * c, c)
        self._out = Form((n, c, h, w), tuple(4 * stride for stride in strides))
        self._out.layout = form.layout  # which an output of one row, say, does not tell
        self._size = lib.hg_plan_workspace_size(self._plan)
        self.input_shape = form.shape
        self.output_shape = self._out.shape
        # Arrays without gaps are run without a second look.
        self._plain = self._is_dense(form) and second is None and not indices
        self._pixels = form.layout == "nhwc"
        self._bytes = tuple(4 * stride for stride in form.strides)
        self._out_shape = (n, h, w, c) if self._pixels else (n, c, h, w)

    @staticmethod
    def _is_dense(form):
        n, c, h, w = form.shape
        return form.strides == ((c * h * w, h * w, w, 1) if form.layout == "nchw" else (h * w * c, 1, w * c, c))

    key = property(lambda self: text(lib.hg_plan_key(self._plan)), doc="The problem in one line.")
    kernel = property(lambda self: text(lib.hg_plan_kernel(self._plan)), doc="The kernel and its configuration.")

    def explain(self):
        """Why this kernel: what decided, its figures, and the runners-up."""
        return text(lib.hg_plan_explain(self._plan))

    def __repr__(self):
        return f"<hourglass.Plan {self.key}>"

    def __call__(self, input, second=None, out=None):
        if (self._plain and out is None and second is None and type(input) is np.ndarray
                and input.dtype is _float32 and input.shape == self.input_shape and input.strides == self._bytes):
            out = np.empty(self._out_shape, self._dtype)
            dense = input.transpose(0, 2, 3, 1) if self._pixels else input
            status = _run_plan(self._plan, _from_buffer(dense), _from_buffer(out), _NULL, _NULL, _NULL,
                               workspace(self._size))
            if status:
                raise error(status)
            return out.transpose(0, 3, 1, 2) if self._pixels else out
        return self._call(input, second, out)

    def _as_planned(self, name, array, form, dtype):
        check_array(name, array, 4, dtype)
        if array.shape != form.shape:
            raise InvalidError(f"{name} has the shape {array.shape}, the plan is for {form.shape}")
        if form.holds(array):
            return array
        return self._spread(array, form, dtype)

    @staticmethod
    def _spread(array, form, dtype):
        """A copy of the array with the form's strides."""
        size = 1 + sum((extent - 1) * stride for extent, stride in zip(form.shape, form.strides))
        memory = np.empty(size, dtype)
        copy = np.lib.stride_tricks.as_strided(memory, form.shape, [s * dtype.itemsize for s in form.strides])
        copy[...] = array
        return copy

    def _call(self, input, second, out):
        input = self._as_planned("input", input, self._in, _float32)
        residual = input_indices = None
        if self._second == "indices":
            input_indices = self._as_planned("indices", second, self._in, _int64)
        elif self._second == "residual":
            residual = self._as_planned("residual", second, self._out, _float32)
        elif second is not None:
            raise InvalidError("the plan takes one array")
        if out is None:
            out = self._out.new(self._dtype)
        elif not (isinstance(out, np.ndarray) and out.dtype == self._dtype and self._out.holds(out)
                  and out.flags.writeable):
            raise InvalidError(f"out is no writeable {self._dtype} array of the shape {self.output_shape} and the "
                               "input's memory order")
        indices = self._out.new(_int64) if self._indices else None
        arrays = (input, out, residual, indices, input_indices)
        status = _run_plan(self._plan, *(_NULL if a is None else pointer(a) for a in arrays), workspace(self._size))
        if status:
            raise error(status)
        return (out, indices) if self._indices else out
