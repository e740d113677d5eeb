/* What the library asks of the operating system: os_posix.c and os_windows.c answer, and no other
 * file calls it. */
#ifndef HG_OS_H
#define HG_OS_H

#include "dispatch/host.h"

/* ---- Memory ---- */

/* Aligned to a power of two, for hg_os_release. Large memory begins on a huge page where there are
 * any: the first touch of packed weights then takes a fault per 2 MiB, not per 4 KiB. NULL: none.
 */
void *hg_os_allocate(size_t alignment, size_t size);
void hg_os_release(void *memory); /* NULL is allowed */

/* ---- The process and the machine ---- */

/* NULL where the variable is not set, and in processes that have more rights than their caller. */
const char *hg_os_environment(const char *name);
/* Where programs keep data of the user; false: there is no such place, or no room for its name. */
bool hg_os_data_folder(char *folder, size_t size);
int hg_os_processors(void); /* logical ones in use; at least 1 */
/* AT_HWCAP of Linux: what an ARM processor has; 0 elsewhere. */
unsigned long hg_os_hardware(void);

#if defined(__linux__)
/* The logical processor that the caller is on, in some ns and without a system call; below 0: not
 * to be had so. */
int hg_os_cpu(void);
/* Which processors the calling thread may run on; false: not known. */
bool hg_os_allowed(bool *allowed, int count);
/* Binds the calling thread to one processor, where it then is; false: not possible. */
bool hg_os_move(int cpu);
#else
/* Classes of cores are told apart on Linux only. */
static inline int hg_os_cpu(void)
{
    return -1;
}

static inline bool hg_os_allowed(bool *allowed, int count)
{
    (void)allowed, (void)count;
    return false;
}

static inline bool hg_os_move(int cpu)
{
    (void)cpu;
    return false;
}
#endif

/* ---- Files ---- */

enum {
    HG_OS_LIST_SEPARATOR =
#if defined(_WIN32)
        ';' /* paths have colons */
#else
        ':'
#endif
};

/* Reads a whole regular file of at most `most` bytes; *text is released by the caller. Waits for
 * nobody, as opening a pipe would. HG_IO: not readable, not a regular file, too long. HG_NO_MEMORY.
 */
hg_status hg_os_read(const hg_host *host, const char *path, size_t most, char **text, size_t *size);
/* At most size - 1 bytes that a file begins with, and a 0; false if not one can be read. */
bool hg_os_first_bytes(const char *path, char *text, size_t size);
/* Calls visit for the files of a folder whose names end so, in the order of their bytes in every
 * locale, until it answers false. No folder: no call. */
void hg_os_list(const char *folder, const char *ending, bool (*visit)(void *self, const char *path),
                void *self);

/* Appends a line to a regular file, made if need be, unless it has it; no longer than 1023 bytes.
 * false: not to be written. */
bool hg_os_add_line(const char *path, const char *line);

/* Maps a whole regular file, not to be written. HG_IO: not readable, not a regular file, empty.
 * HG_NO_MEMORY. */
hg_status hg_os_map(const char *path, const void **bytes, size_t *size);
void hg_os_unmap(const void *bytes, size_t size); /* NULL is allowed */

typedef struct hg_os_piece {
    const void *bytes;
    size_t size;
} hg_os_piece;

/* Writes a file of these pieces under a name of its own beside `path`, and renames it once it is on
 * the disk. false: not to be written, and what was there is as before. */
bool hg_os_replace(const char *path, const hg_os_piece *pieces, size_t count);

/* ---- Time in ns ---- */

int64_t hg_os_now(void);         /* never goes back */
int64_t hg_os_thread_time(void); /* what the calling thread had of a processor */

/* ---- Threads ---- */

#if defined(_WIN32)
typedef struct hg_os_lock {
    void *word; /* an SRWLOCK */
} hg_os_lock;
typedef struct hg_os_signal {
    void *word; /* a CONDITION_VARIABLE */
} hg_os_signal;
typedef struct hg_os_thread {
    void *handle;
    void *(*run)(void *argument);
    void *argument;
} hg_os_thread;
#else
#include <pthread.h>
typedef pthread_mutex_t hg_os_lock;
typedef pthread_cond_t hg_os_signal;
typedef pthread_t hg_os_thread;
#endif

bool hg_os_lock_create(hg_os_lock *lock);
void hg_os_lock_destroy(hg_os_lock *lock);
void hg_os_lock_take(hg_os_lock *lock);
void hg_os_lock_drop(hg_os_lock *lock);

bool hg_os_signal_create(hg_os_signal *signal);
void hg_os_signal_destroy(hg_os_signal *signal);
void hg_os_signal_wait(hg_os_signal *signal, hg_os_lock *lock);
void hg_os_signal_one(hg_os_signal *signal);
void hg_os_signal_all(hg_os_signal *signal);

/* Starts a thread that no signal sent to the process reaches; *thread stays where it is until the
 * thread is joined. false: there is none to be had. */
bool hg_os_thread_start(hg_os_thread *thread, void *(*run)(void *argument), void *argument);
void hg_os_thread_join(hg_os_thread *thread);

#endif
