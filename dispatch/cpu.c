#include "dispatch/cpu.h"

#include <stdio.h>
#include <string.h>

#include "dispatch/os.h"
#include "dispatch/registry.h"

/* ---- The CPU's own word: works without files and libraries ---- */

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

/* "AMD EPYC 9B45 96-Core Processor", without the blanks that some put around it. */
static void brand(char *name, size_t size)
{
    char text[49] = "";
    unsigned words[12] = {0}, most, rest;
    if (!__get_cpuid(0x80000000u, &most, &rest, &rest, &rest) || most < 0x80000004u) return;
    for (unsigned i = 0; i < 3; i++)
        __get_cpuid(0x80000002u + i, &words[4 * i], &words[4 * i + 1], &words[4 * i + 2],
                    &words[4 * i + 3]);
    memcpy(text, words, sizeof words);
    const char *start = text + strspn(text, " ");
    size_t length = strlen(start);
    while (length > 0 && start[length - 1] == ' ') length--;
    if (length) snprintf(name, size, "%.*s", (int)length, start);
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
    brand(m->name, sizeof m->name);
    snprintf(m->key, sizeof m->key, "%s-f%um%u", vendor, family, model);
    snprintf(m->source, sizeof m->source, "cpuid");
}

#elif defined(__aarch64__)
enum { HWCAP_SIMD = 1 << 1 };

/* Every system but Linux that runs on AArch64 counts on it. */
static hg_isa own_isa(void)
{
#if defined(__linux__)
    if (!(hg_os_hardware() & HWCAP_SIMD)) return HG_ISA_SCALAR;
#endif
    return HG_ISA_NEON;
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

static void identify(hg_machine *m)
{
    snprintf(m->key, sizeof m->key, "unknown");
    snprintf(m->source, sizeof m->source, "none");
}
#endif

void hg_cpu_detect(hg_machine *m)
{
    *m = (hg_machine){.isa = own_isa(), .name = "unknown"};
    m->cores = hg_os_processors();
    identify(m);
    const hg_isa cap = hg_cpuinfo_ask(m);
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
