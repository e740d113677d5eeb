/* Hourglass: SIMD kernels for the downsampling and upsampling halves of fully convolutional
 * networks, chosen per problem by a tuned dispatcher.
 *
 *     context   machine, tuning tables, executor, allocator                       (runtime.h)
 *     filter    weights, packed once per form that some plan needs          (conv.h, weights.h)
 *     plan      one operator at one size: kernel chosen, tables built          (conv, pool, ...)
 *     hg_run    one indirect call: no allocation; serial: no lock, no system call (runtime.h)
 *
 * Promises: every call returns a status; nothing aborts, exits or prints; no byte outside the
 * described tensors is touched; all functions may be called from any thread; floating-point
 * control words are never changed.
 *
 * Structures are zero-initialised to defaults. Those that callers fill and the library may extend
 * end in reserved words that must be 0, else HG_UNSUPPORTED (hg_io: HG_INVALID): hg_tensor,
 * hg_filter_desc, hg_context_options, hg_io and the descriptors of operators (hg_conv2d ...
 * hg_pad2d). The small ones inside them have none.
 *
 * Limits: n, h, w, c, windows, strides, dilation, padding and output sizes are below 2^31, a filter
 * has at most 2^31 weights, and a tensor's extent is below 2^59 elements; beyond: HG_RANGE.
 *
 * Pointers must not be NULL unless the comment says so. Functions that return a status answer NULL
 * with HG_INVALID, hg_..._free does nothing, the others (hg_plan_workspace_size, hg_plan_key, ...,
 * hg_context_machine, hg_kernel_get) do not check.
 *
 * In the child of a fork the threads of a pool do not exist: contexts with threads > 1 and what was
 * made with them are lost there, and only new contexts, or those with one thread that no other
 * thread was using at the fork, work. */
#ifndef HOURGLASS_HOURGLASS_H
#define HOURGLASS_HOURGLASS_H

#define HG_VERSION_MAJOR 0
#define HG_VERSION_MINOR 1
#define HG_VERSION_PATCH 0

#include "hourglass/conv.h"
#include "hourglass/pointwise.h"
#include "hourglass/pool.h"
#include "hourglass/runtime.h"
#include "hourglass/status.h"
#include "hourglass/tensor.h"
#include "hourglass/tuning.h"
#include "hourglass/upsample.h"
#include "hourglass/weights.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "MAJOR.MINOR.PATCH" of the library that was linked. */
HG_API const char *hg_version(void);

#ifdef __cplusplus
}
#endif
#endif
