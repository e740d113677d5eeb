/* Buffers between two pages that fault, so that one byte too far is noticed. Whatever is not data
 * is filled with a signalling NaN and compared afterwards. */
#ifndef HG_TEST_GUARD_H
#define HG_TEST_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static const uint32_t guard_canary = 0x7FA1B2C3u; /* a signalling NaN; as an index, absurd */

typedef enum guard_side { GUARD_END, GUARD_START } guard_side; /* where the faulting page touches */

typedef struct guard {
    void *data; /* `size` bytes */
    size_t size;
    unsigned char *pages, *body; /* pages: the mapping; body: its accessible part */
    size_t pages_size, body_size;
} guard;

/* alignment: a power of two. false: no memory. */
bool guard_open(guard *g, size_t size, size_t alignment, guard_side side);
void guard_close(guard *g);

/* Writing to it faults, until guard_unlock. */
void guard_lock(const guard *g);
void guard_unlock(const guard *g);

void guard_fill(const guard *g);         /* everything becomes canary */
bool guard_slack_intact(const guard *g); /* ... what is not data still is */
/* What a byte of the body is while nothing has been written to it. */
unsigned char guard_byte(const guard *g, const void *at);

#endif
