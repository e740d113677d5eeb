/* Copies between layouts: what the caller's NCHW becomes at the edges. Plain C, on the caller's
 * thread. */
#include <string.h>

#include "net/plan.h"

/* Planes of 2^n bytes alias in every cache, and all channels of a pixel would evict one another. Of
 * a block few lines of planes are in use at a time, and each is done with at once. */
enum { PIXELS = 16, CHANNELS = 8, SQUARE = 4 };

typedef struct side {
    int64_t pixel, channel; /* strides */
} side;

static void copy_some(const float *in, side from, float *out, side to, int64_t pixels,
                      int64_t channels)
{
    for (int64_t x = 0; x < pixels; x++)
        for (int64_t c = 0; c < channels; c++)
            out[x * to.pixel + c * to.channel] = in[x * from.pixel + c * from.channel];
}

/* Four lines of four elements become four others, each stored at once. */
static void transpose_square(const float *in, int64_t from, float *out, int64_t to)
{
    float line[SQUARE][SQUARE];
    for (int i = 0; i < SQUARE; i++) memcpy(line[i], in + i * from, sizeof line[i]);
    for (int i = 0; i < SQUARE; i++) {
        const float column[SQUARE] = {line[0][i], line[1][i], line[2][i], line[3][i]};
        memcpy(out + i * to, column, sizeof column);
    }
}

/* Lines of elements side by side become elements side by side of as many lines. */
static void transpose(const float *in, int64_t from, float *out, int64_t to, int lines,
                      int elements)
{
    for (int e = 0; e < elements; e += SQUARE)
        for (int i = 0; i < lines; i += SQUARE)
            transpose_square(in + i * from + e, from, out + e * to + i, to);
}

static void copy_block(const float *in, side from, float *out, side to)
{
    if (from.pixel == 1 && to.channel == 1)
        transpose(in, from.channel, out, to.pixel, CHANNELS, PIXELS);
    else if (from.channel == 1 && to.pixel == 1)
        transpose(in, from.pixel, out, to.channel, PIXELS, CHANNELS);
    else
        copy_some(in, from, out, to, PIXELS, CHANNELS);
}

static void copy_pixels(const float *in, side from, float *out, side to, int64_t pixels,
                        int64_t channels)
{
    for (int64_t x = 0; x < pixels; x++)
        memcpy(out + x * to.pixel, in + x * from.pixel, (size_t)channels * sizeof *out);
}

static void copy_blocks(const float *in, side from, float *out, side to, int64_t pixels,
                        int64_t channels)
{
    for (int64_t x = 0; x < pixels; x += PIXELS)
        for (int64_t c = 0; c < channels; c += CHANNELS) {
            const float *source = in + x * from.pixel + c * from.channel;
            float *target = out + x * to.pixel + c * to.channel;
            const int64_t w = pixels - x, k = channels - c;
            if (w >= PIXELS && k >= CHANNELS)
                copy_block(source, from, target, to);
            else
                copy_some(source, from, target, to, w < PIXELS ? w : PIXELS,
                          k < CHANNELS ? k : CHANNELS);
        }
}

void net_copy(const net_action *a, const float *in, float *out)
{
    const hg_tensor *t = &a->out;
    const hg_strides *from = &a->in.strides, *to = &t->strides;
    const bool dense = from->h == t->w * from->w && to->h == t->w * to->w;
    const bool same = from->c == 1 && to->c == 1; /* NHWC both */
    const int64_t rows = dense ? 1 : t->h, pixels = dense ? t->h * t->w : t->w;
    for (int64_t n = 0; n < t->n; n++)
        for (int64_t y = 0; y < rows; y++)
            (same ? copy_pixels
                  : copy_blocks)(in + n * from->n + y * from->h, (side){from->w, from->c},
                                 out + n * to->n + y * to->h, (side){to->w, to->c}, pixels, t->c);
}
