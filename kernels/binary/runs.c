/* Two tensors to one, by runs. Dimensions that follow each other without gaps in all three tensors
 * become one, so that dense tensors are a single run whatever their layout. A second tensor that
 * repeats after few elements, or that has one number for few elements, is laid out in scratch for a
 * stretch of the run first: runs stay long. Contract of the microkernels: runs.h. */
#include "kernels/binary/runs.h"

#include <string.h>

#include "kernels/activation/activation.h"
#include "kernels/common/attr.h"

enum {
    DIMENSIONS = 4,
    RANGE_FLOATS = 16384, /* of output */
    CHUNK_FLOATS = 2048,  /* of output, which an activation finds in L1 */
    LAID_OUT_FLOATS = 1024,
    SHORT_RUN = 256,  /* shorter ones that repeat are laid out */
    SHORT_PIXEL = 32, /* and pixels of fewer channels that have one number */
    BEYOND_BYTES = 20 << 20
};

/* ---- Plan time ---- */

typedef struct dimension {
    int64_t extent, in, other, out; /* steps */
} dimension;

typedef enum layout_kind { AS_IT_LIES, REPEATED, SPREAD } layout_kind;

/* The tables. */
typedef struct walk {
    dimension d[DIMENSIONS]; /* the innermost first, in which the steps of in and out are 1 */
    layout_kind kind;
    int64_t columns, rows, column_blocks, row_blocks; /* of a range, of d[0] and d[1] */
} walk;

static bool follows(const dimension *inner, const dimension *outer)
{
    return outer->in == inner->extent * inner->in && outer->out == inner->extent * inner->out &&
           outer->other == inner->extent * inner->other;
}

/* Appends a dimension, or makes the last one longer. */
static int append(dimension *d, int count, dimension next)
{
    if (next.extent == 1) return count;
    if (count == 0 && (next.in != 1 || next.out != 1 || next.other > 1))
        d[count++] = (dimension){1, 1, 1, 1};
    if (count > 0 && d[count - 1].extent > 1 && follows(&d[count - 1], &next)) {
        d[count - 1].extent *= next.extent;
        return count;
    }
    d[count] = next;
    return count + 1;
}

/* One dimension more than the tensor has, where its innermost has no steps of 1: then that one's
 * size is 1, and it was left out. */
static void find_dimensions(const hg_problem *p, dimension d[DIMENSIONS])
{
    const hg_tensor *in = &p->in, *b = &p->binary.other;
    const hg_strides *si = &in->strides, *sb = &b->strides, *so = &p->out.strides;
    /* An empty batch is walked as one image, of which no range is run. */
    const dimension n = {HG_MAX(in->n, 1), si->n, b->n > 1 ? sb->n : 0, so->n};
    const dimension h = {in->h, si->h, b->h > 1 ? sb->h : 0, so->h};
    const dimension w = {in->w, si->w, b->w > 1 ? sb->w : 0, so->w};
    const dimension c = {in->c, si->c, b->c > 1 ? sb->c : 0, so->c};
    const bool nhwc = in->layout == HG_NHWC;
    const dimension order[DIMENSIONS] = {nhwc ? c : w, nhwc ? w : h, nhwc ? h : c, n};
    int count = 0;
    for (int i = 0; i < DIMENSIONS; i++) count = append(d, count, order[i]);
    for (; count < DIMENSIONS; count++) d[count] = (dimension){1, 1, 1, 1};
}

/* Runs that follow each other in input and output, but not in the second tensor. */
static layout_kind kind_of(const dimension *d)
{
    const bool dense = d[1].in == d[0].extent && d[1].out == d[0].extent && d[1].extent > 1;
    if (!dense) return AS_IT_LIES;
    if (d[0].other == 1 && d[1].other == 0 && d[0].extent < SHORT_RUN) return REPEATED;
    if (d[0].other == 0 && d[0].extent < SHORT_PIXEL) return SPREAD;
    return AS_IT_LIES;
}

static walk walk_of(const hg_problem *p)
{
    walk w;
    find_dimensions(p, w.d);
    w.kind = kind_of(w.d);
    w.columns = HG_MIN(w.d[0].extent, RANGE_FLOATS);
    w.rows = HG_MIN(HG_MAX(RANGE_FLOATS / w.columns, 1), w.d[1].extent);
    w.column_blocks = HG_CEIL_DIV(w.d[0].extent, w.columns);
    w.row_blocks = HG_CEIL_DIV(w.d[1].extent, w.rows);
    return w;
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    (void)k;
    const walk w = walk_of(p);
    const bool long_runs = w.kind != AS_IT_LIES || w.d[0].extent >= SHORT_RUN;
    const bool beyond =
        long_runs && !p->post.function && 4.0 * hg_tensor_elements(&p->out) >= BEYOND_BYTES;
    list[0] = (hg_config){.nontemporal = beyond};
    list[1] = (hg_config){.nontemporal = 1};
    return beyond || p->post.function ? 1 : 2;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const walk w = walk_of(p);
    const double all = hg_tensor_elements(&p->out), lanes = (double)hg_lanes(k);
    const double runs = w.kind == AS_IT_LIES ? all / (double)w.d[0].extent : all / LAID_OUT_FLOATS;
    const double function = p->post.function ? 6.0 * all / lanes : 0.0;
    return hg_traffic_ns(p) + 3.0 * runs + function + 200.0;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)c;
    const walk w = walk_of(p);
    const int64_t scratch = w.kind == AS_IT_LIES ? 0 : LAID_OUT_FLOATS + hg_lanes(k);
    *sizes = (hg_sizes){
        .tables = sizeof w,
        .scratch = (size_t)scratch * sizeof(float),
        .ranges = {p->out.n == 0 ? 0
                                 : w.d[3].extent * w.d[2].extent * w.row_blocks * w.column_blocks}};
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    (void)k, (void)c;
    *(walk *)tables = walk_of(p);
}

/* ---- Run time ---- */

/* Where a range begins. */
typedef struct place {
    const float *in, *other;
    float *out;
} place;

static place moved(place at, const dimension *d, int64_t by)
{
    return (place){at.in + by * d->in, at.other + by * d->other, at.out + by * d->out};
}

/* A run, chunk by chunk if a function is to follow. */
static void run_one(const hg_task *t, place at, int64_t count, bool single)
{
    const hg_problem *p = t->problem;
    hg_binary_run_fn *const run =
        t->kernel->run.binary->run[p->binary.op][single][t->config.nontemporal];
    const hg_activation_args args = {.factor = p->post.factor, .offset = p->post.offset};
    const int64_t most = t->activate ? CHUNK_FLOATS : count;
    for (int64_t i = 0; i < count; i += most) {
        const int64_t n = HG_MIN(most, count - i);
        run(at.in + i, single ? at.other : at.other + i, at.out + i, n, &p->post);
        if (t->activate) t->activate(at.out + i, n, &args);
    }
}

/* Rows that follow each other, with the second tensor's laid out as theirs: once if they repeat. */
static void run_laid_out(const hg_task *t, const walk *w, place at, int64_t rows)
{
    const int64_t length = w->d[0].extent, most = HG_MAX(LAID_OUT_FLOATS / length, 1);
    float *const b = t->scratch;
    if (w->kind == REPEATED)
        for (int64_t i = 0; i < HG_MIN(most, rows); i++)
            memcpy(b + i * length, at.other, (size_t)length * sizeof *b);
    for (int64_t y = 0; y < rows; y += most) {
        const place here = moved(at, &w->d[1], y);
        const int64_t n = HG_MIN(most, rows - y);
        if (w->kind == SPREAD)
            t->kernel->run.binary->spread(here.other, w->d[1].other, length, n, b);
        run_one(t, (place){here.in, b, here.out}, n * length, false);
    }
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const walk *w = t->tables;
    for (int64_t i = begin; i < end; i++) {
        const int64_t column = i % w->column_blocks * w->columns, j = i / w->column_blocks;
        const int64_t row = j % w->row_blocks * w->rows, outer = j / w->row_blocks;
        place at = {t->input, t->other, t->output};
        at = moved(at, &w->d[3], outer / w->d[2].extent);
        at = moved(at, &w->d[2], outer % w->d[2].extent);
        at = moved(moved(at, &w->d[1], row), &w->d[0], column);
        const int64_t rows = HG_MIN(w->rows, w->d[1].extent - row);
        const int64_t columns = HG_MIN(w->columns, w->d[0].extent - column);
        if (w->kind != AS_IT_LIES) {
            run_laid_out(t, w, at, rows);
            continue;
        }
        for (int64_t y = 0; y < rows; y++)
            run_one(t, moved(at, &w->d[1], y), columns, w->d[0].other == 0);
    }
}

const hg_algorithm hg_binary_runs = {.name = "runs",
                                     .configs = configs,
                                     .cost = cost,
                                     .size = size,
                                     .prepare = prepare,
                                     .run = run,
                                     .finishes = true};
