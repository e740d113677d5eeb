#!/usr/bin/env python3
"""What a call from Python takes beyond hg_run: the smallest of many medians, in microseconds.

    overhead.py [ROUNDS]
"""
import statistics
import sys
import time

import numpy as np

import hourglass as hg
from hourglass._hourglass import ffi, lib
from hourglass import _plan

CALLS = 300


def us_of(call):
    times = []
    for _ in range(CALLS):
        start = time.perf_counter_ns()
        call()
        times.append(time.perf_counter_ns() - start)
    return statistics.median(times) / 1000


def us_of_runs(plan, x):
    """hg_run alone, called in a loop of C."""
    out = plan(x)
    memory = _plan._grow(plan._size)
    pointers = [ffi.cast("void *", a.__array_interface__["data"][0]) for a in (x, out)]
    return lib.time_runs(plan._plan, *pointers, memory, CALLS) / CALLS / 1000


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    planar = np.ones((1, 8, 16, 16), np.float32)
    pixels = np.ones((1, 16, 16, 8), np.float32).transpose(0, 3, 1, 2)
    wide = np.ones((1, 14, 14, 64), np.float32).transpose(0, 3, 1, 2)
    small, large = np.ones((8, 8, 3, 3), np.float32), np.ones((64, 64, 3, 3), np.float32)
    layer = hg.keras.MaxPooling2D()
    rows = (  # name, arrays, plan, call
        ("max_pool2d 8x16x16", planar, lambda x: hg.plans.max_pool2d(x, 2), lambda x: hg.max_pool2d(x, 2)),
        ("max_pool2d, channels last", pixels, lambda x: hg.plans.max_pool2d(x, 2), lambda x: hg.max_pool2d(x, 2)),
        ("conv2d 3x3 8 to 8", planar, lambda x: hg.plans.conv2d(x, small), lambda x: hg.conv2d(x, small)),
        ("conv2d 3x3 64 to 64, channels last", wide, lambda x: hg.plans.conv2d(x, large),
         lambda x: hg.conv2d(x, large)),
        ("keras.MaxPooling2D", pixels, lambda x: hg.plans.max_pool2d(x, 2),
         lambda x, y=pixels.transpose(0, 2, 3, 1): layer(y)))
    print(f"{'us beyond hg_run':36} {'hg_run':>8} {'plan kept':>10} {'function':>10} {'new plan':>10}")
    for name, x, make, call in rows:
        plan = make(x)
        columns = [[], [], [], []]
        for _ in range(rounds):
            columns[0].append(us_of_runs(plan, x))
            columns[1].append(us_of(lambda: plan(x)))
            columns[2].append(us_of(lambda: call(x)))
            columns[3].append(us_of(lambda: make(x)(x)))
        run, *others = (min(column) for column in columns)
        print(f"{name:36} {run:8.2f}" + "".join(f" {other - run:10.2f}" for other in others))


if __name__ == "__main__":
    main()
