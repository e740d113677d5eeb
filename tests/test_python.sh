#!/usr/bin/env bash
# hourglass for Python: what `meson install` puts there, and a wheel made from an sdist, or from the sources where they
# are no checkout. The wheel compiles the library anew, for one instruction set.
#   tests/test_python.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/expect.sh
# The interpreter that runs Meson is the one that Hourglass is built for.
python=$(sed -n '1s/^#! *//p' "$(command -v meson)")
$python -c 'import cffi, numpy' 2>/dev/null || { echo "skipped: cffi or NumPy is missing"; exit 77; }
passes() { grep -Eq '^[0-9]+ passed, 0 failed$' "$work/out" || { tail -n 40 "$work/err" "$work/out"; false; }; }

expect "meson install" exits 0 env DESTDIR="$work/root" meson install -C "$build" --no-rebuild
site=$(dirname "$(find "$work/root" -type d -path '*-packages/hourglass')")
run_tests() {
    exits 0 env PYTHONPATH="$1" "$python" python/tests/test_hourglass.py tests/golden/cases && passes &&
        exits 0 env PYTHONPATH="$1" "$python" python/tests/test_network.py && passes &&
        exits 0 env PYTHONPATH="$1" HG_PROGRAM="$hourglass" "$python" python/tests/test_tuning.py && passes
}
expect "its tests" run_tests "$site"
sed -n '/^```python$/,/^```$/p' docs/embed.md | grep -v '^```' >"$work/guide.py"
expect "the guide's calls" exits 0 env PYTHONPATH="$site" "$python" "$work/guide.py"
expect "say why" says "conv2d.f32"

if $python -c 'import mesonpy, pip' 2>/dev/null; then
    case $(uname -m) in x86_64) isa=avx2 ;; *) isa=neon ;; esac
    source=.
    if git rev-parse --verify -q HEAD >/dev/null 2>&1; then
        expect "an sdist" exits 0 "$python" -c 'import sys, mesonpy; mesonpy.build_sdist(sys.argv[1])' "$work"
        source=$work/sdist && mkdir "$source"
        expect "is whole" tar xf "$work"/hourglass-*.tar.gz -C "$source" --strip-components=1
    fi
    # Flags that compile in a third of the time: the kernels have their own tests.
    expect "a wheel" exits 0 env CFLAGS="-O1 -DHG_ROLLED" "$python" -m pip wheel "$source" --no-deps --no-build-isolation -w "$work/wheel" \
        --config-settings=setup-args=-Disas=$isa
    wheel=$(find "$work/wheel" -name '*.whl')
    expect "holds the package alone" test -z "$($python -m zipfile -l "$wheel" |
        awk 'NR > 1 {print $1}' | grep -Ev '^hourglass(/|-[^/]*\.dist-info/)')"
    expect "is installed" exits 0 "$python" -m pip install --no-deps --no-index --target "$work/site" "$wheel"
    expect "its tests" run_tests "$work/site"
else
    echo "left out: meson-python or pip is missing"
fi
conclude
