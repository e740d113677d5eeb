/* Pooling: window tables, and the loops around the microkernels. All padding, dilation, ceil and
 * adaptive rules end here; kernels see rows of windows that lie inside the input. */
#include "kernels/pool2d/pool2d.h"

/* Channels of one range where pixels alone give too few ranges. */
enum { CHANNEL_BLOCK = 64, ENOUGH_RANGES = 32, CACHED_BYTES = 1 << 20 };

typedef struct pool_axis {
    int64_t in, out, kernel, stride, dilation, begin, end;
} pool_axis;

static hg_pool_span adaptive_span(const pool_axis *a, int64_t o)
{
    const int64_t first = o * a->in / a->out, last = HG_CEIL_DIV((o + 1) * a->in, a->out);
    return (hg_pool_span){(int32_t)first, (int32_t)(last - first), (int32_t)(last - first)};
}

static hg_pool_span window_span(const pool_axis *a, int64_t o, bool include_pad)
{
    const int64_t start = o * a->stride - a->begin;
    const int64_t skipped = start < 0 ? HG_CEIL_DIV(-start, a->dilation) : 0;
    const int64_t reached = start < a->in ? HG_CEIL_DIV(a->in - start, a->dilation) : 0;
    const int64_t taps = HG_MIN(reached, a->kernel) - skipped;
    /* An overhang of the ceil rule beyond the padding never counts. */
    const int64_t padded = HG_CEIL_DIV(HG_MAX(a->in + a->end - start, 1), a->dilation);
    const int64_t extent = include_pad ? HG_MIN(padded, a->kernel) : HG_MAX(taps, 1);
    if (taps <= 0) return (hg_pool_span){0, 0, (int32_t)extent};
    return (hg_pool_span){(int32_t)(start + skipped * a->dilation), (int32_t)taps, (int32_t)extent};
}

size_t hg_pool_table_size(const hg_problem *p)
{
    return sizeof(hg_pool_span) * (size_t)(p->out.h + p->out.w);
}

void hg_pool_prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    (void)k, (void)c;
    const pool_axis axes[2] = {
        {p->in.h, p->out.h, p->kernel.h, p->stride.h, p->dilation.h, p->pad.top, p->pad.bottom},
        {p->in.w, p->out.w, p->kernel.w, p->stride.w, p->dilation.w, p->pad.left, p->pad.right}};
    hg_pool_span *span = tables;
    for (int i = 0; i < 2; i++)
        for (int64_t o = 0; o < axes[i].out; o++)
            *span++ = p->pool.adaptive ? adaptive_span(&axes[i], o)
                                       : window_span(&axes[i], o, p->pool.include_pad);
}

/* Taps are counted from the sizes where windows are adaptive. */
double hg_pool_cost(const hg_problem *p, double efficiency)
{
    const double outputs =
        (double)p->out.n * (double)p->out.h * (double)p->out.w * (double)p->out.c;
    const double windows = (double)p->kernel.h * (double)p->kernel.w;
    const double shrink = (double)p->in.h * (double)p->in.w / ((double)p->out.h * (double)p->out.w);
    const double taps = p->pool.adaptive ? HG_MAX(shrink, 1.0) : windows;
    const double compute = 2.0 * (taps + 1.0) * outputs / (100.0 * efficiency);
    const double bytes = hg_problem_bytes(p), rate = bytes < CACHED_BYTES ? 150.0 : 50.0;
    const double memory = bytes / (rate * HG_MIN(1.0, 2.0 * efficiency));
    return HG_MAX(compute, memory) + 200.0;
}

/* ---- NHWC ---- */

static int64_t channel_blocks(const hg_problem *p)
{
    const bool few = p->out.n * p->out.h < ENOUGH_RANGES;
    return few ? HG_CEIL_DIV(p->out.c, (int64_t)CHANNEL_BLOCK) : 1;
}

static hg_index_rule rule_of(const hg_problem *p)
{
    return hg_index_rule_of(p->pool.convention, p->in.c, (hg_size2){p->in.h, p->in.w});
}

/* What all rows of a run share; indices, input and output are set per row. */
static hg_pool_args common_args(const hg_task *t, hg_index_rule r)
{
    const hg_problem *p = t->problem;
    const hg_pool_span *spans = t->tables;
    const hg_strides *si = &p->in.strides;
    return (hg_pool_args){.columns = spans + p->out.h,
                          .width = p->out.w,
                          .row_step = p->dilation.h * si->h,
                          .column_step = p->dilation.w * si->w,
                          .in_pixel = si->w,
                          .out_pixel = p->out.strides.w,
                          .divisor = (double)p->pool.divisor,
                          .power = p->pool.p,
                          .index_type = p->pool.index_type,
                          .index_scale = r.scale,
                          .index_channel = r.at.c,
                          .plane_row = p->dilation.h * (r.at.h / r.scale),
                          .plane_column = p->dilation.w * (r.at.w / r.scale),
                          .plane_down = r.at.h / r.scale,
                          .plane_pixel = r.at.w / r.scale};
}

static void aim_row(const hg_task *t, const hg_index_rule *r, int64_t n, int64_t oy, int64_t c,
                    hg_pool_args *a)
{
    const hg_problem *p = t->problem;
    const hg_pool_span *row = (const hg_pool_span *)t->tables + oy;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const int64_t out = n * so->n + oy * so->h + c * so->c;
    const size_t index_size = hg_index_bytes(p->pool.index_type);
    a->input = t->input + n * si->n + row->first * si->h + c * si->c;
    a->output = t->output + out;
    a->indices = p->pool.indices ? (char *)t->indices + (size_t)out * index_size : NULL;
    a->rows = row->taps;
    a->row_extent = row->extent;
    a->plane_first = row->first * a->plane_down;
    a->index_first = n * r->at.n + c * r->at.c;
}

static void nhwc_size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.tables = hg_pool_table_size(p),
                        .stages = 1,
                        .ranges = {p->out.n * p->out.h * channel_blocks(p)}};
}

/* A range is one row of output pixels, or a block of its channels; blocks side by side are one
 * call, for longer runs of memory. */
static void nhwc_run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const int64_t blocks = channel_blocks(p);
    const hg_index_rule r = rule_of(p);
    hg_pool_args a = common_args(t, r);
    for (int64_t i = begin, count; i < end; i += count) {
        const int64_t row = i / blocks, c = i % blocks * CHANNEL_BLOCK;
        count = HG_MIN(end - i, blocks - i % blocks);
        a.channels = blocks == 1 ? p->out.c : HG_MIN(p->out.c - c, count * CHANNEL_BLOCK);
        aim_row(t, &r, row / p->out.h, row % p->out.h, c, &a);
        t->kernel->run.pool(&a);
    }
}

/* Kernels of a fixed size know their divisor; lane positions of indices have 32 bits. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    if (p->op == HG_OP_LP_POOL2D)
        return p->pool.form == HG_LP_ABSOLUTE && (p->pool.p == 1.0f || p->pool.p == 2.0f);
    if (p->pool.indices && p->in.h * p->in.w > INT32_MAX) return false;
    return k->limits.kernel.h == 0 || p->pool.divisor == 0;
}

static double isa_efficiency(const hg_kernel *k)
{
    const double fixed = k->limits.kernel.h ? 0.5 : 0.3, indexed = k->limits.only_indices ? 0.6 : 1;
    return hg_isa_model_of(k->isa)->rate * fixed * indexed;
}

/* Lanes beyond the last channel do nothing. */
static double nhwc_cost(const hg_problem *p, const hg_kernel *k)
{
    const int64_t lanes = hg_isa_model_of(k->isa)->lanes;
    const double used = (double)p->in.c / (double)HG_ROUND_UP(p->in.c, lanes);
    return hg_pool_cost(p, isa_efficiency(k) * used);
}

const hg_algorithm hg_pool_nhwc = {.name = "pool-rows",
                                   .supports = supports,
                                   .cost = nhwc_cost,
                                   .size = nhwc_size,
                                   .prepare = hg_pool_prepare,
                                   .run = nhwc_run};

static bool one_pixel(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return p->out.h == 1 && p->out.w == 1;
}

static double means_cost(const hg_problem *p, const hg_kernel *k)
{
    return 0.9 * nhwc_cost(p, k);
}

const hg_algorithm hg_pool_means = {.name = "pool-image",
                                    .supports = one_pixel,
                                    .cost = means_cost,
                                    .size = nhwc_size,
                                    .prepare = hg_pool_prepare,
                                    .run = nhwc_run};

/* ---- NCHW: kernels of a fixed size without padding ---- */

static void nchw_size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes =
        (hg_sizes){.tables = hg_pool_table_size(p), .stages = 1, .ranges = {p->out.n * p->out.c}};
}

/* A range is one channel of one image. */
static void nchw_run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_index_rule r = rule_of(p);
    hg_pool_args a = common_args(t, r);
    a.channels = 1;
    a.index_channel = 0; /* of lanes, which are pixels here */
    a.height = p->out.h;
    a.in_down = p->stride.h * p->in.strides.h;
    a.out_down = p->out.strides.h;
    for (int64_t i = begin; i < end; i++) {
        const int64_t n = i / p->out.c, c = i % p->out.c;
        aim_row(t, &r, n, 0, c, &a);
        t->kernel->run.pool(&a);
    }
}

static double nchw_cost(const hg_problem *p, const hg_kernel *k)
{
    const double rows = (double)p->out.n * (double)p->out.c * (double)p->out.h;
    return hg_pool_cost(p, isa_efficiency(k) * 0.8) + 5.0 * rows;
}

const hg_algorithm hg_pool_nchw = {.name = "pool-plane-rows",
                                   .supports = supports,
                                   .cost = nchw_cost,
                                   .size = nchw_size,
                                   .prepare = hg_pool_prepare,
                                   .run = nchw_run};

/* ---- NCHW, one window over the whole plane ---- */

/* Few enough that two threads share the planes of one image, many enough to pay for a call. */
/* Planes of a range: enough floats to hide the call, few enough for all threads. */
static int64_t planes_of_range(const hg_problem *p)
{
    const int64_t planes = 16384 / HG_MAX(p->in.h * p->in.w, 1) / 8 * 8;
    return HG_MIN(HG_MAX(planes, 8), 256);
}

static void global_size(const hg_problem *p, const hg_kernel *k, const hg_config *c,
                        hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.tables = hg_pool_table_size(p),
                        .stages = 1,
                        .ranges = {p->out.n * HG_CEIL_DIV(p->out.c, planes_of_range(p))}};
}

static void global_run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_index_rule r = rule_of(p);
    const int64_t planes = planes_of_range(p), blocks = HG_CEIL_DIV(p->out.c, planes);
    const bool joined = p->in.strides.h == p->in.w && p->kernel.w == p->in.w;
    hg_pool_args a = common_args(t, r);
    a.in_pixel = p->in.strides.c;
    a.out_pixel = p->out.strides.c;
    for (int64_t i = begin; i < end; i++) {
        const int64_t c = i % blocks * planes;
        aim_row(t, &r, i / blocks, 0, c, &a);
        a.channels = HG_MIN(p->out.c - c, planes);
        /* Rows that follow each other are one long row. */
        const hg_pool_span whole = {0, (int32_t)(p->kernel.h * p->kernel.w), a.columns->extent};
        hg_pool_args plane = a;
        if (joined && p->in.h * p->in.w <= INT32_MAX) plane.columns = &whole, plane.rows = 1;
        t->kernel->run.pool(&plane);
    }
}

static double global_cost(const hg_problem *p, const hg_kernel *k)
{
    return hg_pool_cost(p, isa_efficiency(k));
}

const hg_algorithm hg_pool_global = {.name = "pool-planes",
                                     .supports = one_pixel,
                                     .cost = global_cost,
                                     .size = global_size,
                                     .prepare = hg_pool_prepare,
                                     .run = global_run};
