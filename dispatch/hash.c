#include "dispatch/hash.h"

#include <string.h>

enum { LANES = 4 }; /* as many products as a core has on the way */

/* Odd factors: steps that can be undone lose nothing of a word. */
static const uint64_t factor = 0x9E3779B97F4A7C15u, other = 0xD1342543DE82EF95u;

static uint64_t step(uint64_t state, uint64_t word)
{
    state = (state ^ word) * factor;
    return state ^ state >> 32;
}

uint64_t hg_hash_mix(uint64_t a, uint64_t b)
{
    return step(step(other, a) * other, b) * factor;
}

uint64_t hg_hash(const void *bytes, size_t size)
{
    const unsigned char *p = bytes;
    uint64_t lane[LANES] = {1, 2, 3, 4}, word[LANES];
    size_t left = size;
    for (; left >= sizeof word; left -= sizeof word, p += sizeof word) {
        memcpy(word, p, sizeof word);
        for (int i = 0; i < LANES; i++) lane[i] = step(lane[i], word[i]);
    }
    memset(word, 0, sizeof word);
    memcpy(word, p, left);
    for (int i = 0; i < LANES; i++) lane[i] = step(lane[i], word[i]);
    uint64_t all = size;
    for (int i = 0; i < LANES; i++) all = hg_hash_mix(all, lane[i]);
    return all;
}
