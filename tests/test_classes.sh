#!/usr/bin/env bash
# The command line program on a machine with two classes of cores, which is made up: processors with even and with
# odd numbers (tests/hybrid_cpu.c).
#   tests/test_classes.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/expect.sh
hourglass=$build/tests/hourglass_hybrid

# One processor of each class that this process may use.
mine=$(taskset -cp $$ | sed 's/.*: //' | tr ',' '\n' | awk -F- '{for (i = $1; i <= $NF; i++) print i}')
even=$(awk '$1 % 2 == 0 {print; exit}' <<<"$mine") odd=$(awk '$1 % 2 {print; exit}' <<<"$mine")
if [ -z "$even" ] || [ -z "$odd" ]; then
    echo "skipped: one processor alone"
    exit 77
fi
fast=aarch64-midr411fd480-l1.64k-l2.1024k slow=aarch64-midr411fd461-l1.32k-l2.256k
table=$work/table.jsonl
printf '%s\n' 'max_pool2d f32 nhwc n1 c32 h16 w16 r2x2 s2x2 p0,0,0,0 d1x1 o8x8' \
    'resize2d f32 nhwc n1 c16 h9 w9 o18x18 bilinear half_pixel' >"$work/keys"
records() { grep -c "\"machine\":\"$1\"" "$table"; }

expect "info" exits 0 "$hourglass" info
expect "the machine is the faster class" says "machine   $fast"
expect "both are told" test "$(grep -cE "[0-9]+ of aarch64-midr" "$work/out")" -eq 2
expect "with their caches" says "$slow, l1d 32 KiB, l2 256 KiB"
expect "info, bound to one" exits 0 taskset -c "$odd" "$hourglass" info
expect "the machine is that class" says "machine   $slow"
expect "which is alone" test "$(grep -cE "[0-9]+ of aarch64-midr" "$work/out")" -eq 0

expect "tune" exits 0 "$hourglass" tune --keys "$work/keys" --seconds 0.1 --out "$table"
expect "tells of the one" says "machine: $fast; 1 thread on"
expect "and of the other" says "machine: $slow; 1 thread on"
expect "records of the one" test "$(records $fast)" -eq 2
expect "and of the other" test "$(records $slow)" -eq 2
expect "nothing is missing" exits 0 "$hourglass" tune --keys "$work/keys" --missing --out "$table"
expect "says so, of both" test "$(grep -c 'nothing to tune' "$work/out")" -eq 2
expect "lint" exits 0 "$hourglass" table lint "$table"
expect "verify" exits 0 "$hourglass" table verify "$table"
expect "of both" test "$(grep -c 'changed choice' "$work/out")" -eq 2
expect "all are in use" exits 0 env HG_TABLE="$table" "$hourglass" info
expect "says so" says "4 records in use, 0 for other machines"
expect "explain" exits 0 env HG_TABLE="$table" "$hourglass" explain "$(head -n 1 "$work/keys")"
expect "by the record" says "tuned: exact table record"

expect "tune, bound to one" exits 0 taskset -c "$even" "$hourglass" tune --keys "$work/keys" --seconds 0.1 \
    --out "$work/bound.jsonl"
expect "that one alone" test "$(grep -c "\"machine\":\"$fast\"" "$work/bound.jsonl")" -eq "$(wc -l <"$work/bound.jsonl")"
expect "into the user's folder" exits 0 env -u HG_TABLE XDG_DATA_HOME="$work/data" "$hourglass" tune \
    --keys "$work/keys" --seconds 0.1
expect "a file for each" test -s "$work/data/hourglass/$fast.jsonl" -a -s "$work/data/hourglass/$slow.jsonl"

conclude
