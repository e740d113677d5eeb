/* Transposed depthwise convolution, a stride of outputs at a time. Contract: depthwise_wide.h. */
#include "kernels/conv_transpose2d/nhwc/depthwise_wide.h"

#include "kernels/simd/post.h"

enum {
    SETS = 4,                          /* at a time, that share the loads of weights */
    AT_ONCE = V_REGISTERS < 32 ? 1 : 2 /* vectors of columns, whose weights are in registers */
};

/* The n columns of a vector, or all if that is VL. whole and plain are constants. */
HG_INLINE void finish(const hg_depthwise_wide_args *a, int64_t at, vfloat v, size_t n, bool whole,
                      bool plain)
{
    if (!plain) {
        const vpost post = v_post_of(&a->post);
        if (a->residual)
            v = v_add(v, whole ? v_load(a->residual + at) : v_load_first(a->residual + at, n));
        v = v_post(v, &post);
    }
    if (whole)
        v_store(a->out + at, v);
    else
        v_store_first(a->out + at, v, n);
}

/* `vectors` of columns of all sets under 2 columns of taps: the weights stay in registers, and so
 * does each pixel until the next set has read it. rows, vectors, whole and plain are constants. */
HG_INLINE void pairs(const hg_depthwise_wide_args *a, const int64_t *column, size_t n, int rows,
                     int vectors, bool whole, bool plain)
{
    vfloat vbias[AT_ONCE], vk[AT_ONCE][2][2], vbefore[AT_ONCE][2];
    const float *input[AT_ONCE];
    HG_UNROLL
    for (int i = 0; i < vectors; i++) {
        vbias[i] = v_load(a->bias + column[i]);
        input[i] = a->input + column[i] % a->channels;
        HG_UNROLL
        for (int r = 0; r < rows; r++) {
            const float *weights = a->weights + r * a->weight_step + column[i];
            vk[i][r][0] = v_load(weights);
            vk[i][r][1] = v_load(weights + a->tap_step);
            vbefore[i][r] = v_load(input[i] + r * a->row_step);
        }
    }
    for (int64_t set = 0; set < a->sets; set++) {
        HG_UNROLL
        for (int i = 0; i < vectors; i++) {
            const int64_t at = set * a->set_step + column[i];
            vfloat v = vbias[i];
            input[i] += a->pixel_step;
            hg_prefetch(a->out, at + a->next_row);
            HG_UNROLL
            for (int r = 0; r < rows; r++) {
                const vfloat vi = v_load_once(input[i] + r * a->row_step);
                v = v_fma(vbefore[i][r], vk[i][r][0], v);
                v = v_fma(vi, vk[i][r][1], v);
                vbefore[i][r] = vi;
            }
            finish(a, at, v, n, whole, plain);
        }
    }
}

/* One vector of columns of `sets` sets from number `set` on; sets and whole are constants. */
HG_INLINE void windows(const hg_depthwise_wide_args *a, int64_t set, int64_t column, size_t n,
                       int sets, bool whole)
{
    const float *input = a->input + column % a->channels + set * a->pixel_step;
    vfloat vacc[SETS];
    HG_UNROLL
    for (int j = 0; j < sets; j++) vacc[j] = v_load(a->bias + column);
    for (int64_t r = 0; r < a->rows; r++)
        for (int64_t t = 0; t < a->taps; t++) {
            const vfloat vk = v_load(a->weights + r * a->weight_step + t * a->tap_step + column);
            const float *row = input + r * a->row_step + t * a->pixel_step;
            HG_UNROLL
            for (int j = 0; j < sets; j++)
                vacc[j] = v_fma(v_load(row + j * a->pixel_step), vk, vacc[j]);
        }
    HG_UNROLL
    for (int j = 0; j < sets; j++) {
        const int64_t at = (set + j) * a->set_step + column;
        hg_prefetch(a->out, at + a->next_row);
        finish(a, at, vacc[j], n, whole, false);
    }
}

/* Columns of `vectors` vectors. vectors and whole are constants. */
HG_INLINE void columns_of(const hg_depthwise_wide_args *a, const int64_t *column, size_t n,
                          int vectors, bool whole)
{
    if (a->taps == 2 && a->rows == 2 && a->plain)
        pairs(a, column, n, 2, vectors, whole, true);
    else if (a->taps == 2 && a->rows == 2)
        pairs(a, column, n, 2, vectors, whole, false);
    else if (a->taps == 2 && a->rows == 1)
        pairs(a, column, n, 1, vectors, whole, false);
    else
        for (int i = 0; i < vectors; i++) {
            int64_t set = 0;
            for (; set + SETS <= a->sets; set += SETS) windows(a, set, column[i], n, SETS, whole);
            for (; set < a->sets; set++) windows(a, set, column[i], n, 1, whole);
        }
}

static void wide(const hg_depthwise_wide_args *args)
{
    const hg_depthwise_wide_args copy = *args, *a = &copy; /* stores cannot change it */
    int64_t column[2] = {0, VL};
    if (a->columns < VL) {
        columns_of(a, column, (size_t)a->columns, 1, false);
        return;
    }
    for (; AT_ONCE > 1 && column[1] + VL <= a->columns; column[0] += 2 * VL, column[1] += 2 * VL)
        columns_of(a, column, VL, AT_ONCE, true);
    for (int64_t next = column[0]; next < a->columns; next += VL) {
        column[0] = HG_MIN(next, a->columns - VL); /* the last overlaps the one before it */
        columns_of(a, column, VL, 1, true);
    }
}

static void copy(const float *from, int64_t step, int64_t pixels, int64_t channels, float *to)
{
    for (int64_t x = 0; x < pixels; x++, from += step, to += channels + VL) {
        if (channels < VL) {
            for (int64_t c = 0; c < channels; c++) to[c] = from[c];
            for (int64_t c = 0; c < VL; c++) to[channels + c] = to[c];
            continue;
        }
        for (int64_t c = 0; c + VL <= channels; c += VL) v_store(to + c, v_load(from + c));
        v_store(to + channels - VL, v_load(from + channels - VL));
        v_store(to + channels, v_load(from));
    }
}

static const hg_depthwise_wide_ukernels ukernels = {wide, copy};

const hg_kernel HG_ROWS(conv_transpose2d_nhwc_depthwise_wide)[] = {
    {HG_ROW(conv_transpose2d, nhwc, "depthwise_wide"), .rev = 1,
     .limits = {.depthwise = true, .same_channels = true},
     .algorithm = &hg_conv_transpose2d_nhwc_depthwise_wide, .run.depthwise_wide = &ukernels},
    {.name = NULL},
};
