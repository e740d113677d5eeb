/* The fuzzer's bytes, taken from the front; zeros once they are used up. */
#ifndef HG_FUZZ_BYTES_H
#define HG_FUZZ_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct bytes {
    const uint8_t *at;
    size_t left;
} bytes;

static inline uint8_t bytes_next(bytes *b)
{
    if (b->left == 0) return 0;
    b->left--;
    return *b->at++;
}

/* lo .. hi, both included; at most 256 values */
static inline int64_t bytes_in(bytes *b, int64_t lo, int64_t hi)
{
    return lo + bytes_next(b) % (hi - lo + 1);
}

static inline int64_t bytes_word(bytes *b)
{
    uint8_t word[8] = {0};
    const size_t n = b->left < sizeof word ? b->left : sizeof word;
    if (n) memcpy(word, b->at, n);
    b->at += n;
    b->left -= n;
    int64_t v;
    memcpy(&v, word, sizeof v);
    return v;
}

#endif
