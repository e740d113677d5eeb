#!/usr/bin/env bash
# The example network on a photograph: the same coins whatever the table, the ISA and cpuinfo say.
#   tests/test_segment.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/expect.sh
segment=$build/examples/segment
[ -x "$segment" ] || exit 77

# [option=WORD] run NAME [VARIABLE=VALUE...]: logits within 1e-3 of PyTorch's, and the coins are found.
run() {
    local name=$1
    shift
    if env "$@" "$segment" ${table:+--table "$table"} ${option:+"$option"} --golden examples/segment/golden.bin \
        examples/segment/coins.png "$work/$name.png" "$work/over.png" >"$work/$name.log" 2>&1 &&
        grep -q '24 coins' "$work/$name.log"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
        tail -n 20 "$work/$name.log"
    fi
}

table='' run untuned
expect "estimates weigh what may be fused" grep -q 'up2 and dec2: .* by estimates' "$work/untuned.log"
table='' option=--unfused run unfused
expect "every layer by itself" grep -q 'up2 and dec2: .*; two steps' "$work/unfused.log"
table='' run scalar HG_ISA=scalar
table='' run unknown_isa HG_ISA=quantum
table='' run threads HG_THREADS=2
run_with_stub() { # cpuinfo that fails, as in a sandbox without /proc
    printf 'int cpuinfo_initialize(void) { return 0; }\n' >"$work/stub.c"
    gcc -shared -fPIC -o "$work/stub.so" "$work/stub.c" && table='' run no_cpuinfo "LD_PRELOAD=$work/stub.so"
}
run_with_stub

HG_RECORD_MISSES="$work/misses" "$segment" --print-keys >"$work/keys"
for key in 'conv_transpose2d .* c48 .* r4x4 s2x2' 'resize2d .* c48 .* nearest' 'conv2d .* c48 h76 w96 k32'; do
    expect "$key, of both ways, is to be tuned" grep -q "$key" "$work/keys"
    expect "... and noted as untuned" grep -q "$key" "$work/misses"
done
"$hourglass" tune --keys "$work/keys" --seconds 0.3 --out "$work/table.jsonl" >/dev/null 2>&1
table=$work/table.jsonl run tuned
expect "every layer uses its tuned record" grep -qE '(1[67]) of \1 choices from tuning records' "$work/tuned.log"
expect "records weigh what may be fused" grep -q 'up2 and dec2: .* by tuning records' "$work/tuned.log"
sed 's/avx2/zvx2/g' "$work/table.jsonl" >"$work/bad.jsonl"
table=$work/bad.jsonl run corrupted
table=$work/absent.jsonl run absent

for mask in unfused scalar threads no_cpuinfo corrupted absent; do
    expect "$mask leaves the mask alone" cmp -s "$work/untuned.png" "$work/$mask.png"
done

conclude
