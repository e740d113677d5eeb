/* What a tuning run finds around it: processors it may use, memory it may take, who else works. */
#ifndef HG_TUNER_ENVIRONMENT_H
#define HG_TUNER_ENVIRONMENT_H

#include <stdbool.h>

typedef struct hg_environment {
    int processors; /* that this process may use */
    double quota;   /* of a container: processors' worth of time; 0 = no limit */
    double memory;  /* bytes that can be had without anyone being killed; 0 = unknown */
    int running;    /* other processes that want a processor now; -1 = unknown */
} hg_environment;

/* root: "", or a folder whose proc/ and sys/fs/cgroup/ are read instead, for tests. */
void hg_environment_read(const char *root, hg_environment *environment);

/* Claims so many of the processors that this process may use, until it ends. false: other tuners
 * hold them, so that both measure each other. */
bool hg_environment_claim(int threads);

#endif
