#include "tests/fake_cores.h"

#include <stdio.h>
#include <string.h>

typedef struct fake_core {
    char letter;
    unsigned type;     /* x86: EAX of leaf 0x1A; AArch64: MIDR_EL1; 0: cannot be read */
    unsigned capacity; /* AArch64; 0: no such file */
    int l1d, l2;       /* KiB; 0: no such file */
    bool avx512;       /* x86: beside AVX2 and FMA, which all have */
} fake_core;

static const fake_core list[] = {{'P', 0x40000001, 0, 48, 1280, false},
                                 {'E', 0x20000001, 0, 32, 2048, false},
                                 {'Q', 0x40000001, 0, 48, 1280, true},
                                 {'F', 0x20000001, 0, 32, 2048, true},
                                 {'a', 0x411fd461, 260, 32, 256, false},
                                 {'b', 0x411fd470, 780, 64, 512, false},
                                 {'c', 0x411fd480, 1024, 64, 1024, false},
                                 {'d', 0x410fd0b0, 900, 64, 512, false},
                                 {'e', 0x410fd0b0, 1024, 64, 512, false},
                                 {'f', 0x410fd0b0, 900, 64, 256, false},
                                 {'g', 0x411fd461, 260, 0, 0, false},
                                 {'h', 0x411fd480, 1024, 0, 0, false},
                                 {'i', 0, 260, 0, 0, false},
                                 {'j', 0, 1024, 0, 0, false},
                                 {'1', 5, 100, 1, 1, false},
                                 {'2', 4, 200, 1, 1, false},
                                 {'3', 3, 300, 1, 1, false},
                                 {'4', 2, 400, 1, 1, false},
                                 {'5', 1, 500, 1, 1, false}};

/* NULL: there is none, or it says nothing. */
static const fake_core *core_of(const fake_machine *m, int cpu)
{
    if (cpu < 0 || cpu >= (int)strlen(m->cores)) return NULL;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i].letter == m->cores[cpu]) return &list[i];
    return NULL;
}

/* ---- /sys/devices/system/cpu ---- */

static bool write_cache(const fake_core *c, int index, const char *member, char *text, size_t size)
{
    /* Data, instructions, unified: as Linux lists them. */
    static const char *const types[] = {"Data", "Instruction", "Unified"};
    const int sizes[] = {c->l1d, 32, c->l2};
    if (index > 2 || !c->l2) return false;
    if (!strcmp(member, "level")) return snprintf(text, size, "%d\n", index < 2 ? 1 : 2) > 0;
    if (!strcmp(member, "type")) return snprintf(text, size, "%s\n", types[index]) > 0;
    return !strcmp(member, "size") && snprintf(text, size, "%dK\n", sizes[index]) > 0;
}

static bool read_fake(void *self, const char *path, char *text, size_t size)
{
    const fake_machine *m = self;
    static const char folder[] = "/sys/devices/system/cpu/";
    int cpu, index;
    char file[64], member[16];
    if (!m->online || strncmp(path, folder, sizeof folder - 1)) return false;
    path += sizeof folder - 1;
    if (!strcmp(path, "online")) return snprintf(text, size, "%s\n", m->online) > 0;
    if (sscanf(path, "cpu%d/%63s", &cpu, file) != 2) return false;
    const fake_core *c = core_of(m, cpu);
    if (!c) return false;
    if (sscanf(file, "cache/index%d/%15s", &index, member) == 2)
        return write_cache(c, index, member, text, size);
    if (!strcmp(file, "regs/identification/midr_el1"))
        return c->type && snprintf(text, size, "0x%016x\n", c->type) > 0;
    return !strcmp(file, "cpu_capacity") && c->capacity &&
           snprintf(text, size, "%u\n", c->capacity) > 0;
}

/* ---- CPUID ---- */

/* Leaf 4: type, level; ways and line; sets. */
static void put_cache(uint32_t r[4], uint32_t type, uint32_t level, int kib)
{
    enum { WAYS = 8, LINE = 64 };
    r[0] = type | level << 5;
    r[1] = (WAYS - 1u) << 22 | (LINE - 1u);
    r[2] = (uint32_t)kib * 1024u / (WAYS * LINE) - 1u;
}

static bool answer(const fake_machine *m, const fake_core *c, uint32_t leaf, uint32_t subleaf,
                   uint32_t r[4])
{
    memset(r, 0, 4 * sizeof *r);
    switch (leaf) {
    case 1:
        r[2] = 1u << 12; /* FMA */
        return true;
    case 4:
        if (subleaf == 0) put_cache(r, 1, 1, c->l1d);
        if (subleaf == 1) put_cache(r, 2, 1, 32); /* of instructions */
        if (subleaf == 2) put_cache(r, 3, 2, c->l2);
        return true;
    case 7:
        r[1] = 1u << 5; /* AVX2; F, DQ, BW, VL */
        if (c->avx512) r[1] |= 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
        r[3] = m->kind == HYBRID ? 1u << 15 : 0;
        return true;
    case 0x1A:
        r[0] = c->type;
        return true;
    default:
        return false;
    }
}

static bool cpuid_fake(void *self, int cpu, uint32_t leaf, uint32_t subleaf, uint32_t r[4])
{
    const fake_machine *m = self;
    const fake_core *c = cpu == HG_CPU_HERE ? list : core_of(m, cpu);
    return c && answer(m, c, leaf, subleaf, r);
}

hg_core_source fake_source(const fake_machine *machine)
{
    return (hg_core_source){.self = (void *)(uintptr_t)machine,
                            .read = read_fake,
                            .cpuid = machine->kind == CLUSTERS ? NULL : cpuid_fake};
}
