#!/usr/bin/env bash
# What `hourglass tune` does to its files: nothing is lost, nothing but a table is replaced.
#   tests/test_journal.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/.."
. tests/expect.sh
export HOME=$work/home XDG_DATA_HOME=$work/data

pool='max_pool2d f32 nhwc n1 c32 h16 w16 r2x2 s2x2 p0,0,0,0 d1x1 o8x8'
resize='resize2d f32 nhwc n1 c16 h9 w9 o18x18 bilinear half_pixel'
echo "$pool" >"$work/pool"
echo "$resize" >"$work/resize"
tune() { # KEYS TABLE
    "$hourglass" tune --keys "$work/$1" --seconds 0.05 --out "$2"
}
expect "a table of resize" exits 0 tune resize "$work/resize.jsonl"
expect "one problem is singular" says "1 problem tuned"

# ---- A loss of power leaves blocks of zeros, and lines of newer versions are not ours to drop ----
{ head -c 300 /dev/zero; echo; echo '{"of":"a newer version"}'; cat "$work/resize.jsonl"; } >"$work/zeros.jsonl"
cp "$work/zeros.jsonl" "$work/before"
expect "check counts bad lines" exits 1 "$hourglass" table check "$work/zeros.jsonl"
expect "check reads past zeros" says "1 good line, 2 bad lines"
expect "check counts as info does" says "1 usable here"
expect "tune into zeros" exits 0 tune pool "$work/zeros.jsonl"
expect "old lines stay word for word" cmp -n "$(stat -c %s "$work/before")" "$work/before" "$work/zeros.jsonl"
expect "the new record follows" exits 1 "$hourglass" table check "$work/zeros.jsonl"
expect "both are read" says "2 good lines, 2 bad lines"
{ head -c 50 /dev/zero; echo; cat "$work/resize.jsonl"; } >"$work/part.jsonl.part"
expect "tune with zeros in the journal" exits 0 tune pool "$work/part.jsonl"
expect "records behind them arrive" test "$(wc -l <"$work/part.jsonl")" -eq 2

# ---- Only regular files ----
mkfifo "$work/fifo"
expect "a FIFO is refused" exits 1 timeout 20 "$hourglass" tune --keys "$work/pool" --seconds 0.05 --out "$work/fifo"
expect "and named" says "fifo is not a regular file"
expect "and stays" test -p "$work/fifo"
expect "check refuses a FIFO" exits 1 timeout 20 "$hourglass" table check "$work/fifo"
mkfifo "$work/behind.jsonl.part"
expect "a FIFO as journal is refused" exits 1 timeout 20 "$hourglass" tune --keys "$work/pool" --seconds 0.05 \
    --out "$work/behind.jsonl"
if mknod "$work/null" c 1 3 2>/dev/null; then # root only
    expect "a device is refused" exits 1 tune pool "$work/null"
    expect "and stays a device" test -c "$work/null"
fi
expect "a folder is refused" exits 1 tune pool "$work"

# ---- Links, modes ----
mkdir "$work/links" "$work/real"
cp "$work/resize.jsonl" "$work/real/table.jsonl"
chmod 640 "$work/real/table.jsonl"
ln -s ../real/table.jsonl "$work/links/table.jsonl"
expect "tune through a link" exits 0 tune pool "$work/links/table.jsonl"
expect "the link stays" test -L "$work/links/table.jsonl"
expect "its target has both" test "$(wc -l <"$work/real/table.jsonl")" -eq 2
expect "and its mode" test "$(stat -c %a "$work/real/table.jsonl")" = 640
ln -s nowhere "$work/links/dangling"
expect "a dangling link is refused" exits 1 tune pool "$work/links/dangling"
expect "and named" says "dangling is a link to a file that does not exist"
(umask 077 && tune pool "$work/private.jsonl" >/dev/null 2>&1)
expect "the umask holds" test "$(stat -c %a "$work/private.jsonl")" = 600

# ---- Runs that were killed, runs that meet ----
echo 'half a tab' >"$work/stale.jsonl.new"
expect "tune after a killed rename" exits 0 tune pool "$work/stale.jsonl"
expect "nothing but the table is left" test "$(cd "$work" && echo stale*)" = stale.jsonl
# Another run ends between opening and locking: its name for the journal is gone.
cat >"$work/race.c" <<'C'
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int flock(int file, int operation)
{
    static int calls;
    if (calls++ == 0) unlink(getenv("PART"));
    return (int)syscall(SYS_flock, file, operation);
}
C
race() { PART=$work/race.jsonl.part LD_PRELOAD=$work/race.so tune pool "$work/race.jsonl"; }
if gcc -shared -fPIC -o "$work/race.so" "$work/race.c" 2>/dev/null; then
    expect "a journal removed before the lock" exits 0 race
    expect "loses no record" test "$(wc -l <"$work/race.jsonl")" -eq 1
fi
(exec 9>>"$work/held.jsonl.part" && flock 9 && : >"$work/is_held" && exec sleep 60) >/dev/null &
holder=$!
for _ in $(seq 500); do [ -e "$work/is_held" ] && break; sleep 0.02; done
expect "two runs on one table" exits 1 tune pool "$work/held.jsonl"
expect "the second says why" says "another run is writing it"
kill $holder

cp "$work/resize.jsonl" "$work/rest.jsonl"
cp "$work/resize.jsonl" "$work/rest.jsonl.part"
expect "nothing to tune, but a rest" exits 0 "$hourglass" tune --keys "$work/resize" --missing --out "$work/rest.jsonl"
expect "is merged" says "1 record of a run that was interrupted merged"
expect "and gone" test ! -e "$work/rest.jsonl.part"

# ---- Writers that are killed at any moment, readers beside them ----
readers() {
    while [ ! -e "$work/over" ]; do
        [ ! -e "$work/killed.jsonl" ] || "$hourglass" table check "$work/killed.jsonl" >/dev/null 2>&1 ||
            echo unreadable >>"$work/unreadable"
        sleep 0.02
    done
}
cp "$work/resize.jsonl" "$work/killed.jsonl"
reader=()
for _ in 1 2 3 4 5 6 7 8; do readers & reader+=($!); done
finished() { # the keys of whole lines, merged or not
    cat "$work/killed.jsonl" "$work/killed.jsonl.part" 2>/dev/null | grep '"crc32c":"[0-9a-f]*"}$' |
        sed 's/.*"key":"\([^"]*\)".*/\1/'
}
for i in $(seq "${HG_WRITERS:-50}"); do # each with a problem of its own
    echo "max_pool2d f32 nhwc n1 c8 h$((2 * i)) w16 r2x2 s2x2 p0,0,0,0 d1x1 o${i}x8" >"$work/writer"
    "$hourglass" tune --keys "$work/writer" --seconds 0.03 --out "$work/killed.jsonl" >/dev/null 2>&1 &
    writer=$!
    sleep "0.0$((i * 7 % 10))$((i % 10))"
    kill -KILL $writer 2>/dev/null
    wait $writer 2>/dev/null
    finished >>"$work/finished"
done
touch "$work/over"
wait "${reader[@]}"
expect "no reader saw half a table" test ! -e "$work/unreadable"
expect "a last run" exits 0 tune pool "$work/killed.jsonl"
expect "leaves a whole table" exits 0 "$hourglass" table check "$work/killed.jsonl"
sort -u "$work/finished" >"$work/wanted"
finished | sort -u >"$work/kept"
expect "some writers had finished" test "$(wc -l <"$work/wanted")" -gt 1
expect "no finished record is lost" test -z "$(comm -23 "$work/wanted" "$work/kept")"
echo "${HG_WRITERS:-50} writers were killed, $(wc -l <"$work/wanted") records finished"

# ---- Records that cannot be used ----
sign() { # BODY: a record of it, closed by its CRC-32C
    local text=$1 crc=$((0xffffffff)) i k b
    for ((i = 0; i < ${#text}; i++)); do
        printf -v b %d "'${text:i:1}"
        crc=$((crc ^ b))
        for k in 1 2 3 4 5 6 7 8; do crc=$((crc & 1 ? crc >> 1 ^ 0x82F63B78 : crc >> 1)); done
    done
    printf '%s,"crc32c":"%08x"}\n' "$text" $((crc ^ 0xffffffff))
}
expect "a table of pool" exits 0 tune pool "$work/pool.jsonl"
body=$(sed 's/,"crc32c".*//' "$work/pool.jsonl")
expect "the checksum is CRC-32C" test "$(sign "$body")" = "$(cat "$work/pool.jsonl")"
expect "lint of a good table" exits 0 "$hourglass" table lint "$work/pool.jsonl"
forge() { sed -E "$1" <<<"$body"; }
{
    cat "$work/pool.jsonl" "$work/resize.jsonl"
    sign "$(forge 's/"config":"[^"]*"/"config":"block=12345"/g')"
    sign "$(forge 's/"rev":[0-9]+/"rev":9999/g')"
    sign "$(forge 's/"kernel":"[^"]*"/"kernel":"conv2d.f32.any.scalar.ref"/g')"
    sign "$(forge 's/"kernel":"[^"]*"/"kernel":"none"/g')"
    sign "$(forge 's/"key":"max_pool2d f32/"key":"max_pool2d f64/')"
    sign "$(forge 's/"threads":1/"threads":0/')"
    echo '{"of":"nobody"}'
} >"$work/forged.jsonl"
expect "lint of forged records" exits 1 "$hourglass" table lint "$work/forged.jsonl"
for line in '3: .*no such configuration' '4: .*has changed since' "5: .*another operator's" '6: .*no such kernel' \
    '7: .*names no problem' '8: .*threads' '9: .*damaged'; do
    expect "line $line" grep -q "forged.jsonl:$line" "$work/out"
done
expect "and of no good line" bash -c "! grep -qE 'jsonl:[12]:' '$work/out'"
expect "explain beside forged records" exits 0 env "HG_TABLE=$work/forged.jsonl" "$hourglass" explain "$pool"
expect "finds the good one" says "exact table record"
expect "forged records as C" exits 0 "$hourglass" table export-c "$work/forged.jsonl"
expect "are left out" says "2 records, 2 kernels"
expect "and counted" says "6 records left out"
{
    echo '#include "dispatch/builtin.h"'
    cat "$work/out"
    echo 'const size_t sizes[] = {sizeof builtin_kernels, sizeof builtin_records};'
} >"$work/table.c"
expect "what is left is C" exits 0 gcc -std=c11 -Wall -Wextra -Werror -I. -Iinclude -fsyntax-only "$work/table.c"
{ cat "$work/pool.jsonl"; sign "$(forge 's/"machine":"[^"]*"/"machine":"other-f1m2"/')"; } >"$work/two.jsonl"
expect "two machines as C" exits 1 "$hourglass" table export-c "$work/two.jsonl"
expect "ask which" says "--machine names one"
expect "one of them" exits 0 "$hourglass" table export-c "$work/two.jsonl" --machine other-f1m2
expect "has its record" says '#define HG_BUILTIN_MACHINE "other-f1m2"'
sign "$(forge 's,"machine":"[^"]*","machine":"x */ #error",')" >"$work/evil.jsonl"
expect "a name that is none" exits 1 "$hourglass" table export-c "$work/evil.jsonl"
sign "$(forge 's/"config":"[^"]*"/"config":"block=12345"/')" >"$work/limping.jsonl" # of the first alone
expect "lint of a record that serves by its second" exits 1 "$hourglass" table lint "$work/limping.jsonl"
expect "names it" says "no such configuration"
expect "it does serve" exits 0 env "HG_TABLE=$work/limping.jsonl" "$hourglass" explain "$pool"
expect "exactly" says "exact table record"
expect "it is not pruned" exits 0 "$hourglass" table prune "$work/limping.jsonl"
expect "not at all" test "$(wc -l <"$work/limping.jsonl")" -eq 1
expect "--missing measures it anew" exits 0 "$hourglass" tune --keys "$work/pool" --missing --seconds 0.05 \
    --out "$work/limping.jsonl"
expect "and says so" says "1 problem tuned"
cp "$work/forged.jsonl" "$work/repaired.jsonl"
expect "--missing measures them anew" exits 0 "$hourglass" tune --keys "$work/pool" --missing --seconds 0.05 \
    --out "$work/repaired.jsonl"
expect "says so" says "1 problem tuned"
expect "prune" exits 0 "$hourglass" table prune "$work/forged.jsonl"
expect "leaves what is good" cmp "$work/forged.jsonl" <(cat "$work/pool.jsonl" "$work/resize.jsonl")
{ cat "$work/pool.jsonl" "$work/pool.jsonl"; } >"$work/twice.jsonl"
expect "lint of one problem twice" exits 1 "$hourglass" table lint "$work/twice.jsonl"
expect "names the earlier" grep -q 'twice.jsonl:1: a later line' "$work/out"

expect "show" exits 0 "$hourglass" table show "$work/twice.jsonl"
expect "the problem once" test "$(grep -cF "$pool, 1 thread, " "$work/out")" -eq 1
expect "its choice and what was proved" grep -qE '^    max_pool2d\..*, [0-9.]+ us: .*untuned choice' "$work/out"
expect "diff of equal tables" exits 0 "$hourglass" table diff "$work/pool.jsonl" "$work/twice.jsonl"
expect "diff of others" exits 1 "$hourglass" table diff "$work/pool.jsonl" "$work/resize.jsonl"
expect "tells what is where" says "0 alike, 0 changed, 1 only in"
expect "merge" exits 0 "$hourglass" table merge "$work/merged.jsonl" "$work/pool.jsonl" "$work/resize.jsonl"
expect "holds both" cmp "$work/merged.jsonl" <(cat "$work/pool.jsonl" "$work/resize.jsonl")
verify() { "$hourglass" table verify --seconds 0.05 "$work/merged.jsonl" >"$work/out" 2>&1; [ $? -le 1 ]; }
expect "verify" verify
expect "counts" says "changed choice"
truncate -s 70M "$work/large.jsonl"
expect "a table beyond 64 MiB" exits 1 "$hourglass" table check "$work/large.jsonl"
expect "is named" says "larger than 64 MiB"
expect "also by programs" exits 0 env "HG_TABLE=$work/large.jsonl" "$hourglass" explain "$pool"
expect "that ignore it" says "is larger than 64 MiB; ignored"
expect "a subcommand that is none" exits 2 "$hourglass" table chekc "$work/pool.jsonl"
expect "diff with one table" exits 2 "$hourglass" table diff "$work/pool.jsonl"

# ---- Nowhere to write ----
nowhere() { exits 1 env -u HG_TABLE "$@" "$hourglass" tune --keys "$work/pool" --seconds 0.02; }
expect "no home" nowhere -u HOME -u XDG_DATA_HOME
expect "asks for --out" says "there is no home folder: --out is needed"
expect "a home that cannot be written" nowhere XDG_DATA_HOME=/proc/nowhere
expect "is named" says "/proc/nowhere"
on_read_only() { # CODE WORDS...: the mount is seen by this command alone
    exits "$1" env -u HG_TABLE -u XDG_DATA_HOME unshare -m \
        sh -c 'mount -t tmpfs -o ro none "$HOME" && exec "$@"' sh "$hourglass" "${@:2}"
}
mkdir -p "$HOME"
if unshare -m mount -t tmpfs -o ro none "$HOME" 2>/dev/null; then # root only
    expect "a read-only home" on_read_only 1 tune --keys "$work/pool" --seconds 0.02
    expect "is named" says "Read-only file system"
    expect "explain needs none" on_read_only 0 explain "$pool"
fi
mkdir "$work/full"
if mount -t tmpfs -o size=16k tmpfs "$work/full" 2>/dev/null; then
    cp "$work/resize.jsonl" "$work/full/table.jsonl"
    head -c 16384 /dev/zero >"$work/full/ballast" 2>/dev/null
    expect "a full disk" exits 1 tune pool "$work/full/table.jsonl"
    expect "is named" says "No space left on device"
    expect "what was there stays" cmp "$work/resize.jsonl" "$work/full/table.jsonl"
    rm "$work/full/ballast"
    expect "with room again" exits 0 tune pool "$work/full/table.jsonl"
    umount "$work/full"
fi

# ---- Which table, whose records ----
export HG_TABLE=$work/named/one.jsonl
tune_default() { "$hourglass" tune --keys "$work/pool" --seconds 0.05; }
expect "HG_TABLE names a file" exits 0 tune_default
expect "tune writes it" test -s "$work/named/one.jsonl"
expect "info reads it" exits 0 "$hourglass" info
expect "and says so" says "1 record in use"
expect "and what tune writes" says "tune writes $work/named/one.jsonl"
export HG_TABLE=none
expect "HG_TABLE names no file" exits 0 tune_default
expect "tune says that nobody reads" says 'HG_TABLE is "none"'
expect "info, too" exits 0 "$hourglass" info
expect "info says so" says "which is not read"

expect "tune under a cap" exits 0 env HG_ISA=scalar "$hourglass" tune --keys "$work/pool" --seconds 0.05 \
    --out "$work/capped.jsonl"
expect "explain without the cap" exits 0 env "HG_TABLE=$work/capped.jsonl" "$hourglass" explain "$pool"
expect "other kernels are not misled" bash -c "! grep -q tuned: '$work/out'"
expect "explain under the cap" exits 0 env HG_ISA=scalar "HG_TABLE=$work/capped.jsonl" "$hourglass" explain "$pool"
expect "has its record" says "tuned:"
export HG_TABLE=$work/absent.jsonl
expect "info without the table" exits 0 "$hourglass" info
expect "says so" says "1 file not readable"
export HG_TABLE=none
if [ "$(uname -m)" = x86_64 ]; then
    expect "info with another processor's cap" exits 0 env HG_ISA=neon "$hourglass" info
    expect "what stays is scalar" grep -q '^isa  *scalar$' "$work/out"
fi

conclude
