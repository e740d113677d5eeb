#include "dispatch/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/cpu.h"
#include "dispatch/os.h"
#include "dispatch/registry.h"
#include "dispatch/select.h"

enum { MAX_THREADS = 256 };

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
        hg_report(&context->host, HG_INVALID, sentence);
        return;
    }
    snprintf(context->preferred, sizeof context->preferred, "%s", kernel);
}

static void cap(hg_context *context, hg_isa isa)
{
    for (int i = 0; i < context->cores.count; i++) hg_cpu_cap(&context->cores.classes[i], isa);
}

static void read_overrides(hg_context *context)
{
    const char *isa = hg_os_environment("HG_ISA"), *kernel = hg_os_environment("HG_KERNEL");
    const char *misses = hg_os_environment("HG_RECORD_MISSES");
    if (misses && strlen(misses) >= sizeof context->misses)
        hg_report(&context->host, HG_INVALID, "HG_RECORD_MISSES: the path is too long; ignored");
    else if (misses)
        snprintf(context->misses, sizeof context->misses, "%s", misses);
    if (kernel) prefer(context, kernel);
    if (!isa) return;
    for (int i = HG_ISA_SCALAR; i <= HG_ISA_AVX512; i++)
        if (strcmp(isa, hg_isa_name((hg_isa)i)) == 0) {
            cap(context, (hg_isa)i);
            return;
        }
    hg_report(&context->host, HG_INVALID, "HG_ISA is none of scalar, neon, avx2, avx512; ignored");
}

/* ---- Life ---- */

static void destroy(hg_context *context)
{
    const hg_host host = context->host;
    for (int i = 1; i < HG_MAX_CLASSES; i++) hg_release(&host, context->of_class[i]);
    hg_workers_free(&host, context->workers);
    hg_table_free(&context->table);
    hg_release(&host, context);
}

static hg_status check_options(const hg_context_options *o, hg_reason *why)
{
    if (hg_check_reserved(o->reserved, HG_COUNT(o->reserved), "hg_context_create: options", why))
        return HG_UNSUPPORTED;
    if (o->threads < 0 || o->threads > MAX_THREADS)
        return hg_fail(why, HG_INVALID, "hg_context_create: threads is %d, not 0 to %d", o->threads,
                       MAX_THREADS);
    if ((unsigned)o->isa > HG_ISA_AVX512)
        return hg_fail(why, HG_INVALID, "hg_context_create: isa is %d, no hg_isa", (int)o->isa);
    if (!o->allocator.allocate != !o->allocator.release)
        return hg_fail(why, HG_INVALID, "hg_context_create: allocator has one function of two");
    return HG_OK;
}

static hg_status start_workers(hg_context *context)
{
    if (context->threads == 1 || context->executor.parallel_for) return HG_OK;
    context->workers = hg_workers_create(&context->host, context->threads);
    if (!context->workers)
        return hg_report(&context->host, HG_UNSUPPORTED,
                         "no threads to be had: give options.executor");
    context->executor = (hg_executor){hg_workers_run, context->workers};
    return HG_OK;
}

/* Copies of what is otherwise complete. */
static hg_status add_classes(hg_context *context)
{
    for (int i = 1; i < context->cores.count; i++) {
        hg_context *copy = hg_allocate(&context->host, sizeof *copy);
        if (!copy) return HG_NO_MEMORY;
        *copy = *context;
        copy->references = 1; /* the context's */
        copy->machine = copy->cores.classes[i];
        copy->table.self = i;
        memset(copy->of_class, 0, sizeof copy->of_class);
        context->of_class[i] = copy;
    }
    return HG_OK;
}

static hg_status fill(hg_context *context, const hg_context_options *o)
{
    hg_machine here;
    hg_cpu_detect(&here);
    /* What is reproducible must not depend on the cores that this thread may run on just now. */
    hg_cpu_cores(&here, o->reproducible, &context->cores);
    cap(context, o->isa);
    if (!o->ignore_environment) read_overrides(context);
    if (o->kernel) prefer(context, o->kernel);
    context->machine = context->cores.classes[0];
    context->table = (hg_table){.host = &context->host,
                                .machines = context->cores.classes,
                                .machine_count = context->cores.count};
    hg_status status = hg_table_load(&context->table, o);
    if (!status) status = start_workers(context);
    if (!status) status = add_classes(context);
    return status;
}

hg_status hg_context_create(const hg_context_options *options, hg_context **out)
{
    const hg_context_options o = options ? *options : (hg_context_options){0};
    const hg_host host = hg_host_of(&o);
    if (!out) return HG_INVALID;
    *out = NULL;
    hg_reason why;
    hg_status status = check_options(&o, &why);
    if (status) return hg_report(&host, status, why.text);
    hg_context *context = hg_allocate(&host, sizeof *context);
    if (!context) return hg_report(&host, HG_NO_MEMORY, "hg_context_create: out of memory");
    *context = (hg_context){.references = 1,
                            .threads = o.threads ? o.threads : 1,
                            .reproducible = o.reproducible,
                            .host = host,
                            .executor = o.executor};
    status = fill(context, &o);
    if (status) {
        if (status == HG_NO_MEMORY) hg_report(&host, status, "hg_context_create: out of memory");
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

const hg_context *hg_context_of_machine(const hg_context *context, const char *key)
{
    for (int i = 0; i < context->cores.count; i++)
        if (strcmp(context->cores.classes[i].key, key) == 0) return hg_context_of_class(context, i);
    return NULL;
}

void hg_context_machine(const hg_context *context, hg_machine *machine)
{
    *machine = context->machine;
}

/* Has a later entry for the same problem and threads that fits? Entries of a key lie together. */
static bool is_outdated(const hg_context *context, const hg_table_entry *e)
{
    const hg_table_span span = hg_table_of_key(&context->table, e->key);
    for (size_t i = 0; i < span.count; i++) {
        const hg_table_entry *other = &context->table.entries[span.slots[i].entry];
        if (other > e && other->threads == e->threads && !strcmp(other->key, e->key) &&
            !hg_entry_fault(context, other))
            return true;
    }
    return false;
}

void hg_context_tables(const hg_context *context, hg_table_counts *counts)
{
    *counts = context->table.counts;
    counts->usable = 0;
    for (size_t i = 0; i < context->table.count; i++) {
        const hg_table_entry *e = &context->table.entries[i];
        const hg_context *of = hg_context_of_class(context, e->machine);
        if (hg_entry_fault(of, e))
            counts->foreign++;
        else
            counts->usable += !is_outdated(of, e);
    }
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
                             .available = hg_isa_usable(k->isa, context->machine.isa, true),
                             .reference = k->reference};
    return true;
}
