#!/usr/bin/env python3
"""hourglass.Network: against the same operators called one by one, in both layouts, and mistakes.

    test_network.py      prints what failed; the last line is "N passed, N failed"
"""
import doctest
import sys
import tempfile
import threading
import unittest
import zlib
from pathlib import Path

import numpy as np

import hourglass as hg

rng = np.random.default_rng(2)
TEXT = """hgnet 1
weights size=%d
input image c=3 h=8 w=12
a_sum = conv2d image k=5 window=3 padding=1 bias=next
a = relu a_sum
small = max_pool2d a window=2
big = upsample small by=2
all = concat big image
head = conv2d all k=4 window=1 bias=next
class = argmax head type=u8
output class head
"""


def normal(*shape):
    return rng.standard_normal(shape).astype(np.float32)


class Networks(unittest.TestCase):
    def setUp(self):
        self.parts = [normal(5, 3, 3, 3), normal(5), normal(4, 8, 1, 1), normal(4)]
        self.weights = np.concatenate([part.ravel() for part in self.parts])
        self.text = TEXT % self.weights.nbytes

    def want(self, x):
        w1, b1, w2, b2 = self.parts
        a = np.maximum(hg.conv2d(x, w1, b1, padding=1), 0)
        big = hg.interpolate(hg.max_pool2d(a, 2), scale_factor=2)
        head = hg.conv2d(np.concatenate([big, x], 1), w2, b2)
        return head.argmax(1)[:, None].astype(np.uint8), head

    def test_values(self):
        x = normal(1, 3, 8, 12)
        for how in ({}, {"unfused": True}, {"accuracy": "strict"}):
            net = hg.Network(text=self.text, weights=self.weights, **how)
            classes, head = net(x)
            self.assertEqual((classes.dtype, classes.shape), (np.uint8, (1, 1, 8, 12)))
            want = self.want(x)
            np.testing.assert_array_equal(classes, want[0])
            np.testing.assert_allclose(head, want[1], atol=1e-5)

    def test_layout_and_sizes(self):
        x = normal(3, 3, 16, 10)
        net = hg.Network(text=self.text, weights=self.weights, n=3, size=(16, 10), layout="nhwc")
        self.assertEqual(net.inputs, (("image", (3, 16, 10, 3)),))
        self.assertEqual(net.outputs, (("class", (3, 16, 10, 1)), ("head", (3, 16, 10, 4))))
        _, head = net(x.transpose(0, 2, 3, 1))
        np.testing.assert_allclose(head.transpose(0, 3, 1, 2), self.want(x)[1], atol=1e-5)

    def test_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "net.hgnet"
            data = self.weights.astype("<f4").tobytes()
            (Path(folder) / "net.bin").write_bytes(data)
            line = "weights file=net.bin size=%d crc32=%08x" % (len(data), zlib.crc32(data))
            path.write_text(self.text.replace("weights size=%d" % len(data), line))
            x = normal(1, 3, 8, 12)
            for read, want in zip(hg.Network(path)(x), hg.Network(text=self.text, weights=self.weights)(x)):
                np.testing.assert_array_equal(read, want)
            (Path(folder) / "net.bin").write_bytes(b"\0" + data[1:])
            with self.assertRaises(hg.InvalidError):
                hg.Network(path)

    def test_steps(self):
        steps = hg.Network(text=self.text, weights=self.weights).steps()
        self.assertTrue(any("conv2d:4 relu:5" in step["lines"] for step in steps))
        self.assertTrue(all(step["kernel"] for step in steps if step["key"]))

    def test_threads(self):
        net, wrong = hg.Network(text=self.text, weights=self.weights, context=hg.Context(threads=2)), []
        x = normal(1, 3, 8, 12)
        want = net(x)

        def work():
            for _ in range(50):
                if not all(np.array_equal(a, b) for a, b in zip(net(x), want)):
                    wrong.append(1)

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(wrong, [])

    def test_mistakes(self):
        make = lambda **how: hg.Network(text=self.text, weights=self.weights, **how)
        for error, words, call in (
                (hg.InvalidError, "text:4:", lambda: hg.Network(text=self.text.replace("window=3", "window=x", 1),
                                                                weights=self.weights)),
                (hg.InvalidError, "text", lambda: hg.Network(text=self.text, weights=self.weights[1:])),
                (hg.FileError, "nothing.hgnet", lambda: hg.Network("nothing.hgnet")),
                (hg.InvalidError, "path or from a text", hg.Network),
                (hg.InvalidError, "layout", lambda: make(layout="chwn")),
                (hg.InvalidError, "text", lambda: make(size=(7, 12))),
                (TypeError, "integer", lambda: make(n=1.5)),
                (hg.InvalidError, "1 arrays, not 0", lambda: make()()),
                (hg.InvalidError, "shape", lambda: make()(normal(1, 3, 8, 11))),
                (TypeError, "float32", lambda: make()(np.zeros((1, 3, 8, 12))))):
            with self.subTest(words), self.assertRaisesRegex(error, words):
                call()


def load_tests(loader, tests, pattern):
    tests.addTests(doctest.DocTestSuite(sys.modules["hourglass.network"]))
    return tests


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=0).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(bad > 0)
