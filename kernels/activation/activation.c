/* Blocks of the output as runs of elements that lie side by side. */
#include "kernels/activation/activation.h"

enum { FEW = 8, BUFFER = 128 };

HG_INLINE void copy(const float *from, int64_t from_step, float *to, int64_t to_step, int64_t count,
                    int64_t channels)
{
    for (int64_t i = 0; i < count; i++)
        for (int64_t c = 0; c < channels; c++) to[i * to_step + c] = from[i * from_step + c];
}

/* One channel is what masks and heads have: its loop has no other inside. */
static void copy_pixels(const float *from, int64_t from_step, float *to, int64_t to_step,
                        int64_t count, int64_t channels)
{
    if (channels == 1)
        copy(from, from_step, to, to_step, count, 1);
    else if (channels == 2)
        copy(from, from_step, to, to_step, count, 2);
    else if (channels == 3)
        copy(from, from_step, to, to_step, count, 3);
    else
        copy(from, from_step, to, to_step, count, channels);
}

/* Pixels of few channels that others lie between, as those of a phase: by themselves they would
 * leave most of a vector empty, and wait for what was just written. */
static void activate_apart(const hg_task *t, float *row, int64_t columns, int64_t channels,
                           const hg_activation_args *args)
{
    float some[BUFFER];
    const int64_t step = t->problem->out.strides.w, most = BUFFER / channels;
    for (int64_t x = 0; x < columns; x += most) {
        const int64_t count = columns - x < most ? columns - x : most;
        float *const first = row + x * step;
        copy_pixels(first, step, some, channels, count, channels);
        t->activate(some, some, count * channels, args);
        copy_pixels(some, channels, first, step, count, channels);
    }
}

/* Channels of a pixel; of several pixels, a row or all of the block where nothing lies between. */
static void activate_nhwc(const hg_task *t, const hg_block *at, hg_activation_args *args)
{
    const hg_tensor *out = &t->problem->out;
    const hg_strides *s = &out->strides;
    int64_t rows = at->rows, columns = at->columns, channels = at->channels;
    const bool alike = t->problem->post.function != HG_PRELU;
    if (alike && s->w == channels) {
        channels *= columns, columns = 1;
        if (s->h == channels) channels *= rows, rows = 1;
    }
    float *row = t->output + at->n * s->n + at->y * s->h + at->x * s->w + at->c;
    args->slopes = t->slopes + at->c;
    for (int64_t y = 0; y < rows; y++, row += s->h) {
        if (alike && columns > 1 && channels <= FEW) {
            activate_apart(t, row, columns, channels, args);
            continue;
        }
        for (int64_t x = 0; x < columns; x++) {
            float *const pixel = row + x * s->w;
            t->activate(pixel, pixel, channels, args);
        }
    }
}

/* Columns of a row; of several rows where they lie side by side. */
static void activate_nchw(const hg_task *t, const hg_block *at, hg_activation_args *args)
{
    const hg_strides *s = &t->problem->out.strides;
    int64_t rows = at->rows, columns = at->columns;
    if (s->h == columns) columns *= rows, rows = 1;
    float *plane = t->output + at->n * s->n + at->c * s->c + at->y * s->h + at->x;
    args->share = true;
    for (int64_t c = 0; c < at->channels; c++, plane += s->c) {
        args->slopes = t->slopes + at->c + c;
        for (int64_t y = 0; y < rows; y++) {
            float *const line = plane + y * s->h;
            t->activate(line, line, columns, args);
        }
    }
}

void hg_activate_block(const hg_task *t, const hg_block *at)
{
    const hg_post *post = &t->problem->post;
    hg_activation_args args = {.factor = post->factor, .offset = post->offset};
    if (t->problem->out.layout == HG_NHWC)
        activate_nhwc(t, at, &args);
    else
        activate_nchw(t, at, &args);
}

int64_t hg_activate_ranges(const hg_problem *p)
{
    return p->out.n * (p->out.layout == HG_NHWC ? p->out.h : p->out.c);
}

void hg_activate_range(const hg_task *t, int64_t begin, int64_t end)
{
    const hg_tensor *out = &t->problem->out;
    const bool rows = out->layout == HG_NHWC;
    const int64_t each = rows ? out->h : out->c;
    for (int64_t i = begin; i < end; i++) {
        const int64_t n = i / each, at = i % each;
        hg_finish(t, (hg_block){.n = n,
                                .y = rows ? at : 0,
                                .c = rows ? 0 : at,
                                .rows = rows ? 1 : out->h,
                                .columns = out->w,
                                .channels = rows ? out->c : 1});
    }
}
