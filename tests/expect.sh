# What the shell tests share; sourced from the root of the sources with the build folder, absolute or
# from there. Leaves the environment's tables and overrides out, makes the folder $work, which goes at
# the end. Exit code 77 says skipped.
build=$(realpath "$1")
hourglass=$build/cli/hourglass
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset HG_ISA HG_KERNEL
export HG_TABLE=none
passed=0 failed=0

# expect NAME COMMAND...
expect() {
    local name=$1
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $name"; fi
}
# exits CODE COMMAND...: what the command prints is in $work/out and $work/err.
exits() {
    local wanted=$1 got
    shift
    "$@" >"$work/out" 2>"$work/err" </dev/null
    got=$?
    [ "$got" -eq "$wanted" ] ||
        { echo "exit $got instead of $wanted: $*"; tail -n 30 "$work/out"; cat "$work/err"; false; }
}
# says TEXT: the last command of exits printed it, on either stream.
says() { grep -qF -- "$1" "$work/out" "$work/err" || { echo "not said: $1"; cat "$work/err"; false; }; }
# refused FILE COMMAND...: exit code 2, and one line that names the file
refused() {
    local file=$1
    shift
    exits 2 "$@" && grep -qF "$(basename "$file")" "$work/err" && [ "$(wc -l <"$work/err")" -eq 1 ] ||
        { cat "$work/err" "$file" 2>&1 | head -c 2000; false; }
}
# The last line of a test, and its exit code.
conclude() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
