/* Classes of cores: what is told apart, and what a plan then holds for each (cores_plans.c).
 *
 *     test_cores
 *
 * Prints what failed; the last line is "N passed, N failed". */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dispatch/cpu.h"
#include "kernels/common/attr.h"
#include "tests/cores.h"

static int passed, failed;

bool expect(bool ok, const char *format, ...)
{
    va_list arguments;
    ok ? passed++ : failed++;
    if (ok) return true;
    va_start(arguments, format);
    printf("FAILED ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    return false;
}

/* ---- In the place of the library's ---- */

const fake_machine *around;
const bool *around_allowed;
_Thread_local int fake_cpu;
int asked;

int __wrap_hg_os_cpu(void);
void __wrap_hg_cpu_cores(const hg_machine *machine, bool all, hg_cores *cores);

int __wrap_hg_os_cpu(void)
{
    __atomic_add_fetch(&asked, 1, __ATOMIC_RELAXED);
    return fake_cpu;
}

void __wrap_hg_cpu_cores(const hg_machine *machine, bool all, hg_cores *cores)
{
    if (!around) {
        hg_cores_single(machine, cores);
        return;
    }
    const hg_core_source source = fake_source(around);
    hg_cores_find(&source, machine, all ? NULL : around_allowed, cores);
}

/* ---- What is told apart ---- */

#define INTEL "intel-f6m151"
#define CORE INTEL "-core-l1.48k-l2.1280k"
#define ATOM INTEL "-atom-l1.32k-l2.2048k"
#define BY_P INTEL "-l1.48k-l2.1280k"
#define BY_E INTEL "-l1.32k-l2.2048k"
#define ARM "aarch64-u300d0b-midr410fd0b0"
#define BY_ARM ARM "-l1.64k-l2.512k"
#define MIDR(n) "aarch64-midr" #n
#define SCALAR HG_ISA_SCALAR
#define AVX2 HG_ISA_AVX2
#define AVX512 HG_ISA_AVX512
#define NEON HG_ISA_NEON

typedef struct topology {
    const char *what;
    fake_kind kind;
    const char *online, *cores; /* fake_machine's */
    const char *whole;          /* the key that the core gives which was asked first */
    hg_isa whole_isa;
    const char *allowed; /* '1' for each processor that is; NULL: all */
    /* Expected: */
    const char *keys[HG_MAX_CLASSES];
    const char *sizes, *of_cpu; /* a digit each */
    hg_isa isa;
} topology;

static const topology topologies[] = {
    {"hybrid", HYBRID, "0-5", "PPPPEE", BY_P, AVX2, NULL, {CORE, ATOM}, "42", "000011", AVX2},
    {"asked on an E core",
     HYBRID,
     "0-3",
     "EPPE",
     BY_E,
     AVX2,
     NULL,
     {CORE, ATOM},
     "22",
     "1001",
     AVX2},
    {"bound to E cores", HYBRID, "0-3", "PPEE", BY_P, AVX2, "0011", {ATOM}, "2", "0000", AVX2},
    {"bound to P cores", HYBRID, "0-3", "PPEE", BY_P, AVX2, "1100", {CORE}, "2", "0000", AVX2},
    {"bound to none", HYBRID, "0-1", "PE", BY_P, AVX2, "00", {CORE, ATOM}, "11", "01", AVX2},
    {"some offline", HYBRID, "0-1,4", "PPPEE", BY_P, AVX2, NULL, {CORE, ATOM}, "21", "00001", AVX2},
    {"all E cores offline", HYBRID, "0-1", "PPEE", BY_P, AVX2, NULL, {CORE}, "2", "0000", AVX2},
    {"hybrid without /sys",
     HYBRID,
     NULL,
     "PPPEEE",
     BY_P,
     AVX2,
     NULL,
     {CORE, ATOM},
     "33",
     "000111",
     AVX2},
    {"/sys is something else", HYBRID, "word", "PE", BY_P, AVX2, NULL, {BY_P}, "6", "00", AVX2},
    {"a list without end",
     HYBRID,
     "0-9999999999",
     "PE",
     BY_P,
     AVX2,
     NULL,
     {CORE, ATOM},
     "11",
     "01",
     AVX2},
    {"AVX-512 on all", HYBRID, "0-1", "QF", BY_P, AVX512, NULL, {CORE, ATOM}, "11", "01", AVX512},
    {"no hybrid", X86, "0-1", "PE", BY_P, AVX2, NULL, {BY_P}, "6", "00", AVX2},
#if defined(HG_WITH_AVX2)
    {"AVX-512 on P cores",
     HYBRID,
     "0-1",
     "QE",
     BY_P,
     AVX512,
     NULL,
     {CORE "-isa.avx2", ATOM "-isa.avx2"},
     "11",
     "01",
     AVX2},
    {"the same, asked on an E core",
     HYBRID,
     "0-1",
     "EQ",
     BY_E,
     AVX2,
     NULL,
     {CORE "-isa.avx2", ATOM "-isa.avx2"},
     "11",
     "10",
     AVX2},
    {"the same, bound to P cores",
     HYBRID,
     "0-1",
     "QE",
     BY_P,
     AVX512,
     "10",
     {CORE "-isa.avx2"},
     "1",
     "00",
     AVX2},
    {"E cores beyond reach",
     HYBRID,
     "0-1",
     "Q ",
     BY_P,
     AVX512,
     NULL,
     {CORE "-isa.avx2"},
     "1",
     "00",
     AVX2},
    {"all beyond reach",
     HYBRID,
     "0-1",
     "  ",
     BY_P,
     AVX512,
     NULL,
     {BY_P "-isa.avx2"},
     "6",
     "00",
     AVX2},
    {"a cap of the whole",
     HYBRID,
     "0-1",
     "PE",
     BY_P "-isa.scalar",
     SCALAR,
     NULL,
     {CORE "-isa.scalar", ATOM "-isa.scalar"},
     "11",
     "01",
     SCALAR},
#endif
    {"three clusters",
     CLUSTERS,
     "0-7",
     "aaaabbbc",
     BY_ARM,
     NEON,
     NULL,
     {MIDR(411fd480) "-l1.64k-l2.1024k", MIDR(411fd470) "-l1.64k-l2.512k",
      MIDR(411fd461) "-l1.32k-l2.256k"},
     "134",
     "22221110",
     NEON},
    {"bound to two clusters",
     CLUSTERS,
     "0-7",
     "aaaabbbc",
     BY_ARM,
     NEON,
     "10000001",
     {MIDR(411fd480) "-l1.64k-l2.1024k", MIDR(411fd461) "-l1.32k-l2.256k"},
     "14",
     "11110000",
     NEON},
    {"one core at two clocks",
     CLUSTERS,
     "0-2",
     "dea",
     BY_ARM,
     NEON,
     NULL,
     {MIDR(410fd0b0) "-l1.64k-l2.512k", MIDR(411fd461) "-l1.32k-l2.256k"},
     "21",
     "001",
     NEON},
    {"one core with two caches",
     CLUSTERS,
     "0-1",
     "fe",
     BY_ARM,
     NEON,
     NULL,
     {MIDR(410fd0b0) "-l1.64k-l2.512k", MIDR(410fd0b0) "-l1.64k-l2.256k"},
     "11",
     "10",
     NEON},
    {"caches that are not said",
     CLUSTERS,
     "0-1",
     "gh",
     BY_ARM,
     NEON,
     NULL,
     {MIDR(411fd480) "-l1.64k-l2.512k", MIDR(411fd461) "-l1.64k-l2.512k"},
     "11",
     "10",
     NEON},
    {"clusters without MIDR",
     CLUSTERS,
     "0-1",
     "ij",
     BY_ARM,
     NEON,
     NULL,
     {ARM "-capacity.1024-l1.64k-l2.512k", ARM "-capacity.260-l1.64k-l2.512k"},
     "11",
     "10",
     NEON},
    {"one cluster", CLUSTERS, "0-2", "bbb", BY_ARM, NEON, NULL, {BY_ARM}, "6", "000", NEON},
    {"clusters without /sys", CLUSTERS, NULL, "ac", BY_ARM, NEON, NULL, {BY_ARM}, "6", "00", NEON},
    {"clusters that say nothing",
     CLUSTERS,
     "0-1",
     "  ",
     BY_ARM,
     NEON,
     NULL,
     {BY_ARM},
     "6",
     "00",
     NEON},
    {"one that says nothing",
     CLUSTERS,
     "0-2",
     "a c",
     BY_ARM,
     NEON,
     NULL,
     {MIDR(411fd480) "-l1.64k-l2.1024k", MIDR(411fd461) "-l1.32k-l2.256k"},
     "11",
     "100",
     NEON},
    {"five kinds",
     CLUSTERS,
     "0-4",
     "12345",
     BY_ARM,
     NEON,
     NULL,
     {MIDR(1) "-l1.1k-l2.1k", MIDR(2) "-l1.1k-l2.1k", MIDR(3) "-l1.1k-l2.1k",
      MIDR(4) "-l1.1k-l2.1k"},
     "1112",
     "33210",
     NEON},
};

static void expect_class(const topology *t, const hg_cores *c, int i)
{
    const hg_machine *m = &c->classes[i];
    char caches[64];
    expect(!strcmp(m->key, t->keys[i]), "%s: class %d is %s, not %s", t->what, i, m->key,
           t->keys[i]);
    expect(c->sizes[i] == t->sizes[i] - '0', "%s: class %d has %d processors, not %c", t->what, i,
           c->sizes[i], t->sizes[i]);
    expect(m->isa == t->isa && m->cores == 6, "%s: class %d: instruction set %d", t->what, i,
           (int)m->isa);
    snprintf(caches, sizeof caches, "-l1.%lldk-l2.%lldk", (long long)m->l1d / 1024,
             (long long)m->l2 / 1024);
    expect(strstr(m->key, caches) != NULL, "%s: class %d has caches of %s", t->what, i, caches);
}

static void tell_apart(const topology *t)
{
    bool allowed[HG_MAX_CPUS] = {false};
    const fake_machine fake = {t->kind, t->online, t->cores};
    const hg_core_source source = fake_source(&fake);
    hg_machine whole = {.isa = t->whole_isa, .cores = 6};
    long long l1d = 0, l2 = 0;
    hg_cores c;
    int count = 0;
    snprintf(whole.key, sizeof whole.key, "%s", t->whole);
    sscanf(strstr(t->whole, "-l1."), "-l1.%lldk-l2.%lldk", &l1d, &l2);
    whole.l1d = l1d * 1024, whole.l2 = l2 * 1024;
    for (size_t i = 0; t->allowed && t->allowed[i]; i++) allowed[i] = t->allowed[i] == '1';
    hg_cores_find(&source, &whole, t->allowed ? allowed : NULL, &c);
    while (count < HG_MAX_CLASSES && t->keys[count]) count++;
    if (!expect(c.count == count, "%s: %d classes, not %d", t->what, c.count, count)) return;
    for (int i = 0; i < count; i++) expect_class(t, &c, i);
    for (size_t i = 0; t->of_cpu[i]; i++)
        expect(c.of_cpu[i] == t->of_cpu[i] - '0', "%s: processor %zu is of class %d", t->what, i,
               c.of_cpu[i]);
}

int main(void)
{
    for (size_t i = 0; i < HG_COUNT(topologies); i++) tell_apart(&topologies[i]);
    test_plans();
    test_here();
    printf("%d passed, %d failed\n", passed, failed);
    return failed ? 1 : 0;
}
