#!/usr/bin/env bash
# Flags of fast arithmetic in CFLAGS: the library's own win. Objects are those of a build without them, and
# nothing is linked that changes the floating-point mode of a process. Examples are built as users would.
#   tests/test_flags.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/expect.sh
source=$PWD cc=${CC:-cc}

# One file of each way in which the library is compiled.
case $(uname -m) in
    x86_64) isa=avx2 ;;
    *) isa=neon ;;
esac
objects=(kernels/libhg_kernels_packing.a.p/{conv2d_conv2d_ref,pool2d_pool2d_ref}.c.o
    kernels/libhg_kernels_portable.a.p/resize2d_taps.c.o
    kernels/libhg_kernels_$isa.a.p/pool2d_nhwc_window.simd.c.o dispatch/libhg_core.a.p/select.c.o
    dispatch/libhg_public.a.p/.._kernels_resize2d_resize2d_problem.c.o)

# configured NAME FLAGS
configured() {
    exits 0 env CFLAGS="$2" CXXFLAGS="$2" LDFLAGS= meson setup "$work/$1" "$source"
}
compiled() { exits 0 ninja -C "$work/$1" "${objects[@]}"; }
same_objects() {
    local o
    for o in "${objects[@]}"; do cmp "$work/plain/$o" "$work/$1/$o" || return; done
}
# behind FLAG NAME: every compilation but those of examples has the flag last of its kind.
behind() {
    local count
    count=$(grep '"command"' "$work/$2/compile_commands.json" | grep -v ' examples/' | tee "$work/all" |
        grep -vc -- " $1 .*-fno-fast-math")
    [ -s "$work/all" ] && [ "$count" -eq 0 ] || { echo "$count of $(wc -l <"$work/all") lack -fno-fast-math behind $1"; false; }
}
# Every link of the library and its programs, as the compiler passes it to the linker.
links_no_mode() {
    local line links=0
    while read -r line; do
        links=$((links + 1))
        ! (cd "$work/$1" && bash -c "$line -###" 2>&1) | grep -q crtfastmath || { echo "$line"; return 1; }
    done < <(ninja -C "$work/$1" -t commands | grep -E '^[^ ]*(cc|\+\+|gcc|clang) .*-o (dispatch|cli|runtimes|tests)/' |
        grep -v -- ' -c ')
    [ "$links" -gt 2 ]
}

expect "without flags" configured plain "-O3"
expect "compiled" compiled plain
for flags in "-Ofast" "-O3 -funsafe-math-optimizations -ffinite-math-only -fno-signed-zeros"; do
    name=fast$((passed + failed))
    expect "$flags" configured "$name" "$flags"
    expect "own flags come last" behind "${flags##* }" "$name"
    expect "links no change of mode" links_no_mode "$name"
    expect "compiled" compiled "$name"
    expect "the objects of a build without $flags" same_objects "$name"
done
internal=(-std=c11 -fsyntax-only -I. -x c kernels/common/attr.h)
expect "sources alone" exits 0 $cc "${internal[@]}"
for flag in -ffast-math -ffinite-math-only; do
    expect "stopped" exits 1 $cc $flag "${internal[@]}"
    expect "with a sentence" says "put -fno-fast-math behind"
done

conclude
