#include "dispatch/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#include <sys/auxv.h>
#endif

#include "kernels/common/attr.h"

/* ---- Memory ---- */

enum { HUGE_PAGE = 2 << 20 };

void *hg_os_allocate(size_t alignment, size_t size)
{
    const bool large = size >= HUGE_PAGE;
    void *memory;
    if (posix_memalign(&memory, large ? HUGE_PAGE : HG_MAX(alignment, sizeof memory), size))
        return NULL;
#ifdef MADV_HUGEPAGE
    if (large) madvise(memory, size, MADV_HUGEPAGE);
#endif
    return memory;
}

void hg_os_release(void *memory)
{
    free(memory);
}

/* ---- The process and the machine ---- */

const char *hg_os_environment(const char *name)
{
#if defined(__linux__)
    return secure_getenv(name);
#else
    return issetugid() ? NULL : getenv(name);
#endif
}

bool hg_os_data_folder(char *folder, size_t size)
{
    const char *data = hg_os_environment("XDG_DATA_HOME"), *home = hg_os_environment("HOME");
    int n = 0;
    if (data && data[0])
        n = snprintf(folder, size, "%s", data);
    else if (home && home[0])
        n = snprintf(folder, size, "%s/.local/share", home);
    return n > 0 && (size_t)n < size;
}

int hg_os_processors(void)
{
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

unsigned long hg_os_hardware(void)
{
#if defined(__linux__)
    return getauxval(AT_HWCAP);
#else
    return 0;
#endif
}

#if defined(__linux__)
#if !defined(__x86_64__)
/* Of glibc 2.35 and newer: > 0 where the kernel keeps each thread's processor in its memory. */
extern const unsigned __rseq_size __attribute__((weak));
#endif

/* glibc reads that memory; elsewhere x86 has rdpid, or a segment's limit, behind the vDSO, where
 * AArch64 would enter the kernel. */
int hg_os_cpu(void)
{
#if !defined(__x86_64__)
    if (!&__rseq_size || __rseq_size == 0) return -1;
#endif
    return sched_getcpu();
}

bool hg_os_allowed(bool *allowed, int count)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set)) return false;
    for (int i = 0; i < count; i++) allowed[i] = i < CPU_SETSIZE && CPU_ISSET((size_t)i, &set);
    return true;
}

bool hg_os_move(int cpu)
{
    cpu_set_t set;
    if (cpu < 0 || cpu >= CPU_SETSIZE) return false;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}
#endif

/* ---- Files ---- */

hg_status hg_os_read(const hg_host *host, const char *path, size_t most, char **text, size_t *size)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    hg_status status = HG_IO;
    *text = NULL;
    if (file < 0) return HG_IO;
    if (fstat(file, &info) == 0 && S_ISREG(info.st_mode) && (uint64_t)info.st_size <= most) {
        size_t done = 0;
        *size = (size_t)info.st_size;
        *text = hg_allocate(host, *size);
        for (ssize_t n = 1; *text && n > 0 && done<*size; done += n> 0 ? (size_t)n : 0)
            n = read(file, *text + done, *size - done);
        status = !*text ? HG_NO_MEMORY : done == *size ? HG_OK : HG_IO;
    }
    close(file);
    if (status) hg_release(host, *text);
    return status;
}

bool hg_os_first_bytes(const char *path, char *text, size_t size)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    const ssize_t n = read(file, text, size - 1);
    close(file);
    if (n > 0) text[n] = '\0';
    return n > 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool ends(const char *name, const char *ending)
{
    const size_t n = strlen(name), tail = strlen(ending);
    return n > tail && strcmp(name + n - tail, ending) == 0;
}

/* Read with a stream of its own, so that the end stays where writes go. */
static bool has_line(const char *path, const char *line)
{
    char read[1024];
    bool found = false;
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(read, sizeof read, file)) found = strcmp(read, line) == 0;
    if (file) fclose(file);
    return found;
}

/* The lock keeps two programs from adding one line; where there is none, it stands there twice. */
bool hg_os_add_line(const char *path, const char *line)
{
    struct stat info;
    const size_t size = strlen(line);
    const int file =
        open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    if (file < 0) return false;
    bool good = fstat(file, &info) == 0 && S_ISREG(info.st_mode);
    if (good) flock(file, LOCK_EX);
    if (good && !has_line(path, line)) good = write(file, line, size) == (ssize_t)size;
    close(file);
    return good;
}

void hg_os_list(const char *folder, const char *ending, bool (*visit)(void *self, const char *path),
                void *self)
{
    struct dirent **names = NULL;
    const int count = scandir(folder, &names, NULL, by_name);
    bool more = true;
    for (int i = 0; i < count; i++) {
        char path[1024];
        const int n = snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (more && ends(names[i]->d_name, ending) && n > 0 && (size_t)n < sizeof path)
            more = visit(self, path);
        free(names[i]);
    }
    free(names);
}

hg_status hg_os_map(const char *path, const void **bytes, size_t *size)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    void *at = MAP_FAILED;
    *bytes = NULL;
    if (file < 0) return HG_IO;
    const bool whole = fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0 &&
                       (uint64_t)info.st_size <= PTRDIFF_MAX;
    if (whole) at = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED, file, 0);
    const bool full = whole && at == MAP_FAILED && errno == ENOMEM;
    close(file);
    if (at == MAP_FAILED) return full ? HG_NO_MEMORY : HG_IO;
    *bytes = at;
    *size = (size_t)info.st_size;
    return HG_OK;
}

void hg_os_unmap(const void *bytes, size_t size)
{
    if (bytes) munmap((void *)(uintptr_t)bytes, size);
}

/* A new file beside `path`; its name in `other`. -1: none. */
static int create_beside(const char *path, char *other, size_t size)
{
    enum { TRIES = 100 }; /* names that others have, or have left behind */
    int file = -1;
    for (int i = 0; i < TRIES && file < 0; i++) {
        const int n = snprintf(other, size, "%s.%ld.%d.new", path, (long)getpid(), i);
        if (n < 0 || (size_t)n >= size) return -1;
        file = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file < 0 && errno != EEXIST) return -1;
    }
    return file;
}

static bool write_piece(int file, const hg_os_piece *piece)
{
    const char *bytes = piece->bytes;
    for (size_t left = piece->size; left;) {
        const ssize_t n = write(file, bytes, left);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes += n, left -= (size_t)n;
    }
    return true;
}

/* What has become of `path` after a crash is the old file or the new one: the folder need not be on
 * the disk. */
bool hg_os_replace(const char *path, const hg_os_piece *pieces, size_t count)
{
    char other[1024];
    const int file = create_beside(path, other, sizeof other);
    if (file < 0) return false;
    bool good = true;
    for (size_t i = 0; i < count && good; i++) good = write_piece(file, &pieces[i]);
    good = good && fsync(file) == 0;
    good = close(file) == 0 && good && rename(other, path) == 0;
    if (!good) unlink(other);
    return good;
}

/* ---- Time ---- */

static int64_t read_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t hg_os_now(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

int64_t hg_os_thread_time(void)
{
    return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* ---- Threads ---- */

bool hg_os_lock_create(hg_os_lock *lock)
{
    return pthread_mutex_init(lock, NULL) == 0;
}

void hg_os_lock_destroy(hg_os_lock *lock)
{
    pthread_mutex_destroy(lock);
}

void hg_os_lock_take(hg_os_lock *lock)
{
    pthread_mutex_lock(lock);
}

void hg_os_lock_drop(hg_os_lock *lock)
{
    pthread_mutex_unlock(lock);
}

bool hg_os_signal_create(hg_os_signal *signal)
{
    return pthread_cond_init(signal, NULL) == 0;
}

void hg_os_signal_destroy(hg_os_signal *signal)
{
    pthread_cond_destroy(signal);
}

void hg_os_signal_wait(hg_os_signal *signal, hg_os_lock *lock)
{
    pthread_cond_wait(signal, lock);
}

void hg_os_signal_one(hg_os_signal *signal)
{
    pthread_cond_signal(signal);
}

void hg_os_signal_all(hg_os_signal *signal)
{
    pthread_cond_broadcast(signal);
}

/* The application's signals are not for these threads. */
bool hg_os_thread_start(hg_os_thread *thread, void *(*run)(void *argument), void *argument)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started = pthread_create(thread, NULL, run, argument) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

void hg_os_thread_join(hg_os_thread *thread)
{
    pthread_join(*thread, NULL);
}
