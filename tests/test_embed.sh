#!/usr/bin/env bash
# How other projects take Hourglass in: installed and found by pkg-config and CMake, shared, static and in plugins,
# as a Meson subproject, and by CMake's add_subdirectory; from C and C++. Needs no network; the last two compile
# the library anew, once as a debug build, once for one instruction set.
#   tests/test_embed.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/expect.sh
command -v pkg-config meson >/dev/null || { echo "skipped: pkg-config is missing"; exit 77; }
source=$PWD cc=${CC:-cc}
case $(uname -m) in x86_64) isa=avx2 ;; *) isa=neon ;; esac

expect "meson install" exits 0 env DESTDIR="$work/root" meson install -C "$build" --no-rebuild
pc=$(find "$work/root" -name hourglass.pc)
lib=$(dirname "$(dirname "$pc")")
pkg() { PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work/root pkg-config "$@" hourglass; }
version=$(pkg --modversion)
expect "the program says pkg-config's version" test \
    "$("$(find "$work/root" -path '*bin/hourglass')" version)" = "hourglass $version"
expect "the soname is the major version" grep -q "\[libhourglass.so.${version%%.*}\]" \
    <(readelf -d "$lib/libhourglass.so")
for header in include/hourglass/*.h*; do
    expect "$header is installed" exits 0 cmp "$header" "$(find "$work/root" -path "*/$header")"
done

for table in tables/*.jsonl; do
    expect "$table is installed" exits 0 cmp "$table" "$(find "$work/root" -path "*/share/hourglass/$table")"
    expect "and whole" exits 0 "$hourglass" table check "$table"
done

# What the headers declare is exported, under the version of the soname, and nothing else is; net.h is another
# library's.
declared=$(sed -e 's,/\*.*\*/,,' $(ls include/hourglass/*.h | grep -v /net.h) | tr '\n' ' ' | grep -Eo 'HG_API [^;{]*' |
    grep -Eo 'hg_[a-z0-9_]+\(' | tr -d '(' | sort -u)
exported=$(nm -D --defined-only --with-symbol-versions "$lib/libhourglass.so" | awk '$2 != "A" {print $3}' | sort)
expect "exports what the headers declare" diff <(sed "s/$/@@HOURGLASS_${version%%.*}/" <<<"$declared") <(echo "$exported")

# Linking the shared library asks for no development files of what it is built on.
expect "pkg-config finds it alone" exits 0 env PKG_CONFIG_LIBDIR="$lib/pkgconfig" pkg-config --cflags --libs hourglass

# example FILE FLAGS...: compiles the README's example, and nothing but what pkg-config says is known.
example() { exits 0 $cc -std=c11 -Wall -Wextra -Werror examples/minimal.c -o "$work/$1" "${@:2}"; }
# links FILE LIBRARY...: with these among Hourglass and what it is built on.
links() {
    local file=$1 found
    shift
    found=$(readelf -d "$file" | grep -Eo 'lib(hourglass|cpuinfo)\.so' | sort | tr '\n' ' ')
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

# ---- examples/embed: two programs that check their results, in C and C++, by each build system ----

embed=$work/embed
cp -r examples/embed "$embed"
export LD_LIBRARY_PATH=$lib
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
make_embed() { # VARIABLES...
    exits 0 make -C "$embed" -s clean &&
        exits 0 env PKG_CONFIG_PATH="$lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$work/root" \
            make -C "$embed" -s CFLAGS="$warnings" CXXFLAGS="$warnings" "$@"
}
# both FOLDER: the programs there run.
both() { exits 0 "$1/check" && says ": 0 failed" && exits 0 "$1/check_cpp"; }
expect "make, shared" make_embed
expect "links the library" links "$embed/check_cpp" libhourglass.so
expect "runs" both "$embed"
expect "make, the archive" make_embed STATIC=1
expect "runs" both "$embed"
if command -v clang++ >/dev/null; then
    expect "make, clang" make_embed CC=clang CXX=clang++
    expect "runs" both "$embed"
fi

# The program of docs/embed.md, word for word.
block() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" docs/embed.md | sed '1d;/^```$/,$d'; }
mkdir "$work/guide"
block c >"$work/guide/app.c"
block cmake >"$work/guide/CMakeLists.txt"
expect "the guide's program" exits 0 $cc -Wall -Werror "$work/guide/app.c" -o "$work/guide/app" $(pkg --cflags --libs)
expect "runs" exits 0 "$work/guide/app"
expect "prints what the guide says" says "13.5 by conv2d."

if command -v cmake >/dev/null; then
    # The prefix is found from where the package lies: the staged tree was never told.
    prefix=$(dirname "$(find "$work/root" -type d -name include)")
    expect "find_package" exits 0 cmake -S "$embed" -B "$embed/package" -DCMAKE_PREFIX_PATH="$prefix" \
        -DCMAKE_C_FLAGS="$warnings" -DCMAKE_CXX_FLAGS="$warnings"
    expect "builds" exits 0 cmake --build "$embed/package"
    expect "links the library" links "$embed/package/check" libhourglass.so
    expect "runs" env -u LD_LIBRARY_PATH bash -c "$embed/package/check && $embed/package/check_cpp" >/dev/null
    expect "the archive holds it" exits 0 "$embed/package/check_static"
    expect "links nothing of it" test -z "$(readelf -d "$embed/package/check_static" | grep libhourglass)"
    sed "s/hourglass 0.1/hourglass 0.2/" "$embed/CMakeLists.txt" >"$work/CMakeLists.txt"
    cp "$embed"/check.c* "$work"
    expect "not for another version" exits 1 cmake -S "$work" -B "$work/other" -DCMAKE_PREFIX_PATH="$prefix"

    expect "the guide's CMakeLists.txt" exits 0 cmake -S "$work/guide" -B "$work/guide/build" -DCMAKE_PREFIX_PATH="$prefix"
    expect "builds" exits 0 cmake --build "$work/guide/build"
    expect "runs" exits 0 "$work/guide/build/app"

    expect "add_subdirectory" exits 0 cmake -S "$embed" -B "$embed/sources" -DHOURGLASS_SOURCE="$source" \
        -DHOURGLASS_OPTIONS="-Disas=$isa;-Doptimization=1;-Dc_args=-DHG_ROLLED;-Dthreads=disabled"
    expect "builds" exits 0 cmake --build "$embed/sources"
    expect "runs" both "$embed/sources"
    # That archive needs the C library alone: even a program without any shared library.
    archive=$embed/sources/hourglass/meson/dispatch/libhourglass.a
    expect "fully static" exits 0 $cc -static -Iinclude examples/embed/check.c "$archive" -lm -o "$work/alone"
    expect "without an interpreter" test -z "$(readelf -l "$work/alone" | grep INTERP)"
    expect "runs" exits 0 "$work/alone"
    expect "without threads of its own" test -z "$(grep "2 threads" "$work/out")"
    expect "the processor told" says "by $([ $isa = avx2 ] && echo cpuid || echo auxval)"

    # A table compiled into it, and the kernels that the table names: what a device without files gets.
    export HG_ISA=$isa
    printf '%s\n' 'conv2d f32 nhwc n1 c64 h28 w28 k64 r1x1 s1x1 p0,0,0,0 d1x1 g1' \
        'max_pool2d f32 nhwc n1 c32 h16 w16 r2x2 s2x2 p0,0,0,0 d1x1 o8x8' >"$work/keys"
    expect "a table" exits 0 "$hourglass" tune --keys "$work/keys" --seconds 0.05 --out "$work/table.jsonl"
    expect "as C" exits 0 "$hourglass" table export-c "$work/table.jsonl"
    expect "of both" says "2 records, 2 kernels"
    cp "$work/out" "$work/table.h"
    meson=$embed/sources/hourglass/meson
    expect "compiled in" exits 0 meson configure "$meson" "-Dtable=$work/table.h"
    expect "builds" exits 0 ninja -C "$meson" dispatch/libhourglass.a "dispatch/libhourglass.so.$version"
    cat >"$work/device.c" <<'C'
#include <hourglass/hourglass.h>
#include <stdio.h>
int main(int argc, char **argv)
{
    hg_context *context;
    hg_plan *plan;
    hg_kernel_info info;
    const hg_context_options options = {.threads = 1};
    const float weights[64 * 64] = {0};
    hg_filter *filter;
    const hg_filter_desc desc = {.order = HG_OIHW, .out_channels = 64, .in_channels = 64, .height = 1, .width = 1};
    if (hg_context_create(&options, &context) || hg_filter_create(context, &desc, weights, &filter)) return 1;
    for (int i = 1; i < argc; i++) {
        if (hg_plan_from_key(context, argv[i], filter, NULL, NULL, &plan)) return 1;
        puts(hg_plan_explain(plan));
        hg_plan_free(plan);
    }
    for (size_t i = 0; hg_kernel_get(context, i, &info); i++)
        if (!info.reference) printf("row %s\n", info.name);
    hg_filter_free(filter);
    hg_context_free(context);
    return 0;
}
C
    archive=$meson/dispatch/libhourglass.a
    expect "a device's program" exits 0 $cc -Wall -Werror -Iinclude "$work/device.c" "$archive" -lm -o "$work/device"
    mapfile -t keys <"$work/keys"
    expect "plans" exits 0 "$work/device" "${keys[@]}"
    expect "by the table" test "$(grep -c "tuned: record of the table that is compiled in" "$work/out")" -eq 2
    expect "has its kernels alone" diff <(sed -n 's/^row //p' "$work/out" | sort) \
        <(sed -n 's/^    {"\([a-z0-9_.]*\)", [0-9]*},$/\1/p' "$work/table.h" | grep -v ref$)
    expect "for this machine alone" exits 0 env HG_ISA=scalar "$work/device" "${keys[@]}"
    expect "which is said" bash -c "! grep -q tuned: '$work/out'"
    expect "a program of every operator" exits 0 $cc -std=c11 -Iinclude examples/embed/check.c "$archive" -lm -o "$work/alone"
    expect "runs" exits 0 "$work/alone"
    expect "its results are right" says ": 0 failed"
    expect "other kernels are not in it" test -z "$(nm "$work/alone" | grep -E "hg_(resize2d|unpool2d|softmax2d)_.*_$isa")"
    expect "nor in the shared library" test -z "$(nm "$meson/dispatch/libhourglass.so" |
        grep -E "hg_(resize2d|unpool2d|softmax2d)_.*_$isa")"
    expect "whose own are" test -n "$(nm "$meson/dispatch/libhourglass.so" | grep "hg_pool2d_.*_$isa")"
    # A table that is installed with the library counts before it.
    expect "a prefix" exits 0 meson configure "$meson" "-Dprefix=$work/prefix"
    expect "builds" exits 0 ninja -C "$meson" dispatch/libhourglass.a
    expect "a device's program" exits 0 $cc -Wall -Werror -Iinclude "$work/device.c" "$archive" -lm -o "$work/device"
    tables=$work/prefix/share/hourglass/tables
    mkdir -p "$tables"
    head -n 1 "$work/table.jsonl" >"$tables/$(sed -n 's/.*"machine":"\([^"]*\)".*/\1/p' "$work/table.jsonl" | head -n 1).jsonl"
    expect "plans" exits 0 env -u HG_TABLE XDG_DATA_HOME="$work/nowhere" "$work/device" "${keys[@]}"
    expect "one by the installed table" test "$(grep -c "of the table that is installed" "$work/out")" -eq 1
    expect "one by the other" test "$(grep -c "record of the table that is compiled in" "$work/out")" -eq 1
    expect "plans without files" exits 0 "$work/device" "${keys[@]}" # HG_TABLE=none
    expect "by the other" test "$(grep -c "record of the table that is compiled in" "$work/out")" -eq 2
    unset HG_ISA
fi
unset LD_LIBRARY_PATH

parent=$work/parent
cp -r examples/embed "$parent"
mkdir "$parent/subprojects"
ln -s "$source" "$parent/subprojects/hourglass"
echo '#include <kernels/kernel.h>' >"$parent/internal.c"
echo "static_library('internal', 'internal.c', dependencies: hourglass, build_by_default: false)" >>"$parent/meson.build"
expect "a parent project" exits 0 meson setup "$parent/build" "$parent" --wrap-mode=forcefallback \
    -Ddefault_library=static -Dhourglass:isas=$isa
expect "builds" exits 0 ninja -C "$parent/build"
expect "the library alone" test -z "$(find "$parent/build/subprojects" -type f -executable)"
expect "on cpuinfo alone" links "$parent/build/check" libcpuinfo.so
expect "runs" both "$parent/build"
expect "internal headers stay inside" exits 1 ninja -C "$parent/build" libinternal.a

conclude
