#!/usr/bin/env python3
"""hourglass for Python: values that PyTorch computed (tests/golden), formulas in float64, arrays that lie otherwise in
memory, layers of Keras, mistakes, threads, and the examples of the documentation.

    test_hourglass.py GOLDEN-CASES      prints what failed; the last line is "N passed, N failed"
"""
import doctest
import sys
import threading
import unittest
from pathlib import Path

import numpy as np

import hourglass as hg

GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "golden" / "cases"
rng = np.random.default_rng(1)


def normal(*shape):
    return rng.standard_normal(shape).astype(np.float32)


# ---- Formulas ----

def conv_formula(x, w, b, stride, pads, dilation, groups):
    """Cross-correlation in float64; pads: top, left, bottom, right."""
    (n, c, h, width), (o, _, r, s) = x.shape, w.shape
    top, left, bottom, right = pads
    x = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (top, bottom), (left, right)))
    oh = (h + top + bottom - dilation[0] * (r - 1) - 1) // stride[0] + 1
    ow = (width + left + right - dilation[1] * (s - 1) - 1) // stride[1] + 1
    y = np.zeros((n, o, oh, ow)) + (0 if b is None else b.astype(np.float64)[:, None, None])
    for g in range(groups):
        outs, ins = slice(g * o // groups, (g + 1) * o // groups), slice(g * c // groups, (g + 1) * c // groups)
        for ky in range(r):
            for kx in range(s):
                part = x[:, ins, ky * dilation[0]:, kx * dilation[1]:][:, :, :stride[0] * oh:stride[0],
                                                                       :stride[1] * ow:stride[1]]
                y[:, outs] += np.einsum("nchw,oc->nohw", part, w[outs, :, ky, kx].astype(np.float64))
    return y


def keras_transpose_formula(x, kernel, stride, padding):
    """Scatter; x (n, h, w, c), kernel (r, s, o, c). "same" is cut to stride times the input, a surplus of the kernel
    over the stride half at the beginning."""
    (n, h, w, _), (r, s, o, _) = x.shape, kernel.shape
    y = np.zeros((n, (h - 1) * stride + max(r, stride), (w - 1) * stride + max(s, stride), o))
    for iy in range(h):
        for ix in range(w):
            for ky in range(r):
                for kx in range(s):
                    y[:, iy * stride + ky, ix * stride + kx] += x[:, iy, ix].astype(np.float64) @ kernel[ky, kx].T
    if padding == "valid":
        return y
    top, left = max(r - stride, 0) // 2, max(s - stride, 0) // 2
    return y[:, top:top + h * stride, left:left + w * stride]


# ---- Values ----

def read_case(folder):
    attributes, tensors, op = {}, {}, None
    for line in (folder / "case.txt").read_text().splitlines():
        kind, *words = line.split()
        if kind == "op":
            op = words[0]
        elif kind == "attr":
            name, form, *values = words
            to = {"int": int, "ints": int, "float": float, "floats": float}.get(form, str)
            values = [to(v) for v in (values[1:] if form.endswith("s") else values)]
            attributes[name] = values if form in ("ints", "floats") else values[0]
        elif kind in ("input", "output"):
            tensors[words[0]] = np.load(folder / words[-1])
    return op, attributes, tensors


def torch_call(op, a, t):
    """The call of hourglass that the case stands for: a function without arguments."""
    x = t["X"]
    pads = tuple(a.get("pads", (0, 0, 0, 0)))
    if op == "Conv":
        return lambda: hg.conv2d(x, t["W"], t.get("B"), a["strides"], pads, a["dilations"], a["group"])
    if op == "ConvTranspose":
        return lambda: hg.conv_transpose2d(x, t["W"], t.get("B"), a["strides"], pads[:2], a["output_padding"],
                                           a["group"], a["dilations"])
    if op == "MaxPool":
        return lambda: hg.max_pool2d(x, a["kernel_shape"], a["strides"], pads[:2], a["dilations"],
                                     bool(a["ceil_mode"]), return_indices="Indices" in t)
    if op == "AveragePool":
        return lambda: hg.avg_pool2d(x, a["kernel_shape"], a["strides"], pads[:2], bool(a["ceil_mode"]),
                                     bool(a["count_include_pad"]), a.get("divisor_override"))
    if op == "LpPool":  # ONNX takes the magnitudes, PyTorch the values
        return lambda: hg.lp_pool2d(np.abs(x), a["p"], a["kernel_shape"], a["strides"], bool(a["ceil_mode"]))
    if op == "AdaptiveAveragePool":
        return lambda: hg.adaptive_avg_pool2d(x, a["output_size"])
    if op == "AdaptiveMaxPool":
        return lambda: hg.adaptive_max_pool2d(x, a["output_size"], return_indices=True)
    if op == "MaxUnpool":
        size = t["output_shape"].tolist() if "output_shape" in t else None
        return lambda: hg.max_unpool2d(x, t["I"], a["kernel_shape"], a["strides"], pads[:2], size)
    mode = {"linear": "bilinear", "cubic": "bicubic"}.get(a["mode"], a["mode"])
    if mode == "nearest" and a["coordinate_transformation_mode"] == "half_pixel":
        mode = "nearest-exact"
    corners = a["coordinate_transformation_mode"] == "align_corners"
    return lambda: hg.interpolate(x, a["sizes_full"][2:], mode=mode, align_corners=corners or None,
                                  antialias=bool(a["antialias"]))


def close(got, want, what=""):
    assert got.shape == want.shape, f"{what}: shape {got.shape}, not {want.shape}"
    scale = np.max(np.abs(want), initial=1, where=np.isfinite(want))
    np.testing.assert_allclose(got, want, rtol=0, atol=2e-5 * scale, err_msg=what)


class Golden(unittest.TestCase):
    def test_cases(self):
        folders = sorted(GOLDEN.iterdir())
        self.assertGreaterEqual(len(folders), 124)
        for folder in folders:
            op, attributes, tensors = read_case(folder)
            result = torch_call(op, attributes, tensors)()
            if isinstance(result, tuple):
                result, indices = result
                np.testing.assert_array_equal(indices, tensors["Indices"], folder.name)
            close(result, tensors["Y"], folder.name)


class Values(unittest.TestCase):
    def test_conv2d(self):
        x, w, b = normal(2, 6, 9, 11), normal(10, 3, 3, 2), normal(10)
        for stride, padding, dilation in (((1, 1), (0, 0), (1, 1)), ((2, 1), (1, 2), (1, 1)), ((1, 2), (2, 1), (2, 3))):
            y = hg.conv2d(x, w, b, stride, padding, dilation, groups=2)
            close(y, conv_formula(x, w, b, stride, padding * 2, dilation, 2))
        close(hg.conv2d(x, w, b, padding="same", groups=2), conv_formula(x, w, b, (1, 1), (1, 0, 1, 1), (1, 1), 2))

    def test_what_follows_the_sum(self):
        x, w = normal(1, 4, 6, 6), normal(4, 4, 1, 1)
        y, r = hg.conv2d(x, w), normal(1, 4, 6, 6)
        close(hg.conv2d(x, w, activation="relu6"), np.clip(y, 0, 6))
        close(hg.conv2d(x, w, activation="clamp", minimum=-1, maximum=0.5), np.clip(y, -1, 0.5))
        close(hg.conv2d(x, w, activation="leaky_relu", slope=0.25), np.where(y < 0, y / 4, y))
        close(hg.conv2d(x, w, residual=r, activation="relu"), np.maximum(y + r, 0))
        close(hg.conv2d(x, w, activation="silu"), y / (1 + np.exp(-y)))
        close(hg.conv2d(x, w, activation="hard_sigmoid"), np.clip(y / 6 + 0.5, 0, 1))
        close(hg.conv2d(x, w, activation="elu"), np.where(y < 0, np.expm1(y), y))
        slopes = np.linspace(-1, 1, w.shape[0], dtype=np.float32)
        close(hg.conv2d(x, w, activation="prelu", slope=slopes), np.where(y < 0, y * slopes[:, None, None], y))
        close(hg.conv_transpose2d(x, w, residual=r), hg.conv_transpose2d(x, w) + r)

    def test_upsampled(self):
        x, w, b = normal(2, 3, 5, 6), normal(4, 3, 3, 3), normal(4)
        for factor in (2, (3, 1)):
            large = hg.interpolate(x, scale_factor=factor)
            close(hg.upsample_conv2d(x, w, b, factor, padding=1), hg.conv2d(large, w, b, padding=1))
            close(hg.upsample_conv2d(x, w, b, factor, "same", activation="relu"),
                  hg.conv2d(large, w, b, padding="same", activation="relu"))
            for corners in (False, True):
                large = hg.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=corners)
                close(hg.upsample_conv2d(x, w, b, factor, padding=1, mode="bilinear", align_corners=corners),
                      hg.conv2d(large, w, b, padding=1))
        with self.assertRaises(hg.InvalidError):
            hg.upsample_conv2d(x, w, mode="bicubic")
        one = hg.upsample_conv2d(x[0], w, padding=1)
        close(hg.upsample_conv2d(x[0], w, padding=1, residual=one), 2 * one)

    def test_classes(self):
        x = normal(2, 5, 6, 7)
        for mode, corners in (("bilinear", True), ("bicubic", None), ("nearest", None)):
            want = hg.interpolate(x, (23, 30), mode=mode, align_corners=corners).argmax(axis=1)
            for dtype in (np.int32, np.uint8):
                got = hg.interpolate_argmax(x, (23, 30), mode=mode, align_corners=corners, dtype=dtype)
                self.assertEqual((got.shape, got.dtype), ((2, 23, 30), dtype))
                self.assertGreater((got == want).mean(), 0.99)  # scores that nearly tie may differ in their bits
        np.testing.assert_array_equal(hg.interpolate_argmax(x[0], 12), hg.interpolate_argmax(x, 12)[0])
        with self.assertRaises(hg.InvalidError):
            hg.interpolate_argmax(x, 12, dtype=np.int64)

    def test_activations(self):
        x = 4 * normal(2, 5, 6, 7)
        close(hg.activation2d(x, "relu6"), np.clip(x, 0, 6))
        close(hg.activation2d(x, "silu"), x / (1 + np.exp(-x)))
        slope = normal(5)
        close(hg.activation2d(x, "prelu", slope=slope), np.where(x < 0, x * slope.reshape(5, 1, 1), x))
        np.testing.assert_array_equal(hg.activation2d(x[0], "tanh"), hg.activation2d(x, "tanh")[0])

    def test_argmax(self):
        x = np.round(2 * normal(2, 5, 6, 7))
        np.testing.assert_array_equal(hg.argmax2d(x), x.argmax(axis=1))
        np.testing.assert_array_equal(hg.argmax2d(x[0], np.uint8), x[0].argmax(axis=0))

    def test_pad(self):
        x = normal(2, 5, 6, 7)
        sides = ((0, 0), (0, 0), (3, 1), (2, 0))
        names = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
        for mode, name in names.items():
            np.testing.assert_array_equal(hg.pad(x, (2, 0, 3, 1), mode), np.pad(x, sides, name))
        np.testing.assert_array_equal(hg.pad(x, (-1, 2), value=3), np.pad(x, ((0, 0),) * 3 + ((0, 2),),
                                                                          constant_values=3)[..., 1:])
        np.testing.assert_array_equal(hg.pad(x[0], (1, 1)), hg.pad(x, (1, 1))[0])
        with self.assertRaises(hg.InvalidError):
            hg.pad(x, (1, 1, 1))

    def test_softmax(self):
        x = 4 * normal(2, 5, 6, 7)
        want = np.exp(x - x.max(axis=1, keepdims=True))
        close(hg.softmax2d(x), want / want.sum(axis=1, keepdims=True))
        np.testing.assert_array_equal(hg.softmax2d(x[0]), hg.softmax2d(x)[0])

    def test_scale_factors(self):
        x = np.arange(26, dtype=np.float32).reshape(1, 1, 1, 26)
        wide = hg.interpolate(x, scale_factor=(1, 2.46), mode="nearest")
        self.assertEqual(wide.shape[3], 63)
        want = np.floor(np.arange(63, dtype=np.float32) * np.float32(1 / 2.46)).astype(int)
        np.testing.assert_array_equal(wide.ravel(), want)
        again = hg.interpolate(x, scale_factor=(1, 2.46), mode="bilinear", recompute_scale_factor=True)
        close(again, hg.interpolate(x, (1, 63), mode="bilinear"))

    def test_lp_takes_values(self):
        x = np.array([[[[-3, 1]]]], np.float32)
        np.testing.assert_array_equal(hg.lp_pool2d(x, 1, (1, 2)).ravel(), [-2])

    def test_one_image(self):
        x = normal(3, 6, 8)
        np.testing.assert_array_equal(hg.max_pool2d(x, 2), hg.max_pool2d(x[None], 2)[0])
        y, i = hg.max_pool2d(x, 2, return_indices=True)
        self.assertEqual(hg.max_unpool2d(y, i, 2).shape, x.shape)

    def test_no_images(self):
        self.assertEqual(hg.max_pool2d(normal(0, 3, 6, 8), 2).shape, (0, 3, 3, 4))


class Memory(unittest.TestCase):
    """The same values however an array lies in memory."""

    def forms(self):
        plain = normal(2, 6, 8, 10)
        wide = normal(2, 8, 10, 9)
        wide[..., 2:8] = plain.transpose(0, 2, 3, 1)
        crop = normal(2, 6, 12, 12)
        crop[:, :, 3:11, 1:11] = plain
        yield "plain", plain, plain
        yield "channels last", plain, np.ascontiguousarray(plain.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
        yield "a slice of channels", plain, wide[..., 2:8].transpose(0, 3, 1, 2)
        yield "a crop", plain, crop[:, :, 3:11, 1:11]
        yield "every other column", plain, np.repeat(plain, 2, 3)[..., ::2]
        yield "upside down", plain, np.ascontiguousarray(plain[:, :, ::-1])[:, :, ::-1]

    def test_all(self):
        w, b = normal(5, 6, 3, 3), normal(5)
        for name, plain, array in self.forms():
            with self.subTest(name):
                np.testing.assert_array_equal(plain, array)
                close(hg.conv2d(array, w, b), conv_formula(plain, w, b, (1, 1), (0,) * 4, (1, 1), 1))
                y, i = hg.max_pool2d(array, 2, return_indices=True)
                want, at = hg.max_pool2d(plain, 2, return_indices=True)
                np.testing.assert_array_equal(y, want)
                np.testing.assert_array_equal(i, at)
                np.testing.assert_array_equal(hg.max_unpool2d(y, i, 2), hg.max_unpool2d(want, at, 2))
                plan = hg.plans.max_pool2d(plain, 2)
                np.testing.assert_array_equal(plan(array), want)

    def test_order_is_kept(self):
        x = normal(2, 8, 10, 6).transpose(0, 3, 1, 2)
        for y in (hg.conv2d(x, normal(5, 6, 3, 3)), hg.interpolate(x, scale_factor=2)):
            self.assertTrue(y.transpose(0, 2, 3, 1).flags.c_contiguous)
        self.assertTrue(hg.avg_pool2d(normal(2, 6, 8, 10), 2).flags.c_contiguous)

    def test_out(self):
        x = normal(1, 2, 4, 6)
        plan = hg.plans.avg_pool2d(x, 2)
        out = np.empty(plan.output_shape, np.float32)
        self.assertIs(plan(x, out=out), out)
        np.testing.assert_array_equal(out, plan(x))
        with self.assertRaisesRegex(ValueError, "out"):
            plan(x, out=np.empty((1, 2, 2, 4), np.float32))

    def test_weights_changed_in_place(self):
        x, w = normal(1, 2, 5, 5), normal(3, 2, 3, 3)
        first = hg.conv2d(x, w)
        w *= 2
        close(hg.conv2d(x, w), 2 * first)


class Keras(unittest.TestCase):
    def test_conv2d(self):
        for data_format in ("channels_last", "channels_first"):
            layer = hg.keras.Conv2D(8, (3, 2), 2, "same", data_format, activation="relu")
            x, kernel, bias = normal(2, 7, 8, 4), normal(3, 2, 4, 8), normal(8)
            layer.set_weights([kernel, bias])
            y = layer(x if data_format == "channels_last" else np.ascontiguousarray(x.transpose(0, 3, 1, 2)))
            want = conv_formula(x.transpose(0, 3, 1, 2), kernel.transpose(3, 2, 0, 1), bias, (2, 2), (1, 0, 1, 0),
                                (1, 1), 1)
            close(y if data_format == "channels_first" else y.transpose(0, 3, 1, 2), np.maximum(want, 0))

    def test_transposed(self):
        x = normal(1, 4, 5, 3)
        for size in (1, 2, 3, 4, 5):
            for stride in (1, 2, 3):
                for padding in ("same", "valid"):
                    kernel = normal(size, size, 6, 3)
                    layer = hg.keras.Conv2DTranspose(6, size, stride, padding, use_bias=False)
                    layer.set_weights([kernel])
                    close(layer(x), keras_transpose_formula(x, kernel, stride, padding), f"{size} {stride} {padding}")
        layer = hg.keras.Conv2DTranspose(6, 3, 2, "same", output_padding=1)
        self.assertEqual(layer.compute_output_shape((1, 4, 5, 3)), (1, 8, 10, 6))

    def test_pooling_and_upsampling(self):
        x = normal(2, 5, 6, 3)
        padded = np.pad(x, ((0, 0), (0, 1), (0, 0), (0, 0)), constant_values=-np.inf)
        want = padded.reshape(2, 3, 2, 3, 2, 3).max((2, 4))
        np.testing.assert_array_equal(hg.keras.MaxPooling2D(2, padding="same")(x), want)
        np.testing.assert_array_equal(hg.keras.MaxPooling2D(2)(x), want[:, :2])
        last = x[:, 4].reshape(2, 3, 2, 3).mean(2)
        close(hg.keras.AveragePooling2D(2, padding="same")(x)[:, 2], last)
        np.testing.assert_array_equal(hg.keras.UpSampling2D((2, 3))(x), x.repeat(2, 1).repeat(3, 2))
        first = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
        y = hg.keras.UpSampling2D(2, "channels_first", "bilinear")(first)
        close(y.transpose(0, 2, 3, 1), hg.keras.UpSampling2D(2, interpolation="bilinear")(x))

    def test_weights(self):
        layer = hg.keras.Conv2D(4, 3)
        self.assertEqual(layer(normal(1, 5, 5, 2)).shape, (1, 3, 3, 4))
        self.assertEqual([w.shape for w in layer.get_weights()], [(3, 3, 2, 4), (4,)])
        with self.assertRaisesRegex(ValueError, "kernel of shape"):
            layer.set_weights([normal(2, 2, 2, 4), normal(4)])
        with self.assertRaisesRegex(ValueError, "dilation_rate"):
            hg.keras.Conv2D(4, 3, strides=2, dilation_rate=2)


class Mistakes(unittest.TestCase):
    def test_sentences(self):
        x, w = normal(1, 4, 6, 6), normal(2, 4, 3, 3)
        for error, words, call in (
                (ValueError, "stride", lambda: hg.conv2d(x, w, stride=-1)),
                (ValueError, "channels", lambda: hg.conv2d(x, normal(2, 3, 3, 3))),
                (ValueError, "bias", lambda: hg.conv2d(x, w, normal(3))),
                (ValueError, "activation", lambda: hg.conv2d(x, w, activation="sometimes")),
                (ValueError, "padding", lambda: hg.conv2d(x, w, padding="half")),
                (ValueError, "same", lambda: hg.conv2d(x, w, padding="same", stride=2)),
                (TypeError, "float64", lambda: hg.conv2d(x.astype(np.float64), w)),
                (TypeError, "list", lambda: hg.max_pool2d(x.tolist(), 2)),
                (ValueError, "dimensions", lambda: hg.max_pool2d(normal(2, 2), 2)),
                (ValueError, "kernel_size", lambda: hg.max_pool2d(x, (1, 2, 3))),
                (TypeError, "float", lambda: hg.max_pool2d(x, 2.5)),
                (ValueError, "output", lambda: hg.avg_pool2d(x, 9)),
                (ValueError, "scale_factor", lambda: hg.interpolate(x)),
                (ValueError, "trilinear", lambda: hg.interpolate(x, 3, mode="trilinear")),
                (OverflowError, "2\\^31", lambda: hg.interpolate(x, (2**31, 1))),
                (IndexError, "index", lambda: hg.max_unpool2d(x, np.full(x.shape, 144), 2)),
                (TypeError, "indices", lambda: hg.max_unpool2d(x, x, 2)),
                (ValueError, "threads", lambda: hg.Context(threads=-1)),
                (ValueError, "isa", lambda: hg.Context(isa="mmx")),
                (ValueError, "shape", lambda: hg.plans.max_pool2d(x, 2)(normal(1, 4, 6, 7)))):
            with self.subTest(words), self.assertRaisesRegex(error, words) as caught:
                call()
            if error is not TypeError:
                self.assertIsInstance(caught.exception, hg.Error)


class Contexts(unittest.TestCase):
    def test_context(self):
        scalar = hg.Context(isa="scalar", ignore_environment=True)
        self.assertEqual(scalar.machine()["isa"], "scalar")
        x, w = normal(1, 8, 9, 9), normal(8, 8, 3, 3)
        plan = hg.plans.conv2d(x, w, context=scalar)
        self.assertEqual(plan.kernel.split(" ")[0], "conv2d.f32.any.scalar.ref")
        self.assertIn("conv2d", plan.explain())
        close(plan(x), hg.conv2d(x, w))
        self.assertEqual(set(scalar.tables()), {"usable", "foreign", "skipped", "unreadable"})

    def test_default(self):
        own = hg.default_context()
        try:
            hg.set_default_context(hg.Context(isa="scalar"))
            self.assertIn("scalar", hg.plans.max_pool2d(normal(1, 8, 4, 4), 2).kernel)
        finally:
            hg.set_default_context(own)

    def test_threads(self):
        x, w = normal(1, 16, 24, 24), normal(16, 16, 3, 3)
        plan = hg.plans.conv2d(x, w, context=hg.Context(threads=2))
        want, wrong = plan(x), []

        def work():
            for _ in range(50):
                if not np.array_equal(plan(x), want):
                    wrong.append(1)
                hg.max_pool2d(x, 2)

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(wrong, [])


def load_tests(loader, tests, pattern):
    for module in (hg, hg.functional, hg.keras, hg.plans, sys.modules["hourglass._plan"]):
        tests.addTests(doctest.DocTestSuite(module))
    return tests


if __name__ == "__main__":
    if len(sys.argv) > 1:
        GOLDEN = Path(sys.argv.pop(1))
    result = unittest.main(exit=False, verbosity=0).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(bad > 0)
