#include "dispatch/cores.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/cpu.h"
#include "kernels/common/attr.h"

enum { MAX_KINDS = 8, UNKNOWN = 255, TEXT_SIZE = 4096 };

/* Cores that say the same of themselves. Kinds of one key are one class: a cluster that differs in
 * its clock alone wants the same kernels. */
typedef struct kind {
    uint32_t type;     /* x86: EAX of leaf 0x1A, type and model; AArch64: MIDR_EL1; 0 = not said */
    uint32_t capacity; /* AArch64: speed as Linux rates it, 1024 the most; 0 = not said */
    hg_isa isa;
    int count; /* of logical processors */
    bool allowed;
    hg_machine machine;
} kind;

typedef struct survey {
    const hg_core_source *source;
    const hg_machine *whole;
    const bool *allowed;
    int count;
    kind kinds[MAX_KINDS];
    bool complete;               /* every processor that is online has been asked */
    uint8_t of_cpu[HG_MAX_CPUS]; /* the kind of each */
} survey;

/* ---- x86: CPUID ---- */

enum {
    LEAF_HYBRID = 0x1A,
    HYBRID = 1 << 15, /* leaf 7, EDX */
    FMA = 1 << 12,    /* leaf 1, ECX */
    AVX2 = 1 << 5,    /* leaf 7, EBX */
    TYPE_ATOM = 0x20, /* leaf 0x1A, EAX, upper byte */
    TYPE_CORE = 0x40
};
/* F, DQ, BW and VL; leaf 7, EBX. */
static const uint32_t AVX512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;

static bool ask(const hg_core_source *s, int cpu, uint32_t leaf, uint32_t subleaf, uint32_t r[4])
{
    return s->cpuid(s->self, cpu, leaf, subleaf, r);
}

bool hg_cores_hybrid(const hg_core_source *s)
{
    uint32_t r[4];
    return ask(s, HG_CPU_HERE, 7, 0, r) && (r[3] & HYBRID);
}

hg_isa hg_cores_isa(const hg_core_source *s, int cpu)
{
    uint32_t r[4];
    if (!ask(s, cpu, 1, 0, r) || !(r[2] & FMA)) return HG_ISA_SCALAR;
    if (!ask(s, cpu, 7, 0, r) || !(r[1] & AVX2)) return HG_ISA_SCALAR;
    return (r[1] & AVX512) == AVX512 ? HG_ISA_AVX512 : HG_ISA_AVX2;
}

void hg_cores_caches(const hg_core_source *s, int cpu, uint32_t leaf, hg_machine *m)
{
    int64_t *const level_size[4] = {NULL, &m->l1d, &m->l2, &m->l3};
    for (uint32_t i = 0; i < 16; i++) {
        uint32_t r[4];
        if (!ask(s, cpu, leaf, i, r) || (r[0] & 31u) == 0) return;
        const uint32_t type = r[0] & 31u, level = (r[0] >> 5) & 7u;
        if (type == 2 || level < 1 || level > 3) continue; /* instructions, or unknown */
        *level_size[level] = (int64_t)((r[1] >> 22) + 1) * (((r[1] >> 12) & 1023u) + 1) *
                             ((r[1] & 4095u) + 1) * ((int64_t)r[2] + 1);
    }
}

/* ---- AArch64: files of Linux ---- */

static bool read_text(const survey *v, int cpu, const char *file, char *text, size_t size)
{
    char path[128];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/%s", cpu, file);
    return v->source->read(v->source->self, path, text, size);
}

/* 0: no such file, or no number. */
static uint32_t read_number(const survey *v, int cpu, const char *file)
{
    char text[32], *end;
    if (!read_text(v, cpu, file, text, sizeof text)) return 0;
    const unsigned long long n = strtoull(text, &end, 0);
    return end > text && n <= UINT32_MAX ? (uint32_t)n : 0;
}

/* "64K", "2M"; 0: no size. */
static int64_t size_in(const char *text)
{
    char *end;
    const unsigned long long n = strtoull(text, &end, 10);
    const int64_t unit = *end == 'K' ? 1 << 10 : *end == 'M' ? 1 << 20 : 1;
    return end > text && n < 1u << 30 ? (int64_t)n * unit : 0;
}

static void read_caches(const survey *v, int cpu, hg_machine *m)
{
    int64_t *const level_size[4] = {NULL, &m->l1d, &m->l2, &m->l3};
    for (int i = 0; i < 8; i++) {
        char file[64], type[16], size[32];
        snprintf(file, sizeof file, "cache/index%d/level", i);
        const uint32_t level = read_number(v, cpu, file);
        if (level < 1 || level > 3) return;
        snprintf(file, sizeof file, "cache/index%d/type", i);
        if (!read_text(v, cpu, file, type, sizeof type) || type[0] == 'I') continue;
        snprintf(file, sizeof file, "cache/index%d/size", i);
        if (read_text(v, cpu, file, size, sizeof size)) *level_size[level] = size_in(size);
    }
}

/* ---- Kinds ---- */

/* false: the processor does not say what it is. */
static bool look(const survey *v, int cpu, kind *k)
{
    uint32_t r[4];
    *k = (kind){.isa = v->whole->isa};
    if (v->source->cpuid) {
        if (!ask(v->source, cpu, LEAF_HYBRID, 0, r)) return false;
        k->type = r[0];
        return true;
    }
    k->type = read_number(v, cpu, "regs/identification/midr_el1");
    k->capacity = read_number(v, cpu, "cpu_capacity");
    return k->type || k->capacity;
}

/* "intel-f6m151-atom", "aarch64-midr411fd461": the whole's key up to the caches, and what tells
 * this kind from others. */
static void name_kind(const survey *v, const kind *k, char *name, size_t size)
{
    const char *whole = v->whole->key, *caches = strstr(whole, "-l1.");
    const int stem = (int)(caches ? (size_t)(caches - whole) : strlen(whole));
    const uint32_t type = k->type >> 24;
    if (!v->source->cpuid && k->type)
        snprintf(name, size, "aarch64-midr%" PRIx32, k->type);
    else if (!v->source->cpuid)
        snprintf(name, size, "%.*s-capacity.%" PRIu32, stem, whole, k->capacity);
    else if (type == TYPE_CORE || type == TYPE_ATOM)
        snprintf(name, size, "%.*s-%s", stem, whole, type == TYPE_CORE ? "core" : "atom");
    else
        snprintf(name, size, "%.*s-type.%" PRIx32, stem, whole, type);
}

/* What is the same for all processors of a kind, as one of them tells it. */
static void describe(const survey *v, int cpu, kind *k)
{
    const char *cap = strstr(v->whole->key, "-isa.");
    hg_machine *m = &k->machine;
    *m = *v->whole;
    m->l1d = m->l2 = m->l3 = 0;
    if (v->source->cpuid) {
        k->isa = hg_cores_isa(v->source, cpu);
        hg_cores_caches(v->source, cpu, 4, m);
    } else {
        read_caches(v, cpu, m);
    }
    if (m->l1d == 0) m->l1d = v->whole->l1d;
    if (m->l2 == 0) m->l2 = v->whole->l2;
    if (m->l3 == 0) m->l3 = v->whole->l3;
    name_kind(v, k, m->key, sizeof m->key);
    hg_cpu_add_caches(m);
    if (cap) strncat(m->key, cap, sizeof m->key - strlen(m->key) - 1);
}

static void add_cpu(survey *v, int cpu)
{
    kind k;
    if (!look(v, cpu, &k)) {
        v->complete = false;
        return;
    }
    int i = 0;
    while (i < v->count && (v->kinds[i].type != k.type || v->kinds[i].capacity != k.capacity)) i++;
    if (i == MAX_KINDS) return; /* of the first class: speed only */
    if (i == v->count) {
        describe(v, cpu, &k);
        v->kinds[v->count++] = k;
    }
    v->of_cpu[cpu] = (uint8_t)i;
    v->kinds[i].count++;
    v->kinds[i].allowed |= !v->allowed || v->allowed[cpu];
}

/* "0-3,5,7-8", a kernel's list of processors; without it, as many as the machine has. */
static void add_online(survey *v)
{
    char text[TEXT_SIZE], *at = text;
    if (!v->source->read(v->source->self, "/sys/devices/system/cpu/online", text, sizeof text))
        snprintf(text, sizeof text, "0-%d", v->whole->cores - 1);
    while (*at >= '0' && *at <= '9') {
        const unsigned long first = strtoul(at, &at, 10);
        const unsigned long last = *at == '-' ? strtoul(at + 1, &at, 10) : first;
        for (unsigned long cpu = first; cpu <= last && cpu < HG_MAX_CPUS; cpu++)
            add_cpu(v, (int)cpu);
        at += *at == ',';
    }
}

/* ---- Classes ---- */

/* Performance cores have the higher type. */
static bool is_faster(const kind *a, const kind *b)
{
    if (a->capacity != b->capacity) return a->capacity > b->capacity;
    return a->type != b->type ? a->type > b->type : a->machine.l2 > b->machine.l2;
}

/* What all cores can do. Cores that could not be asked are taken for the weakest that there are:
 * AVX-512 is all that hybrids ever differed in. */
static hg_isa shared_isa(const survey *v, hg_isa *strongest)
{
    hg_isa least = HG_ISA_AVX512;
    *strongest = HG_ISA_ANY;
    for (int i = 0; i < v->count; i++) {
        least = HG_MIN(least, v->kinds[i].isa);
        *strongest = HG_MAX(*strongest, v->kinds[i].isa);
    }
    return v->source->cpuid && !v->complete ? HG_MIN(least, HG_ISA_AVX2) : least;
}

/* Where only some cores have it, the key says that it is not used, whichever core was asked first.
 */
static void limit_isa(survey *v)
{
    hg_isa strongest;
    const hg_isa shared = shared_isa(v, &strongest);
    for (int i = 0; i < v->count && shared < strongest; i++) {
        hg_machine *m = &v->kinds[i].machine;
        if (m->isa < shared) continue; /* the system, or cpuinfo, knows even less */
        m->isa = strongest;
        hg_cpu_cap(m, shared);
    }
}

/* Kinds of one key become the first of them. */
static void merge(survey *v, int class_of[MAX_KINDS])
{
    for (int i = 0; i < v->count; i++) {
        class_of[i] = i;
        for (int j = 0; j < i; j++) {
            if (strcmp(v->kinds[i].machine.key, v->kinds[j].machine.key)) continue;
            class_of[i] = j;
            v->kinds[j].count += v->kinds[i].count;
            v->kinds[j].allowed |= v->kinds[i].allowed;
            if (is_faster(&v->kinds[i], &v->kinds[j])) v->kinds[j].capacity = v->kinds[i].capacity;
            break;
        }
    }
}

/* The numbers of those that count, the fastest first. */
static int sort(const survey *v, const int class_of[MAX_KINDS], bool all, int order[MAX_KINDS])
{
    int n = 0;
    for (int i = 0; i < v->count; i++) {
        if (class_of[i] != i || (!all && !v->kinds[i].allowed)) continue;
        int at = n++;
        for (; at > 0 && is_faster(&v->kinds[i], &v->kinds[order[at - 1]]); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return n;
}

void hg_cores_single(const hg_machine *whole, hg_cores *cores)
{
    *cores = (hg_cores){.count = 1, .classes = {*whole}, .sizes = {whole->cores}};
}

void hg_cores_find(const hg_core_source *source, const hg_machine *whole, const bool *allowed,
                   hg_cores *cores)
{
    survey v = {.source = source, .whole = whole, .allowed = allowed, .complete = true};
    int class_of[MAX_KINDS], order[MAX_KINDS], number[UNKNOWN + 1] = {0};
    hg_cores_single(whole, cores);
    if (source->cpuid && !hg_cores_hybrid(source)) return;
    memset(v.of_cpu, UNKNOWN, sizeof v.of_cpu);
    add_online(&v);
    limit_isa(&v);
    merge(&v, class_of);
    int n = sort(&v, class_of, true, order);
    if (n == 0 && source->cpuid) hg_cpu_cap(&cores->classes[0], HG_ISA_AVX2); /* as above */
    if (n == 0 || (n == 1 && !source->cpuid)) return;
    const int some = sort(&v, class_of, false, order);
    n = some ? some : sort(&v, class_of, true, order);
    cores->count = HG_MIN(n, (int)HG_MAX_CLASSES);
    for (int i = 0; i < n; i++) {
        const int c = HG_MIN(i, HG_MAX_CLASSES - 1);
        number[order[i]] = c;
        if (c == i) cores->classes[c] = v.kinds[order[i]].machine;
        cores->sizes[c] = (c == i ? 0 : cores->sizes[c]) + v.kinds[order[i]].count;
    }
    for (int cpu = 0; cpu < HG_MAX_CPUS; cpu++) {
        const int k = v.of_cpu[cpu];
        cores->of_cpu[cpu] = (uint8_t)(k == UNKNOWN ? 0 : number[class_of[k]]);
    }
}
