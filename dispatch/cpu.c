#include "dispatch/cpu.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "dispatch/os.h"
#include "dispatch/registry.h"

/* ---- The CPU's own word: works without files and libraries ---- */

#if defined(__x86_64__)
#include <cpuid.h>

enum { YMM = 0x06, ZMM = 0xE6 }; /* XCR0: the registers that the OS saves, opmask included */

/* XCR0. */
static unsigned saved_registers(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static bool ask_here(void *self, int cpu, uint32_t leaf, uint32_t subleaf, uint32_t r[4])
{
    (void)self, (void)cpu;
    return __get_cpuid_count(leaf, subleaf, &r[0], &r[1], &r[2], &r[3]);
}

static const hg_core_source here = {.cpuid = ask_here};

static hg_isa own_isa(void)
{
    const unsigned saved = saved_registers();
    const hg_isa isa = hg_cores_isa(&here, HG_CPU_HERE);
    if ((saved & YMM) != YMM) return HG_ISA_SCALAR;
    return isa == HG_ISA_AVX512 && (saved & ZMM) != ZMM ? HG_ISA_AVX2 : isa;
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
    hg_cores_caches(&here, HG_CPU_HERE, amd ? 0x8000001Du : 4u, m);
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
    hg_cpu_add_caches(m);
    hg_cpu_cap(m, cap);
}

void hg_cpu_add_caches(hg_machine *m)
{
    const size_t used = strlen(m->key);
    snprintf(m->key + used, sizeof m->key - used, "-l1.%lldk-l2.%lldk", (long long)(m->l1d / 1024),
             (long long)(m->l2 / 1024));
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

/* ---- Classes of cores ---- */

/* A look at all processors, and where the thread is that looks. */
typedef struct look {
    const hg_machine *machine;
    const bool *allowed; /* NULL: all */
    hg_cores *cores;
    int at;
} look;

static bool read_file(void *self, const char *path, char *text, size_t size)
{
    (void)self;
    return hg_os_first_bytes(path, text, size);
}

#if defined(__x86_64__)
/* Moves the thread to the processor that is asked. */
static bool ask_there(void *self, int cpu, uint32_t leaf, uint32_t subleaf, uint32_t r[4])
{
    look *l = self;
    if (cpu != HG_CPU_HERE && cpu != l->at) {
        if (!hg_os_move(cpu)) return false;
        l->at = cpu;
    }
    return ask_here(NULL, cpu, leaf, subleaf, r);
}

static void *look_around(void *argument)
{
    look *l = argument;
    const hg_core_source source = {.self = l, .read = read_file, .cpuid = ask_there};
    hg_cores_find(&source, l->machine, l->allowed, l->cores);
    return NULL;
}

static bool may_differ(void)
{
    return hg_cores_hybrid(&here);
}

/* On a thread of its own, which is moved from processor to processor; the caller's stays. */
static void find_cores(look *l)
{
    hg_os_thread thread;
    if (hg_os_thread_start(&thread, look_around, l))
        hg_os_thread_join(&thread);
    else
        hg_cpu_cap(&l->cores->classes[0], HG_ISA_AVX2); /* all that every hybrid has */
}
#else
static bool may_differ(void)
{
    return true;
}

static void find_cores(look *l)
{
    const hg_core_source source = {.read = read_file};
    hg_cores_find(&source, l->machine, l->allowed, l->cores);
}
#endif

/* Where a run cannot be told its processor without a system call there is one class. */
void hg_cpu_cores(const hg_machine *machine, bool all, hg_cores *cores)
{
    bool allowed[HG_MAX_CPUS];
    look l = {.machine = machine, .cores = cores, .at = HG_CPU_HERE};
    hg_cores_single(machine, cores);
    if (!may_differ() || hg_os_cpu() < 0) return;
    if (!all && hg_os_allowed(allowed, HG_MAX_CPUS)) l.allowed = allowed;
    find_cores(&l);
}
