/* The environment. Contract: environment.h. */
#include "tuner/environment.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATH = 1024 };

/* The first line of a file that begins with `label`, without it; false: there is none. */
static bool read_line(const char *root, const char *file, const char *label, char *line, int size)
{
    char path[2 * PATH];
    snprintf(path, sizeof path, "%s/%s", root, file);
    FILE *f = fopen(path, "re");
    bool found = false;
    const size_t n = strlen(label);
    while (f && !found && fgets(line, size, f)) found = strncmp(line, label, n) == 0;
    if (f) fclose(f);
    if (!found) return false;
    memmove(line, line + n, strlen(line + n) + 1);
    line[strcspn(line, "\n")] = '\0';
    return true;
}

/* 0: no such file, or no number, as "max". */
static double read_number(const char *root, const char *file, const char *label)
{
    char line[256];
    return read_line(root, file, label, line, sizeof line) ? strtod(line, NULL) : 0;
}

/* The least of what a control group and those around it leave; 0: no limit. used: what it has
 * taken; caches of files can be taken back. */
static double group_left(const char *root, const char *group, const char *limit_file,
                         const char *used_file, const char *cache_label)
{
    char folder[PATH], file[PATH + 64];
    double least = 0;
    snprintf(folder, sizeof folder, "%s", group);
    for (;;) {
        snprintf(file, sizeof file, "%s/%s", folder, limit_file);
        const double limit = read_number(root, file, "");
        if (limit > 0 && limit < 1e18) {
            snprintf(file, sizeof file, "%s/%s", folder, used_file);
            double left = limit - read_number(root, file, "");
            snprintf(file, sizeof file, "%s/memory.stat", folder);
            left += read_number(root, file, cache_label);
            if (left < 1) left = 1;
            if (least == 0 || left < least) least = left;
        }
        char *slash = strrchr(folder, '/');
        if (!slash || strcmp(folder, "sys/fs/cgroup") == 0) return least;
        *slash = '\0';
    }
}

static double memory_left(const char *root)
{
    char name[PATH / 2], group[PATH];
    double least = 1024 * read_number(root, "proc/meminfo", "MemAvailable:");
    const bool unified = read_line(root, "proc/self/cgroup", "0::", name, sizeof name);
    snprintf(group, sizeof group, "sys/fs/cgroup%s", unified && strcmp(name, "/") ? name : "");
    const double left[] = {
        group_left(root, group, "memory.max", "memory.current", "inactive_file "),
        group_left(root, "sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
                   "total_inactive_file ")};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (left[i] > 0 && (least == 0 || left[i] < least)) least = left[i];
    return least;
}

/* "max 100000" or "50000 100000": time in a period. */
static double processor_quota(const char *root)
{
    char line[128], *end;
    if (!read_line(root, "sys/fs/cgroup/cpu.max", "", line, sizeof line)) return 0;
    const double time = strtod(line, &end), period = strtod(end, NULL);
    return time > 0 && period > 0 ? time / period : 0;
}

static int processors(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
}

void hg_environment_read(const char *root, hg_environment *e)
{
    char line[64];
    *e = (hg_environment){.processors = processors(),
                          .quota = processor_quota(root),
                          .memory = memory_left(root),
                          .running = -1};
    if (read_line(root, "proc/stat", "procs_running ", line, sizeof line))
        e->running = atoi(line) > 0 ? atoi(line) - 1 : 0; /* but for this one */
}

/* A name in the abstract space, which the system gives back when its holder ends, however it ends.
 */
static bool claim(int processor)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    const int n =
        snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "hourglass-tune-%d", processor);
    const int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
    if (s < 0 || bind(s, (const struct sockaddr *)&name, size) == 0)
        return true; /* the socket stays open: it is the claim */
    const bool taken = errno == EADDRINUSE;
    close(s);
    return !taken;
}

bool hg_environment_claim(int threads)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set)) return true;
    int had = 0;
    for (int i = 0; i < CPU_SETSIZE && had < threads; i++)
        if (CPU_ISSET((size_t)i, &set)) had += claim(i);
    return had >= threads || had == CPU_COUNT(&set);
}
