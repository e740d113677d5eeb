/* Bilinear resizing to twice the size, AVX2 + FMA. Contract: resize2d.h. */
#include "kernels/common/vec_avx2.h"
#include "kernels/resize2d/resize2d.h"

enum { VL = 8 };

typedef __m256 vec;

HG_INLINE vec load(const float *p, size_t n)
{
    return n >= VL ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, hg_tail_mask(n));
}

HG_INLINE void store(float *p, vec v, size_t n)
{
    if (n >= VL)
        _mm256_storeu_ps(p, v);
    else
        _mm256_maskstore_ps(p, hg_tail_mask(n), v);
}

HG_INLINE vec splat(float f)
{
    return _mm256_set1_ps(f);
}

HG_INLINE vec mul(vec v, vec w)
{
    return _mm256_mul_ps(v, w);
}

HG_INLINE vec fma_to(vec acc, vec v, vec w)
{
    return _mm256_fmadd_ps(v, w, acc);
}

#include "kernels/resize2d/resize_twice_body.h"

static const hg_resize_steps steps = {.twice = twice};

const hg_kernel hg_resize_twice_avx2[] = {{.name = "resize2d.f32.nhwc.avx2.twice",
                                           .op = HG_OP_RESIZE2D,
                                           .dtype = HG_F32,
                                           .isa = HG_ISA_AVX2,
                                           .layouts = HG_IN_NHWC,
                                           .rev = 1,
                                           .algorithm = &hg_resize_twice,
                                           .run.resize = &steps},
                                          {.name = NULL}};
