#include "dispatch/registry.h"

#include <stdio.h>
#include <string.h>

#include "dispatch/builtin.h"

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
    X(softmax2d_ref)                                                                               \
    X(activation2d_ref)                                                                            \
    X(pad2d_ref)
#define FAMILIES(X, ISA)                                                                           \
    X(activation2d_any_runs##ISA)                                                                  \
    X(binary_any_runs##ISA)                                                                        \
    X(pad2d_any_rows##ISA)                                                                         \
    X(conv2d_nchw_depthwise##ISA)                                                                  \
    X(conv2d_nchw_direct##ISA)                                                                     \
    X(conv2d_nhwc_depthwise##ISA)                                                                  \
    X(conv2d_nhwc_direct##ISA)                                                                     \
    X(conv2d_nhwc_direct_dot##ISA)                                                                 \
    X(conv2d_nhwc_grouped##ISA)                                                                    \
    X(conv2d_nhwc_igemm##ISA)                                                                      \
    X(conv2d_nhwc_scale##ISA)                                                                      \
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

/* A table that is compiled in says which families it needs (builtin.c). */
#if defined(HG_WITH_AVX512) && !defined(HG_TABLE_FILE)
#define AVX512(X) FAMILIES(X, _avx512)
#else
#define AVX512(X)
#endif
#if defined(HG_WITH_AVX2) && !defined(HG_TABLE_FILE)
#define AVX2(X) FAMILIES(X, _avx2)
#else
#define AVX2(X)
#endif
#if defined(HG_WITH_NEON) && !defined(HG_TABLE_FILE)
#define NEON(X) FAMILIES(X, _neon)
#else
#define NEON(X)
#endif
#define ALL(X) REFERENCES(X) AVX512(X) AVX2(X) NEON(X)

#define DECLARE(family) extern const hg_kernel hg_##family[];
ALL(DECLARE)

#define ENTRY(family) hg_##family,
static const hg_kernel *const tables[] = {ALL(ENTRY)};

/* Number t of the tables, those of the compiled-in table last; NULL past the last. */
static const hg_kernel *table_at(size_t t)
{
    if (t < HG_COUNT(tables)) return tables[t];
    return hg_builtin_table.machine ? hg_builtin_table.families[t - HG_COUNT(tables)] : NULL;
}

const hg_kernel *hg_registry_next(hg_registry_walk *walk)
{
    for (const hg_kernel *rows; (rows = table_at(walk->table)); walk->table++, walk->row = 0)
        while (rows[walk->row].name) {
            const hg_kernel *k = &rows[walk->row++];
            if (k->reference || hg_builtin_keeps(&hg_builtin_table, k->name)) return k;
        }
    return NULL;
}

const hg_kernel *hg_registry_at(size_t i)
{
    hg_registry_walk walk = {0, 0};
    const hg_kernel *k = hg_registry_next(&walk);
    for (; k && i > 0; i--) k = hg_registry_next(&walk);
    return k;
}

const hg_kernel *hg_registry_find(const char *name)
{
    hg_registry_walk walk = {0, 0};
    const hg_kernel *k;
    do k = hg_registry_next(&walk);
    while (k && strcmp(k->name, name));
    return k;
}

/* ---- Names: OPERATOR.f32.LAYOUT.ISA.STEM, then a digit or "_" or nothing ---- */

/* Operators whose kernels are in another's folder. */
static const char *folder_of(const char *op)
{
    static const char *const others[][2] = {{"max_pool2d", "pool2d"},
                                            {"avg_pool2d", "pool2d"},
                                            {"lp_pool2d", "pool2d"},
                                            {"max_unpool2d", "unpool2d"}};
    for (size_t i = 0; i < HG_COUNT(others); i++)
        if (!strcmp(op, others[i][0])) return others[i][1];
    return op;
}

/* Characters of the family's name that the row's begins with; 0: it is not of that family. */
static size_t fit(const char *family, const char *row)
{
    const size_t n = strlen(family);
    if (strncmp(family, row, n)) return 0;
    return row[n] == '\0' || row[n] == '_' || (row[n] >= '0' && row[n] <= '9') ? n : 0;
}

static bool is_isa(const char *word)
{
    for (int i = HG_ISA_NEON; i <= HG_ISA_AVX512; i++)
        if (!strcmp(word, hg_isa_name((hg_isa)i))) return true;
    return false;
}

bool hg_registry_family(const char *name, char *family, size_t size)
{
#define NAME(family) #family,
    static const char *const families[] = {FAMILIES(NAME, )};
    char op[32], layout[8], isa[16], stem[64], row[128];
    size_t best = 0;
    if (sscanf(name, "%31[^.].f32.%7[^.].%15[^.].%63s", op, layout, isa, stem) != 4) return false;
    snprintf(row, sizeof row, "%s_%s_%s", folder_of(op), layout, stem);
    if (!is_isa(isa)) return false;
    for (size_t i = 0; i < HG_COUNT(families); i++) best = HG_MAX(best, fit(families[i], row));
    return best > 0 && snprintf(family, size, "%.*s_%s", (int)best, row, isa) < (int)size;
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
