#!/usr/bin/env python3
"""hourglass.tune: what it has the program do, and what follows. HG_PROGRAM names a real one.

    test_tuning.py      prints what failed; the last line is "N passed, N failed"
"""
import os
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

import hourglass as hg

rng = np.random.default_rng(1)


def normal(*shape):
    return rng.standard_normal(shape).astype(np.float32)


class Tuning(unittest.TestCase):
    """With a program that only writes down what it was called with, and with the real one."""

    def setUp(self):
        self.own = hg.default_context()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(hg.set_default_context, self.own)
        self.folder = Path(folder.name)
        self.plan = hg.plans.max_pool2d(normal(1, 8, 6, 6), 2)

    def program(self, *lines):
        path = self.folder / "hourglass"
        path.write_text("\n".join(["#!/bin/sh", f'echo "$@" >{self.folder}/words', f'cat "$3" >{self.folder}/keys', *lines]))
        path.chmod(0o755)
        return str(path)

    def test_words(self):
        said = hg.tune([self.plan, "pad2d f32"], seconds=0.25, table=self.table(), program=self.program(
            "echo machine: none >&2", "echo '1/2 max_pool2d f32: ref, 1 us' >&2", "echo done"))
        self.assertEqual(said, ["1/2 max_pool2d f32: ref, 1 us"])
        self.assertEqual((self.folder / "keys").read_text(), f"{self.plan.key}\npad2d f32\n")
        words = (self.folder / "words").read_text().split()
        self.assertEqual(words[:2] + words[3:], ["tune", "--keys", "--seconds", "0.25", "--out", str(self.folder / "t.jsonl")])

    def table(self):
        path = self.folder / "t.jsonl"
        path.write_text("")
        return path

    def test_calls(self):
        x, w = normal(1, 4, 9, 9), normal(5, 4, 3, 3)
        hg.tune(lambda: (hg.conv2d(x, w, padding=1), hg.max_pool2d(x, 3)), table=self.table(), program=self.program())
        keys = (self.folder / "keys").read_text().splitlines()
        self.assertEqual(keys, [hg.plans.conv2d(x, w, padding=1).key, hg.plans.max_pool2d(x, 3).key])
        self.assertNotIn("HG_RECORD_MISSES", os.environ)
        self.assertIsNot(hg.default_context(), self.own)
        self.assertEqual(hg.tune(lambda: None, program=self.program()), [])

    def test_failures(self):
        with self.assertRaisesRegex(FileNotFoundError, "nowhere"):
            hg.tune(self.plan, program="nowhere")
        with self.assertRaisesRegex(hg.Error, "too busy"):
            hg.tune(self.plan, program=self.program("echo too busy >&2", "exit 1"))
        with self.assertRaisesRegex(TypeError, "int"):
            hg.tune([3], program=self.program())

    @unittest.skipUnless(os.environ.get("HG_PROGRAM"), "HG_PROGRAM names no program")
    def test_program(self):
        table = self.folder / "real.jsonl"
        said = hg.tune(self.plan, seconds=0.05, table=table, program=os.environ["HG_PROGRAM"])
        self.assertEqual(len(said), 1)
        self.assertIn(self.plan.key, said[0])
        self.assertEqual(hg.default_context().tables()["usable"], 1)
        self.assertIn("tuned", hg.plans.max_pool2d(normal(1, 8, 6, 6), 2).explain())


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=0).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(bad > 0)
