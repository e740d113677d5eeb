/* Softmax, lanes are pixels: of NCHW as it lies, of NHWC transposed in scratch, which pays where
 * pixels have few channels. Contract of the microkernel: softmax2d.h. */
#include "kernels/common/attr.h"
#include "kernels/softmax2d/softmax2d.h"

enum {
    MOST_CHANNELS = 1 << 16 /* scratch stays below 32 MB */,
    MOST_TRANSPOSED = 64,
    BLOCK_FLOATS = 4096, /* of a range, where that is more columns */
    TRANSPOSED_FLOATS = 2048
};

/* A range is a row, cut into blocks of columns; or a plane, where rows follow each other. */
typedef struct blocking {
    int64_t width, rows;     /* pixels of a row; rows of an image */
    int64_t columns, blocks; /* pixels of a range, ranges of a row */
} blocking;

static bool has_dense_rows(const hg_tensor *t)
{
    return t->strides.h == t->w * t->strides.w;
}

static blocking blocking_of(const hg_problem *p)
{
    const bool dense = has_dense_rows(&p->in) && has_dense_rows(&p->out);
    blocking b = {.width = dense ? p->in.h * p->in.w : p->in.w, .rows = dense ? 1 : p->in.h};
    const int64_t floats = p->in.layout == HG_NHWC ? TRANSPOSED_FLOATS : BLOCK_FLOATS;
    b.columns = HG_MAX(floats / p->in.c / HG_SOFTMAX_COLUMNS, 1) * HG_SOFTMAX_COLUMNS;
    b.blocks = HG_CEIL_DIV(b.width, b.columns);
    return b;
}

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return p->in.c <= (p->in.layout == HG_NHWC ? MOST_TRANSPOSED : MOST_CHANNELS);
}

/* Scratch of the microkernel, and of NHWC the block in planes. */
static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    const blocking b = blocking_of(p);
    const int64_t columns = HG_SOFTMAX_COLUMNS + (p->in.layout == HG_NHWC ? b.columns : 0);
    *sizes = (hg_sizes){.tables = sizeof b,
                        .scratch = sizeof(float) * (size_t)(columns * p->in.c),
                        .ranges = {p->in.n * b.rows * b.blocks}};
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    (void)k, (void)c;
    *(blocking *)tables = blocking_of(p);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const double all = hg_tensor_elements(&p->in), lanes = (double)hg_lanes(k);
    /* Squares of as many channels as pixels, whatever part of them is there. */
    const double squares =
        all / (double)p->in.c / lanes * (double)HG_CEIL_DIV(p->in.c, hg_lanes(k));
    const double transposed = p->in.layout == HG_NHWC ? 0.06 * lanes * lanes * squares : 0.0;
    return HG_MAX(3.5 * all / lanes, hg_traffic_ns(p)) + transposed + 200.0;
}

static void run_block(const hg_task *t, const float *x, float *y, int64_t count)
{
    const hg_problem *p = t->problem;
    const hg_softmax_ukernels *u = t->kernel->run.softmax;
    const blocking *b = t->tables;
    const int64_t channels = p->in.c, width = b->columns;
    float *scratch = t->scratch, *planes = scratch + HG_SOFTMAX_COLUMNS * channels;
    if (p->in.layout == HG_NCHW) {
        u->columns(x, p->in.strides.c, y, p->out.strides.c, count, channels, scratch);
        return;
    }
    hg_transpose_fn *const transpose = hg_transpose_of(u->transposer, sizeof *x);
    transpose(x, p->in.strides.w, planes, width, count, channels);
    u->columns(planes, width, planes, width, count, channels, scratch);
    transpose(planes, width, y, p->out.strides.w, channels, count);
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const blocking *b = t->tables;
    const hg_strides *si = &t->problem->in.strides, *so = &t->problem->out.strides;
    for (int64_t i = begin; i < end; i++) {
        const int64_t x = i % b->blocks * b->columns, row = i / b->blocks;
        const int64_t n = row / b->rows, y = row % b->rows;
        run_block(t, t->input + n * si->n + y * si->h + x * si->w,
                  t->output + n * so->n + y * so->h + x * so->w, HG_MIN(b->columns, b->width - x));
    }
}

const hg_algorithm hg_softmax2d_columns = {.name = "columns",
                                           .supports = supports,
                                           .cost = cost,
                                           .size = size,
                                           .prepare = prepare,
                                           .run = run};
