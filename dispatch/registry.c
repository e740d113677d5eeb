#include "dispatch/registry.h"

#include <string.h>

/* The tables of an ISA exist where its code was built (meson.build). */
extern const hg_kernel hg_conv2d_ref[], hg_conv_transpose2d_ref[], hg_pool2d_ref[],
    hg_unpool2d_ref[], hg_resize2d_ref[];
#if defined(HG_WITH_AVX2)
extern const hg_kernel hg_igemm_avx2[], hg_depthwise_avx2[], hg_grouped_avx2[], hg_direct_avx2[],
    hg_direct_dot_avx2[], hg_winograd_avx2[], hg_pool2d_avx2[], hg_pool_k2s2_avx2[],
    hg_pool_k3s2_avx2[], hg_pool_global_avx2[], hg_pool_slide_avx2[], hg_pool_means_avx2[],
    hg_unpool2d_avx2[], hg_resize2d_avx2[], hg_resize_twice_avx2[], hg_resize_widen_avx2[],
    hg_depthwise_nchw_avx2[], hg_pool_planes_avx2[], hg_resize_planes_avx2[];
#endif
#if defined(HG_WITH_NEON)
extern const hg_kernel hg_igemm_neon[], hg_direct_neon[], hg_depthwise_neon[], hg_grouped_neon[],
    hg_winograd_neon[], hg_pool2d_neon[], hg_pool_k3s2_neon[], hg_pool_slide_neon[],
    hg_pool_means_neon[], hg_unpool2d_neon[], hg_resize2d_neon[], hg_resize_twice_neon[],
    hg_resize_widen_neon[], hg_pool_planes_neon[], hg_resize_planes_neon[];
#endif

static const hg_kernel *const tables[] = {
    hg_conv2d_ref,          hg_conv_transpose2d_ref, hg_pool2d_ref,         hg_unpool2d_ref,
    hg_resize2d_ref,
#if defined(HG_WITH_AVX2)
    hg_igemm_avx2,          hg_depthwise_avx2,       hg_grouped_avx2,       hg_direct_avx2,
    hg_direct_dot_avx2,     hg_winograd_avx2,        hg_pool2d_avx2,        hg_pool_k2s2_avx2,
    hg_pool_k3s2_avx2,      hg_pool_global_avx2,     hg_pool_slide_avx2,    hg_pool_means_avx2,
    hg_unpool2d_avx2,       hg_resize2d_avx2,        hg_resize_twice_avx2,  hg_resize_widen_avx2,
    hg_depthwise_nchw_avx2, hg_pool_planes_avx2,     hg_resize_planes_avx2,
#endif
#if defined(HG_WITH_NEON)
    hg_igemm_neon,          hg_depthwise_neon,       hg_grouped_neon,       hg_winograd_neon,
    hg_direct_neon,         hg_pool2d_neon,          hg_pool_k3s2_neon,     hg_pool_slide_neon,
    hg_pool_means_neon,     hg_unpool2d_neon,        hg_resize2d_neon,      hg_resize_twice_neon,
    hg_resize_widen_neon,   hg_pool_planes_neon,     hg_resize_planes_neon,
#endif
};

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
    static const char *const names[] = {"any", "scalar", "neon", "avx2"};
    return (unsigned)isa < HG_COUNT(names) ? names[isa] : "unknown";
}
