"""Writes the C source of hourglass._hourglass: what cffi makes of the public headers, and a few functions of C that
spare Python work at every call.

    python3 bind.py FOLDER-OF-HEADERS OUTPUT.c
"""
import re
import sys
from pathlib import Path

import cffi

HEADERS = ("status", "tensor", "conv", "pointwise", "pool", "upsample", "runtime", "tuning", "weights", "net")

DECLARATIONS = """
const char *hg_version(void);
const char *last_sentence(void);
void keep_sentences(hg_context_options *options);
hg_status run_plan(const hg_plan *plan, const void *input, void *output, const void *residual, void *indices,
                   const void *input_indices, void *workspace);
bool same_bytes(const void *a, const void *b, size_t size);
int64_t time_runs(const hg_plan *plan, const void *input, void *output, void *workspace, int64_t count);
"""

SOURCE = """
#include <hourglass/hourglass.h>
#include <hourglass/net.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The last sentence that the library logged for a call of this thread. */
static _Thread_local char sentence[512];

static void keep(void *self, hg_status status, const char *text)
{
    (void)self, (void)status;
    snprintf(sentence, sizeof sentence, "%s", text);
}

static const char *last_sentence(void)
{
    return sentence;
}

static void keep_sentences(hg_context_options *options)
{
    options->log = (hg_log){keep, NULL};
}

static hg_status run_plan(const hg_plan *plan, const void *input, void *output, const void *residual, void *indices,
                          const void *input_indices, void *workspace)
{
    const hg_io io = {.input = input, .output = output, .residual = residual, .indices = indices,
                      .input_indices = input_indices};
    return hg_run(plan, &io, workspace);
}

static bool same_bytes(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

/* ns that `count` runs take, or -1: what the overhead of a call from Python is measured against. */
static int64_t time_runs(const hg_plan *plan, const void *input, void *output, void *workspace, int64_t count)
{
    struct timespec start, end;
    timespec_get(&start, TIME_UTC);
    for (int64_t i = 0; i < count; i++)
        if (run_plan(plan, input, output, NULL, NULL, NULL, workspace)) return -1;
    timespec_get(&end, TIME_UTC);
    return (int64_t)(end.tv_sec - start.tv_sec) * 1000000000 + (end.tv_nsec - start.tv_nsec);
}
"""


def declarations(text):
    """A public header without what cffi does not read: comments, the preprocessor, inline functions."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"#ifdef __cplusplus\n.*?#endif\n", "", text, flags=re.S)
    text = re.sub(r"^static inline .*?^}\n", "", text, flags=re.S | re.M)
    text = re.sub(r"^#.*\n", "", text, flags=re.M)
    return text.replace("HG_API ", "")


def main():
    folder, output = Path(sys.argv[1]), sys.argv[2]
    ffi = cffi.FFI()
    for header in HEADERS:
        ffi.cdef(declarations((folder / f"{header}.h").read_text()))
    ffi.cdef(DECLARATIONS)
    ffi.set_source("hourglass._hourglass", SOURCE)
    ffi.emit_c_code(output)


if __name__ == "__main__":
    main()
