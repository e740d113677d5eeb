/* Packed weights of many filters. Contract: weights.h. */
#include "dispatch/weights.h"

#include <string.h>

#include "dispatch/hash.h"
#include "dispatch/registry.h"

/* ---- Life ---- */

hg_weights *hg_weights_allocate(hg_context *context)
{
    hg_weights *weights = hg_allocate(&context->host, sizeof *weights);
    if (!weights) return NULL;
    *weights = (hg_weights){.references = 1, .context = context};
    if (!hg_os_lock_create(&weights->lock)) {
        hg_release(&context->host, weights);
        return NULL;
    }
    weights->end = &weights->first;
    hg_context_retain(context);
    return weights;
}

hg_status hg_weights_create(hg_context *context, hg_weights **weights)
{
    if (weights) *weights = NULL;
    if (!context || !weights)
        return hg_report(hg_context_host(context), HG_INVALID,
                         "hg_weights_create: context or weights is NULL");
    *weights = hg_weights_allocate(context);
    if (*weights) return HG_OK;
    return hg_report(&context->host, HG_NO_MEMORY, "hg_weights_create: out of memory");
}

void hg_weights_retain(hg_weights *weights)
{
    __atomic_add_fetch(&weights->references, 1, __ATOMIC_RELAXED);
}

void hg_weights_free(hg_weights *weights)
{
    if (!weights || __atomic_sub_fetch(&weights->references, 1, __ATOMIC_ACQ_REL) != 0) return;
    hg_context *context = weights->context;
    for (hg_weights_entry *entry = weights->first, *next; entry; entry = next) {
        next = entry->next;
        hg_release(&context->host, entry->owned);
        hg_release(&context->host, entry);
    }
    hg_os_unmap(weights->file, weights->size);
    hg_os_lock_destroy(&weights->lock);
    hg_release(&context->host, weights);
    hg_context_free(context);
}

/* ---- Entries; the caller holds the lock ---- */

bool hg_weights_append(hg_weights *weights, const hg_packing *is, const float *data, float *owned)
{
    hg_weights_entry *entry = hg_allocate(&weights->context->host, sizeof *entry);
    if (!entry) return false;
    *entry = (hg_weights_entry){.is = *is, .data = data, .owned = owned};
    *weights->end = entry;
    weights->end = &entry->next;
    return true;
}

/* Is what the entry's kernel packed, as this library has it, what k's algorithm reads? */
static bool fits(const hg_packing *is, const hg_kernel *k)
{
    const hg_kernel *by = strcmp(is->kernel, k->name) ? hg_registry_find(is->kernel) : k;
    return by && by->rev == is->rev && by->algorithm == k->algorithm;
}

static const hg_weights_entry *find(const hg_weights *weights, const hg_packing *like,
                                    const hg_kernel *k)
{
    for (const hg_weights_entry *entry = weights->first; entry; entry = entry->next) {
        const hg_packing *is = &entry->is;
        if (is->id == like->id && (is->source == like->source || !like->source) &&
            is->bytes == like->bytes && is->op == like->op && is->turned == like->turned &&
            memcmp(is->sizes, like->sizes, sizeof is->sizes) == 0 &&
            memcmp(is->form, like->form, sizeof is->form) == 0 &&
            (k ? fits(is, k) : !is->kernel[0]))
            return entry;
    }
    return NULL;
}

static bool contradicts(const hg_weights *weights, uint64_t id, uint64_t source)
{
    for (const hg_weights_entry *entry = weights->first; id && entry; entry = entry->next)
        if (entry->is.kernel[0] && entry->is.id == id && entry->is.source != source) return true;
    return false;
}

/* ---- Packings of filters ---- */

bool hg_weights_contradict(hg_weights *weights, uint64_t id, uint64_t source)
{
    hg_os_lock_take(&weights->lock);
    const bool found = contradicts(weights, id, source);
    hg_os_lock_drop(&weights->lock);
    return found;
}

const float *hg_weights_packed(hg_weights *weights, const hg_packing *like, const hg_kernel *k)
{
    hg_os_lock_take(&weights->lock);
    const hg_weights_entry *entry = find(weights, like, k);
    hg_os_lock_drop(&weights->lock);
    return entry ? entry->data : NULL;
}

hg_status hg_weights_take(hg_weights *weights, const hg_packing *is, const hg_kernel *k,
                          float *data, const float **kept)
{
    hg_status status = HG_OK;
    hg_os_lock_take(&weights->lock);
    const hg_weights_entry *entry = find(weights, is, k);
    if (!entry && contradicts(weights, is->id, is->source))
        status = HG_INVALID;
    else if (!entry && !hg_weights_append(weights, is, data, data))
        status = HG_NO_MEMORY;
    hg_os_lock_drop(&weights->lock);
    *kept = status ? NULL : entry ? entry->data : data;
    if (*kept != data) hg_release(&weights->context->host, data);
    return status;
}

/* ---- Floats of a program's own ---- */

static hg_packing floats_of(uint64_t id, size_t count)
{
    return (hg_packing){.id = id, .bytes = count * sizeof(float)};
}

/* The caller, who holds the lock, loses `copy` where *taken says so. */
static hg_status add_floats(hg_weights *weights, const hg_packing *is, float *copy, bool *taken)
{
    const hg_weights_entry *entry = find(weights, is, NULL);
    *taken = !entry && hg_weights_append(weights, is, copy, copy);
    if (entry) return memcmp(entry->data, copy, is->bytes) == 0 ? HG_OK : HG_INVALID;
    return *taken ? HG_OK : HG_NO_MEMORY;
}

hg_status hg_weights_add(hg_weights *weights, uint64_t id, const float *values, size_t count)
{
    if (!weights) return HG_INVALID;
    const hg_host *host = &weights->context->host;
    if (!values || !id || !count)
        return hg_report(host, HG_INVALID, "hg_weights_add: values is NULL, or id or count 0");
    if (count > PTRDIFF_MAX / sizeof(float))
        return hg_report(host, HG_RANGE, "hg_weights_add: too many floats");
    const hg_packing is = floats_of(id, count);
    float *copy = hg_allocate(host, is.bytes);
    if (!copy) return hg_report(host, HG_NO_MEMORY, "hg_weights_add: out of memory");
    memcpy(copy, values, is.bytes);
    bool taken;
    hg_os_lock_take(&weights->lock);
    const hg_status status = add_floats(weights, &is, copy, &taken);
    hg_os_lock_drop(&weights->lock);
    if (!taken) hg_release(host, copy);
    if (!status) return HG_OK;
    return hg_report(host, status,
                     status == HG_INVALID ? "hg_weights_add: other floats have this id"
                                          : "hg_weights_add: out of memory");
}

const float *hg_weights_find(const hg_weights *weights, uint64_t id, size_t count)
{
    if (!weights || count > PTRDIFF_MAX / sizeof(float)) return NULL;
    hg_weights *const lockable = (hg_weights *)(uintptr_t)weights;
    const hg_packing like = floats_of(id, count);
    hg_os_lock_take(&lockable->lock);
    const hg_weights_entry *entry = find(weights, &like, NULL);
    hg_os_lock_drop(&lockable->lock);
    return entry ? entry->data : NULL;
}

/* FNV-1a, so that no machine's byte order matters. */
uint64_t hg_weights_id(const void *name, size_t size)
{
    const unsigned char *p = name;
    uint64_t id = 0xCBF29CE484222325u;
    for (size_t i = 0; p && i < size; i++) id = (id ^ p[i]) * 0x100000001B3u;
    return id ? id : 1;
}
