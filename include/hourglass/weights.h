/* Hourglass: packed weights that filters share, and that files keep.
 *
 * Kernels want weights packed. A filter packs itself when it is planned, and holds what it packed;
 * of a filter whose descriptor names an hg_weights (hg_filter_desc.packed) that object holds it:
 *
 *     hg_weights_create      empty, in memory: what is planned is packed, and added
 *     hg_weights_save        all of it as a file
 *     hg_weights_open        the file, mapped: plans read it in place, and processes share it
 *
 * A filter finds its packings by the number that the caller gave it, if it did (hg_filter_desc.id),
 * and by the hash of its weights, or, without them, by the number alone: where all packings are
 * there, the weights themselves need neither be read nor kept. A packing belongs to a kernel's
 * revision and to the form of the problem and says so; what another kernel packed, or another
 * revision, is passed over. docs/embed.md has an example. */
#ifndef HOURGLASS_WEIGHTS_H
#define HOURGLASS_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "hourglass/conv.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Empty. Any number of threads plan with it at once. It takes memory from the context's allocator
 * and writes to its log; filters of other contexts may use it. On failure *weights is NULL.
 * HG_INVALID: a null pointer. HG_NO_MEMORY. */
HG_API hg_status hg_weights_create(hg_context *context, hg_weights **weights);

/* Maps a file that hg_weights_save wrote; what is then packed is added in memory, not to the file.
 * Reads the header and the list of packings, and checks both by their hashes; what was packed is
 * read when it is run, and checked by hg_weights_verify alone. Whoever makes the file shorter while
 * it is mapped ends the programs that read it, by a signal: replace it, as hg_weights_save does.
 * On failure *weights is NULL. HG_INVALID: a null pointer, or a file that is damaged, cut off or
 * none of packed weights. HG_UNSUPPORTED: of another version of the library, another format, or
 * from a machine of the other byte order. HG_IO: not readable, empty, or no regular file.
 * HG_NO_MEMORY. */
HG_API hg_status hg_weights_open(hg_context *context, const char *path, hg_weights **weights);

/* Writes everything to a file, under another name beside it; when all of it is on the disk the name
 * becomes `path`. What programs have mapped by that name stays as it was. Others may be planning.
 * HG_INVALID: a null pointer. HG_IO: not to be written; what was there is unchanged. HG_NO_MEMORY.
 */
HG_API hg_status hg_weights_save(hg_weights *weights, const char *path);

/* Reads every packing of an opened file and checks its hash. HG_INVALID: a null pointer, or what
 * was packed is damaged. */
HG_API hg_status hg_weights_verify(const hg_weights *weights);

/* Drops the caller's reference; filters, and so plans, keep theirs. NULL is allowed. */
HG_API void hg_weights_free(hg_weights *weights);

/* Floats of a program's own, such as biases: copied in, and found by their number and count, as
 * long as the object lives. Floats of the same number and count that are there already must be the
 * same, bit by bit. HG_INVALID: a null pointer, id or count 0, others of that number. HG_RANGE: a
 * count whose bytes do not fit. HG_NO_MEMORY. */
HG_API hg_status hg_weights_add(hg_weights *weights, uint64_t id, const float *values,
                                size_t count);
/* NULL: there are none. Aligned to 64 bytes. */
HG_API const float *hg_weights_find(const hg_weights *weights, uint64_t id, size_t count);

/* A number for a name, never 0; the same on every machine and for every version. */
HG_API uint64_t hg_weights_id(const void *name, size_t size);

#ifdef __cplusplus
}
#endif
#endif
