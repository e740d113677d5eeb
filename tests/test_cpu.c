/* Contexts where the files that describe the machine are missing or damaged: they are made all the
 * same, with the same instruction sets, and not a byte is printed.
 *
 *     test_cpu
 *
 * Every open() of this process comes here first, cpuinfo's too. Each case is a process of its own:
 * cpuinfo initialises once. Prints what failed; the last line is "N passed, N failed". */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hourglass/hourglass.h"
#include "kernels/common/attr.h"

typedef struct file_case {
    const char *what, *path; /* files whose path begins so ... */
    const char *text;        /* ... hold this instead; NULL: they do not exist */
    bool enough;             /* cpuinfo may be asked nevertheless */
} file_case;

/* ---- Files that are not what they are ---- */

static const file_case *current; /* NULL: everything is as it is */

static int file_with(const char *text)
{
    const int file = memfd_create("text", 0);
    const ssize_t length = (ssize_t)strlen(text);
    if (file < 0 || write(file, text, (size_t)length) != length) return -1;
    return lseek(file, 0, SEEK_SET) == 0 ? file : -1;
}

/* What `open` and `open64` become; the library and cpuinfo only read. */
int open_narrow(const char *path, int flags, ...) __asm__("open");
int open_wide(const char *path, int flags, ...) __asm__("open64");

int open_narrow(const char *path, int flags, ...)
{
    if (current && strncmp(path, current->path, strlen(current->path)) == 0)
        return current->text ? file_with(current->text) : -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
}

int open_wide(const char *path, int flags, ...)
{
    return open_narrow(path, flags);
}

/* ---- One case ---- */

typedef struct answer {
    hg_status status;
    hg_machine first, second;
} answer;

static hg_status describe(hg_machine *machine)
{
    const hg_context_options o = {.ignore_environment = true};
    hg_context *context;
    const hg_status status = hg_context_create(&o, &context);
    if (status) return status;
    hg_context_machine(context, machine);
    hg_context_free(context);
    return HG_OK;
}

/* The child: one context as the case says, then another without it, or the other way round. */
static void answer_case(const file_case *c, bool hidden_first, int output, int to)
{
    answer a = {.status = HG_OK};
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    current = hidden_first ? c : NULL;
    a.status = describe(&a.first);
    current = hidden_first ? NULL : c;
    if (!a.status) a.status = describe(&a.second);
    _exit(write(to, &a, sizeof a) != (ssize_t)sizeof a);
}

static bool ask(const file_case *c, bool hidden_first, answer *a, char *said, size_t size)
{
    int ends[2];
    const int output = memfd_create("output", 0);
    if (output < 0 || pipe(ends)) return false;
    const pid_t child = fork();
    if (child == 0) answer_case(c, hidden_first, output, ends[1]);
    close(ends[1]);
    bool ok = child > 0 && read(ends[0], a, sizeof *a) == (ssize_t)sizeof *a;
    int status = 0;
    ok = ok && waitpid(child, &status, 0) == child && status == 0;
    const ssize_t length = pread(output, said, size - 1, 0);
    said[length > 0 ? length : 0] = '\0';
    close(ends[0]), close(output);
    return ok;
}

static bool alike(const hg_machine *a, const hg_machine *b)
{
#if defined(__x86_64__)
    if (strcmp(a->key, b->key)) return false; /* elsewhere cpuinfo's word is part of it */
#endif
    return a->isa == b->isa && a->cores >= 1;
}

static const char *fault_of(const file_case *c, bool hidden_first, const answer *a,
                            const char *usual, const char *said)
{
    const char *hidden = hidden_first ? a->first.source : a->second.source;
    const char *shown = hidden_first ? a->second.source : a->first.source;
    if (said[0]) return "something was printed";
    if (a->status) return "no context";
    if (!alike(&a->first, &a->second)) return "another machine";
    if (strcmp(shown, usual)) return "cpuinfo was not asked where it could be";
    if (hidden_first && !c->enough && strcmp(hidden, "cpuinfo") == 0) return "cpuinfo was asked";
    if (!hidden_first && strcmp(hidden, usual)) return "what cpuinfo had said is forgotten";
    return NULL;
}

int main(void)
{
    static const file_case cases[] = {
        {"as it is", "/no/such/file", NULL, true},
        {"without /proc", "/proc", NULL, false},
        {"without /sys", "/sys", NULL, false},
        {"without both", "/", NULL, false},
        {"/proc/cpuinfo is empty", "/proc/cpuinfo", "", false},
        {"/proc/cpuinfo is something else", "/proc/cpuinfo", "something else\n", true},
        {"kernel_max is missing", "/sys/devices/system/cpu/kernel_max", NULL, false},
        {"kernel_max is empty", "/sys/devices/system/cpu/kernel_max", "", false},
        {"kernel_max is a word", "/sys/devices/system/cpu/kernel_max", "word\n", false},
        {"possible is missing", "/sys/devices/system/cpu/possible", NULL, false},
        {"possible is a word", "/sys/devices/system/cpu/possible", "word\n", false},
        {"present is missing", "/sys/devices/system/cpu/present", NULL, false},
        {"present is empty", "/sys/devices/system/cpu/present", "", false},
        {"topology is missing", "/sys/devices/system/cpu/cpu", NULL, true}};
    char usual[sizeof((hg_machine *)0)->source] = "";
    int passed = 0, failed = 0;
    for (size_t i = 0; i < 2 * HG_COUNT(cases); i++) {
        const file_case *c = &cases[i / 2];
        const bool hidden_first = i % 2 == 0;
        answer a;
        char said[500] = "";
        const char *fault = "the test could not ask";
        if (ask(c, hidden_first, &a, said, sizeof said)) {
            if (i == 0) memcpy(usual, a.first.source, sizeof usual);
            fault = fault_of(c, hidden_first, &a, usual, said);
        }
        fault ? failed++ : passed++;
        if (fault)
            printf("FAILED %s, %s: %s\n  sources %s and %s; printed: \"%s\"\n", c->what,
                   hidden_first ? "then as it is" : "after as it is", fault, a.first.source,
                   a.second.source, said);
    }
    printf("the machine's source is usually %s\n%d passed, %d failed\n", usual, passed, failed);
    return failed ? 1 : 0;
}
