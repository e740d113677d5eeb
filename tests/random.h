/* A small generator with a printable state, so that every random case can be drawn again. */
#ifndef HG_TEST_RANDOM_H
#define HG_TEST_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct rng {
    uint64_t state;
} rng;

/* SplitMix64: passes through every state, and neighbouring seeds give unrelated streams. */
static inline uint64_t rng_next(rng *r)
{
    uint64_t z = r->state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* lo .. hi, both included */
static inline int64_t rng_in(rng *r, int64_t lo, int64_t hi)
{
    return lo + (int64_t)(rng_next(r) % (uint64_t)(hi - lo + 1));
}

static inline bool rng_percent(rng *r, int percent)
{
    return rng_in(r, 0, 99) < percent;
}

/* [0, 1) with 24 bits, exact in float */
static inline float rng_unit(rng *r)
{
    return (float)(rng_next(r) >> 40) * 0x1p-24f;
}

/* One stream per (seed, name, number). */
static inline rng rng_for(uint64_t seed, const char *name, uint64_t number)
{
    rng r = {seed * 0x9E3779B97F4A7C15u + number};
    for (; *name; name++) r.state = rng_next(&r) ^ (uint8_t)*name;
    return r;
}

#endif
