/* Tests of networks: what their parts share. */
#ifndef HG_TEST_NET_H
#define HG_TEST_NET_H

#include <stdio.h>

#include "net/plan.h"

extern long net_passed, net_failed;

/* Prints what failed. */
#define NET_EXPECT(condition, ...)                                                                 \
    ((condition) ? (net_passed++, true)                                                            \
                 : (net_failed++, printf("FAILED: " __VA_ARGS__), printf("\n"), false))

typedef struct net_text_case {
    const char *name, *text;
    int steps; /* of the fused plan; 0: any */
} net_text_case;

extern const net_text_case net_cases[]; /* ends with a NULL name */

/* In every way that a network can be planned. */
void net_check_network(const net_text_case *c, uint64_t seed);

void net_test_networks(void);
void net_test_random(int64_t cases, uint64_t seed);
void net_test_errors(void);
void net_test_damage(uint64_t seed);
void net_test_files(void);
void net_test_indices(void);
void net_test_memory(void);
void net_test_packed(void);

#endif
