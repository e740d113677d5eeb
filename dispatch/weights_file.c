/* Files of packed weights:
 *
 *     header       what it is, who wrote it, how long it is; a hash of the list, and of itself
 *     list         hg_packing, one after another
 *     packings     each at a multiple of 64 bytes, as kernels want them
 *
 * The list is checked as the file is opened. The packings, which are nearly all of it, are not: the
 * pages would be read for that, and a program of which a run needs few of them starts at once. They
 * are floats alone: whatever they are, kernels stay within their tensors. */
#include <stdio.h>
#include <string.h>

#include "dispatch/hash.h"
#include "dispatch/weights.h"

enum { ALIGNMENT = 64, FORMAT = 1, BYTE_ORDER_SEEN = 0x01020304 };

typedef struct file_header {
    char magic[8], version[16];
    uint32_t byte_order, format;
    uint64_t count, size; /* packings; bytes of the whole file */
    uint64_t list;        /* hash of the list */
    uint64_t own;         /* hash of what is before this member */
} file_header;

_Static_assert(sizeof(file_header) == ALIGNMENT && sizeof(hg_packing) % 8 == 0,
               "no member of either is padded");

static file_header header_of(uint64_t count, uint64_t size, uint64_t list)
{
    file_header h = {.magic = "hgpacked",
                     .byte_order = BYTE_ORDER_SEEN,
                     .format = FORMAT,
                     .count = count,
                     .size = size,
                     .list = list};
    snprintf(h.version, sizeof h.version, "%s", hg_version());
    h.own = hg_hash(&h, offsetof(file_header, own));
    return h;
}

/* ---- Reading ---- */

typedef struct mapped {
    const char *bytes;
    size_t size;
} mapped;

static hg_status check_header(const mapped *m, const char *path, file_header *h, hg_reason *why)
{
    const file_header own = header_of(0, 0, 0);
    const size_t all = m->size;
    if (all < sizeof *h || memcmp(m->bytes, own.magic, sizeof own.magic) != 0)
        return hg_fail(why, HG_INVALID, "%s is no file of packed weights", path);
    memcpy(h, m->bytes, sizeof *h);
    if (h->byte_order != own.byte_order || h->format != own.format)
        return hg_fail(why, HG_UNSUPPORTED,
                       "%s is of another format, or from a machine of the other byte order", path);
    if (h->own != hg_hash(h, offsetof(file_header, own)))
        return hg_fail(why, HG_INVALID, "%s is damaged: its header", path);
    if (memcmp(h->version, own.version, sizeof own.version) != 0)
        return hg_fail(why, HG_UNSUPPORTED, "%s is of another version of the library, not %s", path,
                       own.version);
    if (h->size != all || h->count > (all - sizeof *h) / sizeof(hg_packing))
        return hg_fail(why, HG_INVALID, "%s is cut off, or something was added to it", path);
    if (h->list != hg_hash(m->bytes + sizeof *h, h->count * sizeof(hg_packing)))
        return hg_fail(why, HG_INVALID, "%s is damaged: its list", path);
    return HG_OK;
}

static bool is_sound(const hg_packing *is, const file_header *h)
{
    const uint64_t first = sizeof *h + h->count * sizeof *is;
    return is->bytes && is->bytes % sizeof(float) == 0 && is->offset % ALIGNMENT == 0 &&
           is->offset >= first && is->offset <= h->size && is->bytes <= h->size - is->offset &&
           is->bytes <= PTRDIFF_MAX && memchr(is->kernel, '\0', sizeof is->kernel) != NULL;
}

static hg_status read_list(hg_weights *weights, const char *path, const file_header *h,
                           hg_reason *why)
{
    const char *bytes = weights->file, *list = bytes + sizeof *h;
    for (uint64_t i = 0; i < h->count; i++) {
        hg_packing is; /* a copy: what is checked here stays so */
        memcpy(&is, list + i * sizeof is, sizeof is);
        if (!is_sound(&is, h))
            return hg_fail(why, HG_INVALID, "%s is damaged: its packing %llu", path,
                           (unsigned long long)i);
        const float *data = (const float *)(const void *)(bytes + is.offset);
        if (!hg_weights_append(weights, &is, data, NULL))
            return hg_fail(why, HG_NO_MEMORY, "hg_weights_open: out of memory");
    }
    return HG_OK;
}

/* What was mapped is the object's. */
static hg_status read_file(hg_weights *weights, const char *path, hg_reason *why)
{
    hg_status status = hg_os_map(path, &weights->file, &weights->size);
    if (status)
        return hg_fail(why, status, "%s: packed weights cannot be read from this file", path);
    const mapped m = {weights->file, weights->size};
    file_header h;
    status = check_header(&m, path, &h, why);
    return status ? status : read_list(weights, path, &h, why);
}

hg_status hg_weights_open(hg_context *context, const char *path, hg_weights **weights)
{
    if (weights) *weights = NULL;
    if (!context || !path || !weights)
        return hg_report(hg_context_host(context), HG_INVALID,
                         "hg_weights_open: context, path or weights is NULL");
    hg_weights *opened = hg_weights_allocate(context);
    if (!opened) return hg_report(&context->host, HG_NO_MEMORY, "hg_weights_open: out of memory");
    hg_reason why = {""};
    const hg_status status = read_file(opened, path, &why);
    if (status) {
        hg_weights_free(opened);
        return hg_report(&context->host, status, why.text);
    }
    *weights = opened;
    return HG_OK;
}

static const hg_weights_entry *next_of(hg_weights *weights, const hg_weights_entry *entry)
{
    hg_os_lock_take(&weights->lock);
    const hg_weights_entry *next = entry->next;
    hg_os_lock_drop(&weights->lock);
    return next;
}

hg_status hg_weights_verify(const hg_weights *weights)
{
    if (!weights) return HG_INVALID;
    hg_weights *const lockable = (hg_weights *)(uintptr_t)weights;
    bool whole = true;
    hg_os_lock_take(&lockable->lock);
    const hg_weights_entry *entry = weights->first;
    hg_os_lock_drop(&lockable->lock);
    /* What the file has stands first. */
    for (; entry && !entry->owned && whole; entry = next_of(lockable, entry))
        whole = hg_hash(entry->data, entry->is.bytes) == entry->is.hash;
    return whole ? HG_OK
                 : hg_report(&weights->context->host, HG_INVALID,
                             "hg_weights_verify: what was packed is damaged");
}

/* ---- Writing ---- */

/* What is written, in order: header, list, then of each packing zeros up to its place, and its
 * floats. */
typedef struct parts {
    size_t count;
    hg_packing *list;
    hg_os_piece *pieces; /* 2 + 2 * count */
} parts;

static size_t count_entries(hg_weights *weights)
{
    size_t count = 0;
    hg_os_lock_take(&weights->lock);
    for (const hg_weights_entry *entry = weights->first; entry; entry = entry->next) count++;
    hg_os_lock_drop(&weights->lock);
    return count;
}

/* The first `count` entries, to which others may have been added by now. */
static void take_entries(hg_weights *weights, const parts *p)
{
    hg_os_lock_take(&weights->lock);
    const hg_weights_entry *entry = weights->first;
    for (size_t i = 0; i < p->count; i++, entry = entry->next) {
        p->list[i] = entry->is;
        p->pieces[3 + 2 * i] = (hg_os_piece){entry->data, entry->is.bytes};
    }
    hg_os_lock_drop(&weights->lock);
}

/* The end of the file. What came from a file keeps its hash: damage is not to be hidden. */
static uint64_t place(const parts *p)
{
    static const char zeros[ALIGNMENT];
    uint64_t end = sizeof(file_header) + p->count * sizeof(hg_packing);
    for (size_t i = 0; i < p->count; i++) {
        hg_packing *is = &p->list[i];
        const bool is_new = is->offset == 0;
        is->offset = HG_ROUND_UP(end, (uint64_t)ALIGNMENT);
        if (is_new) is->hash = hg_hash(p->pieces[3 + 2 * i].bytes, is->bytes);
        p->pieces[2 + 2 * i] = (hg_os_piece){zeros, is->offset - end};
        end = is->offset + is->bytes;
    }
    return end;
}

static hg_status write_parts(hg_weights *weights, const parts *p, const char *path)
{
    const size_t bytes = p->count * sizeof *p->list;
    take_entries(weights, p);
    const uint64_t end = place(p);
    const file_header h = header_of(p->count, end, hg_hash(p->list, bytes));
    p->pieces[0] = (hg_os_piece){&h, sizeof h};
    p->pieces[1] = (hg_os_piece){p->list, bytes};
    if (hg_os_replace(path, p->pieces, 2 + 2 * p->count)) return HG_OK;
    hg_reason why;
    hg_fail(&why, HG_IO, "%s: packed weights cannot be written to this file", path);
    return hg_report(&weights->context->host, HG_IO, why.text);
}

hg_status hg_weights_save(hg_weights *weights, const char *path)
{
    if (!weights || !path)
        return hg_report(weights ? &weights->context->host : NULL, HG_INVALID,
                         "hg_weights_save: weights or path is NULL");
    const hg_host *host = &weights->context->host;
    parts p = {.count = count_entries(weights)};
    p.list = hg_allocate(host, p.count * sizeof *p.list);
    p.pieces = hg_allocate(host, (2 + 2 * p.count) * sizeof *p.pieces);
    const hg_status status = p.list && p.pieces
                                 ? write_parts(weights, &p, path)
                                 : hg_report(host, HG_NO_MEMORY, "hg_weights_save: out of memory");
    hg_release(host, p.pieces);
    hg_release(host, p.list);
    return status;
}
