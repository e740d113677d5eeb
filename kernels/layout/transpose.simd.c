/* Transposition of 4-byte elements in blocks of VL x VL. */
#include "kernels/layout/transpose.h"

#include "kernels/simd/simd.h"

/* Rows of a strip; rows ALIAS floats apart share one set of L1. */
enum { STRIP = 64, ALIAS = 1024 };

/* VL rows become VL columns. */
HG_INLINE void block(const float *src, int64_t src_stride, float *dst, int64_t dst_stride)
{
    vfloat a[VL];
    HG_UNROLL for (int i = 0; i < VL; i++) a[i] = v_load(src + i * src_stride);
    v_transpose(a);
    HG_UNROLL for (int i = 0; i < VL; i++) v_store(dst + i * dst_stride, a[i]);
}

/* rows and cols are at least VL and at most HG_CACHELINE; the last blocks overlap their neighbours.
 */
static void square(const float *src, int64_t src_stride, float *dst, int64_t dst_stride,
                   int64_t rows, int64_t cols)
{
    for (int64_t i = 0; i < cols; i += VL)
        for (int64_t j = 0; j < rows; j += VL) {
            const int64_t c = HG_MIN(i, cols - VL), r = HG_MIN(j, rows - VL);
            block(src + r * src_stride + c, src_stride, dst + c * dst_stride + r, dst_stride);
        }
}

/* Where rows alias, fewer of them are written at a time, for they must stay in L1 until their lines
 * are full, and those to be read next are fetched ahead, for the hardware no longer does. */
static void strip(const float *src, int64_t src_stride, float *dst, int64_t dst_stride,
                  int64_t rows, int64_t cols)
{
    const int64_t width = dst_stride % ALIAS == 0 ? VL : HG_CACHELINE;
    const bool ahead = src_stride % ALIAS == 0;
    for (int64_t i = 0; i < cols; i += width) {
        const int64_t c = HG_MIN(i, cols - VL), wide = HG_MIN(width, cols - c);
        for (int64_t k = 0; k < rows; k += HG_CACHELINE) {
            const int64_t r = HG_MIN(k, rows - VL), high = HG_MIN(HG_CACHELINE, rows - r);
            const float *here = src + r * src_stride + c;
            for (int64_t j = 0; ahead && j < high; j++)
                hg_prefetch(here, 2 * HG_CACHELINE + j * src_stride);
            square(here, src_stride, dst + c * dst_stride + r, dst_stride, high, wide);
        }
    }
}

/* ---- Fewer than VL rows or columns ---- */

/* VL rows of few columns, those of a block from `r` on. Where rows follow each other they are
 * loaded whole, but for the last ones; lanes beyond the columns are left. */
HG_INLINE void few_columns_block(const float *src, int64_t src_stride, float *dst,
                                 int64_t dst_stride, int64_t rows, int64_t cols, int64_t r)
{
    const int64_t whole = src_stride == cols ? (rows * cols - VL) / cols - r : -1;
    const vtail tail = v_tail((size_t)cols);
    vfloat a[VL];
    src += r * src_stride, dst += r;
    if (whole >= VL - 1) {
        HG_UNROLL for (int i = 0; i < VL; i++) a[i] = v_load(src + i * src_stride);
    } else {
        HG_UNROLL for (int i = 0; i < VL; i++) a[i] = v_load_tail(src + i * src_stride, tail);
    }
    v_transpose(a);
    HG_UNROLL for (int i = 0; i < VL; i++)
    {
        if (i < cols) v_store(dst + i * dst_stride, a[i]);
    }
}

/* Few rows become VL rows of few columns, those of a block from `c` on. What whole vectors write
 * beyond a row is overwritten by those that follow it. */
HG_INLINE void few_rows_block(const float *src, int64_t src_stride, float *dst, int64_t dst_stride,
                              int64_t rows, int64_t cols, int64_t c)
{
    const int64_t whole = dst_stride == rows ? (rows * cols - VL) / rows - c : -1;
    const vtail tail = v_tail((size_t)rows);
    vfloat a[VL];
    src += c, dst += c * dst_stride;
    HG_UNROLL for (int i = 0; i < VL; i++) a[i] =
        i < rows ? v_load(src + i * src_stride) : v_zero();
    v_transpose(a);
    if (whole >= VL - 1) {
        HG_UNROLL for (int i = 0; i < VL; i++) v_store(dst + i * dst_stride, a[i]);
    } else {
        HG_UNROLL for (int i = 0; i < VL; i++) v_store_tail(dst + i * dst_stride, a[i], tail);
    }
}

/* One of both is at least VL: the last blocks overlap their neighbours. */
static void narrow(const float *src, int64_t src_stride, float *dst, int64_t dst_stride,
                   int64_t rows, int64_t cols)
{
    for (int64_t r = 0; cols < VL && r < rows; r += VL)
        few_columns_block(src, src_stride, dst, dst_stride, rows, cols, HG_MIN(r, rows - VL));
    for (int64_t c = 0; rows < VL && c < cols; c += VL)
        few_rows_block(src, src_stride, dst, dst_stride, rows, cols, HG_MIN(c, cols - VL));
}

/* Strips of rows, few enough that lines read in part stay in L1 until the next step; squares of a
 * line within them, so that both sides touch whole lines. */
static void transpose(const void *src, int64_t src_stride, void *dst, int64_t dst_stride,
                      int64_t rows, int64_t cols)
{
    const float *from = src;
    float *to = dst;
    if (rows < VL && cols < VL) {
        hg_transposer_ref.of[sizeof *to](src, src_stride, dst, dst_stride, rows, cols);
        return;
    }
    if (rows < VL || cols < VL) {
        narrow(from, src_stride, to, dst_stride, rows, cols);
        return;
    }
    for (int64_t k = 0; k < rows; k += STRIP) {
        const int64_t r = HG_MIN(k, rows - VL);
        strip(from + r * src_stride, src_stride, to + r, dst_stride, HG_MIN(STRIP, rows - r), cols);
    }
}

const hg_transposer HG_JOIN(hg_transposer, HG_SIMD) = {.of = {[sizeof(float)] = transpose}};
