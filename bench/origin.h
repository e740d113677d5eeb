// What a run measured, for the context of its JSON:
//
//   accuracy             the flag
//   hourglass            version of the library
//   revision             the commit, or "release VERSION"
//   compiler, flags      of the library: name and version; optimisation, the builder's own, ISA's
//   tables               records in use, and a hash of what they say
//   machine, processor   hg_machine's key and name
#ifndef HG_BENCH_ORIGIN_H
#define HG_BENCH_ORIGIN_H

#include "hourglass/hourglass.h"

void describeRun(hg_accuracy accuracy, hg_context *context);

#endif
