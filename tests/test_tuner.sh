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

# ---- Time and memory that a run may take ----
big='conv2d f32 nhwc n1 c64 h224 w224 k64 r3x3 s1x1 p1,1,1,1 d1x1 g1' # half a minute by the reference
{ echo "$big"; cat "$work/keys"; } >"$work/tail"
expect "a budget holds the check, too" exits 0 timeout 30 "$hourglass" tune --keys "$work/tail" --budget 2 \
    --out "$work/tail.jsonl"
expect "and the last problems get their share" test "$(wc -l <"$work/tail.jsonl")" -eq 4
expect "less than anything takes" exits 0 timeout 30 "$hourglass" tune --keys "$work/tail" --seconds 0.001 \
    --out "$work/short.jsonl"
huge='resize2d f32 nhwc n1 c16 h2048 w2048 o4096x4096 nearest asymmetric round=floor' # 1.3 GB
{ echo "$huge"; cat "$work/keys"; } >"$work/huge"
too_large() { (ulimit -v 300000 && exits 1 "$hourglass" tune --keys "$work/huge" --seconds 0.1 --out "$work/huge.jsonl"); }
expect "a problem beyond the memory" too_large
expect "is named" says "warning: $huge: not tuned"
expect "and counted" says "1 problem could not be tuned"
expect "the others are tuned" test "$(wc -l <"$work/huge.jsonl")" -eq 3

# ---- Systems that tell nothing ----
untold() { exits 0 unshare -m sh -c 'mount -t tmpfs none /proc && mount -t tmpfs none /sys && exec "$@"' sh "$@"; }
if unshare -m mount -t tmpfs none /proc 2>/dev/null; then # root only
    expect "neither /proc nor /sys" untold "$hourglass" tune --keys "$work/keys" --seconds 0.02 --out "$work/untold.jsonl"
    expect "all problems are tuned" test "$(wc -l <"$work/untold.jsonl")" -eq 3
fi

# ---- Who else is there ----
processor=$(taskset -cp $$ | sed 's/.*[ ,-]//')
on_one() { taskset -c "$processor" "$@"; }
expect "more threads than processors" exits 0 on_one "$hourglass" tune --keys "$work/keys" --threads 2 \
    --seconds 0.02 --out "$work/two.jsonl"
expect "is said" says "2 threads share 1 processor"
taskset -c "$processor" "$hourglass" tune --keys "$work/slow" --seconds 60 --out "$work/first.jsonl" >/dev/null 2>"$work/first" &
child=$!
for _ in $(seq 500); do grep -q machine: "$work/first" && break; sleep 0.02; done
expect "two tuners on a processor" exits 0 on_one "$hourglass" tune --keys "$work/keys" --seconds 0.02 \
    --out "$work/second.jsonl"
expect "know of each other" says "another tuner works on the same processors"
kill -INT $child
wait $child
expect "an interrupted run says so" grep -q 'stopping' "$work/first"

# ---- Terminals ----
if command -v script >/dev/null; then
    terminal() { # TERM
        TERM=$1 script -qec "$hourglass tune --keys $work/keys --seconds 0.3 --out $work/terminal.$1" /dev/null >"$work/seen" 2>&1
    }
    terminal xterm
    expect "a bar in a terminal" grep -q "$(printf '\033')" "$work/seen"
    terminal dumb
    expect "none in a dumb one" bash -c "! grep -q \"$(printf '\033')\" '$work/seen'"
    expect "but lines" grep -q '3/3 ' "$work/seen"
fi

# ---- Shapes that something spoilt on their way ----
head -n 8 bench/shapes/targets.tsv >"$work/shapes.tsv"
{ printf '\xEF\xBB\xBF'; cat "$work/shapes.tsv"; } >"$work/bom.tsv"
expect "a byte-order mark" exits 1 "$hourglass" tune --shapes "$work/bom.tsv" --out "$work/x.jsonl"
expect "is named" says "byte-order mark"
{ printf '\xEF\xBB\xBF'; cat "$work/keys"; } >"$work/bom.keys"
expect "one before keys" exits 1 "$hourglass" tune --keys "$work/bom.keys" --out "$work/x.jsonl"
expect "is named, too" says "byte-order mark"
expand "$work/shapes.tsv" >"$work/spaces.tsv"
expect "spaces for tabs" exits 1 "$hourglass" tune --shapes "$work/spaces.tsv" --out "$work/x.jsonl"
expect "are named" says "separated by tabs"

# ---- Shapes as the document has them ----
awk '/^network\t/ { on = 1 } /^```/ { on = 0 } on' docs/keys.md >"$work/mine.tsv"
expect "docs: the layers of the shapes file" exits 0 "$hourglass" tune --shapes "$work/mine.tsv" --seconds 0.02 \
    --out "$work/mine.jsonl"
expect "are six" says "6 problems tuned"
expect "a depthwise layer without groups" grep -q ' k24 r3x3 .* g24"' "$work/mine.jsonl"
spoilt() { sed "$1" "$work/mine.tsv" >"$work/spoilt.tsv"; exits 1 "$hourglass" tune --shapes "$work/spoilt.tsv" --out "$work/x.jsonl"; }
expect "a field that must be there" spoilt '2s/\t48$/\t/'
expect "is named" says "spoilt.tsv:2: OW is empty"
expect "a depthwise layer with other groups" spoilt '2d;1s/OW/OW\tgroups/;3,$s/$/\t4/'
expect "says both" says "groups is 4 and C 24"

# ---- Problems that had no record ----
export HG_RECORD_MISSES=$work/misses
expect "a miss" exits 0 "$hourglass" explain "$key"
expect "again" exits 0 "$hourglass" explain "$key"
expect "two threads" exits 0 "$hourglass" explain "$key" --threads 2
unset HG_RECORD_MISSES
expect "each is recorded once" test "$(cat "$work/misses")" = "$key"$'\n'"$key"$'\t'"threads=2"
expect "misses are tuned" exits 0 "$hourglass" tune --misses "$work/misses" --seconds 0.05 --out "$work/missed.jsonl"
expect "those of these threads" test "$(wc -l <"$work/missed.jsonl")" -eq 1
expect "others are named" says "1 problem of other numbers of threads"
known() { HG_TABLE=$work/missed.jsonl HG_RECORD_MISSES=$work/none exits 0 "$hourglass" explain "$key" "$@"; }
expect "then the record answers" known
expect "exactly" says "exact table record"
expect "and is no miss" test ! -e "$work/none"
expect "it answers for other threads" known --threads 2
expect "and says so" says "record for another number of threads"
expect "explain as JSON" exits 0 "$hourglass" explain "$key" --json
expect "names kernels that cannot" says '"rejected":{'
expect "explain with what is rejected" exits 0 "$hourglass" explain "$key" --rejected
expect "gives reasons" says "for another window"

expect "a report" exits 0 "$hourglass" tune --keys "$work/keys" --seconds 0.05 --out "$work/told.jsonl" \
    --report "$work/report.html"
expect "with a picture" grep -q '<svg.*</svg>' "$work/report.html"
expect "and each problem" test "$(grep -o '<section>' "$work/report.html" | wc -l)" -eq 3
expect "complete" test "$(tail -n 1 "$work/report.html" | tail -c 8)" = '</html>'
expect "nothing of other places" bash -c "! grep -qE 'https?:|src=|@import' '$work/report.html'"
expect "its picture alone" exits 0 "$hourglass" tune --keys "$work/keys" --missing --out "$work/told.jsonl" \
    --report "$work/report.svg"
expect "with each problem" test "$(python3 -c 'import sys, xml.dom.minidom as dom
print(len(dom.parse(sys.argv[1]).getElementsByTagName("circle")))' "$work/report.svg")" = 3
expect "a report where nothing can be tuned" exits 1 "$hourglass" tune --keys "$work/absent" --out "$work/told.jsonl" \
    --report "$work/none.html"
expect "is not written" test ! -e "$work/none.html"
expect "a report that cannot be written" exits 1 "$hourglass" tune --keys "$work/keys" --seconds 0.02 \
    --out "$work/told.jsonl" --report "$work/no/where.html"

expect "no command" exits 2 "$hourglass"
expect "an empty name for the table" exits 2 "$hourglass" tune --keys "$work/keys" --out ""
expect "is refused at once" says "--out names no file"
for shard in 1/2 2/2; do
    expect "shard $shard" exits 0 "$hourglass" tune --keys "$work/keys" --shard $shard --seconds 0.02 \
        --out "$work/shard.${shard%/*}"
done
expect "shards are merged" exits 0 "$hourglass" table merge "$work/shards.jsonl" "$work"/shard.[12]
expect "into all problems" test "$(wc -l <"$work/shards.jsonl")" -eq 3
expect "a shard of nothing" exits 2 "$hourglass" tune --keys "$work/keys" --shard 3/2 --out "$table"
expect "a level that is none" exits 2 "$hourglass" tune --keys "$work/keys" --level hasty --out "$table"
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
done < <(sed -nE 's/^    ([a-z_0-9]+ f32 .*)/\1/p' docs/keys.md)
expect "docs: keys of all operators" test "$(grep -oE '^    [a-z_0-9]+ f32' docs/keys.md | sort -u | wc -l)" \
    -eq "$(grep -cE '^    HG_OP_[A-Z0-9_]+,$' kernels/problem.h)"
sed -n 's/^    {/{/p' docs/keys.md >"$work/documented"
expect "docs: the record" exits 0 "$hourglass" table check "$work/documented"
expect "is one" says "1 good line, 0 bad lines"

conclude
