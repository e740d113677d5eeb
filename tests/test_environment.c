/* What a tuning run reads of the machine, from folders made up: memory that control groups leave,
 * processors, processes; and the claims of two tuners. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tuner/environment.h"

static int passed, failed;

static void expect(bool ok, const char *what)
{
    ok ? passed++ : failed++;
    if (!ok) printf("FAILED %s\n", what);
}

/* Writes ROOT/FILE, with the folders that lead to it. */
static void put(const char *root, const char *file, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", root, file);
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        mkdir(path, 0777);
        *at = '/';
    }
    FILE *f = fopen(path, "w");
    if (!f) exit(1);
    fputs(text, f);
    fclose(f);
}

static hg_environment read_root(const char *root)
{
    hg_environment e;
    hg_environment_read(root, &e);
    return e;
}

static void memory(const char *root)
{
    expect(read_root(root).memory == 0, "nothing is known of an empty machine");
    expect(read_root(root).running == -1, "nor who runs");
    put(root, "proc/meminfo", "MemTotal: 8000 kB\nMemAvailable:    4000 kB\n");
    expect(read_root(root).memory == 4000 * 1024.0, "memory that is available");
    put(root, "proc/self/cgroup", "0::/a/b\n");
    put(root, "sys/fs/cgroup/a/b/memory.max", "max\n");
    put(root, "sys/fs/cgroup/a/memory.max", "1000000\n");
    put(root, "sys/fs/cgroup/a/memory.current", "300000\n");
    expect(read_root(root).memory == 700000, "what the group around leaves");
    put(root, "sys/fs/cgroup/a/memory.stat", "anon 1\ninactive_file 100000\n");
    expect(read_root(root).memory == 800000, "cached files can go");
    put(root, "sys/fs/cgroup/a/b/memory.max", "500000\n");
    put(root, "sys/fs/cgroup/a/b/memory.current", "600000\n");
    expect(read_root(root).memory == 1, "a group that is full");
    put(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    expect(read_root(root).memory == 1, "no limit of version 1");
}

static void processors(const char *root)
{
    expect(read_root(root).quota == 0, "no quota");
    put(root, "sys/fs/cgroup/cpu.max", "max 100000\n");
    expect(read_root(root).quota == 0, "a quota of max");
    put(root, "sys/fs/cgroup/cpu.max", "150000 100000\n");
    expect(read_root(root).quota == 1.5, "a quota");
    put(root, "proc/stat", "cpu 1 2 3\nprocs_running 3\n");
    expect(read_root(root).running == 2, "others that run");
    expect(read_root(root).processors >= 1, "processors");
}

/* Two tuners that want all processors cannot both have them; the end of one gives them back. */
static void claims(void)
{
    int pipes[2];
    char byte;
    const int all = read_root("").processors;
    if (pipe(pipes)) exit(1);
    const pid_t child = fork();
    if (child == 0) {
        const bool free = hg_environment_claim(all);
        if (write(pipes[1], free ? "y" : "n", 1) != 1) _exit(1);
        pause();
    }
    if (read(pipes[0], &byte, 1) != 1) exit(1);
    /* Another tuner may run beside this test: then nothing can be told. */
    expect(byte == 'n' || !hg_environment_claim(all), "a second tuner is noticed");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    expect(byte == 'n' || hg_environment_claim(all), "claims end with their process");
}

int main(void)
{
    char root[] = "/tmp/environmentXXXXXX", command[64];
    if (!mkdtemp(root)) return 1;
    memory(root);
    processors(root);
    claims();
    snprintf(command, sizeof command, "rm -r %s", root);
    expect(system(command) == 0, "cleared up");
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
