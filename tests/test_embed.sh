#!/usr/bin/env bash
# How other projects take Hourglass in: installed and found by pkg-config, shared and static, and as a
# Meson subproject. Needs no network; the subproject is compiled anew, as a debug build.
#   tests/test_embed.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/expect.sh
command -v pkg-config meson >/dev/null || { echo "skipped: pkg-config is missing"; exit 77; }
source=$PWD cc=${CC:-cc}

expect "meson install" exits 0 env DESTDIR="$work/root" meson install -C "$build" --no-rebuild
pc=$(find "$work/root" -name hourglass.pc)
lib=$(dirname "$(dirname "$pc")")
pkg() { PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work/root pkg-config "$@" hourglass; }
version=$(pkg --modversion)
expect "the program says pkg-config's version" test \
    "$("$(find "$work/root" -path '*bin/hourglass')" version)" = "hourglass $version"
expect "the soname is the major version" grep -q "\[libhourglass.so.${version%%.*}\]" \
    <(readelf -d "$lib/libhourglass.so")
for header in include/hourglass/*.h; do
    expect "$header is installed" exits 0 cmp "$header" "$(find "$work/root" -path "*/$header")"
done

# example FILE FLAGS...: compiles the README's example, and nothing but what pkg-config says is known.
example() { exits 0 $cc -std=c11 -Wall -Wextra -Werror examples/minimal.c -o "$work/$1" "${@:2}"; }
# links FILE LIBRARY...: with these among Hourglass and what it is built on.
links() {
    local file=$1 found
    shift
    found=$(readelf -d "$file" | grep -Eo 'lib(hourglass|cpuinfo|cjson)\.so' | sort | tr '\n' ' ')
    [ "$found" = "${*:+$* }" ] || { echo "$file links $found"; false; }
}
expect "shared" example shared $(pkg --cflags --libs)
expect "needs only Hourglass" links "$work/shared" libhourglass.so
expect "runs" exits 0 env LD_LIBRARY_PATH="$lib" "$work/shared"
expect "static" example static $(pkg --cflags --libs --static | sed 's/-lhourglass/-l:libhourglass.a/')
expect "holds Hourglass" test "$(nm "$work/static" | grep -c ' T hg_run$')" -eq 1
expect "runs alone" exits 0 "$work/static"

parent=$work/parent
mkdir -p "$parent/subprojects"
ln -s "$source" "$parent/subprojects/hourglass"
cp examples/minimal.c "$parent"
echo '#include <kernels/kernel.h>' >"$parent/internal.c"
cat >"$parent/meson.build" <<'MESON'
project('parent', 'c')
hourglass = dependency('hourglass', version: '>= 0.1', fallback: 'hourglass')
executable('minimal', 'minimal.c', dependencies: hourglass)
static_library('internal', 'internal.c', dependencies: hourglass, build_by_default: false)
MESON
expect "a parent project" exits 0 meson setup "$parent/build" "$parent" --wrap-mode=forcefallback \
    -Ddefault_library=static -Dhourglass:tables=disabled
expect "builds" exits 0 ninja -C "$parent/build"
expect "the library alone" test -z "$(find "$parent/build/subprojects" -type f -executable)"
expect "on cpuinfo alone" links "$parent/build/minimal" libcpuinfo.so
expect "runs" exits 0 "$parent/build/minimal"
expect "internal headers stay inside" exits 1 ninja -C "$parent/build" libinternal.a

conclude
