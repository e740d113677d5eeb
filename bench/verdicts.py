"""The rule by which bench/compare judges: from samples to "slower", "faster", "same" or "inconclusive".

Beside each sample of a layer hourglass-bench times two references, fixed loops: one that works in the core
and its first cache, and one that moves memory. They serve twice. Samples beside which the core was not
itself (a neighbour on its other half, a lower clock) are left out, like those during which threads waited
for a core. And what is left is read in three ways, as logarithms, so that differences are ratios: the time,
the time over the core reference, and the time over the memory reference. A change of the machine moves
these apart, a change of the library moves all of them alike. Two decide: the time, and the reference that
follows the layer more closely. tests/compare_simulation.py holds the rule to what it promises.
"""
import math
import statistics

READINGS = TIME, CORE, MEMORY = range(3)

WAITED = 0.05  # of a round; less happens anywhere, and hits few of its batches
DISTURBED = 1.10  # core reference over its undisturbed time
UNDISTURBED = 0.05  # quantile of a file's core reference
CLEAN_LEAST = 10  # samples of a measurement, to be judged at all
CLEAN_ALONE = 0.80  # share of them, to be called different without the witness of other files
BAND = 0.10  # share of the samples left out at either end of a band
BLOCKS = 5  # at least, that a file is cut into where files are too few to show how they differ
FILES_ENOUGH = 3  # on each side
WIDE_FLOOR = math.log(1.30)  # with fewer: memory placement alone moves a layer by a fifth in one process
DEVIATIONS = 3  # of the files of one side, that a difference between the sides must exceed
FALSE_DISCOVERIES = 0.05  # share among the layers called different
CONFIDENCE = 0.95


def undisturbed(files):
    """The core reference of a machine left alone: [[time, ...] of each file], all of the same machine."""
    return min((quantile(times, UNDISTURBED) for times in files if times), default=math.inf)


class Measurement:
    """One layer in one file. samples: (us, waited, core_us, memory_us), in their order, of repetitions
    that each took new memory. core: what the core reference takes undisturbed."""

    def __init__(self, samples, core, repetitions=1, kernel="", rev=0):
        clean = [s for s in samples if s[1] <= WAITED and s[2] <= DISTURBED * core]
        self.kernel, self.rev = kernel, rev
        self.clean, self.count = len(clean), len(samples)
        self.parts = max(BLOCKS, min(repetitions, self.clean // 4))
        self.us = statistics.median(s[0] for s in clean or samples) if samples else math.nan
        self.readings = [[math.log(s[0]) for s in clean], [math.log(s[0] / s[2]) for s in clean],
                         [math.log(s[0] / s[3]) for s in clean]]
        if self.usable():
            self.medians = [statistics.median(values) for values in self.readings]
            self.bands = [(quantile(values, BAND), quantile(values, 1 - BAND)) for values in self.readings]

    def usable(self):
        return self.clean >= CLEAN_LEAST

    def blocks(self, reading):
        """Medians of consecutive parts, about the repetitions: how much it moved while it ran."""
        values = self.readings[reading]
        cuts = [len(values) * i // self.parts for i in range(self.parts + 1)]
        return [statistics.median(values[first:last]) for first, last in zip(cuts, cuts[1:])]


def quantile(values, share):
    return sorted(values)[round(share * (len(values) - 1))]


class Difference:
    """B against A in one reading: the shift, the gap between all files' bands, the error."""

    def __init__(self, a, b, reading, by_file):
        medians = [[m.medians[reading] for m in side] for side in (a, b)]
        self.shift = statistics.median(medians[1]) - statistics.median(medians[0])
        low = [min(m.bands[reading][0] for m in side) for side in (a, b)]
        high = [max(m.bands[reading][1] for m in side) for side in (a, b)]
        self.scatter = high[0] - low[0] + high[1] - low[1]
        self.gap = max(low[1] - high[0], low[0] - high[1])  # between the bands; negative: they overlap
        units = medians if by_file else [[u for m in side for u in m.blocks(reading)] for side in (a, b)]
        self.shares = sum(1 / len(side) for side in units)
        self.dof = sum(map(len, units)) - 2
        squares = sum((u - statistics.fmean(side)) ** 2 for side in units for u in side)
        self.deviation = math.sqrt(squares / self.dof)

    def expect(self, usual):
        """A few units may agree by chance: their deviation is taken as no less than usual in the suite."""
        self.deviation = max(self.deviation, usual, 1e-9)
        self.error = self.deviation * math.sqrt(self.shares)
        self.chance = student_tail(self.shift / self.error, self.dof)

    def within(self, margin):
        """Whether the whole interval of the shift is."""
        return abs(self.shift) + student_quantile(CONFIDENCE, self.dof) * self.error < margin


class Finding:
    """What is said of a layer. differences: by reading, empty where it cannot be judged."""

    def __init__(self, a, b):
        self.a, self.b = a, b
        self.differences, self.gate = [], 0.0
        self.verdict, self.why = "inconclusive", ""

    def ratios(self):
        """B over A by reading."""
        return [math.exp(d.shift) for d in self.differences]

    def measure(self, margin, cross):
        by_file = min(len(self.a), len(self.b)) >= FILES_ENOUGH
        self.differences = [Difference(self.a, self.b, reading, by_file) for reading in READINGS]
        self.clearance = 0.0 if by_file and not cross else WIDE_FLOOR
        self.floor = max(margin, self.clearance)

    def choose(self, cross):
        """Which readings count, which of them decide, and the gate."""
        references = self.differences[CORE:]
        self.nearer = min(references, key=lambda d: d.scatter)
        self.deciding = references if cross else [self.differences[TIME], self.nearer]
        self.gate = max(self.floor, DEVIATIONS * self.nearer.deviation)
        self.chance = max(d.chance for d in self.deciding)

    def decide(self, margin, limit, cross):
        sign = 1 if self.nearer.shift > 0 else -1
        shifts = [sign * d.shift for d in self.deciding]
        explained = 0.0 if cross else self.explained(sign)
        if all(d.within(margin) for d in self.deciding):
            self.verdict = "same"
        elif max(map(abs, shifts)) < margin:
            self.why = "its interval is wider than the threshold"
        elif max(map(abs, shifts)) < self.gate:
            self.why = "within the gate"
        elif min(shifts) < self.floor or explained > shifts[0] / 2:
            self.why = "the machine changed as well"
        elif sign * self.nearer.shift < self.gate:
            self.why = "within the gate"
        elif min(d.gap for d in self.deciding) - explained < self.clearance:
            self.why = "the bands are too close"
        elif self.clearance and min(m.clean / m.count for m in self.a + self.b) < CLEAN_ALONE:
            self.why = "too much disturbed for so few files"
        elif self.chance > limit:
            self.why = "may be chance"
        else:
            self.verdict = "slower" if sign > 0 else "faster"

    def explained(self, sign):
        """How much of the time's shift both references made, too, if the layer felt both in full."""
        time, *references = [sign * d.shift for d in self.differences]
        return sum(max(0.0, time - r) for r in references)


def judge(pairs, margin, cross=False):
    """[Finding] for [(measurements of A, measurements of B)]. margin: log of the least ratio that counts.

    cross: of different machines, whose times say nothing: the references decide.
    """
    findings = [Finding(usable_of(a), usable_of(b)) for a, b in pairs]
    judged = [f for f in findings if all(m.usable() for m in f.a + f.b)]
    for finding in judged:
        finding.measure(margin, cross)
    for reading in READINGS:
        usual = statistics.median([f.differences[reading].deviation for f in judged] or [0.0])
        for finding in judged:
            finding.differences[reading].expect(usual)
    for finding in judged:
        finding.choose(cross)
    limit = discovery_limit([f.chance for f in judged])
    for finding in findings:
        if finding in judged:
            finding.decide(margin, limit, cross)
        else:
            finding.why = why_not(finding.a + finding.b)
    return findings


def usable_of(side):
    """Without the files that are not usable, if enough others are."""
    usable = [m for m in side if m.usable()]
    return usable if len(usable) >= FILES_ENOUGH else side


def why_not(measurements):
    worst = min(measurements, key=lambda m: m.clean)
    return f"{worst.clean} of {worst.count} samples undisturbed"


def discovery_limit(chances):
    """Benjamini-Hochberg: the largest chance that still counts as a discovery."""
    limit = -1.0
    for i, chance in enumerate(sorted(chances), 1):
        if chance <= FALSE_DISCOVERIES * i / len(chances):
            limit = chance
    return limit


def student_tail(t, dof):
    """Two-sided: how often Student's t with dof degrees of freedom lies beyond t (Abramowitz & Stegun 26.7)."""
    angle = math.atan(abs(t) / math.sqrt(dof))
    cosine, odd = math.cos(angle), dof % 2
    term = cosine if odd else 1.0
    total = 0.0 if dof == 1 else term
    for k in range(2 + odd, dof - 1, 2):
        term *= cosine * cosine * (k - 1) / k
        total += term
    inside = math.sin(angle) * total
    return max(0.0, 1 - (2 / math.pi * (angle + inside) if odd else inside))


def student_quantile(confidence, dof):
    """What Student's t exceeds, on either side, with probability 1 - confidence."""
    low, high = 0.0, 1e3
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if student_tail(middle, dof) < 1 - confidence else (middle, high)
    return high
