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
    if (doubled && p->in.layout == HG_NHWC && p->in.c % hg_lanes(k) == 0)
        return hg_resize_nontemporal_configs(p, k, list);
    list[0] = (hg_config){0};
    return 1;
}

/* Pixels of planes are gathered into a row, which is then copied. */
static double planes_ns(const hg_problem *p)
{
    const double planes = (double)p->out.n * (double)p->out.c, rows = (double)p->out.h;
    const double gathered = HG_MIN((double)p->in.h, rows) * (double)p->out.w;
    return planes * (0.45 * gathered + rows * (0.2 * (double)p->out.w + 2.0));
}

/* Stores of whole pixels: of vectors as wide as a cache line those that cross two cost more. */
static double pixels_ns(const hg_problem *p, const hg_kernel *k)
{
    const double pixels = (double)p->out.n * (double)p->out.h * (double)p->out.w;
    if (p->in.c == 1) return pixels / (double)hg_lanes(k);
    const bool wide = hg_lanes(k) == HG_CACHELINE, crosses = p->out.strides.w % HG_CACHELINE != 0;
    const double store = !wide ? 0.27 : crosses ? 0.57 : 0.42;
    return pixels * (0.2 + store * (double)HG_CEIL_DIV(p->in.c, hg_lanes(k)));
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    hg_problem read = *p; /* no more pixels than are written */
    read.in.h = HG_MIN(p->in.h, p->out.h);
    read.in.w = HG_MIN(p->in.w, p->out.w);
    const double memory = hg_traffic_ns(&read) / 0.8;
    if (p->in.layout == HG_NCHW) return HG_MAX(memory, planes_ns(p)) + 200.0;
    const double rows = (double)p->out.n * (double)p->in.h;
    return hg_overlapped(memory, pixels_ns(p, k)) + 4.0 * rows + 200.0;
}

/* The tables: of the axes, then this. */
typedef struct blocking {
    hg_resize_images images;
    int64_t rows, blocks; /* of a range; of an image */
    int64_t factor;
} blocking;

/* An even number of rows: those that repeat one of the input are written together. */
static blocking blocking_of(const hg_problem *p)
{
    blocking b = {.images = hg_resize_images_of(p),
                  .factor = hg_resize_has_factor(p) ? p->out.w / p->in.w : 0};
    const int64_t rows = HG_MAX(RANGE_FLOATS / (p->out.w * b.images.channels), 1);
    b.rows = HG_MIN(HG_ROUND_UP(rows, (int64_t)2), p->out.h);
    b.blocks = HG_CEIL_DIV(p->out.h, b.rows);
    return b;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    const blocking b = blocking_of(p);
    *sizes = (hg_sizes){.tables = hg_resize_axes_of(p).bytes + sizeof b,
                        .ranges = {b.images.count * b.blocks}};
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    hg_resize_prepare(p, k, c, tables);
    *(blocking *)hg_resize_behind(tables) = blocking_of(p);
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const hg_resize_axes *axes = t->tables;
    const blocking *b = hg_resize_behind(axes);
    hg_resize_copy_args a = {.first = axes->h.first,
                             .factor = b->factor,
                             .width = p->out.w,
                             .channels = b->images.channels,
                             .in_pixel = b->images.in_pixel,
                             .out_pixel = b->images.out_pixel,
                             .out_row = so->h,
                             .nontemporal = hg_resize_nontemporal(t)};
    for (int64_t i = begin; i < end; i++) {
        const int64_t image = i / b->blocks, first = i % b->blocks * b->rows;
        const int64_t last = HG_MIN(first + b->rows, p->out.h);
        const float *in = t->input + hg_resize_image_offset(&b->images, si, image);
        float *out = t->output + hg_resize_image_offset(&b->images, so, image);
        for (int64_t y = first; y < last; y += a.height) {
            a.height = HG_MIN(axes->v.same[y], last - y);
            a.input = in + axes->v.first[y] * si->h;
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
                                       .prepare = prepare,
                                       .run = run};
