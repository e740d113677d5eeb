#include "kernels/pool2d/spans.h"

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

size_t hg_pool_spans_size(const hg_problem *p)
{
    return sizeof(hg_pool_span) * (size_t)(p->out.h + p->out.w);
}

void hg_pool_prepare_spans(const hg_problem *p, const hg_kernel *k, const hg_config *c,
                           void *tables)
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

/* ---- Scales: after the spans, where those of each row begin, then the scales ---- */

static size_t scales_begin(const hg_problem *p)
{
    return HG_ROUND_UP(hg_pool_spans_size(p), sizeof(int64_t));
}

static int64_t scale_pitch(const hg_problem *p, const hg_kernel *k)
{
    return HG_ROUND_UP(p->out.w, hg_lanes(k));
}

size_t hg_pool_scales_size(const hg_problem *p, const hg_kernel *k)
{
    if (p->op != HG_OP_AVG_POOL2D) return hg_pool_spans_size(p);
    const int64_t distinct = HG_MIN(p->kernel.h, p->out.h);
    return scales_begin(p) + sizeof(int64_t) * (size_t)p->out.h +
           sizeof(float) * (size_t)(distinct * scale_pitch(p, k));
}

hg_pool_scales hg_pool_scales_of(const hg_problem *p, const void *tables)
{
    if (p->op != HG_OP_AVG_POOL2D) return (hg_pool_scales){NULL, NULL};
    const int64_t *rows = (const void *)((const char *)tables + scales_begin(p));
    return (hg_pool_scales){rows, (const void *)(rows + p->out.h)};
}

static void set_scales(const hg_problem *p, const hg_pool_span *columns, int32_t extent,
                       float *scale, int64_t pitch)
{
    for (int64_t x = 0; x < pitch; x++) {
        const double taps = (double)extent * columns[HG_MIN(x, p->out.w - 1)].extent;
        scale[x] = 1.0f / (float)(p->pool.divisor > 0 ? (double)p->pool.divisor : taps);
    }
}

void hg_pool_prepare_scales(const hg_problem *p, const hg_kernel *k, const hg_config *c,
                            void *tables)
{
    hg_pool_prepare_spans(p, k, c, tables);
    if (p->op != HG_OP_AVG_POOL2D) return;
    const hg_pool_span *rows = tables, *columns = rows + p->out.h;
    int64_t *begins = (void *)((char *)tables + scales_begin(p)), used = 0;
    float *scales = (void *)(begins + p->out.h);
    for (int64_t y = 0; y < p->out.h; y++) {
        int64_t like = y ? y - 1 : 0;
        while (like > 0 && rows[like].extent != rows[y].extent) like--;
        if (like < y && rows[like].extent == rows[y].extent) {
            begins[y] = begins[like];
            continue;
        }
        begins[y] = used;
        set_scales(p, columns, rows[y].extent, scales + used, scale_pitch(p, k));
        used += scale_pitch(p, k);
    }
}
