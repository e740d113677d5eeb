#!/usr/bin/env bash
# hourglass net and scripts/onnx2hg: words, exit codes, what it prints, keys that tune takes; the examples and the page about them.
#   tests/test_net.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/expect.sh
net() { "$hourglass" net "$@"; }

declare -A gives=([dcgan64]="image  n=1 c=3 h=64 w=64" [fcn8s]="classes  n=1 c=1 h=500 w=500"
                  [linknet512]="classes  n=1 c=1 h=512 w=512" [resnet50]="scores  n=1 c=1000 h=1 w=1"
                  [segnet]="classes  n=1 c=1 h=352 w=480" [small]="head  n=1 c=5 h=32 w=32"
                  [unet256]="head  n=1 c=2 h=256 w=256")
for file in examples/networks/*.hgnet; do
    expect "$file is planned" exits 0 net "$file"
    expect "... in one arena" says "arena"
    expect "... to its output" says "output  ${gives[$(basename "$file" .hgnet)]-not known}"
done
small=examples/networks/small.hgnet
expect "fused" exits 0 net "$small"
expect "... batch norm, residual and activation" says "conv2d:14 batch_norm:15 add:16 relu:17"
expect "... upsampling" says "upsample:23 conv2d:24 leaky_relu:25"
expect "... argmax" says "resize2d:28 argmax:29"
expect "unfused" exits 0 net "$small" --unfused
expect "... says so" says "activation2d."
expect "run" exits 0 net "$small" --run --n 2 --h 32 --w 96
expect "... prints the outputs" says "head: 7680 values"
expect "time" exits 0 net "$small" --time --seconds 0.01 --threads 2
expect "... prints steps" says "GFLOP/s"
expect "... and their share of what can be" says "of limit"

# Input and output are raw floats: what goes in by channels or by pixels comes out the same.
cat >"$work/copy.hgnet" <<'NET'
hgnet 1
input x c=2 h=2 w=2
output x
NET
printf '%032d' 1 >"$work/in"
expect "raw files" exits 0 net "$work/copy.hgnet" --input "$work/in" --output "$work/back"
expect "... are copied" cmp "$work/in" "$work/back"
expect "raw files, NCHW" exits 0 net "$work/copy.hgnet" --nchw --input "$work/in" --output "$work/back"
expect "... are copied" cmp "$work/in" "$work/back"
printf 1 >>"$work/in"
expect "an input of another size" exits 1 net "$work/copy.hgnet" --input "$work/in" --run
expect "... is named" says "does not have the input's 32 bytes"

expect "keys" exits 0 net "$small" --keys "$work/keys"
expect "... are tuned" exits 0 "$hourglass" tune --keys "$work/keys" --seconds 0.005 --level quick --out "$work/table"
expect "... all of them" exits 0 "$hourglass" table check "$work/table"

expect "packed weights are written" exits 0 net "$small" --packed "$work/packed" --output "$work/first"
expect "... as a file" test -s "$work/packed"
cp "$work/packed" "$work/kept"
expect "... and read" exits 0 net "$small" --packed "$work/packed" --output "$work/second"
expect "... with the same result" cmp "$work/first" "$work/second"
expect "... and not written again" cmp "$work/packed" "$work/kept"
head -c 1000 "$work/kept" >"$work/packed"
expect "a file that is cut off" exits 0 net "$small" --packed "$work/packed" --output "$work/second"
expect "... is named" says "cut off"
expect "... and written anew" cmp "$work/packed" "$work/kept"
expect "a folder that is none" exits 1 net "$small" --packed "$work/none/packed"
cp "$small" "$work/other"
expect "a file of another kind" exits 1 net "$small" --packed "$work/other"
expect "... is named" says "is no file of packed weights, and stays as it is"
expect "... and stays as it is" cmp "$small" "$work/other"

printf 'hgnet 1\ninput x c=1 h=4 w=4\ny = conv2d x k=1 window=9\noutput y\n' >"$work/wrong.hgnet"
expect "a wrong line" exits 1 net "$work/wrong.hgnet"
expect "... has its place" says "wrong.hgnet:3:5: conv2d of"
expect "no file" exits 1 net "$work/none.hgnet"
expect "no words" exits 2 net
expect "two files" exits 2 net "$small" "$small"
expect "a size that does not fit" exits 2 net "$small" --h 0
expect "half a size" exits 1 net "$small" --h 32

# The page: its first description runs, and it names every operator and attribute that there is.
sed -n '/^```hgnet$/,/^```$/p' docs/networks.md | sed '/^```/d' >"$work/page.hgnet"
expect "the page's example" exits 0 net "$work/page.hgnet" --run
for word in $(grep -Eo '\.name = "[a-z0-9_]+"' net/operators.c | cut -d'"' -f2) \
    $(grep -Eo '^    \{"[a-z0-9_]+", [A-Z]' net/attributes.c | cut -d'"' -f2); do
    expect "docs/networks.md has $word" grep -q "\`$word\`" docs/networks.md
done

command -v python3 >/dev/null && expect "from ONNX" exits 0 python3 tests/test_onnx2hg.py "$hourglass"
conclude
