#include "dispatch/context.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dispatch/cpu.h"
#include "dispatch/registry.h"

/* ---- Memory and log ---- */

enum { HUGE_PAGE = 2 << 20, MAX_THREADS = 256, MAX_TABLE = 64 << 20 };

/* Large memory begins on a huge page where the system has them: the first touch of packed weights
 * then takes a fault per 2 MiB, not per 4 KiB. */
static void *default_allocate(void *self, size_t alignment, size_t size)
{
    (void)self;
    const bool large = size >= HUGE_PAGE;
    void *memory;
    if (posix_memalign(&memory, large ? HUGE_PAGE : HG_MAX(alignment, sizeof memory), size))
        return NULL;
#ifdef MADV_HUGEPAGE
    if (large) madvise(memory, size, MADV_HUGEPAGE);
#endif
    return memory;
}

static void default_release(void *self, void *memory)
{
    (void)self;
    free(memory);
}

void *hg_allocate(hg_context *context, size_t size)
{
    if (size > (size_t)PTRDIFF_MAX - 64) return NULL;
    return context->allocator.allocate(context->allocator.self, 64, size ? size : 1);
}

void hg_release(hg_context *context, void *memory)
{
    if (memory) context->allocator.release(context->allocator.self, memory);
}

hg_status hg_report(hg_context *context, hg_status status, const char *sentence)
{
    if (context && context->log.write) context->log.write(context->log.self, status, sentence);
    return status;
}

/* ---- Tables ---- */

/* Reads a whole regular file; *text is released by the caller. Opened without waiting: another kind
 * of file could make it wait forever. */
static hg_status read_file(hg_context *context, const char *path, char **text, size_t *size)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    hg_status status = HG_IO;
    *text = NULL;
    if (file < 0) return HG_IO;
    if (fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_size <= MAX_TABLE) {
        size_t done = 0;
        *size = (size_t)info.st_size;
        *text = hg_allocate(context, *size);
        for (ssize_t n = 1; *text && n > 0 && done<*size; done += n> 0 ? (size_t)n : 0)
            n = read(file, *text + done, *size - done);
        status = !*text ? HG_NO_MEMORY : done == *size ? HG_OK : HG_IO;
    }
    close(file);
    if (status) hg_release(context, *text);
    return status;
}

static hg_status add_file(hg_context *context, const char *path)
{
    char *text = NULL, sentence[256];
    size_t size = 0;
    hg_status status = read_file(context, path, &text, &size);
    if (status == HG_IO) {
        snprintf(sentence, sizeof sentence, "tuning table %.200s cannot be read; ignored", path);
        hg_report(context, HG_IO, sentence);
        context->table.counts.unreadable++;
        return HG_OK;
    }
    if (status) return status;
    const size_t before = context->table.counts.skipped;
    status = hg_table_add(context, &context->table, text, size);
    hg_release(context, text);
    if (context->table.counts.skipped > before) {
        snprintf(sentence, sizeof sentence, "tuning table %.180s: %zu lines skipped", path,
                 context->table.counts.skipped - before);
        hg_report(context, HG_IO, sentence);
    }
    return status;
}

static int is_table(const struct dirent *entry)
{
    const size_t n = strlen(entry->d_name);
    return n > 6 && strcmp(entry->d_name + n - 6, ".jsonl") == 0;
}

/* In every locale the same. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Every .jsonl file of the folder, in the order of their names; no folder is no tables. */
static hg_status add_folder(hg_context *context, const char *folder)
{
    struct dirent **names = NULL;
    const int count = scandir(folder, &names, is_table, by_name);
    hg_status status = HG_OK;
    for (int i = 0; i < count; i++) {
        char path[1024];
        const int n = snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (!status && n > 0 && (size_t)n < sizeof path) status = add_file(context, path);
        free(names[i]);
    }
    free(names);
    return status;
}

static hg_status add_listed_files(hg_context *context, const char *list)
{
    hg_status status = HG_OK;
    while (!status && *list) {
        const size_t n = strcspn(list, ":");
        char path[1024];
        if (n >= sizeof path) {
            hg_report(context, HG_IO, "HG_TABLE: a path is longer than 1023 bytes; ignored");
            context->table.counts.unreadable++;
        } else if (n) {
            memcpy(path, list, n);
            path[n] = '\0';
            status = add_file(context, path);
        }
        list += n + (list[n] == ':');
    }
    return status;
}

bool hg_table_folder(char *folder, size_t size)
{
    const char *data = secure_getenv("XDG_DATA_HOME"), *home = secure_getenv("HOME");
    int n = 0;
    if (data && data[0])
        n = snprintf(folder, size, "%s/hourglass", data);
    else if (home && home[0])
        n = snprintf(folder, size, "%s/.local/share/hourglass", home);
    return n > 0 && (size_t)n < size;
}

static hg_status add_installed_tables(hg_context *context)
{
    const char *files = secure_getenv("HG_TABLE");
    if (files) return strcmp(files, "none") == 0 ? HG_OK : add_listed_files(context, files);
    char folder[1000];
    return hg_table_folder(folder, sizeof folder) ? add_folder(context, folder) : HG_OK;
}

static hg_status load_tables(hg_context *context, const hg_context_options *o)
{
    hg_status status = HG_OK;
    if (!o->ignore_environment) status = add_installed_tables(context);
    if (!status && o->table)
        status = hg_table_add(context, &context->table, o->table,
                              o->table_size ? o->table_size : strlen(o->table));
    hg_table_seal(context, &context->table);
    return status;
}

/* ---- Overrides ---- */

/* "NAME" or "NAME CONFIG"; whether it can run a problem is seen when that is planned. */
static void prefer(hg_context *context, const char *kernel)
{
    char name[HG_KERNEL_NAME_SIZE];
    const size_t length = strcspn(kernel, " ");
    snprintf(name, sizeof name, "%.*s", (int)HG_MIN(length, sizeof name - 1), kernel);
    if (length && !hg_registry_find(name)) {
        char sentence[HG_KERNEL_NAME_SIZE + 64];
        snprintf(sentence, sizeof sentence, "preferred kernel \"%s\" does not exist; ignored",
                 name);
        hg_report(context, HG_INVALID, sentence);
        return;
    }
    snprintf(context->preferred, sizeof context->preferred, "%s", kernel);
}

static void read_overrides(hg_context *context)
{
    const char *isa = secure_getenv("HG_ISA"), *kernel = secure_getenv("HG_KERNEL");
    if (kernel) prefer(context, kernel);
    if (!isa) return;
    for (int i = HG_ISA_SCALAR; i <= HG_ISA_AVX2; i++)
        if (strcmp(isa, hg_isa_name((hg_isa)i)) == 0) {
            hg_cpu_cap(&context->machine, (hg_isa)i);
            return;
        }
    hg_report(context, HG_INVALID, "HG_ISA is none of scalar, neon, avx2; ignored");
}

/* ---- Life ---- */

static void destroy(hg_context *context)
{
    if (context->own_executor) hg_executor_free(&context->executor);
    hg_table_free(context, &context->table);
    const hg_allocator allocator = context->allocator;
    allocator.release(allocator.self, context);
}

static hg_status check_options(const hg_context_options *o, hg_reason *why)
{
    if (hg_check_reserved(o->reserved, HG_COUNT(o->reserved), why)) return HG_UNSUPPORTED;
    if (o->threads < 0 || o->threads > MAX_THREADS)
        return hg_fail(why, HG_INVALID, "hg_context_create: threads is %d, not 0 to %d", o->threads,
                       MAX_THREADS);
    if ((unsigned)o->isa > HG_ISA_AVX2)
        return hg_fail(why, HG_INVALID, "hg_context_create: isa is %d, no hg_isa", (int)o->isa);
    if (!o->allocator.allocate != !o->allocator.release)
        return hg_fail(why, HG_INVALID, "hg_context_create: allocator has one function of two");
    return HG_OK;
}

static hg_status fill(hg_context *context, const hg_context_options *o)
{
    hg_cpu_detect(&context->machine);
    hg_cpu_cap(&context->machine, o->isa);
    if (!o->ignore_environment) read_overrides(context);
    if (o->kernel) prefer(context, o->kernel);
    const hg_status status = load_tables(context, o);
    if (status) return status;
    if (context->threads > 1 && !context->executor.parallel_for) {
        if (!hg_executor_create(context->threads, &context->executor))
            return hg_report(context, HG_UNSUPPORTED, "no thread pool: give options.executor");
        context->own_executor = true;
    }
    return HG_OK;
}

hg_status hg_context_create(const hg_context_options *options, hg_context **out)
{
    const hg_context_options o = options ? *options : (hg_context_options){0};
    const hg_allocator standard = {default_allocate, default_release, NULL};
    if (!out) return HG_INVALID;
    *out = NULL;
    hg_reason why;
    hg_status status = check_options(&o, &why);
    if (status) {
        if (o.log.write) o.log.write(o.log.self, status, why.text);
        return status;
    }
    const hg_allocator allocator = o.allocator.allocate ? o.allocator : standard;
    hg_context *context = allocator.allocate(allocator.self, 64, sizeof *context);
    if (!context) {
        if (o.log.write) o.log.write(o.log.self, HG_NO_MEMORY, "hg_context_create: out of memory");
        return HG_NO_MEMORY;
    }
    *context = (hg_context){.references = 1,
                            .threads = o.threads ? o.threads : 1,
                            .allocator = allocator,
                            .executor = o.executor,
                            .log = o.log};
    status = fill(context, &o);
    if (status) {
        if (status == HG_NO_MEMORY) hg_report(context, status, "hg_context_create: out of memory");
        destroy(context);
        return status;
    }
    *out = context;
    return HG_OK;
}

void hg_context_retain(hg_context *context)
{
    __atomic_add_fetch(&context->references, 1, __ATOMIC_RELAXED);
}

void hg_context_free(hg_context *context)
{
    if (context && __atomic_sub_fetch(&context->references, 1, __ATOMIC_ACQ_REL) == 0)
        destroy(context);
}

/* ---- Questions ---- */

void hg_context_machine(const hg_context *context, hg_machine *machine)
{
    *machine = context->machine;
}

void hg_context_tables(const hg_context *context, hg_table_counts *counts)
{
    *counts = context->table.counts;
}

bool hg_kernel_get(const hg_context *context, size_t i, hg_kernel_info *info)
{
    static const char *const layouts[] = {"none", "nhwc", "nchw", "any"};
    const hg_kernel *k = hg_registry_at(i);
    if (!k) return false;
    *info = (hg_kernel_info){.name = k->name,
                             .op = hg_op_name(k->op),
                             .layout = layouts[k->layouts & 3u],
                             .isa = hg_isa_name(k->isa),
                             .algorithm = k->algorithm->name,
                             .revision = k->rev,
                             .available = hg_isa_usable(k->isa, context->machine.isa, true)};
    return true;
}
