#!/usr/bin/env bash
# How other projects take Hourglass in: installed and found by pkg-config, shared, static and in plugins, and as
# a Meson subproject. Needs no network; the subproject is compiled anew, as a debug build.
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
expect "holds Hourglass" test "$(nm "$work/static" | grep -c ' [Tt] hg_run$')" -eq 1
expect "runs alone" exits 0 "$work/static"

# Plugins that hold the archive keep its names to themselves, so that each finds its own.
cat >"$work/plugin.c" <<'C'
#include <hourglass/hourglass.h>
__attribute__((visibility("default"))) const void *plugin(void);
const void *plugin(void)
{
    hg_context *context = NULL;
    if (hg_context_create(NULL, &context)) return NULL;
    hg_context_free(context);
    return (const void *)(uintptr_t)&hg_version;
}
C
cat >"$work/host.c" <<'C'
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
    const void *(*plugin)(void), *found[2] = {NULL, NULL};
    for (int i = 0; i < 2 && argc == 3; i++) {
        void *library = dlopen(argv[i + 1], RTLD_NOW | RTLD_GLOBAL);
        if (!library) return fprintf(stderr, "%s\n", dlerror()), 2;
        *(void **)&plugin = dlsym(library, "plugin");
        if (plugin) found[i] = plugin();
    }
    return !found[0] || !found[1] || found[0] == found[1];
}
C
archive=$(pkg --cflags --libs --static | sed 's/-lhourglass/-l:libhourglass.a/')
for name in one two; do
    expect "plugin $name" exits 0 $cc -std=c11 -Wall -Wextra -Werror -fPIC -fvisibility=hidden -shared \
        "$work/plugin.c" -o "$work/$name.so" $archive
    expect "exports its own function alone" test "$(nm -D --defined-only "$work/$name.so" | awk '{print $3}')" = plugin
done
expect "a host" exits 0 $cc -std=c11 "$work/host.c" -o "$work/host" -ldl
expect "two plugins, two libraries" exits 0 "$work/host" "$work/one.so" "$work/two.so"

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
