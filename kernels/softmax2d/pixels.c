/* Softmax of NHWC: lanes are channels. Contract of the microkernel: softmax2d.h. */
#include "kernels/common/attr.h"
#include "kernels/softmax2d/softmax2d.h"

enum { RANGE_FLOATS = 16384 };

/* A range is some rows of pixels, or some pixels of all, where rows follow each other. */
typedef struct blocking {
    int64_t width, count, rows; /* of a row and of a range, in pixels; rows of pixels in all */
    int64_t ranges;
} blocking;

static bool is_dense(const hg_tensor *t)
{
    return t->strides.h == t->w * t->strides.w &&
           (t->n == 1 || t->strides.n == t->h * t->strides.h);
}

static blocking blocking_of(const hg_problem *p)
{
    const bool dense = is_dense(&p->in) && is_dense(&p->out);
    const int64_t rows = p->in.n * p->in.h;
    blocking b = {.width = dense ? rows * p->in.w : p->in.w, .rows = dense ? 1 : rows};
    b.count = HG_MIN(HG_MAX(RANGE_FLOATS / p->in.c, 1), HG_MAX(b.width, 1));
    b.ranges = p->in.n == 0 ? 0 : b.rows * HG_CEIL_DIV(b.width, b.count);
    return b;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.tables = sizeof(blocking), .ranges = {blocking_of(p).ranges}};
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    (void)k, (void)c;
    *(blocking *)tables = blocking_of(p);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const double pixels = (double)p->in.n * (double)p->in.h * (double)p->in.w;
    const double vectors = (double)HG_CEIL_DIV(p->in.c, hg_lanes(k));
    int64_t group = 2; /* lanes of a pixel that shares a vector */
    while (group < p->in.c) group *= 2;
    const bool packed =
        2 * p->in.c <= hg_lanes(k) && p->in.strides.w == p->in.c && p->out.strides.w == p->in.c;
    const double vector = 4.0 + 0.25 * (double)group;
    const double pixel =
        packed ? vector * (double)group / (double)hg_lanes(k) : 6.0 + 4.0 * vectors;
    return HG_MAX(pixels * pixel, hg_traffic_ns(p)) + 200.0;
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const blocking *b = t->tables;
    const hg_tensor *in = &t->problem->in;
    const hg_strides *si = &in->strides, *so = &t->problem->out.strides;
    const int64_t blocks = HG_CEIL_DIV(b->width, b->count);
    for (int64_t i = begin; i < end; i++) {
        const int64_t row = i / blocks, x = i % blocks * b->count;
        const int64_t n = row / in->h, y = row % in->h;
        t->kernel->run.softmax->pixels(t->input + n * si->n + y * si->h + x * si->w, si->w,
                                       t->output + n * so->n + y * so->h + x * so->w, so->w,
                                       HG_MIN(b->count, b->width - x), in->c);
    }
}

const hg_algorithm hg_softmax2d_pixels = {
    .name = "pixels", .cost = cost, .size = size, .prepare = prepare, .run = run};
