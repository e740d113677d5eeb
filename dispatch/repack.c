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

void hg_repack(const hg_transposer *with, const hg_tensor *t, const void *from, void *to,
               size_t element_size, bool to_nhwc, int64_t begin, int64_t end)
{
    hg_transpose_fn *transpose = element_size == 8 ? with->t64 : with->t32;
    const int64_t rows = rows_per_range(t), blocks = HG_CEIL_DIV(t->h, rows);
    const bool joined = t->strides.h == t->w; /* rows follow each other: one long row */
    for (int64_t i = begin; i < end; i++) {
        const int64_t n = i / blocks, y0 = i % blocks * rows, y1 = HG_MIN(y0 + rows, t->h);
        const int64_t step = joined ? y1 - y0 : 1;
        for (int64_t y = y0; y < y1; y += step) {
            const int64_t nchw_at = n * t->strides.n + y * t->strides.h;
            const int64_t nhwc_at = (n * t->h + y) * t->w * t->c;
            const char *source = (const char *)from;
            char *target = to;
            source += (to_nhwc ? nchw_at : nhwc_at) * (int64_t)element_size;
            target += (to_nhwc ? nhwc_at : nchw_at) * (int64_t)element_size;
            repack_pixels(transpose, t, source, target, to_nhwc, step * t->w);
        }
    }
}
