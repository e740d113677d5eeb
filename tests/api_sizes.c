/* Random sizes of every magnitude: each descriptor is refused with a status or planned, and what
 * is accepted has sizes that fit. The allocator refuses large blocks, so nothing large is built. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/common/attr.h"
#include "tests/api_fields.h"
#include "tests/random.h"

static void *allocate(void *self, size_t alignment, size_t size)
{
    enum { MOST = 1 << 20 };
    (void)self, (void)alignment;
    return size > MOST ? NULL : aligned_alloc(64, (size + 63) / 64 * 64);
}

static void release(void *self, void *memory)
{
    (void)self;
    free(memory);
}

static int64_t draw_size(rng *r, int64_t usual)
{
    const int64_t one = 1;
    const int64_t sizes[] = {0,
                             1,
                             2,
                             7,
                             100,
                             -1,
                             65536,
                             (one << 24) + 1,
                             (one << 31) - 1,
                             one << 31,
                             (one << 31) + 1,
                             (one << 32) - 1,
                             one << 32,
                             (one << 32) + 1,
                             one << 61,
                             one << 62,
                             INT64_MAX,
                             INT64_MIN};
    return rng_percent(r, 60) ? usual : sizes[rng_in(r, 0, HG_COUNT(sizes) - 1)];
}

static hg_size2 draw_pair(rng *r, int64_t usual)
{
    const int64_t h = draw_size(r, usual);
    return (hg_size2){h, draw_size(r, usual)};
}

static hg_padding draw_padding(rng *r)
{
    hg_padding p = {(hg_padding_mode)rng_in(r, 0, HG_PADDING_KERAS_VALID), 0, 0, 0, 0};
    p.top = draw_size(r, 1), p.left = draw_size(r, 1);
    p.bottom = draw_size(r, 1), p.right = draw_size(r, 1);
    return p;
}

static void draw_pool(rng *r, hg_pool_geometry *g)
{
    g->window = draw_pair(r, 2), g->stride = draw_pair(r, 2), g->dilation = draw_pair(r, 1);
    g->padding = draw_padding(r);
    g->ceil_mode = rng_percent(r, 50), g->global = rng_percent(r, 5);
    if (rng_percent(r, 20)) g->adaptive = draw_pair(r, 3);
}

static void draw_fields(rng *r, descriptor *d)
{
    hg_tensor *t = descriptor_input(d);
    t->layout = (hg_layout)rng_in(r, 0, 1);
    t->n = draw_size(r, 1), t->h = draw_size(r, 6), t->w = draw_size(r, 7);
    if (rng_percent(r, 20)) t->c = draw_size(r, 8);
    if (rng_percent(r, 20)) t->strides.n = draw_size(r, 0), t->strides.h = draw_size(r, 0);
    switch (d->op) {
    case HG_OP_CONV2D:
        d->u.conv2d.stride = draw_pair(r, 1), d->u.conv2d.dilation = draw_pair(r, 1);
        d->u.conv2d.padding = draw_padding(r);
        break;
    case HG_OP_CONV_TRANSPOSE2D:
        d->u.conv_transpose2d.stride = draw_pair(r, 2);
        d->u.conv_transpose2d.dilation = draw_pair(r, 1);
        d->u.conv_transpose2d.padding = draw_padding(r);
        if (rng_percent(r, 30)) d->u.conv_transpose2d.output_padding = draw_pair(r, 1);
        if (rng_percent(r, 30)) d->u.conv_transpose2d.output_size = draw_pair(r, 13);
        break;
    case HG_OP_MAX_POOL2D:
        draw_pool(r, &d->u.max_pool2d.pool);
        break;
    case HG_OP_AVG_POOL2D:
        draw_pool(r, &d->u.avg_pool2d.pool);
        break;
    case HG_OP_LP_POOL2D:
        draw_pool(r, &d->u.lp_pool2d.pool);
        break;
    case HG_OP_MAX_UNPOOL2D:
        d->u.max_unpool2d.window = draw_pair(r, 2), d->u.max_unpool2d.stride = draw_pair(r, 2);
        d->u.max_unpool2d.padding = draw_padding(r);
        if (rng_percent(r, 30)) d->u.max_unpool2d.output_size = draw_pair(r, 13);
        if (rng_percent(r, 30)) d->u.max_unpool2d.index_size = draw_pair(r, 13);
        break;
    case HG_OP_SOFTMAX2D:
    case HG_OP_ACTIVATION2D:
        break;
    case HG_OP_PAD2D:
        d->u.pad2d.mode = (hg_pad_mode)rng_in(r, 0, HG_PAD_WRAP);
        d->u.pad2d.top = draw_size(r, 1);
        d->u.pad2d.right = rng_percent(r, 50) ? draw_size(r, 1) : -1;
        break;
    case HG_OP_BINARY:
        descriptor_follow_input(d);
        if (rng_percent(r, 30)) d->u.binary.other.h = draw_size(r, 1);
        break;
    default:
        d->u.resize2d.output_size = draw_pair(r, 9);
        d->u.resize2d.mode = (hg_resize_mode)rng_in(r, 0, HG_RESIZE_LANCZOS5);
        d->u.resize2d.antialias = rng_percent(r, 30);
        if (rng_percent(r, 40)) d->u.resize2d.scale_h = (double)draw_size(r, 2) / 3;
        if (rng_percent(r, 40)) d->u.resize2d.scale_w = 1 / ((double)draw_size(r, 2) + 0.5);
    }
}

__extension__ typedef __int128 wide;

/* Extents in elements, in arithmetic that cannot overflow. */
static bool fits(const hg_tensor *t)
{
    const wide reach = (wide)(t->n ? t->n - 1 : 0) * t->strides.n +
                       (wide)(t->h - 1) * t->strides.h + (wide)(t->w - 1) * t->strides.w +
                       (wide)(t->c - 1) * t->strides.c;
    return t->n >= 0 && t->h > 0 && t->w > 0 && t->c > 0 && reach >= 0 && reach < (wide)1 << 59 &&
           t->h <= INT32_MAX && t->w <= INT32_MAX;
}

void test_sizes(void)
{
    enum { CASES = 1500 };
    hg_context_options o = quiet_options();
    hg_context *context;
    o.allocator = (hg_allocator){allocate, release, NULL};
    if (!expect(hg_context_create(&o, &context) == HG_OK, "a context")) return;
    for (hg_op op = 0; op < HG_OP_COUNT; op++) {
        const descriptor usual = sample(op);
        hg_filter *filter = NULL;
        int planned = 0;
        if (op == HG_OP_CONV2D || op == HG_OP_CONV_TRANSPOSE2D)
            hg_filter_create(context, &usual.filter, sample_weights(), &filter);
        rng r = rng_for(1, hg_op_name(op), 0);
        for (int i = 0; i < CASES; i++) {
            descriptor d = usual;
            hg_tensor out;
            hg_plan *plan = NULL;
            draw_fields(&r, &d);
            last = (heard){0};
            const hg_status size = descriptor_output(&d, &out);
            const hg_status status = descriptor_plan(context, &d, filter, NULL, &plan);
            expect(size || fits(&out), "%s %d: the output does not fit", hg_op_name(op), i);
            expect(status == size || (!size && (status == HG_NO_MEMORY || status == HG_RANGE)),
                   "%s %d: output \"%s\" but plan \"%s\": %s", hg_op_name(op), i,
                   hg_status_string(size), hg_status_string(status), last.sentence);
            expect((status == HG_OK) == (plan != NULL) && last.count == (status != HG_OK),
                   "%s %d: a plan or one sentence", hg_op_name(op), i);
            expect(!plan || hg_plan_workspace_size(plan) % 64 == 0,
                   "%s %d: the workspace is no multiple of 64", hg_op_name(op), i);
            planned += status == HG_OK;
            hg_plan_free(plan);
        }
        expect(planned > CASES / 100, "%s: only %d of %d were planned", hg_op_name(op), planned,
               CASES);
        hg_filter_free(filter);
    }
    hg_context_free(context);
}
