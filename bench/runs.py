"""Reads the JSON of hourglass-bench: what bench/summary, bench/compare and scripts/picture share."""
import json
import math
import os
import sys


def fail(sentence):
    print(f"{os.path.basename(sys.argv[0])}: {sentence}", file=sys.stderr)
    sys.exit(2)


def load(path):
    """The run in a file; ends the program with a sentence if there is none."""
    try:
        with open(path) as file:
            run = json.load(file)
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    except ValueError:
        fail(f"{path} is not JSON; a run that was cut short is not, either")
    benchmarks = run.get("benchmarks") if isinstance(run, dict) else None
    if not isinstance(benchmarks, list) or not all(isinstance(row, dict) for row in benchmarks):
        fail(f"{path} is not a run of hourglass-bench")
    return run


def rows(run):
    """(op, network, layer, layout, threads, who), row of each repetition that was not refused.

    In the order of the shape files: repetitions may have run in random order.
    """
    for row in sorted(run["benchmarks"], key=lambda row: row.get("family_index", 0)):
        name = tuple(str(row.get("name", "")).split("/"))
        time = row.get("min_us")
        if row.get("run_type") == "aggregate" or row.get("error_occurred") or len(name) != 6:
            continue
        if isinstance(time, (int, float)) and 0 < time < math.inf:
            yield name, row


def geometric_mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))
