/* What is wrong with a record, seen from this machine and these kernels. */
#ifndef HG_TUNER_LINT_H
#define HG_TUNER_LINT_H

#include "dispatch/context.h"

typedef enum hg_health {
    HG_HEALTHY,   /* its first kernel is what a plan gets */
    HG_LIMPING,   /* its first kernel cannot be had, one behind it can */
    HG_USELESS,   /* no plan gets anything from it, whatever its machine */
    HG_ELSEWHERE, /* of another machine: not judged */
} hg_health;

/* why: what is wrong, "" for HG_HEALTHY. */
hg_health hg_record_health(const hg_context *context, const hg_record *record, hg_reason *why);

#endif
