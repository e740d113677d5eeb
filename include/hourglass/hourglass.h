/* Hourglass: SIMD kernels for the downsampling and upsampling halves of fully convolutional
 * networks, chosen per problem by a tuned dispatcher.
 *
 *     context   machine, tuning tables, executor, allocator                       (runtime.h)
 *     filter    weights, packed once per form that some plan needs                   (conv.h)
 *     plan      one operator at one size: kernel chosen, tables built          (conv, pool, ...)
 *     hg_run    one indirect call: no allocation; serial: no lock, no system call (runtime.h)
 *
 * Promises: every call returns a status; nothing aborts, exits or prints; no byte outside the
 * described tensors is touched; all functions may be called from any thread; floating-point
 * control words are never changed. Structures are zero-initialised to defaults and end in
 * reserved words that must be 0. */
#ifndef HOURGLASS_HOURGLASS_H
#define HOURGLASS_HOURGLASS_H

#define HG_VERSION_MAJOR 0
#define HG_VERSION_MINOR 1
#define HG_VERSION_PATCH 0

#include "hourglass/conv.h"
#include "hourglass/pool.h"
#include "hourglass/runtime.h"
#include "hourglass/status.h"
#include "hourglass/tensor.h"
#include "hourglass/tuning.h"
#include "hourglass/upsample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "MAJOR.MINOR.PATCH" of the library that was linked. */
HG_API const char *hg_version(void);

#ifdef __cplusplus
}
#endif
#endif
