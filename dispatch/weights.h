/* Packed weights of many filters: a list of packings, in memory or in a mapped file. */
#ifndef HG_WEIGHTS_H
#define HG_WEIGHTS_H

#include "dispatch/context.h"
#include "dispatch/os.h"

/* What was packed, of which filter, how, and by whom: an entry in a file's list, byte by byte. */
typedef struct hg_packing {
    uint64_t id;      /* hg_filter_desc.id, or the number of floats of a program's own */
    uint64_t source;  /* hash of the filter's weights; 0: of floats */
    int64_t sizes[5]; /* of the filter: outputs, inputs, height, width, groups; 0 ... */
    int32_t form[12]; /* hg_algorithm.form */
    int32_t op, turned, rev;
    char kernel[HG_KERNEL_NAME_SIZE]; /* that packed; "": floats */
    int32_t unused;
    uint64_t bytes;
    uint64_t offset, hash; /* in the file, and of what lies there; 0: not of a file */
} hg_packing;

typedef struct hg_weights_entry {
    struct hg_weights_entry *next;
    hg_packing is;
    const float *data; /* aligned to 64 bytes */
    float *owned;      /* the same, or NULL: in the file */
} hg_weights_entry;

struct hg_weights {
    int references; /* atomic */
    hg_context *context;
    hg_os_lock lock;
    hg_weights_entry *first, **end; /* guarded by lock; entries are immutable, and stay */
    const void *file;               /* NULL: none */
    size_t size;
};

void hg_weights_retain(hg_weights *weights);

/* Without entries; NULL: out of memory. */
hg_weights *hg_weights_allocate(hg_context *context);
/* Lets the list begin with what a file has; false: out of memory. For hg_weights_open. */
bool hg_weights_append(hg_weights *weights, const hg_packing *is, const float *data, float *owned);

/* Does it hold something of another filter by this id? */
bool hg_weights_contradict(hg_weights *weights, uint64_t id, uint64_t source);

/* What a kernel's algorithm can use in place of what it would pack: `like` has all but offset and
 * hash, and source 0 where only the id is known. NULL: there is nothing. */
const float *hg_weights_packed(hg_weights *weights, const hg_packing *like, const hg_kernel *k);
/* Takes over `data`, from the allocator of the weights' context, or releases it if the like is
 * there by now: *kept is what plans read. HG_INVALID: something of another filter is there by this
 * id. HG_NO_MEMORY. */
hg_status hg_weights_take(hg_weights *weights, const hg_packing *is, const hg_kernel *k,
                          float *data, const float **kept);

#endif
