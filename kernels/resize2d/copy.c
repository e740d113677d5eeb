/* Nearest mode: each row of pixels is read once and written to all output rows that repeat it. */
#include "kernels/resize2d/copy.h"

enum { RANGE_FLOATS = 16384 /* of output */ };

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return p->resize.coordinates != HG_TF_CROP_AND_RESIZE;
}

/* Whole pixels are written twice in a row: stores can bypass the caches. */
static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const bool doubled = hg_resize_has_factor(p) && p->out.w == 2 * p->in.w;
    if (doubled && p->in.layout == HG_NHWC && p->in.c % hg_isa_model_of(k->isa)->lanes == 0)
        return hg_resize_nontemporal_configs(p, k, list);
    list[0] = (hg_config){0};
    return 1;
}

/* Lanes that do work where channels are few. */
static double lane_use(const hg_problem *p, int64_t lanes)
{
    if (p->in.layout == HG_NCHW) return 0.6; /* pixels are gathered */
    return p->in.c == 1 ? 0.5 : (double)p->in.c / (double)HG_ROUND_UP(p->in.c, lanes);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const int64_t lanes = hg_isa_model_of(k->isa)->lanes;
    const double memory = hg_problem_bytes(p) / (50.0 * 0.8);
    const double vectors = hg_resize_outputs(p) / ((double)lanes * lane_use(p, lanes));
    const double rows = (double)hg_resize_images_of(p).count * (double)p->in.h;
    return HG_MAX(memory, 0.5 * vectors) + 4.0 * rows + 200.0;
}

/* An even number: rows that repeat one of the input are written together. */
static int64_t rows_of(const hg_problem *p)
{
    const int64_t row = p->out.w * hg_resize_images_of(p).channels;
    return HG_MIN(HG_ROUND_UP(HG_MAX(RANGE_FLOATS / row, 1), (int64_t)2), p->out.h);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    const int64_t images = hg_resize_images_of(p).count;
    *sizes = (hg_sizes){.tables = hg_resize_table_size(p),
                        .ranges = {images * HG_CEIL_DIV(p->out.h, rows_of(p))}};
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_resize_images m = hg_resize_images_of(p);
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const hg_resize_axis v = hg_resize_vertical(p, t->tables);
    const hg_resize_axis h = hg_resize_horizontal(p, t->tables);
    const int64_t rows = rows_of(p), blocks = HG_CEIL_DIV(p->out.h, rows);
    hg_resize_copy_args a = {.first = h.first,
                             .factor = hg_resize_has_factor(p) ? p->out.w / p->in.w : 0,
                             .width = p->out.w,
                             .channels = m.channels,
                             .in_pixel = m.in_pixel,
                             .out_pixel = m.out_pixel,
                             .out_row = so->h,
                             .nontemporal = hg_resize_nontemporal(t)};
    for (int64_t i = begin; i < end; i++) {
        const int64_t image = i / blocks, last = HG_MIN(i % blocks * rows + rows, p->out.h);
        const float *in = t->input + hg_resize_image_offset(&m, si, image);
        float *out = t->output + hg_resize_image_offset(&m, so, image);
        for (int64_t y = i % blocks * rows; y < last; y += a.height) {
            a.height = HG_MIN(v.same[y], last - y);
            a.input = in + v.first[y] * si->h;
            a.output = out + y * so->h;
            t->kernel->run.resize_copy(&a);
        }
    }
}

const hg_algorithm hg_resize2d_copy = {.name = "copy",
                                       .supports = supports,
                                       .configs = configs,
                                       .cost = cost,
                                       .size = size,
                                       .prepare = hg_resize_prepare,
                                       .run = run};
