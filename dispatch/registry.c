#include "dispatch/registry.h"

#include <string.h>

/* Families of kernels; the tables of an ISA exist where its code was built (meson.build). */
#define REFERENCE(X)                                                                               \
    X(conv2d_ref)                                                                                  \
    X(conv_transpose2d_ref)                                                                        \
    X(pool2d_ref)                                                                                  \
    X(unpool2d_ref)                                                                                \
    X(resize2d_ref)
/* Those that are compiled once per instruction set: kernels/OPERATOR/LAYOUT/STEM.simd.c. */
#define SIMD(X, isa)                                                                               \
    X(conv2d_nchw_depthwise##isa)                                                                  \
    X(conv2d_nchw_direct##isa)                                                                     \
    X(conv2d_nhwc_depthwise##isa)                                                                  \
    X(conv2d_nhwc_grouped##isa)                                                                    \
    X(conv2d_nhwc_igemm##isa)                                                                      \
    X(conv2d_nhwc_direct##isa)                                                                     \
    X(conv2d_nhwc_direct_dot##isa)                                                                 \
    X(conv2d_nhwc_winograd##isa)                                                                   \
    X(conv_transpose2d_nhwc_depthwise_phases##isa)                                                 \
    X(conv_transpose2d_nhwc_igemm##isa)                                                            \
    X(conv_transpose2d_nhwc_direct_phases##isa)                                                    \
    X(conv_transpose2d_nhwc_direct_phases_dot##isa)                                                \
    X(pool2d_nhwc_window##isa)                                                                     \
    X(pool2d_nhwc_window_indices##isa)                                                             \
    X(pool2d_nhwc_2x2s2##isa)                                                                      \
    X(pool2d_nhwc_slide##isa)                                                                      \
    X(pool2d_nhwc_avg_3x3s1##isa)                                                                  \
    X(pool2d_nhwc_max_3x3s2##isa)                                                                  \
    X(pool2d_nhwc_global##isa)                                                                     \
    X(pool2d_nchw_walk##isa)                                                                       \
    X(pool2d_nchw_passes##isa)                                                                     \
    X(pool2d_nchw_parts##isa)                                                                      \
    X(pool2d_nchw_2x2s2##isa)                                                                      \
    X(pool2d_nchw_avg_3x3s1##isa)                                                                  \
    X(pool2d_nchw_max_3x3s2##isa)                                                                  \
    X(pool2d_nchw_max_5x5s1##isa)                                                                  \
    X(pool2d_nchw_global##isa)                                                                     \
    X(resize2d_nhwc_copy##isa)                                                                     \
    X(resize2d_nhwc_taps##isa)                                                                     \
    X(resize2d_nhwc_upsample_2x_bilinear##isa)                                                     \
    X(resize2d_nhwc_upsample_2x_cubic##isa)                                                        \
    X(resize2d_nhwc_upsample_wide##isa)                                                            \
    X(resize2d_nchw_copy##isa)                                                                     \
    X(resize2d_nchw_taps##isa)                                                                     \
    X(resize2d_nchw_planes##isa)                                                                   \
    X(resize2d_nchw_upsample_2x_nearest##isa)                                                      \
    X(resize2d_nchw_upsample_2x_bilinear##isa)                                                     \
    X(resize2d_nchw_upsample_2x_cubic##isa)
#if defined(HG_WITH_AVX2)
#define AVX2(X)                                                                                    \
    SIMD(X, _avx2)                                                                                 \
    X(unpool2d_avx2)
#else
#define AVX2(X)
#endif
#if defined(HG_WITH_NEON)
#define NEON(X)                                                                                    \
    SIMD(X, _neon)                                                                                 \
    X(unpool2d_neon)
#else
#define NEON(X)
#endif

#define DECLARE(family) extern const hg_kernel hg_##family[];
REFERENCE(DECLARE)
AVX2(DECLARE)
NEON(DECLARE)

#define ENTRY(family) hg_##family,
static const hg_kernel *const tables[] = {REFERENCE(ENTRY) AVX2(ENTRY) NEON(ENTRY)};

const hg_kernel *hg_registry_at(size_t i)
{
    for (size_t t = 0; t < HG_COUNT(tables); t++)
        for (const hg_kernel *k = tables[t]; k->name; k++)
            if (i-- == 0) return k;
    return NULL;
}

const hg_kernel *hg_registry_find(const char *name)
{
    for (size_t t = 0; t < HG_COUNT(tables); t++)
        for (const hg_kernel *k = tables[t]; k->name; k++)
            if (strcmp(k->name, name) == 0) return k;
    return NULL;
}

bool hg_isa_usable(hg_isa isa, hg_isa strongest, bool forced)
{
#if !defined(__aarch64__)
    if (isa == HG_ISA_NEON) return forced && strongest >= HG_ISA_AVX2; /* SIMDe, built for AVX2 */
#endif
    (void)forced;
    return isa <= strongest;
}

const char *hg_isa_name(hg_isa isa)
{
    static const char *const names[] = {"any", "scalar", "neon", "avx2", "avx512"};
    return (unsigned)isa < HG_COUNT(names) ? names[isa] : "unknown";
}
