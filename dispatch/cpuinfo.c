#include <stdio.h>

#include <cpuinfo.h>

#include "dispatch/cpu.h"
#include "dispatch/os.h"
#include "kernels/common/attr.h"

#if defined(__x86_64__)
/* The best of what the CPU says that cpuinfo knows of, too. */
static hg_isa confirmed_isa(hg_isa isa)
{
    if (isa >= HG_ISA_AVX512 && cpuinfo_has_x86_avx512f() && cpuinfo_has_x86_avx512dq() &&
        cpuinfo_has_x86_avx512bw() && cpuinfo_has_x86_avx512vl())
        return HG_ISA_AVX512;
    if (isa >= HG_ISA_AVX2 && cpuinfo_has_x86_avx2() && cpuinfo_has_x86_fma3()) return HG_ISA_AVX2;
    return HG_ISA_SCALAR;
}
#elif defined(__aarch64__)
static hg_isa confirmed_isa(hg_isa isa)
{
    return isa == HG_ISA_NEON && !cpuinfo_has_arm_neon() ? HG_ISA_SCALAR : isa;
}
#else
static hg_isa confirmed_isa(hg_isa isa)
{
    return isa;
}
#endif

static bool begins_readably(const char *path, bool with_digit)
{
    char first[2];
    return hg_os_first_bytes(path, first, sizeof first) &&
           (!with_digit || (first[0] >= '0' && first[0] <= '9'));
}

/* cpuinfo writes to stderr where it cannot read, or not understand, what it is made from; which of
 * these files it misses aloud differs between its releases and processors. */
static bool cpuinfo_has_sources(void)
{
    static const char *const numbers[] = {"/sys/devices/system/cpu/kernel_max",
                                          "/sys/devices/system/cpu/possible",
                                          "/sys/devices/system/cpu/present"};
    for (size_t i = 0; i < HG_COUNT(numbers); i++)
        if (!begins_readably(numbers[i], true)) return false;
    return begins_readably("/proc/cpuinfo", false);
}

/* Once it has succeeded it needs no files: a process may have hidden them since. */
static bool cpuinfo_ready(void)
{
    static int ready; /* atomic */
    if (__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) return true;
    if (!cpuinfo_has_sources() || !cpuinfo_initialize()) return false;
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    return true;
}

static int64_t first_size(const struct cpuinfo_cache *caches, uint32_t count)
{
    return caches && count ? (int64_t)caches[0].size : 0;
}

/* Its getters abort the process when it could not initialise, so they come after the check. */
hg_isa hg_cpuinfo_ask(hg_machine *m)
{
    if (!cpuinfo_ready()) return HG_ISA_ANY;
    snprintf(m->source, sizeof m->source, "cpuinfo");
    const struct cpuinfo_package *package =
        cpuinfo_get_packages_count() ? cpuinfo_get_package(0) : 0;
    if (package && package->name[0]) snprintf(m->name, sizeof m->name, "%s", package->name);
    if (cpuinfo_get_processors_count()) m->cores = (int)cpuinfo_get_processors_count();
    const int64_t l1d = first_size(cpuinfo_get_l1d_caches(), cpuinfo_get_l1d_caches_count());
    const int64_t l2 = first_size(cpuinfo_get_l2_caches(), cpuinfo_get_l2_caches_count());
    const int64_t l3 = first_size(cpuinfo_get_l3_caches(), cpuinfo_get_l3_caches_count());
    if (m->l1d == 0) m->l1d = l1d;
    if (m->l2 == 0) m->l2 = l2;
    if (m->l3 == 0) m->l3 = l3;
#if defined(__aarch64__)
    const struct cpuinfo_uarch_info *uarch = cpuinfo_get_uarch(0);
    if (uarch && uarch->uarch != cpuinfo_uarch_unknown)
        snprintf(m->key, sizeof m->key, "aarch64-u%x-midr%x", (unsigned)uarch->uarch,
                 (unsigned)uarch->midr);
#endif
    return confirmed_isa(m->isa);
}
