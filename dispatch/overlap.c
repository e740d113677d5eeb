#include "dispatch/overlap.h"

#include "kernels/common/attr.h"

enum { DIMENSIONS = 4 };

/* Dimensions of two tensors with the same strides, the largest stride first. */
typedef struct grid {
    int64_t stride[DIMENSIONS], first[DIMENSIONS], second[DIMENSIONS]; /* extents of each */
} grid;

/* Is `distance`, in elements, that from an element of the first tensor to one of the second? What
 * the inner dimensions can add is less than a stride, either way: two multiples come into question.
 */
static bool meet(const grid *g, int dimension, int64_t distance)
{
    if (dimension == DIMENSIONS) return distance == 0;
    if (g->first[dimension] == 1 && g->second[dimension] == 1) /* such strides mean nothing */
        return meet(g, dimension + 1, distance);
    const int64_t stride = g->stride[dimension];
    const int64_t below = distance / stride - (distance % stride < 0);
    for (int64_t i = below; i <= below + 1; i++)
        if (-g->second[dimension] < i && i < g->first[dimension] &&
            meet(g, dimension + 1, distance - i * stride))
            return true;
    return false;
}

static bool same_strides(const hg_strides *a, const hg_strides *b)
{
    return a->n == b->n && a->h == b->h && a->w == b->w && a->c == b->c;
}

/* Tensors of f32 in one layout. The strides are those of the larger one: dimensions of size 1 count
 * for nothing. */
static bool share_elements(const hg_tensor *a, const void *at_a, const hg_tensor *b,
                           const void *at_b)
{
    const uintptr_t first = (uintptr_t)at_a, second = (uintptr_t)at_b;
    const int64_t bytes = (int64_t)(second - first), size = (int64_t)sizeof(float);
    const hg_strides *s = &a->strides;
    const bool nhwc = a->layout == HG_NHWC;
    if (!same_strides(s, &b->strides)) return false;
    if (bytes >= size * hg_tensor_extent(a) || -bytes >= size * hg_tensor_extent(b)) return false;
    if (bytes % size) return true;
    const grid g = {.stride = {s->n, nhwc ? s->h : s->c, nhwc ? s->w : s->h, nhwc ? s->c : s->w},
                    .first = {a->n, nhwc ? a->h : a->c, nhwc ? a->w : a->h, nhwc ? a->c : a->w},
                    .second = {b->n, nhwc ? b->h : b->c, nhwc ? b->w : b->h, nhwc ? b->c : b->w}};
    return meet(&g, 0, bytes / size);
}

static bool same_places(const hg_tensor *a, const hg_tensor *b)
{
    return a->n == b->n && a->h == b->h && a->w == b->w && a->c == b->c &&
           same_strides(&a->strides, &b->strides);
}

static bool overlaps(const hg_tensor *read, const void *at, const hg_tensor *out, const void *to)
{
    if (at == to) return !same_places(read, out);
    return share_elements(read, at, out, to);
}

bool hg_overlaps_input(const hg_problem *p, const hg_io *io)
{
    if (!hg_problem_may_be_in_place(p)) return io->input == io->output;
    return overlaps(&p->in, io->input, &p->out, io->output);
}

bool hg_overlaps_other(const hg_problem *p, const hg_io *io)
{
    return overlaps(&p->binary.other, io->other, &p->out, io->output);
}
