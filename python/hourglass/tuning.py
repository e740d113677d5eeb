"""Tuning from Python: the program `hourglass`, run on the problems of plans, keys or calls."""
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from hourglass import functional
from hourglass._library import Context, Error, InvalidError, default_context, set_default_context
from hourglass._plan import Plan

__all__ = ["tune"]


def _noted(calls):
    """Keys of what is planned without a record while `calls` runs, as the C library notes them."""
    before, variable = default_context(), os.environ.get("HG_RECORD_MISSES")
    with tempfile.TemporaryDirectory() as folder:
        noted = Path(folder) / "misses.txt"
        os.environ["HG_RECORD_MISSES"] = str(noted)
        try:
            set_default_context(Context())
            calls()
        finally:
            set_default_context(before)
            if variable is None:
                del os.environ["HG_RECORD_MISSES"]
            else:
                os.environ["HG_RECORD_MISSES"] = variable
        lines = noted.read_text().splitlines() if noted.exists() else []
    return [line.split("\t")[0] for line in lines]


def _keys(problems):
    if isinstance(problems, (str, Plan)):
        problems = [problems]
    if callable(problems):
        return _noted(problems)
    keys = []
    for problem in problems:
        if not isinstance(problem, (str, Plan)):
            raise TypeError(f"{type(problem).__name__} among the problems: keys and plans are")
        keys.append(problem.key if isinstance(problem, Plan) else problem)
    return keys


def tune(problems, *, seconds=None, table=None, program="hourglass"):
    """Times the kernels for some problems and writes what it found to a tuning table, which calls use from then on.

    problems: a key, a plan, a list of them, or a function without arguments, whose calls of hourglass are run once and
    tuned where they have no record. seconds: for each problem, 0.5 if None. table: the file, created or added to; if
    None, the one that every program reads (`hourglass info` says which). program: `hourglass`, as `meson install` puts it
    on the path, or the path of one; a wheel has none. Problems are measured for one thread.

    Returns what the program says of each problem, a line each; docs/tune.md explains them. Plans that exist stay as they
    are; the default context and the plans that functions keep are made anew, with the table.
    FileNotFoundError: there is no such program. hourglass.Error: it failed, with what it says.
    """
    keys = _keys(problems)
    found = shutil.which(program)
    if not found:
        raise FileNotFoundError(f"{program}: no such program; meson install puts it into PREFIX/bin")
    if not keys:
        return []
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "keys.txt"
        listed.write_text("".join(f"{key}\n" for key in keys))
        words = [found, "tune", "--keys", str(listed)]
        words += ["--seconds", str(seconds)] if seconds is not None else []
        words += ["--out", str(table)] if table is not None else []
        done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        error = InvalidError if done.returncode == 2 else Error
        raise error(done.stderr.strip() or done.stdout.strip())
    functional.forget()
    set_default_context(Context(table=Path(table).read_text()) if table is not None else None)
    return [line for line in done.stderr.splitlines() if re.match(r"\d+/\d+ ", line)]
