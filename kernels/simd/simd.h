/* The vector vocabulary: the same words for every instruction set, one header for each.
 *
 * A kernel source STEM.simd.c begins with this file. The build compiles it once per instruction
 * set, with HG_SIMD naming the header (kernels/meson.build). Words are functions, always inlined:
 *
 *     VL, V_REGISTERS            float lanes of a vector, vectors that there are
 *     vfloat vint vlong          VL floats, VL 32-bit integers, VL / 2 64-bit integers
 *     vmask                      a truth per lane
 *     vtail                      the first n < VL lanes, made once before a loop
 *     vplaces                    which lane of a vector each lane takes
 *
 *     v_load v_store             whole vectors, nothing aligned
 *     ..._first                  0 < n < VL lanes; ..._up_to: n > 0 lanes, whole if n >= VL;
 *     ..._tail                   the lanes of a vtail. Other lanes load as 0, and nothing beyond
 * the n is read or written i_ l_ m_ p_                the same of integers, long integers, masks,
 * places
 *
 * Loads and stores of these words are a kernel's only way to memory. What truly differs between
 * instruction sets (register tiles, multiply-add by a lane) stands in STEM_avx2.h, STEM_neon.h
 * beside the source. */
#ifndef HG_SIMD_H
#define HG_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/kernel.h"

#define HG_TEXT_OF(x) #x
#define HG_TEXT(x) HG_TEXT_OF(x)
#define HG_JOIN_OF(a, b) a##_##b
#define HG_JOIN(a, b) HG_JOIN_OF(a, b)

/* The table of rows of a family in this instruction set: hg_pool_slide_avx2. */
#define HG_ROWS(family) HG_JOIN(hg_##family, HG_SIMD)

/* What a row's name says: HG_ROW(max_pool2d, nhwc, "slide"). */
#define HG_ROW(op_word, layout_word, stem)                                                         \
    .name = #op_word ".f32." #layout_word "." HG_TEXT(HG_SIMD) "." stem,                           \
    .op = (hg_op)hg_op_##op_word, .dtype = HG_F32, .isa = (hg_isa)HG_SIMD_ISA,                     \
    .layouts = hg_in_##layout_word

enum {
    hg_op_conv2d = HG_OP_CONV2D,
    hg_op_conv_transpose2d = HG_OP_CONV_TRANSPOSE2D,
    hg_op_max_pool2d = HG_OP_MAX_POOL2D,
    hg_op_avg_pool2d = HG_OP_AVG_POOL2D,
    hg_op_lp_pool2d = HG_OP_LP_POOL2D,
    hg_op_max_unpool2d = HG_OP_MAX_UNPOOL2D,
    hg_op_resize2d = HG_OP_RESIZE2D,
    hg_op_resize_argmax2d = HG_OP_RESIZE_ARGMAX2D,
    hg_op_binary = HG_OP_BINARY,
    hg_op_softmax2d = HG_OP_SOFTMAX2D,
    hg_op_activation2d = HG_OP_ACTIVATION2D,
    hg_op_pad2d = HG_OP_PAD2D,
    hg_in_nhwc = HG_IN_NHWC,
    hg_in_nchw = HG_IN_NCHW,
    hg_in_any = HG_IN_NHWC | HG_IN_NCHW
};

#include HG_TEXT(HG_SIMD.h)

enum { V_IN_CACHELINE = HG_CACHELINE / VL }; /* vectors */

/* ---- Words made of words ---- */

/* gcc and clang calculate with vectors of floats as with numbers, each lane rounded once. */
HG_INLINE vfloat v_add(vfloat a, vfloat b) { return a + b; }

HG_INLINE vfloat v_sub(vfloat a, vfloat b) { return a - b; }

HG_INLINE vfloat v_mul(vfloat a, vfloat b) { return a * b; }

HG_INLINE vfloat v_div(vfloat a, vfloat b) { return a / b; }

HG_INLINE vfloat v_minus(vfloat v) { return -v; }

/* By one factor for all lanes. */
HG_INLINE vfloat v_mul_by(float factor, vfloat v) { return v_all(factor) * v; }

HG_INLINE vfloat v_fma_by(float factor, vfloat v, vfloat c) { return v_fma(v_all(factor), v, c); }

/* NaN stays. */
HG_INLINE vfloat v_clamp(vfloat v, vfloat low, vfloat high)
{
    return v_at_most(v_at_least(v, low), high);
}

HG_INLINE vmask v_greater_or_nan(vfloat a, vfloat b) { return m_or(v_greater(a, b), v_is_nan(a)); }

/* n > 0 lanes, all of them if n >= VL; n is a constant wherever speed matters. */
HG_INLINE vfloat v_load_up_to(const float *p, size_t n)
{
    return n >= VL ? v_load(p) : v_load_first(p, n);
}

HG_INLINE void v_store_up_to(float *p, vfloat v, size_t n)
{
    if (n >= VL)
        v_store(p, v);
    else
        v_store_first(p, v, n);
}

/* Whole vectors, or the lanes of a tail. whole is a constant. */
HG_INLINE vfloat v_load_partial(const float *p, vtail tail, bool whole)
{
    return whole ? v_load(p) : v_load_tail(p, tail);
}

HG_INLINE void v_store_partial(float *p, vfloat v, vtail tail, bool whole)
{
    if (whole)
        v_store(p, v);
    else
        v_store_tail(p, v, tail);
}

/* Past the caches, where p is aligned to a vector, or whole. nontemporal is a constant. */
HG_INLINE void v_put(float *p, vfloat v, bool nontemporal)
{
    if (nontemporal)
        v_store_nontemporal(p, v);
    else
        v_store(p, v);
}

/* 2 * VL floats. */
HG_INLINE vpair v_load_pair(const float *p) { return (vpair){v_load(p), v_load(p + VL)}; }

HG_INLINE void v_put_pair(float *p, vpair v, bool nontemporal)
{
    v_put(p, v.v0, nontemporal);
    v_put(p + VL, v.v1, nontemporal);
}

HG_INLINE void v_store_pair(float *p, vpair v) { v_put_pair(p, v, false); }

HG_INLINE vint i_load_up_to(const int32_t *p, size_t n)
{
    return n >= VL ? i_load(p) : i_load_first(p, n);
}

HG_INLINE void i_store_up_to(int32_t *p, vint v, size_t n)
{
    if (n >= VL)
        i_store(p, v);
    else
        i_store_first(p, v, n);
}

/* Row m of MR, `step` floats apart from `first` on, each of which meets NV vectors; rows are asked
 * for in their order, and `middle` is kept between them. In tall tiles of one vector three rows
 * share a pointer to the middle one, of which, and of the way to it, the compiler must know
 * nothing: it would keep a pointer for each row, and has no registers for them. m, MR and NV are
 * constants. */
HG_INLINE const float *hg_row_of(const float *first, const float **middle, size_t step, int m,
                                 int MR, int NV)
{
    if (NV > 1 || MR <= 8 || V_REGISTERS < 32) return first + (size_t)m * step;
    if (m % 3 == 0) {
        size_t to = (size_t)(m + 1) * step * sizeof(float);
        __asm__("" : "+r"(to));
        *middle = (const float *)((uintptr_t)first + to); /* maybe outside the tensor */
        __asm__("" : "+r"(*middle));
    }
    return *middle + ((ptrdiff_t)(m % 3) - 1) * (ptrdiff_t)step;
}

/* 0, 1, 2, ... */
HG_INLINE vint i_iota(void)
{
    static const int32_t lanes[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return i_load(lanes);
}

/* A flag, which starts as v_zero(), becomes NaN where a or b is. Infinities may do the same, and
 * huge products: what is said to hold NaN need not. */
HG_INLINE vfloat v_note_nan(vfloat vflag, vfloat a, vfloat b) { return v_fma(a, b, vflag); }

HG_INLINE bool v_noted(vfloat vflag) { return m_any(v_is_nan(vflag)); }

#endif
