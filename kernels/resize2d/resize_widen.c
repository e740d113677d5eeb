/* Resizing NHWC images to wider ones: first along y, while the rows are narrow, then along x from
 * the scratch into the output, where the neighbours of a pixel stay in registers for all outputs
 * between them and every line of the output is written at once.
 *
 *            input rows                scratch: up to 4 rows          output rows
 *            iy, iy + 1  ----y---->    between iy and iy + 1  ---x--> oy, oy + 1, ...
 */
#include <math.h>

#include "kernels/resize2d/resize2d.h"

enum {
    NARROW_FLOATS = 6144,  /* of the rows in scratch: they stay in L1 */
    LEAST_PIXELS = 8,      /* of a row in scratch */
    BLOCK_FLOATS = 32768,  /* output of a range */
    NEAR_FLOATS = 1 << 18, /* output that stays in L2 */
    MOST_TAPS = 4
};

/* May a weight between others be 0, as where a shrunk filter crosses 0 at a pixel? Images that are
 * widened hardly have such. */
static bool may_have_holes(const hg_resize_attr *r)
{
    const bool lobes = r->mode != HG_RESIZE_BILINEAR && r->mode != HG_RESIZE_AREA;
    return lobes && (r->antialias || r->cubic_a > 0.0);
}

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    return !may_have_holes(&p->resize) && p->resize.mode != HG_RESIZE_NEAREST &&
           p->resize.coordinates != HG_TF_CROP_AND_RESIZE && p->out.w >= 3 * p->in.w &&
           p->in.c >= hg_isa_model_of(k->isa)->lanes &&
           hg_resize_vertical(p, NULL).taps <= MOST_TAPS &&
           hg_resize_horizontal(p, NULL).taps <= MOST_TAPS;
}

/* Outputs between the same pixels are a loop for each line of their channels. */
static double cost(const hg_problem *p, const hg_kernel *k)
{
    const double lanes = hg_isa_model_of(k->isa)->lanes;
    const double rows = (double)p->out.n * (double)p->out.h;
    const double vectors = rows * (double)p->out.w * (double)p->out.c / lanes;
    const double narrow = (double)p->in.w / (double)p->out.w;
    const double products = (double)hg_resize_vertical(p, NULL).taps * narrow +
                            (double)hg_resize_horizontal(p, NULL).taps;
    const double loops = rows * (double)p->in.w * (double)HG_CEIL_DIV(p->out.c, 16);
    return HG_MAX(hg_problem_bytes(p) / (50.0 * 0.8),
                  0.16 * vectors * (products + 1.0) + 8.0 * loops) +
           200.0;
}

/* Output of few lines per pixel is written in order; then prefetches help, unless it is in L2. */
static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const bool in_order = p->in.c <= 3 * hg_isa_model_of(k->isa)->lanes;
    const bool far = p->out.n * p->out.h * p->out.w * p->out.c > NEAR_FLOATS;
    list[0] = (hg_config){.ahead = in_order && far};
    list[1] = (hg_config){.ahead = 1};
    return in_order && !far ? 2 : 1;
}

/* Input pixels from one output of a row to the next; no more than that where the sizes decide. A
 * given scale may be any, whatever the sizes. */
static double step_of(const hg_problem *p)
{
    const double in = (double)p->in.w, scale = p->resize.scale_w;
    if (scale == 0.0) return in / (double)p->out.w;
    return p->resize.coordinates == HG_ALIGN_CORNERS ? fabs((in - 1.0) / (in * scale - 1.0))
                                                     : 1.0 / scale;
}

/* How a plan cuts its output: rows of a range, and blocks of columns whose sources fit scratch. */
typedef struct cut {
    int64_t rows, row_blocks;
    int64_t columns, sources; /* of a block at most */
} cut;

static cut cut_of(const hg_problem *p)
{
    const int64_t group = HG_RESIZE_GROUP, most = NARROW_FLOATS / (group * p->in.c);
    const int64_t fitting = HG_MAX(most, LEAST_PIXELS);
    cut s = {.rows = HG_MAX(BLOCK_FLOATS / (p->out.w * p->out.c), group)};
    s.rows = HG_MIN(HG_ROUND_UP(s.rows, group), p->out.h);
    s.row_blocks = HG_CEIL_DIV(p->out.h, s.rows);
    s.sources = HG_MIN(fitting + MOST_TAPS + 1, p->in.w);
    const double most_columns = s.sources == p->in.w ? INFINITY : (double)fitting / step_of(p);
    s.columns = (int64_t)fmax(fmin(most_columns, (double)p->out.w), 1.0);
    return s;
}

/* Behind the tables of taps: how many outputs of a row from each on have the same taps. */
static int32_t *alike_columns(const hg_problem *p, void *tables)
{
    return (int32_t *)((char *)tables + HG_ROUND_UP(hg_resize_table_size(p), sizeof(int32_t)));
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    hg_resize_prepare(p, k, c, tables);
    const hg_resize_axis h = hg_resize_horizontal(p, tables);
    int32_t *alike = alike_columns(p, tables);
    for (int64_t x = p->out.w - 1; x >= 0; x--) {
        const bool next =
            x + 1 < p->out.w && h.first[x + 1] == h.first[x] && h.count[x + 1] == h.count[x];
        alike[x] = next ? alike[x + 1] + 1 : 1;
    }
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    const cut s = cut_of(p);
    *sizes = (hg_sizes){.tables = HG_ROUND_UP(hg_resize_table_size(p), sizeof(int32_t)) +
                                  sizeof(int32_t) * (size_t)p->out.w,
                        .scratch = sizeof(float) * (size_t)(HG_RESIZE_GROUP * s.sources * p->in.c),
                        .ranges = {p->out.n * s.row_blocks}};
}

/* Output rows from oy on, before `end`, that need the same input rows; not more than a group. */
static int64_t alike(const hg_resize_axis *v, int64_t oy, int64_t end)
{
    int64_t n = 1;
    while (n < HG_RESIZE_GROUP && oy + n < end && v->first[oy + n] == v->first[oy] &&
           v->count[oy + n] == v->count[oy])
        n++;
    return n;
}

/* The input pixels under columns [x, x_end). Taps of weight 0 are not in the tables, so that the
 * last column's may end before another's. */
static void sources_of(const hg_resize_axis *h, int64_t x, int64_t x_end, int64_t *begin,
                       int64_t *end)
{
    *begin = h->first[x], *end = 0;
    for (; x < x_end; x++) {
        *begin = HG_MIN(*begin, h->first[x]);
        *end = HG_MAX(*end, h->first[x] + h->count[x]);
    }
}

/* Output rows [oy, oy + height), columns [x, x_end). */
static void run_block(const hg_task *t, const cut *s, const float *in, float *out, int64_t oy,
                      int64_t height, int64_t x, int64_t x_end)
{
    const hg_problem *p = t->problem;
    const hg_resize_axis v = hg_resize_vertical(p, t->tables);
    const hg_resize_axis h = hg_resize_horizontal(p, t->tables);
    int64_t begin = 0, end = p->in.w;
    if (s->sources < p->in.w) sources_of(&h, x, x_end, &begin, &end);
    const float *rows[MOST_TAPS];
    for (int64_t k = 0; k < v.count[oy]; k++)
        rows[k] = in + (v.first[oy] + k) * p->in.strides.h + begin * p->in.strides.w;
    const hg_resize_args down = {.rows = rows,
                                 .output = t->scratch,
                                 .weight = v.weight + oy,
                                 .weight_step = v.out,
                                 .taps = v.count[oy],
                                 .width = end - begin,
                                 .channels = p->in.c,
                                 .height = height,
                                 .in_pixel = p->in.strides.w,
                                 .out_row = s->sources * p->in.c};
    t->kernel->run.resize->along_y(&down);
    hg_resize_args across = {.first = h.first + x,
                             .count = h.count + x,
                             .alike = alike_columns(p, (void *)(uintptr_t)t->tables) + x,
                             .weight = h.weight + x,
                             .weight_step = h.out,
                             .width = x_end - x,
                             .channels = p->in.c,
                             .in_first = begin,
                             .ahead = t->config.ahead == 1,
                             .in_pixel = p->in.c,
                             .out_pixel = p->out.strides.w};
    for (int64_t y = 0; y < height; y++) {
        across.input = (const float *)t->scratch + y * down.out_row;
        across.output = out + (oy + y) * p->out.strides.h + x * p->out.strides.w;
        t->kernel->run.resize->along_x(&across);
    }
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_resize_axis v = hg_resize_vertical(p, t->tables);
    const cut s = cut_of(p);
    for (int64_t i = begin; i < end; i++) {
        const int64_t n = i / s.row_blocks, first = i % s.row_blocks * s.rows;
        const int64_t last = HG_MIN(first + s.rows, p->out.h);
        const float *in = t->input + n * p->in.strides.n;
        float *out = t->output + n * p->out.strides.n;
        for (int64_t oy = first, height; oy < last; oy += height) {
            height = alike(&v, oy, last);
            for (int64_t x = 0; x < p->out.w; x += s.columns)
                run_block(t, &s, in, out, oy, height, x, HG_MIN(x + s.columns, p->out.w));
        }
    }
}

const hg_algorithm hg_resize_widen = {.name = "resize-widen",
                                      .supports = supports,
                                      .configs = configs,
                                      .cost = cost,
                                      .size = size,
                                      .prepare = prepare,
                                      .run = run};
