/* Resizing: the loops around the microkernels. An NCHW plane is an image of one channel, so both
 * layouts take the same path.
 *
 * copy   each row of pixels is read once and written to all output rows that repeat it
 * taps   separable, with a cache of rows: an input row is filtered along x into scratch when the
 *        first output row asks for it, and stays until the window has moved past it
 *
 *            input rows       scratch: `ring` rows            output row
 *            iy     ----x---->  slot iy % ring        --\
 *            iy + 1 ----x---->  slot (iy + 1) % ring  ---y-->  oy
 */
#include "kernels/resize2d/resize2d.h"

enum {
    COPY_FLOATS = 16384,     /* output of a range of copies */
    RING_FLOATS = 6144,      /* rows in scratch: they stay in L1 */
    BEYOND_BYTES = 20 << 20, /* larger outputs do not fit the last-level cache, or only just */
    CHANNEL_BLOCK = 256,
    ROW_BLOCK = 32, /* output rows of a range: its first rows are filtered once more elsewhere */
    LEAST_ROWS = 8,
    ENOUGH_RANGES = 12
};

/* Images of h x w pixels; NCHW: one per channel. */
typedef struct images {
    int64_t count, channels, per_n;
    int64_t in_pixel, out_pixel;
} images;

static images images_of(const hg_problem *p)
{
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    if (p->in.layout == HG_NHWC) return (images){p->in.n, p->in.c, 1, si->w, so->w};
    return (images){p->in.n * p->in.c, 1, p->in.c, 1, 1};
}

static int64_t image_offset(const images *m, const hg_strides *s, int64_t i)
{
    return i / m->per_n * s->n + i % m->per_n * s->c;
}

static double output_count(const hg_problem *p)
{
    return (double)p->out.n * (double)p->out.h * (double)p->out.w * (double)p->out.c;
}

/* Lanes that do work where channels are few. */
static double lane_use(const hg_problem *p, int64_t lanes)
{
    if (p->in.layout == HG_NCHW) return 0.6; /* pixels are gathered */
    if (p->in.c == 1) return 0.5;
    return (double)p->in.c / (double)HG_ROUND_UP(p->in.c, lanes);
}

static int64_t lanes_of(const hg_kernel *k)
{
    return hg_isa_model_of(k->isa)->lanes;
}

/* ---- Stores past the caches ---- */

int hg_resize_store_configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    (void)k;
    const bool beyond = 4.0 * output_count(p) >= BEYOND_BYTES;
    list[0] = (hg_config){.store = beyond};
    list[1] = (hg_config){.store = 1};
    return beyond ? 1 : 2;
}

bool hg_resize_whole_vectors(const hg_task *t)
{
    const hg_strides *so = &t->problem->out.strides;
    const int64_t lanes = lanes_of(t->kernel);
    const int64_t all = so->n | so->h | so->w | t->problem->out.c; /* lanes are a power of 2 */
    return all % lanes == 0 && (uintptr_t)t->output % (sizeof(float) * (size_t)lanes) == 0;
}

/* ---- Copies: nearest ---- */

static bool copy_supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return p->resize.mode == HG_RESIZE_NEAREST && p->resize.coordinates != HG_TF_CROP_AND_RESIZE;
}

static double copy_cost(const hg_problem *p, const hg_kernel *k)
{
    const double memory = hg_problem_bytes(p) / (50.0 * 0.8);
    const double vectors = output_count(p) / ((double)lanes_of(k) * lane_use(p, lanes_of(k)));
    const images m = images_of(p);
    return HG_MAX(memory, 0.5 * vectors) + 4.0 * (double)m.count * (double)p->in.h + 200.0;
}

/* An even number: rows that repeat one of the input are written together. */
static int64_t copy_rows(const hg_problem *p)
{
    const images m = images_of(p);
    const int64_t rows = HG_MAX(COPY_FLOATS / (p->out.w * m.channels), 1);
    return HG_MIN(HG_ROUND_UP(rows, (int64_t)2), p->out.h);
}

static void copy_size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.tables = hg_resize_table_size(p),
                        .stages = 1,
                        .ranges = {images_of(p).count * HG_CEIL_DIV(p->out.h, copy_rows(p))}};
}

static void copy_run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const images m = images_of(p);
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const hg_resize_axis v = hg_resize_vertical(p, t->tables);
    const hg_resize_axis h = hg_resize_horizontal(p, t->tables);
    const int64_t rows = copy_rows(p), blocks = HG_CEIL_DIV(p->out.h, rows);
    const bool repeats = hg_resize_repeats(p);
    hg_resize_args a = {.first = h.first,
                        .width = p->out.w,
                        .channels = m.channels,
                        .in_pixel = m.in_pixel,
                        .out_pixel = m.out_pixel,
                        .out_row = so->h,
                        .stream = t->config.store == 1,
                        .factor = repeats ? p->out.w / p->in.w : 0};
    for (int64_t i = begin; i < end; i++) {
        const int64_t image = i / blocks, last = HG_MIN(i % blocks * rows + rows, p->out.h);
        const float *in = t->input + image_offset(&m, si, image);
        float *out = t->output + image_offset(&m, so, image);
        for (int64_t oy = i % blocks * rows; oy < last; oy += a.height) {
            a.height = 1;
            while (oy + a.height < last && v.first[oy + a.height] == v.first[oy]) a.height++;
            a.input = in + v.first[oy] * si->h;
            a.output = out + oy * so->h;
            t->kernel->run.resize->copy(&a);
        }
    }
}

const hg_algorithm hg_resize_copy = {.name = "resize-copy",
                                     .supports = copy_supports,
                                     .configs = hg_resize_store_configs,
                                     .cost = copy_cost,
                                     .size = copy_size,
                                     .prepare = hg_resize_prepare,
                                     .run = copy_run};

/* ---- Taps: bilinear, bicubic, Lanczos, area ---- */

static bool taps_supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return p->resize.mode != HG_RESIZE_NEAREST &&
           hg_resize_vertical(p, NULL).taps <= HG_RESIZE_MOST_TAPS &&
           hg_resize_horizontal(p, NULL).taps <= HG_RESIZE_MOST_TAPS;
}

static double taps_cost(const hg_problem *p, const hg_kernel *k)
{
    const images m = images_of(p);
    const double v = (double)hg_resize_vertical(p, NULL).taps;
    const double h = (double)hg_resize_horizontal(p, NULL).taps;
    const double in_rows = HG_MIN((double)p->in.h, v * (double)p->out.h);
    const double across = (double)p->out.n * in_rows * (double)p->out.w * (double)p->out.c;
    const double use = lane_use(p, lanes_of(k)) * (m.channels == 1 ? 0.3 : 0.5);
    const double peak = 100.0 * hg_isa_model_of(k->isa)->rate;
    const double compute = 2.0 * ((h + 1.0) * across / use + (v + 1.0) * output_count(p) / 0.4);
    const double memory = hg_problem_bytes(p) / (50.0 * 0.8);
    return HG_MAX(compute / peak, memory) + 10.0 * (double)m.count * (double)p->out.h + 200.0;
}

/* How a plan cuts its output: blocks of rows, columns and channels of each image. */
typedef struct cut {
    int64_t rows, columns, channels; /* extents of a block */
    int64_t row_blocks, column_blocks, channel_blocks;
    int64_t ring;     /* rows in scratch */
    int64_t row_size; /* floats from one to the next */
} cut;

static cut cut_of(const hg_problem *p, const hg_config *c)
{
    const images m = images_of(p);
    cut s = {.ring = hg_resize_vertical(p, NULL).taps};
    s.channel_blocks = HG_CEIL_DIV(m.channels, (int64_t)CHANNEL_BLOCK);
    s.channels = HG_ROUND_UP(HG_CEIL_DIV(m.channels, s.channel_blocks), 16);
    s.channels = HG_MIN(s.channels, m.channels);
    s.channel_blocks = HG_CEIL_DIV(m.channels, s.channels);
    /* One channel is filtered several pixels at a time. */
    const int64_t fitting = HG_MAX(RING_FLOATS / (s.ring * s.channels), m.channels == 1 ? 64 : 1);
    s.column_blocks = HG_CEIL_DIV(p->out.w, fitting);
    s.columns = HG_CEIL_DIV(p->out.w, s.column_blocks);
    s.column_blocks = HG_CEIL_DIV(p->out.w, s.columns);
    s.row_size = HG_ROUND_UP(s.columns * s.channels + HG_RESIZE_SLACK, 16);
    s.rows = c->block > 0 ? c->block : ROW_BLOCK;
    const int64_t others = m.count * s.column_blocks * s.channel_blocks;
    while (c->block <= 0 && s.rows > LEAST_ROWS &&
           others * HG_CEIL_DIV(p->out.h, s.rows) < ENOUGH_RANGES)
        s.rows /= 2;
    s.rows = HG_MIN(s.rows, p->out.h);
    s.row_blocks = HG_CEIL_DIV(p->out.h, s.rows);
    return s;
}

static int taps_configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    (void)k;
    int n = 0;
    const int32_t usual = (int32_t)cut_of(p, &(hg_config){0}).rows;
    list[n++] = (hg_config){.block = usual};
    for (int32_t block = LEAST_ROWS; block <= 128; block *= 2)
        if (block != usual && block < p->out.h) list[n++] = (hg_config){.block = block};
    list[n++] = (hg_config){.block = usual, .store = 1};
    return n;
}

/* Scratch: the ring's rows, their input rows, and the pointers of a window. */
static void taps_size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k;
    const cut s = cut_of(p, c);
    const size_t row = sizeof(float) * (size_t)s.row_size + sizeof(int64_t) + sizeof(float *);
    *sizes = (hg_sizes){
        .tables = hg_resize_table_size(p),
        .scratch = row * (size_t)s.ring,
        .stages = 1,
        .ranges = {images_of(p).count * s.row_blocks * s.column_blocks * s.channel_blocks}};
}

typedef struct block {
    const float *in; /* (0, 0) of the image, at the block's first channel */
    float *out;      /* (0, 0) of the image, at the block's first column and channel */
    int64_t y, y_end, x, width, channels;
} block;

/* What lies outside the region of crop_and_resize. */
static void extrapolate(const hg_task *t, const hg_resize_axis *h, const block *b, bool row,
                        int64_t pixel, float *out)
{
    for (int64_t x = 0; x < b->width; x++)
        for (int64_t c = 0; (row || h->count[b->x + x] == 0) && c < b->channels; c++)
            out[x * pixel + c] = t->problem->resize.extrapolation;
}

/* Output rows from oy on, before `end`, that need the same input rows. */
static int64_t alike(const hg_resize_axis *v, int64_t oy, int64_t end)
{
    int64_t n = 1;
    if (v->holes) return n;
    while (oy + n < end && v->first[oy + n] == v->first[oy] && v->count[oy + n] == v->count[oy])
        n++;
    return n;
}

static void run_block(const hg_task *t, const images *m, const cut *s, const block *b)
{
    const hg_problem *p = t->problem;
    const hg_resize_axis v = hg_resize_vertical(p, t->tables);
    const hg_resize_axis h = hg_resize_horizontal(p, t->tables);
    float *ring = t->scratch;
    void *behind = ring + s->ring * s->row_size;
    int64_t *held = behind; /* the input row in each slot */
    behind = held + s->ring;
    const float **rows = behind;
    float
        weight[HG_RESIZE_MOST_TAPS]; /* of the rows of one output row: those without are left out */
    const bool region = p->resize.coordinates == HG_TF_CROP_AND_RESIZE;
    hg_resize_args along_x = {.first = h.first + b->x,
                              .count = h.count + b->x,
                              .weight = h.weight + b->x,
                              .weight_step = h.out,
                              .taps = h.taps,
                              .holes = h.holes,
                              .width = b->width,
                              .channels = b->channels,
                              .in_pixel = m->in_pixel,
                              .in_width = p->in.w};
    hg_resize_args along_y = {.rows = rows,
                              .weight_step = v.holes ? 1 : v.out,
                              .width = b->width,
                              .channels = b->channels,
                              .out_pixel = m->out_pixel,
                              .out_row = p->out.strides.h,
                              .stream = t->config.store == 1};
    for (int64_t i = 0; i < s->ring; i++) held[i] = -1;
    for (int64_t oy = b->y; oy < b->y_end; oy += along_y.height) {
        along_y.height = alike(&v, oy, b->y_end);
        along_y.taps = 0;
        for (int64_t k = 0; k < v.count[oy]; k++) {
            const int64_t iy = v.first[oy] + k, slot = iy % s->ring;
            weight[along_y.taps] = v.weight[k * v.out + oy];
            if (weight[along_y.taps] == 0.0f) continue;
            rows[along_y.taps++] = along_x.output = ring + slot * s->row_size;
            if (held[slot] == iy) continue;
            held[slot] = iy;
            along_x.input = b->in + iy * p->in.strides.h;
            t->kernel->run.resize->along_x(&along_x);
        }
        along_y.output = b->out + oy * p->out.strides.h;
        along_y.weight = v.holes ? weight : v.weight + oy;
        if (along_y.taps) t->kernel->run.resize->along_y(&along_y);
        for (int64_t y = 0; region && y < along_y.height; y++)
            extrapolate(t, &h, b, along_y.taps == 0, m->out_pixel,
                        along_y.output + y * p->out.strides.h);
    }
}

static void taps_run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const images m = images_of(p);
    const cut s = cut_of(p, &t->config);
    for (int64_t i = begin; i < end; i++) {
        const int64_t c = i % s.channel_blocks * s.channels, rest = i / s.channel_blocks;
        const int64_t x = rest % s.column_blocks * s.columns, strip = rest / s.column_blocks;
        const int64_t y = strip % s.row_blocks * s.rows, image = strip / s.row_blocks;
        const block b = {.in = t->input + image_offset(&m, &p->in.strides, image) + c,
                         .out = t->output + image_offset(&m, &p->out.strides, image) +
                                x * m.out_pixel + c,
                         .y = y,
                         .y_end = HG_MIN(y + s.rows, p->out.h),
                         .x = x,
                         .width = HG_MIN(s.columns, p->out.w - x),
                         .channels = HG_MIN(s.channels, m.channels - c)};
        run_block(t, &m, &s, &b);
    }
}

const hg_algorithm hg_resize_taps = {.name = "resize-taps",
                                     .supports = taps_supports,
                                     .configs = taps_configs,
                                     .cost = taps_cost,
                                     .size = taps_size,
                                     .prepare = hg_resize_prepare,
                                     .run = taps_run};
