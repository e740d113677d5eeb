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
    expect "a run without a file" exits 0 run "$layer"
    expect "CSV" exits 0 run "$layer" --benchmark_out="$work/run.csv" --benchmark_out_format=csv
    expect "is no JSON" exits 2 bench/summary "$work/run.csv"
    expect "repetitions in random order" exits 0 run --peers=none --benchmark_filter='dw3|max|avg|gap' \
        --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true
    expect "samples of every repetition" exits 0 run "$layer" --benchmark_repetitions=3 --benchmark_out="$work/three.json" \
        --benchmark_enable_random_interleaving=true
    expect "in order" test "$(grep -o '"repetition_index": [0-9], "kernel"' "$work/three.json" | tr -dc '0-9\n' | xargs)" = "0 1 2"
    expect "help" exits 0 "$bench" --help
    expect "has our flags" says "--peer-isa=avx2|native"
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

# ---- bench/summary and bench/compare on runs made up here ----
# fake FILE [KEY=VALUE...]: a run of three layers, five repetitions. us: factor of the times, one: of the first
# layer's alone, limit: of the limits, noise: of the last four repetitions, layers, machine, accuracy.
fake() {
    python3 - "$@" <<'PYTHON'
import json, sys
o = dict(us=1.0, one=1.0, limit=1.0, noise=1.0, layers=3, machine="m", accuracy="default")
o.update((k, type(o[k])(v)) for k, v in (word.split("=") for word in sys.argv[2:]))
rows = []
for repetition in range(5):
    for i in range(o["layers"]):
        for who in ("hourglass", "onednn"):
            us = (i + 1) * 10 * o["us"] * (o["one"] if i == 0 else 1) * (o["noise"] if repetition else 1)
            rows.append({"name": f"conv2d/net/layer{i}/nhwc/threads:1/{who}", "family_index": i, "gflops": 1,
                         "min_us": us, "limit_us": 5 * o["limit"], "of_limit": 0.5, "label": "kernel"})
json.dump({"context": {"machine": o["machine"], "accuracy": o["accuracy"]}, "benchmarks": rows}, open(sys.argv[1], "w"))
PYTHON
}
# compared CODE "KEY=VALUE..." [FLAG...]: the run of these values against the plain one.
compared() {
    local code=$1 values=$2
    shift 2
    fake "$work/a.json" && fake "$work/b.json" $values && exits "$code" bench/compare "$work/a.json" "$work/b.json" "$@"
}
expect "a run and itself" compared 0 ""
expect "is the same" says "0 slower, 0 faster, 3 same"
expect "2 % are nothing" compared 0 "us=1.02"
expect "a slower layer" compared 1 "one=1.05"
expect "has its verdict" grep -q 'net/layer0 .* 1.050   3.0%  slower' "$work/out"
expect "and a geometric mean" says "net nhwc threads:1: geometric mean 1.016 over 3 layers"
expect "a threshold" compared 0 "one=1.05" --threshold 6
expect "a faster layer" compared 0 "one=0.9"
expect "is said" says "1 faster"
expect "repetitions that differ" compared 0 "one=1.1 noise=1.1"
expect "are said" says "3 same but noisy"
expect "a slower machine" compared 0 "us=1.2 limit=1.2"
expect "is said" says "1.200 times as long in B"
expect "a slower layer on a faster machine" compared 1 "one=1.1 us=0.8 limit=0.8"
expect "missing layers" compared 3 "layers=2"
expect "are said" says "1 missing"
expect "another machine" compared 3 "machine=n"
expect "on request" compared 0 "machine=n us=2 limit=2" --cross-machine
expect "another accuracy" compared 3 "accuracy=strict" --cross-machine
fake "$work/a2.json" us=1.08
expect "two processes that differ" exits 0 bench/compare "$work/a.json,$work/a2.json" "$work/a2.json"
expect "a bad threshold" exits 2 bench/compare "$work/a.json" "$work/b.json" --threshold -1
echo '{"benchmarks": [' >"$work/cut.json"
echo '[]' >"$work/list.json"
echo '{"benchmarks": []}' >"$work/empty.json"
for file in absent cut list empty; do
    expect "summary of $file.json" exits 2 bench/summary "$work/$file.json"
    expect "says why" bash -c "grep -q '$file.json' '$work/err' && ! grep -q Traceback '$work/err'"
    expect "compare with $file.json" exits 2 bench/compare "$work/a.json" "$work/$file.json"
    expect "says why" bash -c "grep -q '$file.json' '$work/err' && ! grep -q Traceback '$work/err'"
done
expect "summary" exits 0 bench/summary "$work/a.json"
expect "has the peer" grep -q 'net/layer0 nhwc 1t .* onednn  *10.0   1.00' "$work/out"
expect "picture" exits 0 scripts/picture "$work/a.json" "$work/picture.svg"
for file in absent cut empty; do
    expect "picture of $file.json" exits 2 scripts/picture "$work/$file.json" "$work/picture.svg"
done

conclude
