#!/usr/bin/env bash
# The execution provider inside of ONNX Runtime: models that tests/onnxruntime_models.py makes, with and without it.
#   tests/test_onnxruntime.sh BUILD [--time]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd) runtime=$here/../build/onnxruntime/libonnxruntime.so.1
if ! [ -f "$runtime" ] || ! [ -x "$build/tests/test_onnxruntime" ]; then
    echo "left out: no ONNX Runtime (scripts/setup onnxruntime)"
    exit 0
fi
models=$(mktemp -d)
trap 'rm -r "$models"' EXIT
python3 "$here/onnxruntime_models.py" "$models" "${@:2}"
# The public ones by hourglass net.
if [ $# -eq 1 ]; then
    sed -n 's/^\(.*\)\.onnx -1 1x3x\([0-9]*x[0-9]*\) = .*/\1 \2/p' "$models/models" | while read -r name size; do
        "$here/../scripts/onnx2hg" "$models/$name.onnx" "$models/$name.hgnet" --size "$size"
        "$build/cli/hourglass" net "$models/$name.hgnet" --nchw --input "$models/$name.onnx.in" \
            --output "$models/$name.net" >/dev/null
    done
fi
# What docs/networks.md says first.
if [ -x "$build/examples/onnxruntime" ] && [ $# -eq 1 ]; then
    "$build/examples/onnxruntime" "$models/unet.onnx" 64x48 2 >"$models/said"
    grep -q "^13 of 13 nodes" "$models/said" || { cat "$models/said" && exit 1; }
    "$build/examples/onnxruntime" "$models/infinite_add.onnx" 4x5 >"$models/said"
    grep -q "^largest difference -\?nan" "$models/said" || { cat "$models/said" && exit 1; }
fi
"$build/tests/test_onnxruntime" "$runtime" "$build/runtimes/onnxruntime/libhourglass-onnxruntime.so" \
    "$build/tests/libonnxruntime-failing.so" "$models" "${@:2}"
