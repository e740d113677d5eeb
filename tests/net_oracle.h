/* What a description means: its lines one after another, in double, by the formulas of the public
 * headers. Shares the reader with the library, and nothing behind it. */
#ifndef HG_TEST_NET_ORACLE_H
#define HG_TEST_NET_ORACLE_H

#include "net/description.h"

/* Dense [n][c][h][w]. */
typedef struct net_image {
    int64_t n, c, h, w;
    double *v;
    int64_t *indices; /* y*W + x of max_pool2d's input */
} net_image;

/* One image per value of the net; inputs are drawn from the seed. NULL: out of memory. */
net_image *net_oracle_run(const hg_net *net, uint64_t seed);
void net_oracle_free(const hg_net *net, net_image *images);

#endif
