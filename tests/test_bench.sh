#!/usr/bin/env bash
# hourglass-bench and what reads its results: exit codes and messages, never a time.
#   tests/test_bench.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/expect.sh
bench=$PWD/$1/bench/hourglass-bench

if [ -x "$bench" ]; then
    layer='--benchmark_filter=max5x5s1_256x20/.*/hourglass$'
    run() { "$bench" --shapes=bench/shapes/targets.tsv --benchmark_min_time=0.001 "$@"; }
    expect "one layer" exits 0 run "$layer" --threads=1,2 --layouts=nhwc,nchw --benchmark_out="$work/run.json"
    expect "names have six parts" test "$(grep -c '"name": "[a-z0-9_]*\(/[a-z0-9_]*\)\{3\}/threads:[12]/hourglass"' \
        "$work/run.json")" -eq 4
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

conclude
