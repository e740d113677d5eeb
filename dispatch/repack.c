/* Tensors between NCHW and dense NHWC, so that NHWC kernels serve NCHW callers. */
#include "dispatch/plan.h"

/* Rows of pixels per range: about 64 KiB of data, whole rows. */
static int64_t rows_per_range(const hg_tensor *t)
{
    const int64_t rows = 16384 / HG_MAX(t->w * t->c, 1);
    return HG_MAX(HG_MIN(rows, t->h), 1);
}

int64_t hg_repack_ranges(const hg_tensor *t)
{
    return t->n * HG_CEIL_DIV(t->h, rows_per_range(t));
}

/* `pixels` neighbours along w: [c][pixel] <-> [pixel][c]. */
static void repack_pixels(hg_transpose_fn *transpose, const hg_tensor *t, const char *from,
                          char *to, bool to_nhwc, int64_t pixels)
{
    if (to_nhwc)
        transpose(from, t->strides.c, to, t->c, t->c, pixels);
    else
        transpose(from, t->c, to, t->strides.c, pixels, t->c);
}

void hg_repack_rows(const hg_transposer *with, const hg_tensor *t, const void *from, void *to,
                    size_t element_size, bool to_nhwc, int64_t rows)
{
    hg_transpose_fn *transpose = hg_transpose_of(with, element_size);
    const bool joined = t->strides.h == t->w; /* rows follow each other: one long row */
    const int64_t step = joined ? rows : 1, size = (int64_t)element_size;
    const int64_t next_from = size * (to_nhwc ? t->strides.h : t->w * t->c);
    const int64_t next_to = size * (to_nhwc ? t->w * t->c : t->strides.h);
    for (int64_t y = 0; y < rows; y += step)
        repack_pixels(transpose, t, (const char *)from + y * next_from, (char *)to + y * next_to,
                      to_nhwc, step * t->w);
}

void hg_repack(const hg_transposer *with, const hg_tensor *t, const void *from, void *to,
               size_t element_size, bool to_nhwc, int64_t begin, int64_t end)
{
    const int64_t rows = rows_per_range(t), blocks = HG_CEIL_DIV(t->h, rows);
    for (int64_t i = begin, next; i < end; i = next) {
        const int64_t n = i / blocks, y = i % blocks * rows;
        next = HG_MIN(end, (n + 1) * blocks);
        const int64_t count = HG_MIN((next - i) * rows, t->h - y);
        const int64_t nchw_at = (n * t->strides.n + y * t->strides.h) * (int64_t)element_size;
        const int64_t nhwc_at = (n * t->h + y) * t->w * t->c * (int64_t)element_size;
        hg_repack_rows(with, t, (const char *)from + (to_nhwc ? nchw_at : nhwc_at),
                       (char *)to + (to_nhwc ? nhwc_at : nchw_at), element_size, to_nhwc, count);
    }
}
