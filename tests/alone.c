#include "tests/alone.h"

#include <string.h>

static const hg_algorithm *real;
static hg_algorithm wrapped;
static hg_kernel kernel;
static size_t scratch;

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    for (int64_t i = end; i-- > begin;) {
        if (scratch) memset(t->scratch, 0xff, scratch);
        real->run(t, stage, i, i + 1);
    }
}

void run_ranges_alone(hg_plan *plan)
{
    real = plan->kernel->algorithm;
    scratch = plan->sizes.scratch;
    wrapped = *real;
    wrapped.run = run;
    kernel = *plan->kernel;
    kernel.algorithm = &wrapped;
    plan->kernel = &kernel;
}
