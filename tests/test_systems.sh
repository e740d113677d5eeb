#!/usr/bin/env bash
# Other systems: a static library and a static program on musl; a DLL and programs for Windows by mingw-w64, run
# by wine. Each compiles the library anew, for one instruction set. What is not installed is left out, aloud.
#   tests/test_systems.sh
set -uo pipefail
cd "$(dirname "$0")/.."
set -- "$PWD"
. tests/expect.sh
source=$PWD
case $(uname -m) in x86_64) isa=avx2 ;; *) isa=neon ;; esac
lean=(-Disas=$isa -Dcpuinfo=disabled -Dtests=false -Dbench=disabled
      -Dpython=disabled -Donnxruntime_provider=disabled -Dwerror=true)

if command -v musl-gcc >/dev/null; then
    musl=$work/musl
    expect "musl" exits 0 env CC="musl-gcc" meson setup "$musl" "$source" --prefix=/usr --libdir=lib \
        --default-library=static -Dexamples=disabled -Doptimization=1 -Dc_args=-DHG_ROLLED "${lean[@]}"
    expect "builds" exits 0 ninja -C "$musl"
    expect "installs" exits 0 env DESTDIR="$work/root" meson install -C "$musl" --no-rebuild
    flags=$(PKG_CONFIG_LIBDIR=$work/root/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work/root pkg-config --cflags --libs hourglass)
    expect "its program, too" exits 0 "$musl/cli/hourglass" info
    expect "a static program" exits 0 musl-gcc -std=c11 -static examples/embed/check.c $flags -lm -o "$work/check"
    expect "without an interpreter" test -z "$(readelf -l "$work/check" | grep INTERP)"
    expect "runs" exits 0 "$work/check"
    expect "its results are right" says ": 0 failed"
else
    echo "left out: musl-gcc is missing"
fi

if [ $isa = avx2 ] && command -v x86_64-w64-mingw32-gcc >/dev/null; then
    cat >"$work/mingw.ini" <<'INI'
[binaries]
c = 'x86_64-w64-mingw32-gcc'
ar = 'x86_64-w64-mingw32-ar'
strip = 'x86_64-w64-mingw32-strip'
[host_machine]
system = 'windows'
cpu_family = 'x86_64'
cpu = 'x86_64'
endian = 'little'
INI
    windows=$work/windows
    expect "Windows" exits 0 meson setup "$work/mingw" "$source" --prefix=/ --libdir=lib --cross-file "$work/mingw.ini" \
        -Dexamples=disabled -Doptimization=2 "${lean[@]}" # 2: registers are spilled to the stack
    expect "builds" exits 0 ninja -C "$work/mingw"
    expect "installs" exits 0 env DESTDIR="$windows" meson install -C "$work/mingw" --no-rebuild
    expect "exports the public functions alone" test "$(x86_64-w64-mingw32-objdump -p "$windows/bin/"*.dll |
        sed -n '/Ordinal\/Name/,/^$/p' | grep -Ev 'Ordinal|^$| hg_')" = ""
    link=(x86_64-w64-mingw32-gcc -std=c11 -I"$windows/include" examples/embed/check.c)
    expect "a program on the DLL" exits 0 "${link[@]}" "$windows/lib/libhourglass.dll.a" -o "$windows/bin/check.exe"
    expect "a program on the archive" exits 0 "${link[@]}" "$windows/lib/libhourglass.a" -o "$work/alone.exe"
    if command -v wine >/dev/null; then
        export WINEPREFIX=$work/wine WINEDEBUG=-all
        mkdir "$WINEPREFIX"
        expect "runs" exits 0 timeout 120 wine "$windows/bin/check.exe"
        expect "its results are right" says ": 0 failed"
        expect "its kernels are $isa" says ".$isa."
        expect "runs without the DLL" exits 0 timeout 120 wine "$work/alone.exe"
        wineserver -k >/dev/null 2>&1
    else
        echo "left out: wine is missing"
    fi
else
    echo "left out: mingw-w64 is missing"
fi
conclude
