#!/usr/bin/env bash
# bench/sweep: its words, the layers that it draws, the program that times them, and its report of sweeps made up here.
#   tests/test_sweep.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/expect.sh

# ---- bench/sweep ----
# takes_all: the library takes every layer of many seeds, and what it prints of them again.
takes_all() {
    local program=$build/bench/hourglass-sweep
    tests/draw_layers.py 200 20 >"$work/drawn" && "$program" <"$work/drawn" >"$work/keys" &&
        "$program" <"$work/keys" >"$work/again" && cmp "$work/keys" "$work/again" &&
        test "$(wc -l <"$work/keys")" -eq 4000
}
# sweeps LINES: whether what hourglass-sweep read would be run.
sweeps() { printf '%s\n' "$@" | "$build/bench/hourglass-sweep"; }
# has_times FILE COUNT: layers with times in both layouts.
has_times() {
    python3 - "$@" <<'PYTHON'
import json, sys
layers = json.load(open(sys.argv[1]))["layers"]
assert len(layers) == int(sys.argv[2])
for layer in layers:
    assert [field["layout"] for field in layer["ours"]] == ["nhwc", "nchw"], layer
    timed = [t for field in layer["ours"] for t in [field["default"], *field["others"]]]
    assert all(t["us"] > 0 and t["estimate_us"] > 0 and t["name"].split(".")[1] == "f32" for t in timed), layer
    assert layer["rounds"] >= 3 and not any(field["wrong"] for field in layer["ours"]), layer
PYTHON
}
if [ -x "$build/bench/hourglass-sweep" ]; then
    expect "layers of 200 seeds" takes_all
    expect "a sweep" exits 0 bench/sweep "$build" --seed 5 --class pooling --count 2 --time 1 --out "$work/sweep.json"
    expect "has its table" grep -q '^| pooling | [0-2] of 2 |' "$work/out"
    expect "and its times" has_times "$work/sweep.json" 2
    expect "the last layer of it" exits 0 bench/sweep "$build" --seed 5 --class pooling --first 1 --count 1 --time 1 \
        --threads 2 --out "$work/last.json"
    expect "is the same" test "$(grep -c '"key"' "$work/last.json")" = 1 -a \
        "$(grep '"key"' "$work/last.json")" = "$(grep '"key"' "$work/sweep.json" | tail -n 1)"
    expect "stored sweeps" exits 0 bench/sweep --read "$work/sweep.json" "$work/sweep.json"
    expect "count together" says " of 4 |"
    expect "threads do not mix" exits 2 bench/sweep --read "$work/sweep.json" "$work/last.json"
    expect "a result into no folder" exits 2 bench/sweep "$build" --seed 5 --class pooling --count 1 --time 1 \
        --out "$work/none/sweep.json"
    expect "says why" says "none/sweep.json"
    expect "a bad layer" exits 2 sweeps "max_pool2d f32 nhwc n1 c8 h8 w8 r2x2 o4x5"
    expect "is named" says "o4x5"
    expect "NCHW" exits 2 sweeps "max_pool2d f32 nchw n1 c8 h8 w8 r2x2 s2x2"
    expect "no layer" exits 2 bash -c "'$build/bench/hourglass-sweep' </dev/null"
    for flag in --threads=0 --threads=1.5 --threads=257 --seconds=-1 --seconds= --isa=neon --foo; do
        expect "$flag" exits 2 "$build/bench/hourglass-sweep" "$flag"
        expect "$flag is named" says "hourglass-sweep: $flag"
    done
fi
expect "drawn layers" exits 0 bench/sweep --draw --seed 1 --count 3
expect "with their class" test "$(grep -Ec "^[a-z0-9]+	[a-z0-9_]+ f32 nhwc n[1-8] " "$work/out")" -eq 3
for words in "" "$build" "--seed 1" "--draw" "--seed x --draw" "--seed -1 --draw" "--seed 1 --draw --count 0" \
    "--seed 1 --draw --class dense" "--seed 1 --draw --time 0" "--seed 1 --draw --threads 0" "--draw --seed 1 --foo" \
    "--seed 1 --draw --isa neon" "--draw --read x" "$work --seed 1"; do
    expect "sweep $words" exits 2 bench/sweep $words
done
expect "a build without it" says "hourglass-sweep: No such file"

# ---- bench/sweep --read on sweeps made up here ----
# swept FILE [STATEMENT...]: a sweep of two layers, one even, of which a candidate takes half as long, and one that a
# peer wins. Or one in FILE0, FILE1 and so on for each statement of Python, changed by it.
swept() {
    python3 - "$@" <<'PYTHON'
import json, sys
def timed(name, us):
    return {"name": name, "us": us, "estimate_us": 20}
def field(layout, us, best):
    return {"layout": layout, "default": timed("own", us), "others": [timed("other", best)], "wrong": []}
def layer(name, us, best, peer):
    return {"class": name, "key": f"conv2d of {name}", "ours": [field("nhwc", us, best), field("nchw", 2 * us, 2 * best)],
            "peers": [{"library": "slow", "name": "jit", "us": 99}, {"library": "fast", "name": "jit", "us": peer},
                      {"library": "none", "lack": "it lacks the operator"}]}
def made_up():
    return {"title": "made up", "layers": [layer("1x1", 10, 5, 10), layer("3x3", 20, 20, 10)],
            "machine": {"processor": "p", "machine": "m", "isa": "avx2", "peer_isa": "avx2", "threads": 1,
                        "revision": "r", "peers": ["fast"]}}
for i, statement in enumerate(sys.argv[2:] or [""]):
    sweep = made_up()
    names = {"sweep": sweep, "first": sweep["layers"][0]}
    exec(statement, names)
    json.dump(names["sweep"], open(sys.argv[1] + (str(i) if sys.argv[2:] else ""), "w"))
PYTHON
}
# reads CODE STATEMENT: the report of the sweep that it changes
reads() { swept "$work/one" "$2" && exits "$1" bench/sweep --read "$work/one0"; }
expect "a sweep made up" reads 0 "pass"
expect "all of it" says "| all | 2 of 2 | 0.71 | 1.00 | 1 (50 %) | 0.50 | 0.50 | 50.0 % | 100 % | 2.00 | 1.00 | 2.00 | 2.00 |"
expect "one class" says "| 1x1 | 1 of 1 | 1.00 | 2.00 | 0 (0 %) | 1.00 | 1.00 |"
expect "a slow kernel" says "| 0.50 | 0.50 | kernel | conv2d of 3x3 | nhwc 20.0 us own | 20.0 us | the same | 10.0 us fast jit |"
expect "a wrong choice" says "| 2.00 | conv2d of 1x1 | 10.0 us own | 20.0 us | 5.0 us other | 20.0 us |"
expect "a wrong choice and a faster peer" reads 0 "first['peers'][1]['us'] = 8"
expect "is no slow kernel" says "| 0.80 | 1.60 | choice | conv2d of 1x1 |"
expect "a layer without a peer" reads 0 "first['peers'] = []"
expect "is not compared" says "| 1x1 | 0 of 1 | - |"
expect "a wrong result" reads 1 "first['ours'][1]['wrong'] = ['bad']"
expect "is named" says "- bad computes something else on conv2d of 1x1, nchw"
expect "a layer that failed" reads 1 "sweep['layers'][0] = {'class': '1x1', 'key': 'k', 'error': 'no memory'}"
expect "is named" says "- k: no memory"
spoilt=("sweep = []" "del sweep['title']" "del sweep['machine']" "sweep['machine']['threads'] = 'x'" "sweep['layers'] = {}"
    "sweep['layers'][0] = 5" "first['key'] = 'a\\nb'" "del first['class']" "first['ours'] = []" "first['ours'][0] = 5"
    "first['ours'][0]['default'] = 5" "first['ours'][0]['default']['us'] = 0" "first['peers'][0]['us'] = float('nan')"
    "first['ours'][0]['others'][0]['estimate_us'] = 10 ** 400" "del first['peers']" "first['peers'][1]['us'] = None"
    "first['peers'][1]['library'] = 7" "del first['ours'][0]['wrong']" "first['error'] = 5" "sweep['machine']['isa'] = 2")
swept "$work/spoilt" "${spoilt[@]}"
for i in "${!spoilt[@]}"; do
    expect "read with ${spoilt[i]}" refused "$work/spoilt$i" bench/sweep --read "$work/spoilt$i"
done
echo '{"title": "x", "layers": [' >"$work/cut.json"
printf '\377\376{"title": 1}' >"$work/latin.json"
python3 -c "print('[' * 200000 + ']' * 200000)" >"$work/deep.json"
for file in cut latin deep absent; do
    expect "read of $file" refused "$work/$file.json" bench/sweep --read "$work/$file.json"
done
swept "$work/swept.json"
exits 2 bash -c "bench/sweep --read '$work/swept.json' >/dev/full"
expect "a full disk is named" says "the output cannot be written: No space left on device"

# ---- A program that ends early ----
# An hourglass-sweep that ends before the second layer it is given, and goes on with less.
mkdir -p "$work/ends/bench"
cat >"$work/ends/bench/hourglass-sweep" <<'PYTHON'
#!/usr/bin/env python3
import json, sys
keys = sys.stdin.read().splitlines()
print(json.dumps({"processor": "p", "machine": "m", "isa": "a", "peer_isa": "a", "threads": 1, "revision": "r", "peers": []}))
timed = {"name": "own", "us": 1, "estimate_us": 1}
for i, key in enumerate(keys):
    if i == 1 and len(keys) == 4:
        print('{"key":', flush=True)
        sys.exit(3)
    print(json.dumps({"key": key, "ours": [{"layout": "nhwc", "default": timed, "others": [], "wrong": []}], "peers": []}))
PYTHON
chmod +x "$work/ends/bench/hourglass-sweep"
expect "a program that ends early" exits 1 bench/sweep "$work/ends" --seed 1 --count 4
expect "is named" says "bench/hourglass-sweep ended here, with exit code 3"
expect "and the rest goes on" says "| all | 0 of 3 |"

conclude
