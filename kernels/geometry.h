/* Where windows lie on their input. */
#ifndef HG_GEOMETRY_H
#define HG_GEOMETRY_H

#include "kernels/common/attr.h"
#include "kernels/problem.h"

/* From begin to end, end not included. */
typedef struct hg_span {
    int64_t begin, end;
} hg_span;

/* Pixels from a window's first tap to its last, both included. */
static inline hg_size2 hg_window_reach(const hg_problem *p)
{
    return (hg_size2){(p->kernel.h - 1) * p->dilation.h + 1, (p->kernel.w - 1) * p->dilation.w + 1};
}

/* The taps of a window that starts at `first` that lie inside [0, in). */
static inline hg_span hg_taps_inside(int64_t first, int64_t kernel, int64_t dilation, int64_t in)
{
    if (first >= 0 && first + (kernel - 1) * dilation < in) return (hg_span){0, kernel};
    const int64_t begin = first < 0 ? HG_CEIL_DIV(-first, dilation) : 0;
    const int64_t end = first < in ? HG_MIN((in - 1 - first) / dilation + 1, kernel) : 0;
    return begin < end ? (hg_span){begin, end} : (hg_span){0, 0};
}

/* The first output behind `at` whose taps inside [0, in) are others: one comes in at the left end
 * of the input, or one goes out at its right end. `first` is where the window of `at` starts. */
static inline int64_t hg_taps_change(int64_t at, int64_t first, int64_t kernel, int64_t dilation,
                                     int64_t stride, int64_t in)
{
    const int64_t before = first < 0 ? HG_MIN(HG_CEIL_DIV(-first, dilation), kernel) : 0;
    const int64_t end = first < in ? HG_MIN((in - 1 - first) / dilation + 1, kernel) : 0;
    int64_t pixels = INT64_MAX / 2;
    if (before > 0) pixels = -first - (before - 1) * dilation;
    if (end > before) pixels = HG_MIN(pixels, in - first - (end - 1) * dilation);
    return at + HG_CEIL_DIV(pixels, stride);
}

/* The outputs along an axis whose taps all lie inside [0, in); none is an empty span. */
static inline hg_span hg_outputs_inside(int64_t out, int64_t stride, int64_t pad, int64_t reach,
                                        int64_t in)
{
    const int64_t last = in - reach + pad; /* where its window begins, from that of the first */
    const int64_t begin = HG_MIN(HG_CEIL_DIV(HG_MAX(pad, 0), stride), out);
    return (hg_span){begin, hg_clamp(last < 0 ? 0 : last / stride + 1, begin, out)};
}

/* Is every output made of the pixel in its place? */
static inline bool hg_is_pointwise(const hg_problem *p)
{
    return p->kernel.h * p->kernel.w == 1 && p->stride.h * p->stride.w == 1 && p->pad.top == 0 &&
           p->pad.left == 0 && p->in.h == p->out.h && p->in.w == p->out.w;
}

#endif
