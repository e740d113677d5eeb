"""The C library: its statuses as exceptions, and contexts."""
import threading

from hourglass._hourglass import ffi, lib


class Error(Exception):
    """A call of the library that failed. Its text is the library's sentence, which names the field at fault."""


class InvalidError(Error, ValueError):
    """An argument is outside its domain."""


class UnsupportedError(Error, NotImplementedError):
    """Well formed, but not implemented."""


class RangeError(Error, OverflowError):
    """A size does not fit."""


class NoMemoryError(Error, MemoryError):
    """There is no memory."""


class IndexOutsideError(Error, IndexError):
    """max_unpool2d met an index outside its output."""


class FileError(Error, OSError):
    """A file cannot be read."""


_ERRORS = {lib.HG_INVALID: InvalidError, lib.HG_UNSUPPORTED: UnsupportedError, lib.HG_RANGE: RangeError,
           lib.HG_NO_MEMORY: NoMemoryError, lib.HG_INDEX: IndexOutsideError, lib.HG_IO: FileError}


def text(c_string):
    return ffi.string(c_string).decode("utf-8", "replace")


def failure(status, sentence):
    """The exception for a status."""
    return _ERRORS.get(status, Error)(sentence)


def error(status):
    """The exception for a status that a call of this thread has just answered."""
    return failure(status, text(lib.last_sentence()) or text(lib.hg_status_string(status)))


def check(status):
    if status:
        raise error(status)


def version():
    """"MAJOR.MINOR.PATCH" of the C library."""
    return text(lib.hg_version())


_ISAS = ("any", "scalar", "neon", "avx2", "avx512")


class Context:
    """Machine, tuning tables and threads, which plans are made with: hg_context of the C library.

    threads: how many a run may take; isa: "scalar", "neon", "avx2" or "avx512", to use none that is stronger;
    kernel: the name of one to prefer; table: the text of a tuning table; ignore_environment: HG_ISA, HG_KERNEL and
    HG_TABLE are not read; reproducible: kernels depend on neither threads nor tables.
    """

    def __init__(self, threads=1, isa="any", kernel=None, table=None, ignore_environment=False, reproducible=False):
        if isa not in _ISAS:
            raise InvalidError(f"isa is {isa!r}, none of {', '.join(_ISAS)}")
        kept = [ffi.new("char[]", value.encode()) if value else ffi.NULL for value in (kernel, table)]
        options = ffi.new("hg_context_options *", {
            "threads": threads, "isa": _ISAS.index(isa), "kernel": kept[0], "table": kept[1],
            "ignore_environment": ignore_environment, "reproducible": reproducible})
        lib.keep_sentences(options)
        made = ffi.new("hg_context **")
        check(lib.hg_context_create(options, made))
        self._context = ffi.gc(made[0], lib.hg_context_free)

    def machine(self):
        """What plans are made for, as a dictionary: key, name, source, isa, cores, l1d, l2, l3."""
        machine = ffi.new("hg_machine *")
        lib.hg_context_machine(self._context, machine)
        found = {name: getattr(machine, name) for name in ("cores", "l1d", "l2", "l3")}
        found.update({name: text(getattr(machine, name)) for name in ("key", "name", "source")})
        found["isa"] = _ISAS[machine.isa]
        return found

    def tables(self):
        """How many records of tuning tables are usable and foreign, lines skipped and files unreadable."""
        counts = ffi.new("hg_table_counts *")
        lib.hg_context_tables(self._context, counts)
        return {name: getattr(counts, name) for name in ("usable", "foreign", "skipped", "unreadable")}


_default = None
_lock = threading.Lock()


def default_context():
    """The context of calls that name none: one thread, and what the environment says."""
    global _default
    with _lock:
        if _default is None:
            _default = Context()
        return _default


def set_default_context(context):
    """Makes calls that name no context use this one; plans that are kept stay with theirs."""
    global _default
    with _lock:
        _default = context
