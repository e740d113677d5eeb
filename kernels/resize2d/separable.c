/* Separable filters, with a ring of rows: an input row is filtered along x into scratch when the
 * first output row asks for it, and stays until the window has moved past it.
 *
 *            input rows       scratch: `ring` rows            output row
 *            iy     ----x---->  slot iy % ring        --\
 *            iy + 1 ----x---->  slot (iy + 1) % ring  ---y-->  oy
 */
#include "kernels/resize2d/separable.h"

enum {
    RING_FLOATS = 6144, /* rows in scratch: they stay in L1 */
    CHANNEL_BLOCK = 256,
    ROW_BLOCK = 32, /* output rows of a range: its first rows are filtered once more elsewhere */
    LEAST_ROWS = 8,
    ENOUGH_RANGES = 12
};

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    const hg_resize_axes a = hg_resize_axes_of(p);
    return p->resize.mode != HG_RESIZE_NEAREST && a.v.taps <= HG_RESIZE_MOST_TAPS &&
           a.h.taps <= HG_RESIZE_MOST_TAPS;
}

/* Rows filtered along x for all outputs: pixels of planes are gathered, and short rows mostly
 * calls; else lanes are channels, of which a part is loaded and stored by masks. */
static double across_ns(const hg_problem *p, const hg_kernel *k, double rows, double taps)
{
    const double pixels = rows * (double)p->out.w;
    if (hg_resize_images_of(p).channels == 1) return pixels * (0.5 + 0.35 * taps) + 25.0 * rows;
    const double products = (taps + 1.0) * pixels * (double)p->out.c;
    const double masked = p->in.c < hg_lanes(k) ? 2.5 * pixels : 0.0;
    return masked + products / (25.0 * hg_lanes_used(k, p->in.c) * hg_rate(k));
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const hg_resize_axes a = hg_resize_axes_of(p);
    const double v = (double)a.v.taps, images = (double)hg_resize_images_of(p).count;
    const double in_rows = images * HG_MIN((double)p->in.h, v * (double)p->out.h);
    const double down = (v + 1.0) * hg_tensor_elements(&p->out) / (40.0 * hg_rate(k));
    const double compute = across_ns(p, k, in_rows, (double)a.h.taps) + down;
    return hg_overlapped(compute, hg_traffic_ns(p) / 0.8) + 10.0 * images * (double)p->out.h +
           200.0;
}

/* How a plan cuts its output: blocks of rows, columns and channels of each image. The tables: of
 * the axes, then this. */
typedef struct blocking {
    hg_resize_images images;
    int64_t rows, columns, channels; /* extents of a block */
    int64_t row_blocks, column_blocks, channel_blocks;
    int64_t ring;     /* rows in scratch */
    int64_t row_size; /* floats from one to the next */
} blocking;

static blocking blocking_of(const hg_problem *p, const hg_config *c)
{
    const hg_resize_images m = hg_resize_images_of(p);
    blocking b = {.images = m, .ring = hg_resize_axes_of(p).v.taps};
    b.channel_blocks = HG_CEIL_DIV(m.channels, (int64_t)CHANNEL_BLOCK);
    b.channels = HG_ROUND_UP(HG_CEIL_DIV(m.channels, b.channel_blocks), 16);
    b.channels = HG_MIN(b.channels, m.channels);
    b.channel_blocks = HG_CEIL_DIV(m.channels, b.channels);
    /* One channel is filtered several pixels at a time. */
    const int64_t fitting = HG_MAX(RING_FLOATS / (b.ring * b.channels), m.channels == 1 ? 64 : 1);
    b.column_blocks = HG_CEIL_DIV(p->out.w, fitting);
    b.columns = HG_CEIL_DIV(p->out.w, b.column_blocks);
    b.column_blocks = HG_CEIL_DIV(p->out.w, b.columns);
    b.row_size = HG_ROUND_UP(b.columns * b.channels + HG_RESIZE_SLACK, 16);
    b.rows = c->block > 0 ? c->block : ROW_BLOCK;
    const int64_t others = m.count * b.column_blocks * b.channel_blocks;
    while (c->block <= 0 && b.rows > LEAST_ROWS &&
           others * HG_CEIL_DIV(p->out.h, b.rows) < ENOUGH_RANGES)
        b.rows /= 2;
    b.rows = HG_MIN(b.rows, p->out.h);
    b.row_blocks = HG_CEIL_DIV(p->out.h, b.rows);
    return b;
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    (void)k;
    int n = 0;
    const int32_t usual = (int32_t)blocking_of(p, &(hg_config){0}).rows;
    list[n++] = (hg_config){.block = usual};
    for (int32_t block = LEAST_ROWS; block <= 128; block *= 2)
        if (block != usual && block < p->out.h) list[n++] = (hg_config){.block = block};
    list[n++] = (hg_config){.block = usual, .nontemporal = 1};
    return n;
}

/* Scratch: the ring's rows, their input rows, and the pointers of a window. */
static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k;
    const blocking b = blocking_of(p, c);
    const size_t row = sizeof(float) * (size_t)b.row_size + sizeof(int64_t) + sizeof(float *);
    *sizes =
        (hg_sizes){.tables = hg_resize_axes_of(p).bytes + sizeof b,
                   .scratch = row * (size_t)b.ring,
                   .ranges = {b.images.count * b.row_blocks * b.column_blocks * b.channel_blocks}};
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    hg_resize_prepare(p, k, c, tables);
    *(blocking *)hg_resize_behind(tables) = blocking_of(p, c);
}

typedef struct block {
    const float *in; /* (0, 0) of the image, at the block's first channel */
    float *out;      /* (0, 0) of the image, at the block's first column and channel */
    int64_t y, y_end, x, width, channels;
} block;

/* What lies outside the region of crop_and_resize: the whole row, or pixels of it. */
static void extrapolate(const hg_task *t, const hg_resize_axis *h, const block *b, bool row,
                        int64_t pixel, float *out)
{
    for (int64_t x = 0; x < b->width; x++)
        for (int64_t c = 0; (row || h->count[b->x + x] == 0) && c < b->channels; c++)
            out[x * pixel + c] = t->problem->resize.extrapolation;
}

static void run_block(const hg_task *t, const blocking *s, const block *b)
{
    const hg_problem *p = t->problem;
    const hg_resize_separable_ukernels *u = t->kernel->run.resize_separable;
    const hg_resize_images *m = &s->images;
    const hg_resize_axes *axes = t->tables;
    const hg_resize_axis v = axes->v, h = axes->h;
    float *ring = t->scratch;
    void *behind = ring + s->ring * s->row_size;
    int64_t *held = behind; /* the input row in each slot */
    behind = held + s->ring;
    const float **rows = behind;
    float weight[HG_RESIZE_MOST_TAPS]; /* of one output row: rows without are left out */
    const bool region = p->resize.coordinates == HG_TF_CROP_AND_RESIZE;
    hg_resize_along_x_args along_x = {.first = h.first + b->x,
                                      .count = h.count + b->x,
                                      .same = h.same + b->x,
                                      .weight = h.weight + b->x,
                                      .weight_step = h.out,
                                      .taps = h.taps,
                                      .holes = h.holes,
                                      .width = b->width,
                                      .channels = b->channels,
                                      .in_pixel = m->in_pixel,
                                      .in_width = p->in.w};
    hg_resize_along_y_args along_y = {.rows = rows,
                                      .weight_step = v.holes ? 1 : v.out,
                                      .width = b->width,
                                      .channels = b->channels,
                                      .in_pixel = b->channels,
                                      .out_pixel = m->out_pixel,
                                      .out_row = p->out.strides.h,
                                      .nontemporal = t->config.nontemporal == 1};
    for (int64_t i = 0; i < s->ring; i++) held[i] = -1;
    for (int64_t oy = b->y; oy < b->y_end; oy += along_y.height) {
        along_y.height = HG_MIN(v.same[oy], b->y_end - oy);
        along_y.taps = 0;
        for (int64_t k = 0; k < v.count[oy]; k++) {
            const int64_t iy = v.first[oy] + k, slot = iy % s->ring;
            weight[along_y.taps] = v.weight[k * v.out + oy];
            if (weight[along_y.taps] == 0.0f) continue;
            rows[along_y.taps++] = along_x.output = ring + slot * s->row_size;
            if (held[slot] == iy) continue;
            held[slot] = iy;
            along_x.input = b->in + iy * p->in.strides.h;
            u->along_x(&along_x);
        }
        along_y.output = b->out + oy * p->out.strides.h;
        along_y.weight = v.holes ? weight : v.weight + oy;
        if (along_y.taps) u->along_y(&along_y);
        for (int64_t y = 0; region && y < along_y.height; y++)
            extrapolate(t, &h, b, along_y.taps == 0, m->out_pixel,
                        along_y.output + y * p->out.strides.h);
    }
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const blocking *s = hg_resize_behind(t->tables);
    const hg_resize_images *m = &s->images;
    for (int64_t i = begin; i < end; i++) {
        const int64_t c = i % s->channel_blocks * s->channels, rest = i / s->channel_blocks;
        const int64_t x = rest % s->column_blocks * s->columns, strip = rest / s->column_blocks;
        const int64_t y = strip % s->row_blocks * s->rows, image = strip / s->row_blocks;
        const block b = {.in = t->input + hg_resize_image_offset(m, &p->in.strides, image) + c,
                         .out = t->output + hg_resize_image_offset(m, &p->out.strides, image) +
                                x * m->out_pixel + c,
                         .y = y,
                         .y_end = HG_MIN(y + s->rows, p->out.h),
                         .x = x,
                         .width = HG_MIN(s->columns, p->out.w - x),
                         .channels = HG_MIN(s->channels, m->channels - c)};
        run_block(t, s, &b);
    }
}

static void rows(const hg_task *t, int64_t begin, int64_t end)
{
    const blocking *s = hg_resize_behind(t->tables);
    const int64_t pixel = s->images.out_pixel;
    for (int64_t x = 0; x < t->problem->out.w; x += s->columns)
        for (int64_t c = 0; c < s->images.channels; c += s->channels) {
            const block b = {.in = t->input + c,
                             .out = t->output + x * pixel + c,
                             .y = begin,
                             .y_end = end,
                             .x = x,
                             .width = HG_MIN(s->columns, t->problem->out.w - x),
                             .channels = HG_MIN(s->channels, s->images.channels - c)};
            run_block(t, s, &b);
        }
}

const hg_algorithm hg_resize2d_separable = {.name = "separable",
                                            .supports = supports,
                                            .configs = configs,
                                            .cost = cost,
                                            .size = size,
                                            .prepare = prepare,
                                            .run = run,
                                            .rows = rows};
