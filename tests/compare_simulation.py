#!/usr/bin/env python3
"""bench/compare's rule: each of its conditions, and on simulated runs what it may never say and has to find.

    tests/compare_simulation.py

Each run is a process that measures 12 layers, 40 samples each. Its samples have, each as a factor,
  noise      of 1 % from sample to sample;
  speed      of the machine while the process runs, on layers and on both references;
  memory     of neighbours in its last cache, on every third layer and the memory reference;
  neighbour  for some samples in a row, on the core's other half: the core reference by 1.7, layers by 1.0 to
             1.6;
  bursts     for some samples in a row, while others use the caches: layers alone;
  luck       in some layers of some processes, as long as these live: where their memory lies;
  waiting    for a core, in some samples, which then take twice as long.
Seeds are fixed, so that the result is the same each time.
"""
import math
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench"))
from verdicts import Measurement, discovery_limit, judge, student_quantile, student_tail, undisturbed

LAYERS, SAMPLES, MARGIN = 12, 40, math.log(1.05)
SLOWED = 1  # the layer that test_slowdown slows

QUIET = dict(speed=0.01, memory=0.03, neighbour=0.01, bursts=0.0, luck=0.03, waiting=0.01)
BUSY = dict(speed=0.05, memory=0.20, neighbour=0.10, bursts=0.04, luck=0.03, waiting=0.30)
MACHINES = {"quiet": (QUIET, QUIET), "busy": (BUSY, BUSY), "first quiet, then busy": (QUIET, BUSY)}


def run(rng, machine, slowdown=1.0, speed=1.0, memory=1.0):
    """[samples of each layer] of a process. speed, memory: how much longer the whole machine takes."""
    speed *= math.exp(rng.gauss(0, machine["speed"]))
    memory *= math.exp(abs(rng.gauss(0, machine["memory"])))
    return [layer_samples(rng, machine, i, slowdown if i == SLOWED else 1.0, speed, memory) for i in range(LAYERS)]


def spells(rng, rate):
    """For each sample whether it falls into a spell of trouble; these last for five samples on average."""
    inside = False
    for _ in range(SAMPLES):
        inside = rng.random() < (0.8 if inside else rate)
        yield inside


def layer_samples(rng, machine, layer, slowdown, speed, memory):
    us = 10.0 * (layer + 1) * slowdown * speed
    if layer % 3 == 0:
        us *= memory
    if rng.random() < machine["luck"]:
        us *= rng.uniform(1.0, 1.2)
    felt, burst = rng.uniform(1.0, 1.6), rng.uniform(1.1, 2.0)
    samples = []
    for beside, busy in zip(spells(rng, machine["neighbour"]), spells(rng, machine["bursts"])):
        time = us * (felt if beside else 1.0) * (burst if busy else 1.0) * math.exp(abs(rng.gauss(0, 0.01)))
        core = 12 * speed * (1.7 if beside else 1.0) * math.exp(abs(rng.gauss(0, 0.003)))
        waited = float(rng.random() < machine["waiting"])
        samples.append((time * (1 + waited), waited, core,
                        40 * speed * memory * math.exp(abs(rng.gauss(0, 0.03)))))
    return samples


def compared(rng, files, machines, b=None):
    """Verdicts of the layers: files processes on each side. b: what else holds for B."""
    sides = [[run(rng, machines[0]) for _ in range(files)], [run(rng, machines[1], **(b or {})) for _ in range(files)]]
    core = undisturbed([[s[2] for samples in layers for s in samples] for side in sides for layers in side])
    pairs = [[[Measurement(layers[i], core) for layers in side] for side in sides] for i in range(LAYERS)]
    return [finding.verdict for finding in judge(pairs, MARGIN)]


class Tally:
    passed = failed = 0

    def expect(self, what, holds):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}")


def test_identical(tally):
    """The same program on both sides: no layer of no pair of runs is called slower or faster."""
    for name, machines in MACHINES.items():
        for files, pairs in ((1, 200), (2, 40), (3, 40)):
            rng = random.Random(f"identical {name} {files}")
            verdicts = [v for _ in range(pairs) for v in compared(rng, files, machines)]
            wrong = verdicts.count("slower") + verdicts.count("faster")
            tally.expect(f"identical, {name}, {files} a side: {wrong} of {len(verdicts)} called different", wrong == 0)
            if name == "quiet":
                same = verdicts.count("same") / len(verdicts)
                tally.expect(f"identical, {name}, {files} a side: only {same:.2f} called the same", same > 0.5)


def test_machine(tally):
    """A machine that changed between the sides, by more than any gate, is no verdict."""
    for what in ("speed", "memory"):
        for factor in (0.6, 1.6):
            for files in (1, 3):
                rng = random.Random(f"machine {what} {factor} {files}")
                verdicts = [v for _ in range(20) for v in compared(rng, files, MACHINES["quiet"], {what: factor})]
                wrong = verdicts.count("slower") + verdicts.count("faster")
                tally.expect(f"{what} of the machine times {factor}, {files} a side: {wrong} called different", wrong == 0)


def test_slowdown(tally):
    """A layer that became slower is found on a quiet machine, and nowhere called faster or the same."""
    for name, machines in MACHINES.items():
        for files, slowdown, pairs, share in ((1, 1.5, 40, 0.8), (3, 1.1, 40, 0.7), (5, 1.1, 20, 0.7)):
            rng = random.Random(f"slowdown {name} {files}")
            verdicts = [compared(rng, files, machines, {"slowdown": slowdown}) for _ in range(pairs)]
            own, others = [v.pop(SLOWED) for v in verdicts], [w for v in verdicts for w in v]
            what = f"{slowdown} times as slow, {name}, {files} a side"
            tally.expect(f"{what}: called faster or same", not {"faster", "same"} & set(own))
            tally.expect(f"{what}: others called different", not {"faster", "slower"} & set(others))
            if name == "quiet":
                found = own.count("slower") / len(own)
                tally.expect(f"{what}: found in {found:.2f}", found >= share)


def measured(us, core=12.0, memory=40.0, waited=0.0):
    """A measurement of 40 samples. us: one time for all, or as many as there are samples."""
    times = us if isinstance(us, list) else [us] * SAMPLES
    return Measurement([(time, waited, core, memory) for time in times], math.inf)


def verdict(a, b, others=0, cross=False):
    """Of a layer whose files are a and b, beside others that are the same in every file."""
    pairs = [(a, b)] + [([measured(10.0) for _ in a], [measured(10.0) for _ in b])] * others
    finding = judge(pairs, MARGIN, cross)[0]
    return finding.verdict, finding.why


def test_rule(tally):
    """Each condition alone decides between two cases that differ in nothing else."""
    tens, spread = [measured(10.0)] * 3, [measured(us) for us in (9.8, 10.0, 10.2)]
    beyond, far = [[measured(us * f) for us in (9.8, 10.0, 10.2)] for f in (1.055, 1.07)]
    steady = "its interval is wider than the threshold"
    cases = (
        ("same", [measured(10.0)], [measured(10.4)], "same", ""),
        ("wide interval", [measured([10.0] * 16 + [11.0] * 24)], [measured([10.9] * 24 + [10.0] * 16)],
         "inconclusive", steady),
        ("one file", tens[:1], [measured(12.9)], "inconclusive", "within the gate"),
        ("one file, far", tens[:1], [measured(13.2)], "slower", ""),
        ("two files", tens[:2], [measured(12.9)] * 2, "inconclusive", "within the gate"),
        ("three files", tens, [measured(10.6)] * 3, "slower", ""),
        ("three files, faster", tens, [measured(9.4)] * 3, "faster", ""),
        ("three files against two", tens, [measured(12.9)] * 2, "inconclusive", "within the gate"),
        ("one of three files", tens, [measured(10.0), measured(12.0), measured(12.0)], "inconclusive", "within the gate"),
        ("within three deviations", spread, beyond, "inconclusive", "within the gate"),
        ("beyond three deviations", spread, far, "slower", ""),
        ("bands overlap", [measured([10.0] * 30 + [15.0] * 10)], [measured(15.0)], "inconclusive",
         "the bands are too close"),
        ("a tenth is left out", [measured([10.0] * 37 + [15.0] * 3)], [measured(15.0)], "slower", ""),
        ("a slower core", tens, [measured(12.0, core=14.4, memory=48.0)] * 3, "inconclusive", "the machine changed as well"),
        ("slower memory", tens, [measured(12.0, memory=48.0)] * 3, "inconclusive", "the machine changed as well"),
        ("memory a little slower", tens, [measured(12.0, memory=43.0)] * 3, "slower", ""),
        ("one file, what memory leaves", tens[:1], [measured(14.0, memory=46.0)], "inconclusive", "the bands are too close"),
        ("a faster machine alone", tens, [measured(10.0, core=8.0, memory=27.0)] * 3, "inconclusive",
         "the machine changed as well"),
        ("waited", tens, [measured(12.0, waited=0.1)] * 3, "inconclusive", "0 of 40 samples undisturbed"),
        ("few samples", [measured([10.0] * 9)], [measured([20.0] * 9)], "inconclusive", "9 of 9 samples undisturbed"),
    )
    for name, a, b, wanted, why in cases:
        got = verdict(a, b)
        tally.expect(f"{name}: {got}", got == (wanted, why))
    waited = [measured(10.6, waited=0.1)]
    tally.expect("a file too many", verdict(tens, [measured(10.6)] * 3 + waited) == ("slower", ""))
    tally.expect("a file too few", verdict(tens, [measured(10.6)] * 2 + waited)[0] == "inconclusive")
    tally.expect("one layer of many", verdict(spread, far, others=40) == ("inconclusive", "may be chance"))
    disturbed = Measurement([(20.0, float(i < 10), 12.0, 40.0) for i in range(SAMPLES)], math.inf)
    tally.expect("one file, disturbed", verdict(tens[:1], [disturbed])[1] == "too much disturbed for so few files")
    tally.expect("the core left alone", undisturbed([[12.0] * 10 + [20.0] * 90, [20.0] * 100, []]) == 12.0)
    beside = Measurement([(20.0, 0.0, 12.0 + i % 2 * 2, 40.0) for i in range(SAMPLES)], 12.0)
    tally.expect("a neighbour on the core", (beside.clean, beside.count) == (20, 40))
    other = [measured(20.0, core=24.0, memory=80.0)]
    tally.expect("another machine", verdict(tens[:1], other, cross=True) == ("same", ""))
    other = [measured(30.0, core=24.0, memory=80.0)]
    tally.expect("another machine, slower", verdict(tens[:1], other, cross=True) == ("slower", ""))


def test_student(tally):
    """Quantiles of tables of Student's t."""
    for dof, t in ((1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (7, 2.365), (8, 2.306), (30, 2.042)):
        tally.expect(f"t for {dof} degrees", abs(student_quantile(0.95, dof) - t) < 6e-4)
    tally.expect("t = 0", student_tail(0.0, 5) == 1)
    chances = [0.9, 0.02, 0.001, 0.2, 0.025]  # in order: at most 0.01, 0.02, 0.03, 0.04, 0.05?
    tally.expect("discoveries", discovery_limit(chances) == 0.025 and discovery_limit([0.2, 0.3]) < 0)


if __name__ == "__main__":
    results = Tally()
    for test in (test_student, test_rule, test_identical, test_machine, test_slowdown):
        test(results)
    print(f"{results.passed} passed, {results.failed} failed")
    sys.exit(results.failed > 0)
