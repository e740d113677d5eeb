#include "dispatch/cpu.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cpuinfo.h>

#include "dispatch/registry.h"
#include "kernels/common/attr.h"

/* ---- The CPU's own word: works without /proc, /sys and cpuinfo ---- */

#if defined(__x86_64__)
#include <cpuid.h>

enum { YMM = 0x06, ZMM = 0xE6 }; /* XCR0: the registers that the OS saves, opmask included */
enum { AVX512 = (int)(bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL) };

/* XCR0. */
static unsigned saved_registers(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static hg_isa own_isa(void)
{
    unsigned a, b, c, d, b7 = 0, rest;
    const unsigned saved = saved_registers();
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_FMA) || (saved & YMM) != YMM)
        return HG_ISA_SCALAR;
    if (!__get_cpuid_count(7, 0, &rest, &b7, &rest, &rest) || !(b7 & bit_AVX2))
        return HG_ISA_SCALAR;
    const bool avx512 = (b7 & (unsigned)AVX512) == (unsigned)AVX512 && (saved & ZMM) == ZMM;
    return avx512 ? HG_ISA_AVX512 : HG_ISA_AVX2;
}

/* The best of what the CPU says that cpuinfo knows of, too. */
static hg_isa confirmed_isa(hg_isa isa)
{
    if (isa >= HG_ISA_AVX512 && cpuinfo_has_x86_avx512f() && cpuinfo_has_x86_avx512dq() &&
        cpuinfo_has_x86_avx512bw() && cpuinfo_has_x86_avx512vl())
        return HG_ISA_AVX512;
    if (isa >= HG_ISA_AVX2 && cpuinfo_has_x86_avx2() && cpuinfo_has_x86_fma3()) return HG_ISA_AVX2;
    return HG_ISA_SCALAR;
}

/* Data caches by the "deterministic cache parameters" leaf: 4 on Intel, 0x8000001D on AMD. */
static void own_caches(bool amd, hg_machine *m)
{
    int64_t *const level_size[4] = {NULL, &m->l1d, &m->l2, &m->l3};
    for (unsigned i = 0; i < 16; i++) {
        unsigned a, b, c, d;
        if (!__get_cpuid_count(amd ? 0x8000001Du : 4u, i, &a, &b, &c, &d) || (a & 31u) == 0) return;
        const unsigned type = a & 31u, level = (a >> 5) & 7u;
        if (type == 2 || level < 1 || level > 3) continue; /* instructions, or unknown */
        *level_size[level] = (int64_t)((b >> 22) + 1) * (((b >> 12) & 1023u) + 1) *
                             ((b & 4095u) + 1) * ((int64_t)c + 1);
    }
}

/* AMD's older leaves, for hypervisors that leave the other empty: L1d in C of 0x80000005, L2 in C
 * of 0x80000006, in KiB. Their L3 is that of the whole package, and is left 0. */
static void older_caches(hg_machine *m)
{
    unsigned a, b, c, d;
    if (__get_cpuid(0x80000005u, &a, &b, &c, &d)) m->l1d = (int64_t)(c >> 24) * 1024;
    if (__get_cpuid(0x80000006u, &a, &b, &c, &d)) m->l2 = (int64_t)(c >> 16) * 1024;
}

static void identify(hg_machine *m)
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    char vendor[13] = "unknown";
    if (__get_cpuid(0, &a, &b, &c, &d)) {
        const unsigned words[3] = {b, d, c};
        memcpy(vendor, words, 12);
        vendor[12] = '\0';
    }
    const bool amd = strcmp(vendor, "AuthenticAMD") == 0 || strcmp(vendor, "HygonGenuine") == 0;
    if (strcmp(vendor, "AuthenticAMD") == 0) strcpy(vendor, "amd");
    if (strcmp(vendor, "GenuineIntel") == 0) strcpy(vendor, "intel");
    unsigned eax = 0;
    if (!__get_cpuid(1, &eax, &b, &c, &d)) eax = 0;
    const unsigned base = (eax >> 8) & 15u;
    const unsigned family = base == 15 ? base + ((eax >> 20) & 255u) : base;
    const unsigned model = ((eax >> 4) & 15u) | ((eax >> 12) & 240u);
    own_caches(amd, m);
    if (amd && m->l1d == 0) older_caches(m);
    snprintf(m->key, sizeof m->key, "%s-f%um%u", vendor, family, model);
    snprintf(m->source, sizeof m->source, "cpuid");
}

#elif defined(__aarch64__)
#include <sys/auxv.h>

static hg_isa own_isa(void)
{
    return getauxval(AT_HWCAP) & (1u << 1) ? HG_ISA_NEON : HG_ISA_SCALAR; /* HWCAP_ASIMD */
}

static hg_isa confirmed_isa(hg_isa isa)
{
    return isa == HG_ISA_NEON && !cpuinfo_has_arm_neon() ? HG_ISA_SCALAR : isa;
}

static void identify(hg_machine *m)
{
    snprintf(m->key, sizeof m->key, "aarch64-unknown");
    snprintf(m->source, sizeof m->source, "auxval");
}

#else

static hg_isa own_isa(void)
{
    return HG_ISA_SCALAR;
}

static hg_isa confirmed_isa(hg_isa isa)
{
    return isa;
}

static void identify(hg_machine *m)
{
    snprintf(m->key, sizeof m->key, "unknown");
    snprintf(m->source, sizeof m->source, "none");
}
#endif

/* ---- cpuinfo ---- */

static bool begins_readably(const char *path, bool with_digit)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    char first;
    const bool read_one = read(file, &first, 1) == 1;
    close(file);
    return read_one && (!with_digit || (first >= '0' && first <= '9'));
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

/* Returns the cap that cpuinfo sets, which is none if it is what the CPU says. Its getters abort
 * the process when it could not initialise, so they come after the check. */
static hg_isa ask_cpuinfo(hg_machine *m)
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

void hg_cpu_detect(hg_machine *m)
{
    *m = (hg_machine){.isa = own_isa(), .name = "unknown"};
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    m->cores = online > 0 ? (int)online : 1;
    identify(m);
    const hg_isa cap = ask_cpuinfo(m);
    const size_t used = strlen(m->key);
    snprintf(m->key + used, sizeof m->key - used, "-l1.%lldk-l2.%lldk", (long long)(m->l1d / 1024),
             (long long)(m->l2 / 1024));
    hg_cpu_cap(m, cap);
}

void hg_cpu_cap(hg_machine *m, hg_isa cap)
{
    static const char mark[] = "-isa.";
    if (cap == HG_ISA_ANY || cap >= m->isa) return;
    m->isa = hg_isa_usable(cap, cap, false) ? cap : HG_ISA_SCALAR;
    char *const earlier = strstr(m->key, mark);
    if (earlier) *earlier = '\0';
    const size_t used = strlen(m->key);
    snprintf(m->key + used, sizeof m->key - used, "%s%s", mark, hg_isa_name(m->isa));
}
