#!/usr/bin/env bash
# The example network on a photograph: the same coins whatever the table, the ISA and cpuinfo say.
#   tests/test_segment.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/expect.sh
segment=$build/examples/segment
[ -x "$segment" ] || exit 77

# run NAME [VARIABLE=VALUE...]: logits within 1e-3 of PyTorch's, and the coins are found.
run() {
    local name=$1
    shift
    if env "$@" "$segment" ${table:+--table "$table"} --golden examples/segment/golden.bin \
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
table='' run scalar HG_ISA=scalar
table='' run unknown_isa HG_ISA=quantum
table='' run threads HG_THREADS=2
run_with_stub() { # cpuinfo that fails, as in a sandbox without /proc
    printf 'int cpuinfo_initialize(void) { return 0; }\n' >"$work/stub.c"
    gcc -shared -fPIC -o "$work/stub.so" "$work/stub.c" && table='' run no_cpuinfo "LD_PRELOAD=$work/stub.so"
}
run_with_stub

"$segment" --print-keys >"$work/keys"
"$hourglass" tune --keys "$work/keys" --seconds 0.3 --out "$work/table.jsonl" >/dev/null 2>&1
table=$work/table.jsonl run tuned
expect "every layer uses its tuned record" grep -q '16 of 16 choices from tuning records' "$work/tuned.log"
sed 's/avx2/zvx2/g' "$work/table.jsonl" >"$work/bad.jsonl"
table=$work/bad.jsonl run corrupted
table=$work/absent.jsonl run absent

for mask in scalar threads no_cpuinfo corrupted absent; do
    expect "$mask leaves the mask alone" cmp -s "$work/untuned.png" "$work/$mask.png"
done

conclude
