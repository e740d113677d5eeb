#include "kernels/conv2d/nhwc/direct_blocking.h"

#include <math.h>

enum {
    PIXEL_BYTES = 64 << 10, /* of the input of a block of pixels, between L1 and L2 */
    MOST_BYTES = 256 << 10, /* the same where that is few pixels */
    ROW_BYTES = 192 << 10,  /* of the input under a block of rows, of one group: well inside L2 */
    BLOCK_BYTES = 1 << 20,  /* of all groups: L2 or little more */
    LONG = 64,              /* products of a pixel that make fetching the next ones worth it, */
    FAR_BYTES = 1 << 20,    /* for dots, which take less time, of an input beyond L2 alone */
    MIN_WORK = 1 << 16,     /* multiply-adds of a range: a microsecond or so */
    MANY = 96,              /* pixels that pay for a pass over the weights */
    HEAVY_BYTES = 8 << 20,  /* of weights, that L3 may not keep */
    FEW = 64,               /* stay together all the same */
    TILE = 12               /* a multiple of the pixels of every tile but a few */
};

static bool is_flat(const hg_problem *p)
{
    const hg_strides *i = &p->in.strides, *o = &p->out.strides, *r = &p->residual_strides;
    return hg_is_pointwise(p) && i->h == p->in.w * i->w && i->n == p->in.h * i->h &&
           o->h == p->out.w * o->w && o->n == p->out.h * o->h &&
           (!p->post.residual || (r->h == p->out.w * r->w && r->n == p->out.h * r->h));
}

static int64_t default_block(const hg_problem *p, const hg_direct_blocking *b)
{
    const int64_t pixel = b->c_group * (int64_t)sizeof(float), row = p->in.w * pixel;
    if (!b->flat) {
        /* Groups take their part of each pixel in turn: what lies beside it is to be there still.
         * But every block reads all weights. */
        const int64_t weights = (int64_t)sizeof(float) * b->depth * p->out.c;
        const int64_t whole =
            p->groups > 1 && !b->packed ? HG_MAX(BLOCK_BYTES, 4 * weights) : INT64_MAX;
        const int64_t rows = HG_MIN(ROW_BYTES / row, whole / (row * p->groups));
        return HG_MAX((rows - hg_window_reach(p).h) / p->stride.h + 1, HG_CEIL_DIV(FEW, p->out.w));
    }
    if (b->rows <= FEW) return b->rows;
    /* Every block reads all weights. */
    const int64_t twice = pixel * p->out.c > HEAVY_BYTES ? 2 : 1;
    int64_t most = HG_MAX(PIXEL_BYTES / pixel, twice * HG_MIN(MANY, MOST_BYTES / pixel));
    if (b->panels == 1) most = HG_MAX(most, b->rows / 16); /* read once: work for threads only */
    /* Blocks of like size, whole tiles each. */
    const int64_t even = HG_CEIL_DIV(b->rows, HG_CEIL_DIV(b->rows, HG_MAX(most, TILE)));
    return HG_ROUND_UP(even, TILE);
}

hg_direct_blocking hg_direct_blocking_of(const hg_problem *p, const hg_kernel *k,
                                         const hg_config *c)
{
    hg_direct_blocking b = {.flat = is_flat(p),
                            .in = p->in.strides,
                            .c_group = p->in.c / p->groups,
                            .k_group = p->out.c / p->groups};
    b.packed = c->pack == 1 && !b.flat && p->groups > 1 && !hg_direct_dots(k);
    if (b.packed) b.in = (hg_strides){.h = p->in.w * b.c_group, .w = b.c_group};
    b.joined = b.in.w == b.c_group && p->dilation.w == 1;
    b.depth = b.c_group * p->kernel.h * p->kernel.w;
    const hg_post *post = &p->post;
    b.plain =
        !post->residual && post->slope == 1.0f && post->min == -INFINITY && post->max == INFINITY;
    b.alone = p->out.n * p->out.h * p->out.w == 1;
    const bool dots = hg_direct_dots(k);
    b.ahead = b.flat && b.depth >= LONG &&
              (!dots || 4.0 * hg_tensor_elements(&p->in) > (double)FAR_BYTES);
    b.unit = dots ? 1 : HG_DIRECT_UNIT(hg_lanes(k));
    b.units = HG_CEIL_DIV(b.k_group, b.unit);
    /* No panel of a single unit but where it is the only one: its columns begin a unit. */
    const int64_t widest = dots ? HG_DIRECT_MAX_DOT : k->tile.nr / b.unit;
    b.group_panels = widest == 2 ? HG_MAX(b.units / 2, 1) : HG_CEIL_DIV(b.units, widest);
    b.panels = p->groups * b.group_panels;
    b.each = b.units / b.group_panels;
    b.more = b.units % b.group_panels;
    b.inside = hg_outputs_inside(p->out.w, p->stride.w, p->pad.left, hg_window_reach(p).w, p->in.w);
    b.rows = b.flat ? p->out.n * p->out.h * p->out.w : p->out.h;
    const int64_t wanted = c->block ? c->block : default_block(p, &b);
    b.block = hg_clamp(wanted, 1, HG_MAX(b.rows, 1));
    b.image_blocks = HG_CEIL_DIV(b.rows, b.block);
    b.packed_rows = HG_MIN((b.block - 1) * p->stride.h + hg_window_reach(p).h, p->in.h);
    b.blocks = b.image_blocks * (b.flat ? 1 : p->out.n);
    /* Work for 16 threads. */
    const int64_t work = b.block * (b.flat ? 1 : p->out.w) * b.depth * p->out.c;
    const int64_t most = HG_MIN(HG_CEIL_DIV(32, HG_MAX(b.blocks, 1)), work / MIN_WORK);
    const int64_t cuts = hg_clamp(most, 1, b.panels);
    b.chunk = c->panels ? HG_MIN(c->panels, b.panels) : HG_CEIL_DIV(b.panels, cuts);
    b.chunks = HG_CEIL_DIV(b.panels, b.chunk);
    return b;
}
