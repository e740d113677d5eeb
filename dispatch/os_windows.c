#include "dispatch/os.h"

#include <malloc.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

/* ---- Memory ---- */

void *hg_os_allocate(size_t alignment, size_t size)
{
    return _aligned_malloc(size, alignment);
}

void hg_os_release(void *memory)
{
    _aligned_free(memory);
}

/* ---- The process and the machine ---- */

const char *hg_os_environment(const char *name)
{
    return getenv(name);
}

bool hg_os_data_folder(char *folder, size_t size)
{
    const char *data = getenv("XDG_DATA_HOME"), *local = getenv("LOCALAPPDATA");
    const char *root = data && data[0] ? data : local;
    const int n = root ? snprintf(folder, size, "%s", root) : 0;
    return n > 0 && (size_t)n < size;
}

int hg_os_processors(void)
{
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwNumberOfProcessors > 0 ? (int)info.dwNumberOfProcessors : 1;
}

unsigned long hg_os_hardware(void)
{
    return 0;
}

/* ---- Files ---- */

static hg_status read_all(const hg_host *host, HANDLE file, size_t most, char **text, size_t *size)
{
    LARGE_INTEGER length;
    if (GetFileType(file) != FILE_TYPE_DISK || !GetFileSizeEx(file, &length)) return HG_IO;
    if ((uint64_t)length.QuadPart > most) return HG_IO;
    *size = (size_t)length.QuadPart;
    *text = hg_allocate(host, *size);
    if (!*text) return HG_NO_MEMORY;
    size_t done = 0;
    for (DWORD n = 1; n > 0 && done < *size; done += n)
        if (!ReadFile(file, *text + done, (DWORD)(*size - done), &n, NULL)) break;
    return done == *size ? HG_OK : HG_IO;
}

hg_status hg_os_read(const hg_host *host, const char *path, size_t most, char **text, size_t *size)
{
    *text = NULL;
    const HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                    OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE) return HG_IO;
    const hg_status status = read_all(host, file, most, text, size);
    CloseHandle(file);
    if (status) hg_release(host, *text);
    return status;
}

bool hg_os_first_bytes(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    const size_t n = fread(text, 1, size - 1, file);
    fclose(file);
    text[n] = '\0';
    return n > 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of a folder's files, which come in no order; *count of them, each from malloc. */
static char **names_of(const char *folder, const char *ending, size_t *count)
{
    char pattern[1024];
    WIN32_FIND_DATAA found;
    char **names = NULL;
    *count = 0;
    const int n = snprintf(pattern, sizeof pattern, "%s/*%s", folder, ending);
    if (n < 0 || (size_t)n >= sizeof pattern) return NULL;
    const HANDLE search = FindFirstFileA(pattern, &found);
    if (search == INVALID_HANDLE_VALUE) return NULL;
    do {
        char **more = realloc(names, (*count + 1) * sizeof *names);
        if (!more) break;
        names = more;
        names[*count] = _strdup(found.cFileName);
        *count += names[*count] != NULL;
    } while (FindNextFileA(search, &found));
    FindClose(search);
    if (*count) qsort(names, *count, sizeof *names, by_name);
    return names;
}

bool hg_os_add_line(const char *path, const char *line)
{
    char read[1024];
    bool found = false;
    FILE *file = fopen(path, "a+b");
    if (!file) return false;
    rewind(file);
    while (!found && fgets(read, sizeof read, file)) found = strcmp(read, line) == 0;
    fseek(file, 0, SEEK_END);
    const bool good = found || fputs(line, file) >= 0;
    return fclose(file) == 0 && good;
}

void hg_os_list(const char *folder, const char *ending, bool (*visit)(void *self, const char *path),
                void *self)
{
    size_t count;
    char **names = names_of(folder, ending, &count);
    bool more = true;
    for (size_t i = 0; i < count; i++) {
        char path[1024];
        const int n = snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (more && n > 0 && (size_t)n < sizeof path) more = visit(self, path);
        free(names[i]);
    }
    free(names);
}

/* Others may rename, and so replace, what is mapped. */
hg_status hg_os_map(const char *path, const void **bytes, size_t *size)
{
    LARGE_INTEGER length = {.QuadPart = 0};
    *bytes = NULL;
    const HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                                    OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE) return HG_IO;
    HANDLE mapping = NULL;
    if (GetFileType(file) == FILE_TYPE_DISK && GetFileSizeEx(file, &length) && length.QuadPart > 0)
        mapping = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    if (mapping) *bytes = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
    if (mapping) CloseHandle(mapping); /* the view keeps both */
    CloseHandle(file);
    *size = (size_t)length.QuadPart;
    return *bytes ? HG_OK : HG_IO;
}

void hg_os_unmap(const void *bytes, size_t size)
{
    (void)size;
    if (bytes) UnmapViewOfFile(bytes);
}

static bool write_piece(HANDLE file, const hg_os_piece *piece)
{
    enum { MOST = 1 << 30 };
    const char *bytes = piece->bytes;
    DWORD n;
    for (size_t left = piece->size; left; bytes += n, left -= n)
        if (!WriteFile(file, bytes, left < MOST ? (DWORD)left : MOST, &n, NULL) || !n) return false;
    return true;
}

bool hg_os_replace(const char *path, const hg_os_piece *pieces, size_t count)
{
    char other[1024];
    const int n = snprintf(other, sizeof other, "%s.%lu.%lu.new", path, GetCurrentProcessId(),
                           GetCurrentThreadId());
    if (n < 0 || (size_t)n >= sizeof other) return false;
    const HANDLE file =
        CreateFileA(other, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE) return false;
    bool good = true;
    for (size_t i = 0; i < count && good; i++) good = write_piece(file, &pieces[i]);
    good = good && FlushFileBuffers(file);
    good = CloseHandle(file) && good && MoveFileExA(other, path, MOVEFILE_REPLACE_EXISTING);
    if (!good) DeleteFileA(other);
    return good;
}

/* ---- Time ---- */

int64_t hg_os_now(void)
{
    LARGE_INTEGER ticks, each_second;
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&each_second);
    const int64_t f = each_second.QuadPart, seconds = ticks.QuadPart / f;
    return seconds * 1000000000 + ticks.QuadPart % f * 1000000000 / f;
}

/* The system counts processor time in steps of 16 ms: passing time is nearer to the truth. */
int64_t hg_os_thread_time(void)
{
    return hg_os_now();
}

/* ---- Threads ---- */

_Static_assert(sizeof(SRWLOCK) == sizeof(hg_os_lock), "hg_os_lock");
_Static_assert(sizeof(CONDITION_VARIABLE) == sizeof(hg_os_signal), "hg_os_signal");

bool hg_os_lock_create(hg_os_lock *lock)
{
    InitializeSRWLock((SRWLOCK *)lock);
    return true;
}

void hg_os_lock_destroy(hg_os_lock *lock)
{
    (void)lock;
}

void hg_os_lock_take(hg_os_lock *lock)
{
    AcquireSRWLockExclusive((SRWLOCK *)lock);
}

void hg_os_lock_drop(hg_os_lock *lock)
{
    ReleaseSRWLockExclusive((SRWLOCK *)lock);
}

bool hg_os_signal_create(hg_os_signal *signal)
{
    InitializeConditionVariable((CONDITION_VARIABLE *)signal);
    return true;
}

void hg_os_signal_destroy(hg_os_signal *signal)
{
    (void)signal;
}

void hg_os_signal_wait(hg_os_signal *signal, hg_os_lock *lock)
{
    SleepConditionVariableSRW((CONDITION_VARIABLE *)signal, (SRWLOCK *)lock, INFINITE, 0);
}

void hg_os_signal_one(hg_os_signal *signal)
{
    WakeConditionVariable((CONDITION_VARIABLE *)signal);
}

void hg_os_signal_all(hg_os_signal *signal)
{
    WakeAllConditionVariable((CONDITION_VARIABLE *)signal);
}

static unsigned __stdcall begin(void *self)
{
    hg_os_thread *thread = self;
    thread->run(thread->argument);
    return 0;
}

bool hg_os_thread_start(hg_os_thread *thread, void *(*run)(void *argument), void *argument)
{
    thread->run = run;
    thread->argument = argument;
    thread->handle = (void *)_beginthreadex(NULL, 0, begin, thread, 0, NULL);
    return thread->handle != NULL;
}

void hg_os_thread_join(hg_os_thread *thread)
{
    WaitForSingleObject(thread->handle, INFINITE);
    CloseHandle(thread->handle);
}
