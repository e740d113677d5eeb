/* Max-unpooling, reference: zero fill, then a scatter in row-major order of the input, so that the
 * last duplicate wins. Channels are independent: an index must name its element's own. */
#include <string.h>

#include "kernels/reference.h"
#include "kernels/unpool2d/unpool2d.h"

enum { CHANNEL_BLOCK = 16 };

static int64_t index_at(const hg_task *t, int64_t offset)
{
    if (t->problem->pool.index_type == HG_INDEX_I32)
        return ((const int32_t *)t->input_indices)[offset];
    return ((const int64_t *)t->input_indices)[offset];
}

/* The output pixel that an index names, if it lies in image n and channel c. */
static bool position(const hg_problem *p, const hg_index_rule *r, int64_t index, int64_t n,
                     int64_t c, hg_size2 *at)
{
    const hg_size2 image = p->pool.index_size;
    if (index < 0) return false;
    const int64_t within = index - n * r->at.n - c * r->at.c;
    if (within < 0 || within % r->scale != 0) return false;
    const int64_t plane = within / r->scale;
    if (plane >= image.h * image.w) return false;
    *at = p->pool.convention == HG_INDEX_ONNX_COLUMNS
              ? (hg_size2){plane % image.h, plane / image.h}
              : (hg_size2){plane / image.w, plane % image.w};
    return true;
}

static void zero_fill(const hg_problem *p, float *out, int64_t channels)
{
    const hg_strides *s = &p->out.strides;
    const bool nhwc = p->out.layout == HG_NHWC;
    const int64_t outer = nhwc ? p->out.w : channels, step = nhwc ? s->w : s->c;
    const size_t bytes = sizeof(float) * (size_t)(nhwc ? channels : p->out.w);
    for (int64_t y = 0; y < p->out.h; y++)
        for (int64_t i = 0; i < outer; i++) memset(out + y * s->h + i * step, 0, bytes);
}

void hg_unpool_scatter(const hg_task *t, int64_t n, int64_t c0, int64_t channels)
{
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const hg_index_rule r = hg_unpool_rule(p);
    float *out = t->output + n * so->n;
    zero_fill(p, out + c0 * so->c, channels);
    for (int64_t y = 0; y < p->in.h; y++) {
        for (int64_t x = 0; x < p->in.w; x++) {
            for (int64_t c = c0; c < c0 + channels; c++) {
                const int64_t e = n * si->n + y * si->h + x * si->w + c * si->c;
                hg_size2 at;
                if (position(p, &r, index_at(t, e), n, c, &at))
                    out[at.h * so->h + at.w * so->w + c * so->c] = t->input[e];
                else
                    __atomic_store_n(t->fault, (int)HG_INDEX, __ATOMIC_RELAXED);
            }
        }
    }
}

double hg_unpool_cost(const hg_problem *p, double efficiency)
{
    const double moved = hg_tensor_elements(&p->in) + hg_tensor_elements(&p->out);
    /* Computing is hidden behind memory, but not wholly: no ties, the kernel that does less wins.
     */
    return hg_roofline(p, 2.0 * moved, efficiency) + 0.005 * moved / efficiency;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return hg_unpool_cost(p, 0.01);
}

static int64_t blocks(const hg_problem *p)
{
    return HG_CEIL_DIV(p->in.c, (int64_t)CHANNEL_BLOCK);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.ranges = {p->in.n * blocks(p)}};
}

/* A range is a block of channels of one image. */
static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    for (int64_t i = begin; i < end; i++) {
        const int64_t c = i % blocks(p) * CHANNEL_BLOCK;
        hg_unpool_scatter(t, i / blocks(p), c, HG_MIN(p->in.c - c, (int64_t)CHANNEL_BLOCK));
    }
}

static const hg_algorithm scatter = {.name = "scatter", .cost = cost, .size = size, .run = run};

const hg_kernel hg_unpool2d_ref[] = {
    HG_REFERENCE(max_unpool2d, HG_OP_MAX_UNPOOL2D, 1, &scatter),
    {.name = NULL},
};
