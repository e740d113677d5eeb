/* Whole networks: against the lines in double, fused and not, in both layouts, with one thread and
 * two; what is placed in the arena; descriptions that are wrong or damaged; no memory.
 *
 *     test_net [--cases N] [--seed S]     random networks */
#include "tests/net.h"

#include <stdlib.h>
#include <string.h>

long net_passed, net_failed;

int main(int argc, char **argv)
{
    int64_t cases = 60;
    uint64_t seed = 1;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--cases")) cases = atoll(argv[i + 1]);
        if (!strcmp(argv[i], "--seed")) seed = strtoull(argv[i + 1], NULL, 10);
    }
    net_test_networks();
    net_test_random(cases, seed);
    net_test_errors();
    net_test_damage(seed);
    net_test_files();
    net_test_indices();
    net_test_memory();
    net_test_packed();
    printf("%ld passed, %ld failed\n", net_passed, net_failed);
    return net_failed != 0;
}
