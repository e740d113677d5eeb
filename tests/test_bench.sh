#!/usr/bin/env bash
# hourglass-bench and what reads its results: exit codes and messages, never a time.
#   tests/test_bench.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/expect.sh
bench=$build/bench/hourglass-bench

# holds_samples FILE: each layer has samples, and a reference before and after each.
holds_samples() {
    python3 - "$1" <<'PYTHON'
import json, sys
run = json.load(open(sys.argv[1]))
entries = run["samples"]
assert [e["name"] for e in entries] == [b["name"] for b in run["benchmarks"]], "not one entry per benchmark"
for e in entries:
    n = len(e["us"])
    assert n > 0 and len(e["waited"]) == n and len(e["core_us"]) == len(e["memory_us"]) == n + 1, e["name"]
    assert all(x > 0 for key in ("us", "core_us", "memory_us") for x in e[key]) and min(e["waited"]) >= 0, e["name"]
    assert e["rev"] >= 1 and e["kernel"].startswith("max_pool2d.f32."), e["name"]
PYTHON
}
# No layer of a run is slower than itself. It may be inconclusive: the machine may be busy.
compares_with_itself() {
    bench/compare "$1" "$1" >"$work/out" 2>"$work/err"
    case $? in 0 | 4) ! grep -q 'slower$' "$work/out" ;; *) cat "$work/err"; false ;; esac
}

if [ -x "$bench" ]; then
    layer='--benchmark_filter=max5x5s1_256x20/.*/hourglass$'
    run() { "$bench" --shapes=bench/shapes/targets.tsv --benchmark_min_time=0.001 "$@"; }
    expect "one layer" exits 0 run "$layer" --threads=1,2 --layouts=nhwc,nchw --benchmark_out="$work/run.json"
    expect "names have six parts" test "$(grep -c '^ *"name": "[a-z0-9_]*\(/[a-z0-9_]*\)\{3\}/threads:[12]/hourglass"' \
        "$work/run.json")" -eq 4
    expect "samples" holds_samples "$work/run.json"
    expect "where the run came from" grep -q '"compiler": "[a-z]* [0-9]' "$work/run.json"
    expect "its flags" grep -q '"flags": ".*-O' "$work/run.json"
    expect "and its commit" grep -Eq '"revision": "(release [0-9.]+|[^ "]+)"' "$work/run.json"
    expect "no tables" grep -q '"tables": "none"' "$work/run.json"
    expect "a run and itself, for real" compares_with_itself "$work/run.json"
    expect "a run without a file" exits 0 run "$layer"
    expect "CSV" exits 0 run "$layer" --benchmark_out="$work/run.csv" --benchmark_out_format=csv
    expect "is no JSON" exits 2 bench/summary "$work/run.csv"
    expect "repetitions in random order" exits 0 run --peers=none --benchmark_filter='dw3|max|avg|gap' \
        --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true
    expect "samples of every repetition" exits 0 run "$layer" --benchmark_repetitions=3 --benchmark_out="$work/three.json" \
        --benchmark_enable_random_interleaving=true
    expect "in order" test "$(grep -o '"repetition_index": [0-9], "kernel"' "$work/three.json" | tr -dc '0-9\n' | xargs)" = "0 1 2"
    if [ -f build/onnxruntime/libonnxruntime.so.1 ]; then
        expect "ONNX Runtime computes the same" exits 0 run --peers=onnxruntime \
            --benchmark_filter='/(dw3x3s2|t3x3s2|t16x16s8|max.x|avg|gap|near2|bil|unpool|cub2_64).*/onnxruntime$'
        expect "and has all of it" test "$(grep -c 'level [0-9]*$' "$work/out")" -eq 20
    fi
    expect "ONNX Runtime that is not there" exits 2 env HG_ONNXRUNTIME="$work/none" "$bench" --peers=onnxruntime \
        --shapes=bench/shapes/targets.tsv
    expect "says how to get it" says "scripts/setup onnxruntime"
    expect "help" exits 0 "$bench" --help
    expect "has our flags" says "--peer-isa=same|avx2|native"
    expect "and Google's" says "--benchmark_repetitions"
    expect "no shapes" exits 2 "$bench"
    expect "an unknown flag" exits 2 run --shape=x
    for flag in --threads=2x --threads=0 --threads=257 --threads= --layouts=foo --layouts=nhwc,foo --accuracy=foo \
        --accuracy=strict,default --peers=foo --peers=xnnpackx --peer-isa=avx1024 --peer-isa= --shapes=; do
        expect "$flag" exits 2 run "$layer" "$flag"
        expect "$flag is named" says "hourglass-bench: $flag: the values of"
    done
    expect "a missing file" exits 1 "$bench" --shapes="$work/absent.tsv"
    expect "a filter without matches" exits 1 run --benchmark_filter=nothing_of_that_name
    expect "says so" says "no benchmark matches"
    # 4 GB of input in 2 GB of memory: planned, but never run.
    awk -F'\t' -v OFS='\t' '/^network/ {for (i = 1; i <= NF; i++) at[$i] = i; print}
        $2 == "max5x5s1_256x20" {$at["H"] = $at["W"] = $at["OH"] = $at["OW"] = 2000; print}' \
        bench/shapes/targets.tsv >"$work/large.tsv"
    expect "too little memory" exits 1 bash -c "ulimit -v 2000000; '$bench' --peers=none --shapes='$work/large.tsv'"
    expect "is counted" says "1 of 1 benchmarks failed"
fi

# ---- bench/summary, bench/compare and scripts/picture on runs made up here ----
# fake FILE [KEY=VALUE...]: a run of three layers, two repetitions of 20 samples each. us: factor of the times, one: of
# the first layer's alone; core, memory: of the references; late: of the second half of the first layer's samples;
# waited: during each sample; layers, machine, accuracy, flags, revision, kernel, rev; samples=0 leaves them out.
fake() {
    python3 - "$@" <<'PYTHON'
import json, sys
o = dict(us=1.0, one=1.0, core=1.0, memory=1.0, late=1.0, waited=0.0, layers=3, machine="m", accuracy="default",
         flags="-O3", revision="r1", kernel="kernel", rev=1, samples=1)
o.update((k, type(o[k])(v)) for k, v in (word.split("=", 1) for word in sys.argv[2:]))
rows, samples = [], []
for repetition in range(2):
    for i in range(o["layers"]):
        for who in ("hourglass", "onednn"):
            name = f"conv2d/net/layer{i}/nhwc/threads:1/{who}"
            us = (i + 1) * 10 * o["us"] * (o["one"] if i == 0 else 1)
            rows.append({"name": name, "family_index": i, "gflops": 1, "min_us": us, "limit_us": 5, "of_limit": 0.5,
                         "repetition_index": repetition, "label": o["kernel"]})
            times = [us * (o["late"] if i == 0 and n >= 10 else 1) for n in range(20)]
            samples.append({"name": name, "repetition_index": repetition, "kernel": o["kernel"], "rev": o["rev"],
                            "us": times, "waited": [o["waited"]] * 20, "core_us": [12 * o["core"]] * 21,
                            "memory_us": [40 * o["memory"]] * 21})
context = {key: o[key] for key in ("machine", "accuracy", "flags", "revision")}
run = {"context": context, "benchmarks": rows, "samples": samples}
if not o["samples"]:
    del run["samples"]
json.dump(run, open(sys.argv[1], "w"))
PYTHON
}
# compared CODE "KEY=VALUE..." [FLAG...]: the run of these values against the plain one.
compared() {
    local code=$1 values=$2
    shift 2
    fake "$work/a.json" && fake "$work/b.json" $values && exits "$code" bench/compare "$work/a.json" "$work/b.json" "$@"
}
# thrice CODE "KEY=VALUE..." [FLAG...]: the same with three files on each side, which differ by 1 %.
thrice() {
    local code=$1 values=$2 a b i us=(0.99 1 1.01)
    shift 2
    for i in 0 1 2; do
        fake "$work/a$i.json" us=${us[i]} && fake "$work/b$i.json" us=${us[i]} $values || return
    done
    a=$work/a0.json,$work/a1.json,$work/a2.json b=$work/b0.json,$work/b1.json,$work/b2.json
    exits "$code" bench/compare "$a" "$b" "$@"
}
expect "a run and itself" compared 0 ""
expect "is the same" says "0 slower, 0 faster, 3 same, 0 inconclusive, 0 missing"
expect "2 % are nothing" compared 0 "us=1.02"
expect "10 % of single files are no verdict" compared 4 "one=1.1"
expect "has its reason" grep -q 'net/layer0 .* 1.100 .* 30.0%  inconclusive (within the gate)' "$work/out"
expect "and names the way on" says "hourglass ab"
expect "a layer far slower" compared 1 "one=1.5"
expect "has its verdict" grep -q 'net/layer0 .* 1.500 .* 30.0%  slower' "$work/out"
expect "and a geometric mean" says "net nhwc threads:1: geometric mean 1.145 over 3 layers"
expect "and the way to confirm" says "hourglass ab"
expect "a layer far faster" compared 0 "one=0.6"
expect "is said" says "1 faster"
expect "10 % of three files" thrice 1 "one=1.1"
expect "are found, and nothing else" says "1 slower, 0 faster, 2 same, 0 inconclusive"
expect "10 % less" thrice 0 "one=0.9"
expect "are found" says "1 faster, 2 same"
expect "a threshold" thrice 0 "one=1.1" --threshold 20
expect "samples of two kinds" compared 4 "late=2"
expect "are said" says "1 inconclusive"
expect "threads that waited" compared 4 "waited=0.5"
expect "are said" says "0 of 40 samples undisturbed"
expect "a slower machine" compared 4 "us=1.08 core=1.08 memory=1.08"
expect "is said" says "the core reference took 1.080 times as long in B"
expect "a much slower machine" compared 4 "us=2 core=2 memory=2"
expect "is not judged" says "0 of 40 samples undisturbed"
expect "slower memory" compared 4 "us=1.5 memory=1.5"
expect "is said" says "the machine changed as well"
expect "missing layers" compared 3 "layers=2"
expect "are said" says "1 missing"
expect "slower and missing" compared 1 "layers=2 one=1.5"
expect "inconclusive and missing" compared 3 "layers=2 one=1.1"
expect "layers of B alone" exits 0 bench/compare "$work/b.json" "$work/b.json"
expect "another machine" compared 3 "machine=n"
expect "says which" says "machine m accuracy default; machine n accuracy default"
expect "on request" compared 0 "machine=n us=2 core=2 memory=2" --cross-machine
expect "slower there" compared 1 "machine=n us=2 one=1.5 core=2 memory=2" --cross-machine
expect "another accuracy" compared 3 "accuracy=strict" --cross-machine
expect "sanitizers" compared 3 "flags=-fsanitize=address"
expect "other flags" compared 0 "flags=-O2"
expect "are said" says "flags: -O3 -> -O2"
expect "another revision" compared 0 "revision=r2 rev=2 kernel=other"
expect "is said" says "revision: r1 -> r2"
expect "with the kernel" says "same  kernel -> other"
expect "its rev" compared 0 "rev=2"
expect "alone" says "same  kernel rev 1 -> 2"
expect "no samples" compared 3 "samples=0"
expect "says what to do" says "b.json has no samples: measure again"
fake "$work/a2.json" revision=r2
expect "two builds on one side" exits 3 bench/compare "$work/a.json,$work/a2.json" "$work/b.json"
cp "$work/a.json" "$work/copy.json"
expect "a file twice" exits 2 bench/compare "$work/a.json,$work/copy.json" "$work/b.json"
for threshold in -1 4.9 nan x; do
    expect "threshold $threshold" exits 2 bench/compare "$work/a.json" "$work/b.json" --threshold $threshold
done
expect "no files" exits 2 bench/compare , "$work/b.json"
expect "one side" exits 2 bench/compare "$work/a.json"
expect "help" exits 0 bench/compare --help

# ---- Files that are no runs: a sentence with the name, exit code 2 ----
# spoil PREFIX STATEMENT...: PREFIX0.json and so on, the plain run each changed by one statement of Python.
spoil() {
    python3 - "$work/a.json" "$@" <<'PYTHON'
import json, sys
for i, statement in enumerate(sys.argv[3:]):
    run = json.load(open(sys.argv[1]))
    exec(statement, {"run": run, "row": run["benchmarks"][0], "entry": run["samples"][0]})
    json.dump(run, open(f"{sys.argv[2]}{i}.json", "w"))
PYTHON
}
bad=$work/bad
mkdir -p "$bad/folder.json"
echo '{"benchmarks": [' >"$bad/cut.json"
echo '[]' >"$bad/list.json"
echo '{"context": {}, "benchmarks": []}' >"$bad/empty.json"
printf '\377\376{"context": {}}' >"$bad/latin.json"
python3 -c "print('[' * 200000 + ']' * 200000)" >"$bad/deep.json"
python3 -c "print('{\"context\": {\"x\": ' + '[' * 5000 + ']' * 5000 + '}, \"benchmarks\": []}')" >"$bad/nested.json"
fake "$work/a.json"
rows=("run['context'] = None" "del run['context']" "run['context'] = []" "run['benchmarks'] = None"
    "run['benchmarks'] = {}" "run['benchmarks'] = [1]" "run['benchmarks'][0] = None" "row['limit_us'] = 'ten'"
    "row['limit_us'] = None" "row['min_us'] = 'ten'" "row['min_us'] = float('nan')" "row['min_us'] = float('inf')"
    "row['min_us'] = -1" "row['min_us'] = 0" "row['min_us'] = 10 ** 400" "row['min_us'] = 1e300" "row['min_us'] = True"
    "row['min_us'] = [1]" "del row['min_us']" "row['of_limit'] = 'half'" "row['of_limit'] = float('nan')"
    "row['family_index'] = 'first'" "row['name'] = 7" "row['name'] = None" "row['name'] = 'a\\nb/c/d/e/f/hourglass'"
    "row['name'] = '\\ud800/b/c/d/e/hourglass'" "row['label'] = 5" "run['context']['machine'] = 'm\\n'")
samples=("run['samples'] = 5" "run['samples'] = [1]" "run['samples'] = {}" "entry['us'] = None" "entry['us'] = 'x'"
    "entry['us'][3] = 'x'" "entry['us'][3] = float('nan')" "entry['us'][3] = -1" "entry['us'][3] = 0"
    "entry['us'][3] = 10 ** 400" "entry['core_us'][3] = None" "entry['memory_us'][3] = float('inf')"
    "entry['core_us'].pop()" "entry['waited'].pop()" "entry['waited'][3] = -1" "del entry['waited']"
    "entry['name'] = 7" "entry['kernel'] = None" "entry['rev'] = 'x'" "del entry['rev']")
spoil "$bad/rows" "${rows[@]}"
spoil "$bad/samples" "${samples[@]}"
for file in "$bad"/*.json "$bad/absent.json"; do
    what=$(basename "$file" .json)
    case $what in
    rows*) i=${what#rows} what="${rows[i]}" ;;
    samples*) i=${what#samples} what="${samples[i]}" ;;
    *)
        expect "compare of $what" refused "$file" bench/compare "$file" "$work/a.json"
        expect "picture of $what" refused "$file" scripts/picture "$file" "$work/picture.svg"
        ;;
    esac
    expect "compare with $what" refused "$file" bench/compare "$work/a.json" "$file"
    [[ $file == */samples* ]] || expect "summary of $what" refused "$file" bench/summary "$file"
done
expect "summary" exits 0 bench/summary "$work/a.json"
expect "has the peer" grep -q 'net/layer0 nhwc 1t .* onednn  *10.0   1.00' "$work/out"
fake "$work/old.json" samples=0
expect "summary of a run without samples" exits 0 bench/summary "$work/old.json"
expect "picture of a run without samples" exits 0 scripts/picture "$work/old.json" "$work/picture.svg"
expect "usage of summary" exits 2 bench/summary
expect "usage of picture" exits 2 scripts/picture "$work/a.json"
expect "picture into no folder" exits 2 scripts/picture "$work/a.json" "$work/none/picture.svg"
expect "says why" says "cannot be written"

# ---- Output that nobody takes: never exit code 1, which is a verdict, and no traceback ----
# unheard CODE OUT ERR COMMAND...: OUT and ERR are full (disk), gone (a pipe without a reader), closed or read.
unheard() {
    python3 - "$@" <<'PYTHON'
import os, subprocess, sys
code, *names = sys.argv[1:4]
def stream(name):
    if name == "full":
        return open("/dev/full", "w")
    if name == "gone":
        read, write = os.pipe()
        os.close(read)
        return write
    return subprocess.PIPE
def close():
    for number, name in enumerate(names, 1):
        if name == "closed":
            os.close(number)
got = subprocess.run(sys.argv[4:], stdout=stream(names[0]), stderr=stream(names[1]), preexec_fn=close)
said = (got.stdout or b"") + (got.stderr or b"")
assert got.returncode == int(code) and b"Traceback" not in said, (got.returncode, said)
PYTHON
}
fake "$work/slow.json" one=1.5
for program in "bench/compare $work/a.json $work/a.json" "bench/compare $work/a.json $work/slow.json" \
    "bench/summary $work/a.json"; do
    for streams in "full read" "gone read" "full full" "gone gone" "full closed"; do
        expect "$program, $streams" unheard 2 $streams $program
    done
done
expect "no output at all" unheard 0 closed closed bench/compare "$work/a.json" "$work/a.json"
expect "but a verdict" unheard 1 closed gone bench/compare "$work/a.json" "$work/slow.json"
expect "a bad file that nobody is told of" unheard 2 read gone bench/compare "$work/a.json" "$bad/cut.json"
exits 2 bash -c "bench/compare '$work/a.json' '$work/a.json' >/dev/full"
expect "a full disk is named" says "the output cannot be written: No space left on device"

# ---- The rule, on simulated runs ----
if tests/compare_simulation.py >"$work/out"; then
    passed=$((passed + $(sed -n '$s/ passed.*//p' "$work/out")))
else
    failed=$((failed + 1))
    cat "$work/out"
fi

# ---- bench/selection: the figures of tables, on two problems ----
if [ -x "$build/bench/table_figures" ]; then
    mkdir "$work/selection"
    printf '%s\n' 'max_pool2d f32 nhwc n1 c32 h16 w16 r2x2 s2x2 p0,0,0,0 d1x1 o8x8' \
        'max_pool2d f32 nhwc n1 c32 h20 w20 r2x2 s2x2 p0,0,0,0 d1x1 o10x10' >"$work/selection/keys"
    expect "selection" exits 0 bench/selection "$build" --quick --work "$work/selection" tables
    expect "leaves out one by one" grep -qE '^\| untuned shapes.* \| mean [0-9.]+ %, p95 [0-9.]+ % *\|$' "$work/out"
    expect "loads" grep -qE '^\| loading them .* \| [0-9.]+ ms *\|$' "$work/out"
    expect "a step that is none" exits 2 bench/selection "$build" --work "$work/selection" tabels
fi

conclude
