/* What drivers of rows of windows share. */
#include "kernels/pool2d/pool2d.h"

/* Taps are counted from the sizes where windows are adaptive. */
double hg_pool_cost(const hg_problem *p, double efficiency)
{
    const double outputs = hg_tensor_elements(&p->out);
    const double windows = (double)p->kernel.h * (double)p->kernel.w;
    const double shrink = (double)p->in.h * (double)p->in.w / ((double)p->out.h * (double)p->out.w);
    const double taps = p->pool.adaptive ? HG_MAX(shrink, 1.0) : windows;
    const double compute = 2.0 * (taps + 1.0) * outputs / (100.0 * efficiency);
    const double memory = hg_traffic_ns(p) / HG_MIN(1.0, 2.0 * efficiency);
    return HG_MAX(compute, memory) + 200.0;
}

bool hg_pool_places_fit(const hg_problem *p)
{
    return !p->pool.indices || p->in.h * p->in.w <= INT32_MAX;
}

hg_index_rule hg_pool_rule(const hg_problem *p)
{
    return hg_index_rule_of(p->pool.convention, p->in.c, (hg_size2){p->in.h, p->in.w});
}

size_t hg_pool_tables_size(const hg_problem *p)
{
    return sizeof(hg_pool_tables) + hg_pool_spans_size(p);
}

void hg_pool_prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    enum { NEAR_BYTES = 1 << 20 };
    const hg_index_rule r = hg_pool_rule(p);
    hg_pool_tables *t = tables;
    hg_pool_span *spans = (hg_pool_span *)(t + 1);
    hg_pool_prepare_spans(p, k, c, spans);
    t->rule = r;
    t->args = (hg_pool_args){.columns = spans + p->out.h,
                             .width = p->out.w,
                             .row_step = p->dilation.h * p->in.strides.h,
                             .column_step = p->dilation.w * p->in.strides.w,
                             .in_pixel = p->in.strides.w,
                             .out_pixel = p->out.strides.w,
                             .divisor = (double)p->pool.divisor,
                             .power = p->pool.p,
                             .index_type = p->pool.index_type,
                             .index_scale = r.scale,
                             .index_channel = r.at.c,
                             .plane_row = p->dilation.h * (r.at.h / r.scale),
                             .plane_column = p->dilation.w * (r.at.w / r.scale),
                             .plane_down = r.at.h / r.scale,
                             .plane_pixel = r.at.w / r.scale,
                             .far = hg_problem_bytes(p) > NEAR_BYTES};
}

void hg_pool_set_row(const hg_task *t, int64_t n, int64_t y, int64_t c, hg_pool_args *a)
{
    const hg_problem *p = t->problem;
    const hg_pool_tables *tables = t->tables;
    const hg_pool_span *row = (const hg_pool_span *)(tables + 1) + y;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides, *at = &tables->rule.at;
    const int64_t out = n * so->n + y * so->h + c * so->c;
    const size_t index_size = hg_index_bytes(p->pool.index_type);
    a->input = t->input + n * si->n + row->first * si->h + c * si->c;
    a->output = t->output + out;
    a->indices = p->pool.indices ? (char *)t->indices + (size_t)out * index_size : NULL;
    a->rows = row->taps;
    a->row_extent = row->extent;
    a->plane_first = row->first * a->plane_down;
    a->index_first = n * at->n + c * at->c;
}
