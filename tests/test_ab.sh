#!/usr/bin/env bash
# hourglass ab, end to end: words, files and exit codes, on builds that are slower by a half, compute something
# else, or end the process. Slowdowns of a few per cent are for bench/ab_trial: no test asserts a time that small.
#   tests/test_ab.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/expect.sh
lib=$build/dispatch/libhourglass.so cc=${CC:-cc}
layers='--filter=smoke/(max2x2|bicubic2)_.*nhwc'
ab() { "$hourglass" ab "$@"; }

expect "no builds" exits 2 ab
expect "says so" says "--a and --b name the two builds"
expect "one build" exits 2 ab --a "$lib"
expect "a bad expression" exits 2 ab --a "$lib" --b "$lib" --filter '('
expect "a filter without matches" exits 2 ab --a "$lib" --b "$lib" --filter nothing
expect "a layout" exits 2 ab --a "$lib" --b "$lib" --shapes bench/shapes/targets.tsv --layout foo
expect "a missing build" exits 3 ab --a "$lib" --b "$work/absent.so" "$layers"
expect "is named" says "absent.so: No such file"
expect "a file that is none" exits 3 ab --a tests/test_ab.sh --b "$lib" "$layers"
expect "is named" says "tests/test_ab.sh"
expect "another library" exits 3 ab --a "$lib" --b "$(ldconfig -p | awk '/libm\.so\.6/ {print $NF; exit}')" "$layers"
expect "has no function of ours" says "has no hg_version"

ab --a "$lib" --b "$lib" "$layers" --json "$work/ab.json" --markdown "$work/ab.md" --junit "$work/ab.xml" \
    >"$work/out" 2>"$work/err"
code=$?
expect "a build and itself" test "$code" -eq 0 -o "$code" -eq 4
expect "two layers" test "$(grep -c '^smoke/.* nhwc ' "$work/out")" -eq 2
expect "their outputs are the same" test "$(grep -c '"outputs": "same bits"' "$work/ab.json")" -eq 2
expect "JSON" exits 0 python3 - "$work/ab.json" <<'PYTHON'
import json, sys
run = json.load(open(sys.argv[1]))
for layer in run["layers"]:
    assert len(layer["ratios"]) == layer["quads"] >= 30 and layer["low"] <= layer["ratio"] <= layer["high"]
assert run["slower"] == 0 and len(run["layers"]) == 2
PYTHON
expect "Markdown" test "$(grep -c '^| smoke/' "$work/ab.md")" -eq 2
expect "JUnit" exits 0 python3 -c 'import sys, xml.etree.ElementTree as e; s = e.parse(sys.argv[1]).getroot()
assert len(s) == int(s.get("tests")) == 2 and s.get("failures") == "0"' "$work/ab.xml"
expect "a file that cannot be written" exits 3 ab --a "$lib" --b "$lib" "$layers" --json "$work/absent/ab.json"
ab --a "$lib" --b "$lib" --shapes bench/shapes/targets.tsv --filter gap_1280x7 --layout both --threads 2 \
    --same-kernel >"$work/out" 2>&1
code=$?
expect "layers of a file, two threads" test "$code" -eq 0 -o "$code" -eq 4
expect "both layouts" test "$(grep -c '^targets/gap_1280x7 ' "$work/out")" -eq 2

# variant NAME FLAGS...: a library in front of ours with another hg_run, from the C of standard input.
variant() {
    $cc -std=c11 -fPIC -shared -D_GNU_SOURCE -Iinclude -x c - -x none -Wl,--no-as-needed "$lib" -Wl,-rpath,"$build/dispatch" -ldl \
        -o "$work/$1.so" "${@:2}"
}
variant slow -DTRIAL_KERNEL='"cubic"' -DTRIAL_PERCENT=50 <bench/ab_trial_slow.c
expect "a slower kernel" exits 1 ab --a "$lib" --b "$work/slow.so" "$layers" --junit "$work/ab.xml"
expect "has its verdict" grep -q '^smoke/bicubic2.*SLOWER' "$work/out"
expect "the other layer has not" bash -c "! grep -q '^smoke/max2x2.*SLOWER' '$work/out'"
expect "a failure for JUnit" grep -q '<failure message="SLOWER' "$work/ab.xml"
expect "the other way round" bash -c "'$hourglass' ab --a '$work/slow.so' --b '$lib' '$layers' >'$work/out'; test \$? -ne 1"
expect "it is faster" grep -q '^smoke/bicubic2.*FASTER' "$work/out"
variant other <<'C'
#include <dlfcn.h>
#include "hourglass/hourglass.h"
hg_status hg_run(const hg_plan *plan, const hg_io *io, void *workspace)
{
    hg_status (*real)(const hg_plan *plan, const hg_io *io, void *workspace);
    *(void **)&real = dlsym(RTLD_NEXT, "hg_run");
    const hg_status status = real(plan, io, workspace);
    *(float *)io->output += 1;
    return status;
}
C
expect "another function" exits 3 ab --a "$lib" --b "$work/other.so" "$layers"
expect "is not timed" says "DIFFERENT WORK"
variant crash <<'C'
#include <stdlib.h>
#include "hourglass/hourglass.h"
hg_status hg_run(const hg_plan *plan, const hg_io *io, void *workspace)
{
    (void)plan, (void)io, (void)workspace;
    abort();
}
C
expect "a crash" exits 3 ab --a "$lib" --b "$work/crash.so" "$layers"
expect "names the layer" says "a build ended the process at smoke/"
conclude
