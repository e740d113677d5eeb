/* All kernel rows of this build. */
#ifndef HG_REGISTRY_H
#define HG_REGISTRY_H

#include "kernels/activation/activation.h"

/* A walk over all rows: {0} at first. */
typedef struct hg_registry_walk {
    size_t table, row;
} hg_registry_walk;

const hg_kernel *hg_registry_next(hg_registry_walk *walk); /* NULL past the last */
const hg_kernel *hg_registry_at(size_t i);                 /* NULL past the last */
const hg_kernel *hg_registry_find(const char *name);

/* The family of a row's name, of any instruction set, in this build or not:
 * "conv2d_nhwc_igemm_neon" of conv2d.f32.nhwc.neon.igemm6x16. false: it can be none's; references
 * have no family. */
bool hg_registry_family(const char *name, char *family, size_t size);

/* May code of this ISA run, given the strongest ISA of the (capped) machine? NEON code that is
 * emulated on x86 is for tests: it runs only where it is forced by name. */
bool hg_isa_usable(hg_isa isa, hg_isa strongest, bool forced);
const char *hg_isa_name(hg_isa isa);

/* Of an instruction set; the reference's where it has none, or the build has not. */
const hg_activations *hg_activations_of(hg_isa isa);

#endif
