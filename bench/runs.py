"""Reads the JSON of hourglass-bench and of bench/sweep: what the programs that read these share.

Whatever a file holds, it is read or refused with one sentence that names it, and the exit code is 2: never
a traceback, whose exit code would read as "slower".
"""
import json
import math
import os
import sys
import traceback

UNUSABLE = 2  # exit code: wrong usage, a file that cannot be read, output that cannot be written
MOST_US, LEAST_US = 1e12, 1e-6  # beyond, no time of a layer


def complain(sentence):
    try:
        print(f"{os.path.basename(sys.argv[0])}: {sentence}", file=sys.stderr, flush=True)
    except OSError:  # nobody listens; the exit code says it
        discard(2)


def discard(stream):
    """Sends what is still in the buffer of stdout (1) or stderr (2) nowhere, when the program ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


def fail(sentence):
    complain(sentence)
    sys.exit(UNUSABLE)


def program(main):
    """Runs main() and ends the program with the exit code that it returns."""
    code = UNUSABLE
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.reconfigure(errors="backslashreplace")
        code = main()
        if sys.stdout:
            sys.stdout.flush()
    except OSError as error:  # files that are read have their own handler: this is the output
        code = UNUSABLE
        discard(1)
        complain(f"the output cannot be written: {error.strerror}")
    except Exception:  # a fault of the program itself; Python's own exit code, 1, would be a verdict
        complain(traceback.format_exc())
        code = UNUSABLE
    sys.exit(code)


class Bad(Exception):
    """What is wrong with a file."""


def load(path, check=None, what="a run of hourglass-bench"):
    """What a file holds, checked: the run {"context": ..., "benchmarks": [...], ...}, if nothing else is named."""
    try:
        with open(path, encoding="utf-8") as file:
            run = json.load(file)
        (check or check_run)(run)
        return run
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    except UnicodeDecodeError:
        fail(f"{path} is not UTF-8 text")
    except (RecursionError, MemoryError):
        fail(f"{path} is nested too deep, or too large, for {what}")
    except ValueError:
        fail(f"{path} is not JSON; what was cut short is not, either")
    except Bad as wrong:
        fail(f"{path}: {wrong}")


def check_run(run):
    if not isinstance(run, dict) or not isinstance(run.get("benchmarks"), list):
        raise Bad("not a run of hourglass-bench: there is no list of benchmarks")
    if not isinstance(run.get("context"), dict):
        raise Bad("not a run of hourglass-bench: there is no context")
    for key, value in run["context"].items():
        if isinstance(value, str) and not value.isprintable():
            raise Bad(f"{ascii(key)} in the context is not a line of text")
    for row in run["benchmarks"]:
        check_row(row)


def check_row(row):
    if not isinstance(row, dict):
        raise Bad("not a run of hourglass-bench: a benchmark is no object")
    name = line(row, "name", "a benchmark")
    if is_layer(row):
        time(row.get("min_us"), "min_us", name)
        for key in ("limit_us", "of_limit", "gflops", "gbps", "family_index"):
            number(row.get(key, 0), key, name)
        if "label" in row:
            line(row, "label", name)


def is_layer(row):
    """Whether a row is a repetition of a layer, neither refused nor a mean of others."""
    refused = row.get("error_occurred") or row.get("skipped")
    return row.get("run_type") != "aggregate" and not refused and row["name"].count("/") == 5


def line(fields, key, where):
    """A text that can be printed: it does not break lines, and every output can encode it."""
    text = fields.get(key) if isinstance(fields, dict) else None
    if not isinstance(text, str) or not text.isprintable():
        raise Bad(f"{key} of {where} is not a line of text")
    return text


def number(value, what, where, least=0.0, most=MOST_US):
    """JSON as Python reads it has NaN, infinities, and integers too large for a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise Bad(f"{what} of {where} is {ascii(value)[:40]}, not a number from {least:g} to {most:g}")
    return float(value)


def time(value, what, where):
    return number(value, what, where, LEAST_US)


def rows(run):
    """(op, network, layer, layout, threads, who), row of each repetition that was not refused.

    In the order of the shape files: repetitions may have run in random order.
    """
    for row in sorted(run["benchmarks"], key=lambda row: row.get("family_index", 0)):
        if is_layer(row):
            yield tuple(row["name"].split("/")), row


def geometric_mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))
