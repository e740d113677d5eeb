#include "dispatch/registry.h"

#include <string.h>

/* Families of kernels: the references, and the sources kernels/OPERATOR/LAYOUT/STEM.simd.c, which
 * are compiled once for each instruction set that the build has (kernels/meson.build). */
#define REFERENCES(X)                                                                              \
    X(conv2d_ref)                                                                                  \
    X(conv_transpose2d_ref)                                                                        \
    X(pool2d_ref)                                                                                  \
    X(unpool2d_ref)                                                                                \
    X(resize2d_ref)                                                                                \
    X(resize_argmax2d_ref)                                                                         \
    X(binary_ref)                                                                                  \
    X(softmax2d_ref)
#define FAMILIES(X, ISA)                                                                           \
    X(binary_any_runs##ISA)                                                                        \
    X(conv2d_nchw_depthwise##ISA)                                                                  \
    X(conv2d_nchw_direct##ISA)                                                                     \
    X(conv2d_nhwc_depthwise##ISA)                                                                  \
    X(conv2d_nhwc_direct##ISA)                                                                     \
    X(conv2d_nhwc_direct_dot##ISA)                                                                 \
    X(conv2d_nhwc_grouped##ISA)                                                                    \
    X(conv2d_nhwc_igemm##ISA)                                                                      \
    X(conv2d_nhwc_winograd##ISA)                                                                   \
    X(conv_transpose2d_nhwc_depthwise_phases##ISA)                                                 \
    X(conv_transpose2d_nhwc_depthwise_wide##ISA)                                                   \
    X(conv_transpose2d_nhwc_direct_phases##ISA)                                                    \
    X(conv_transpose2d_nhwc_igemm##ISA)                                                            \
    X(conv_transpose2d_nhwc_winograd##ISA)                                                         \
    X(pool2d_nchw_2x2s2##ISA)                                                                      \
    X(pool2d_nchw_avg_3x3s1##ISA)                                                                  \
    X(pool2d_nchw_global##ISA)                                                                     \
    X(pool2d_nchw_max_3x3s2##ISA)                                                                  \
    X(pool2d_nchw_max_5x5s1##ISA)                                                                  \
    X(pool2d_nchw_parts##ISA)                                                                      \
    X(pool2d_nchw_passes##ISA)                                                                     \
    X(pool2d_nchw_walk##ISA)                                                                       \
    X(pool2d_nhwc_2x2s2##ISA)                                                                      \
    X(pool2d_nhwc_avg_3x3s1##ISA)                                                                  \
    X(pool2d_nhwc_avg_3x3s2##ISA)                                                                  \
    X(pool2d_nhwc_global##ISA)                                                                     \
    X(pool2d_nhwc_max_3x3s2##ISA)                                                                  \
    X(pool2d_nhwc_slide##ISA)                                                                      \
    X(pool2d_nhwc_window##ISA)                                                                     \
    X(pool2d_nhwc_window_indices##ISA)                                                             \
    X(resize2d_nchw_copy##ISA)                                                                     \
    X(resize2d_nchw_planes##ISA)                                                                   \
    X(resize2d_nchw_taps##ISA)                                                                     \
    X(resize2d_nchw_upsample_2x_bilinear##ISA)                                                     \
    X(resize2d_nchw_upsample_2x_cubic##ISA)                                                        \
    X(resize2d_nchw_upsample_2x_nearest##ISA)                                                      \
    X(resize2d_nhwc_copy##ISA)                                                                     \
    X(resize2d_nhwc_taps##ISA)                                                                     \
    X(resize2d_nhwc_upsample_2x_bilinear##ISA)                                                     \
    X(resize2d_nhwc_upsample_2x_cubic##ISA)                                                        \
    X(resize2d_nhwc_upsample_wide##ISA)                                                            \
    X(resize2d_nhwc_bilinear##ISA)                                                                 \
    X(resize_argmax2d_nchw_rows##ISA)                                                              \
    X(resize_argmax2d_nhwc_rows##ISA)                                                              \
    X(softmax2d_any_columns##ISA)                                                                  \
    X(softmax2d_nhwc_pixels##ISA)                                                                  \
    X(unpool2d_nchw_gather_2x2##ISA)                                                               \
    X(unpool2d_nhwc_gather##ISA)

#if defined(HG_WITH_AVX512)
#define AVX512(X) FAMILIES(X, _avx512)
#else
#define AVX512(X)
#endif
#if defined(HG_WITH_AVX2)
#define AVX2(X) FAMILIES(X, _avx2)
#else
#define AVX2(X)
#endif
#if defined(HG_WITH_NEON)
#define NEON(X) FAMILIES(X, _neon)
#else
#define NEON(X)
#endif
#define ALL(X) REFERENCES(X) AVX512(X) AVX2(X) NEON(X)

#define DECLARE(family) extern const hg_kernel hg_##family[];
ALL(DECLARE)

#define ENTRY(family) hg_##family,
static const hg_kernel *const tables[] = {ALL(ENTRY)};

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

const hg_activations *hg_activations_of(hg_isa isa)
{
    switch (isa) {
#if defined(HG_WITH_AVX512)
    case HG_ISA_AVX512:
        return &hg_activations_avx512;
#endif
#if defined(HG_WITH_AVX2)
    case HG_ISA_AVX2:
        return &hg_activations_avx2;
#endif
#if defined(HG_WITH_NEON)
    case HG_ISA_NEON:
        return &hg_activations_neon;
#endif
    default:
        return &hg_activations_ref;
    }
}

const char *hg_isa_name(hg_isa isa)
{
    static const char *const names[] = {"any", "scalar", "neon", "avx2", "avx512"};
    return (unsigned)isa < HG_COUNT(names) ? names[isa] : "unknown";
}
