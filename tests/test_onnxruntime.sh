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
"$build/tests/test_onnxruntime" "$runtime" "$build/runtimes/onnxruntime/libhourglass-onnxruntime.so" "$models" "${@:2}"
