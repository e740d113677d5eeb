/* A fixed piece of work like the kernels': a small convolution on the widest vectors of the
 * machine, some 50 us in L1. What disturbs the kernels disturbs it. */
#ifndef HG_TUNER_CANARY_H
#define HG_TUNER_CANARY_H

#include "tuner/workload.h"

typedef struct hg_canary {
    hg_workload work;
    hg_runner runner;
    int batch;
} hg_canary;

hg_status hg_canary_open(hg_context *context, hg_canary *canary, hg_reason *why);
void hg_canary_close(hg_canary *canary);
/* Runs it once; its argument is a hg_canary. */
void hg_canary_beat(void *canary);
/* How much its time varies over some 20 ms: the middle half's width over the median. */
double hg_canary_noise(hg_canary *canary);

/* What the machine reaches: the canary in L1, and a copy that no cache holds, read and written. */
void hg_canary_peaks(hg_canary *canary, double *gflops, double *gbps);

#endif
