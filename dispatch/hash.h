/* A hash of 64 bits that reads memory as fast as it comes. For damage and for mistakes, not against
 * forgers: whatever changes within one word of eight bytes changes it. */
#ifndef HG_HASH_H
#define HG_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The same on machines of one byte order. */
uint64_t hg_hash(const void *bytes, size_t size);
/* Of a pair, in order. */
uint64_t hg_hash_mix(uint64_t a, uint64_t b);

#endif
