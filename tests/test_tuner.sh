#!/usr/bin/env bash
# The command line program, end to end: tune, interrupt and resume, explain, damaged tables, misuse.
#   tests/test_tuner.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/expect.sh

key='max_pool2d f32 nhwc n1 c32 h16 w16 r2x2 s2x2 p0,0,0,0 d1x1 o8x8'
cat >"$work/keys" <<KEYS
$key
resize2d f32 nhwc n1 c16 h9 w9 o18x18 bilinear half_pixel
conv2d f32 nhwc n1 c16 h12 w12 k24 r3x3 s1x1 p1,1,1,1 d1x1 g1
KEYS
table=$work/table.jsonl

expect "info" exits 0 "$hourglass" info
expect "info lists the reference" grep -q 'max_pool2d.f32.any.scalar.ref' "$work/out"
expect "tune" exits 0 "$hourglass" tune --keys "$work/keys" --budget 6 --out "$table"
expect "a record per problem" test "$(wc -l <"$table")" -eq 3
expect "no journal is left" test ! -e "$table.part"
explain() { HG_TABLE=$1 "$hourglass" explain "$key" >"$work/out" 2>&1; }
explain "$table"
expect "explain shows the record" grep -q 'tuned' "$work/out"

sed 's/"top"/"tip"/' "$table" >"$work/flipped"
explain "$work/flipped"
expect "a damaged line is skipped" bash -c "! grep -q tuned '$work/out' && grep -q max_pool2d '$work/out'"
head -c 700 "$table" >"$work/short"
expect "a truncated table is no error" explain "$work/short"
expect "a missing table is no error" explain "$work/absent"
head -c 4096 /dev/urandom >"$work/noise"
expect "noise is no error" explain "$work/noise"

expect "shapes" exits 0 "$hourglass" tune --shapes bench/shapes/targets.tsv --network targets \
    --layer max5x5s1_256x20 --budget 2 --layout both --out "$work/shapes.jsonl"
expect "both layouts" test "$(wc -l <"$work/shapes.jsonl")" -eq 2

# A layer with many candidates takes its time.
{ cat "$work/keys"; echo 'conv2d f32 nhwc n1 c64 h56 w56 k64 r3x3 s1x1 p1,1,1,1 d1x1 g1'; } >"$work/slow"
"$hourglass" tune --keys "$work/slow" --budget 600 --out "$work/slow.jsonl" >/dev/null 2>"$work/err" &
child=$!
sleep 0.2
kill -INT $child
wait $child
expect "an interrupt exits with 130" test $? -eq 130
expect "tuning resumes" exits 0 "$hourglass" tune --keys "$work/keys" --budget 4 --out "$work/slow.jsonl"
expect "all problems are there" test "$(wc -l <"$work/slow.jsonl")" -eq 3

expect "no command" exits 2 "$hourglass"
expect "unknown command" exits 2 "$hourglass" tone
expect "unknown option" exits 2 "$hourglass" tune --shape x
expect "missing file" exits 1 "$hourglass" tune --shapes "$work/absent" --out "$table"
expect "unwritable table" exits 1 "$hourglass" tune --keys "$work/keys" --budget 1 --out "$work/no/where"
for command in info tune explain run plan table version help; do
    expect "$command --help" exits 0 "$hourglass" $command --help
    expect "is about $command" grep -q "^  $command" "$work/out"
done
for command in info version help "plan --shapes bench/shapes/segment.tsv" "tune --keys $work/keys"; do
    expect "$command with a word too many" exits 2 "$hourglass" $command extra
    expect "names it" says 'unexpected word "extra"'
    expect "$command with an unknown option" exits 2 "$hourglass" $command --foo
done
for command in plan "tune --budget 1 --out $table"; do
    chosen() { exits "$1" "$hourglass" $command --shapes bench/shapes/fused.tsv,bench/shapes/segment.tsv "${@:2}"; }
    expect "$command: no such network" chosen 2 --network nope
    expect "lists the networks" says "no network nope in bench/shapes/fused.tsv,bench/shapes/segment.tsv; there are"
    expect "the last included" grep -q ', segment$' "$work/err"
    expect "$command: no such layer" chosen 2 --network segment --layer nope
    expect "lists the layers" says "no layer nope"
    expect "$command: no such layout" chosen 2 --layout bogus
    expect "names it" says "--layout bogus"
    expect "$command: one layer in both layouts" chosen 0 --network segment --layer "$(awk -F'\t' \
        '$1 == "segment" {print $2; exit}' bench/shapes/segment.tsv)" --layout both
done
expect "a network in two places" exits 2 "$hourglass" plan --shapes bench/shapes/networks.tsv --network nope
expect "is listed once" test "$(grep -o alexnet "$work/err" | wc -l)" -eq 1
expect "plan prints both" exits 0 "$hourglass" plan --shapes bench/shapes/segment.tsv --layout both --layer \
    "$(awk -F'\t' '$1 == "segment" {print $2; exit}' bench/shapes/segment.tsv)"
expect "and only these" test "$(grep -c ' f32 n' "$work/out")" -eq 2
expect "two budgets" exits 2 "$hourglass" tune --keys "$work/keys" --budget 1 --seconds 1 --out "$table"
expect "say so" says "exclude each other"
expect "a filter without shapes" exits 2 "$hourglass" tune --keys "$work/keys" --network segment --out "$table"
expect "nothing missing" exits 0 "$hourglass" tune --keys "$work/keys" --missing --out "$work/slow.jsonl"
expect "says so" says "nothing to tune"
expect "bad key" exits 2 "$hourglass" explain 'conv2d f32 nhwc nonsense'
expect "a key with a word twice" exits 2 "$hourglass" explain "$key" c32
expect "says so" says 'the key says the same thing twice, "c32"'

# The examples of docs/keys.md are canonical; its record is whole.
while read -r key; do
    expect "docs: $key" exits 0 "$hourglass" explain "$key"
    expect "is canonical" test "$(head -n 1 "$work/out")" = "$key"
done < <(sed -nE 's/^    ([a-z_]+2d f32 .*)/\1/p' docs/keys.md)
expect "docs: keys of all operators" test "$(grep -oE '^    [a-z_]+2d f32' docs/keys.md | sort -u | wc -l)" -eq 7
sed -n 's/^    {/{/p' docs/keys.md >"$work/documented"
expect "docs: the record" exits 0 "$hourglass" table check "$work/documented"
expect "is one" says "1 good line, 0 bad lines"

conclude
