/* Tables as C. Contract: export_c.h. */
#include "tuner/export_c.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/builtin.h"
#include "dispatch/registry.h"
#include "tuner/lint.h"

/* ---- Which records ---- */

/* Nothing of a forged table may mean anything in C. */
static bool is_plain(const char *text, const char *beside)
{
    for (; *text; text++)
        if (!(*text >= 'a' && *text <= 'z') && !(*text >= '0' && *text <= '9') &&
            !strchr(beside, *text))
            return false;
    return true;
}

/* The key as it is looked up. */
static bool is_canonical(const char *key)
{
    hg_problem p;
    char canonical[HG_KEY_SIZE];
    if (hg_problem_parse(key, &p, NULL)) return false;
    const hg_problem plain = hg_problem_for_tuning(&p);
    hg_problem_key(&plain, canonical);
    return strcmp(key, canonical) == 0;
}

static bool is_reference(const char *kernel)
{
    const size_t n = strlen(kernel);
    return n > 4 && strcmp(kernel + n - 4, ".ref") == 0;
}

/* Of this machine: is its first kernel what a plan gets? Of others: can there be such a kernel? */
static bool is_fit(const hg_context *context, const hg_record *r)
{
    char family[64];
    hg_reason why;
    const char *kernel = r->ranks[0].kernel;
    return r->threads >= 1 && r->threads <= INT16_MAX && is_canonical(r->key) &&
           is_plain(kernel, "._") &&
           (is_reference(kernel) || hg_registry_family(kernel, family, sizeof family)) &&
           (!hg_context_of_machine(context, r->machine) ||
            hg_record_health(context, r, &why) == HG_HEALTHY);
}

static hg_status find_machine(const hg_lines *lines, const char **machine, hg_reason *why)
{
    const bool named = *machine != NULL;
    for (size_t i = 0; i < lines->count && !named; i++) {
        const char *next = lines->records[i].machine;
        if (*machine && strcmp(*machine, next))
            return hg_fail(why, HG_INVALID,
                           "records of several machines, %.80s and %.80s: --machine names one",
                           *machine, next);
        *machine = next;
    }
    if (!*machine) return hg_fail(why, HG_INVALID, "the table has no record");
    return is_plain(*machine, "-._") ? HG_OK
                                     : hg_fail(why, HG_INVALID, "%.80s is no machine", *machine);
}

/* By problem and threads, and as in the table. */
static int by_problem(const void *a, const void *b)
{
    const hg_record *x = *(const hg_record *const *)a, *y = *(const hg_record *const *)b;
    const uint64_t m = hg_key_number(x->key), n = hg_key_number(y->key);
    if (m != n) return m < n ? -1 : 1;
    return x->threads != y->threads ? x->threads - y->threads : (x > y) - (x < y);
}

/* The machine's records, of two for one problem the later; returns how many. */
static size_t choose(const hg_context *context, const hg_lines *lines, const char *machine,
                     const hg_record **chosen, size_t *left_out)
{
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < lines->count; i++) {
        const hg_record *r = &lines->records[i];
        if (strcmp(r->machine, machine)) continue;
        if (is_fit(context, r))
            chosen[n++] = r;
        else
            ++*left_out;
    }
    qsort(chosen, n, sizeof *chosen, by_problem);
    for (size_t i = 0; i < n; i++) {
        const hg_record *r = chosen[i], *before = kept ? chosen[kept - 1] : NULL;
        const bool again = before && before->threads == r->threads && !strcmp(before->key, r->key);
        chosen[kept - again] = r;
        kept += !again;
    }
    return kept;
}

/* ---- Which kernels ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts, and keeps one of equal ones. */
static size_t sort_texts(const char **texts, size_t n)
{
    size_t kept = 0;
    qsort(texts, n, sizeof *texts, by_text);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || strcmp(texts[kept - 1], texts[i])) texts[kept++] = texts[i];
    return kept;
}

static size_t number_of(const char *const *names, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && strcmp(names[i], name)) i++;
    return i;
}

/* The revision of the kernel's newest record: the older ones' times are of other code. */
static int revision_of(const char *kernel, const hg_record *const *records, size_t n)
{
    int rev = 0;
    for (size_t i = 0; i < n; i++)
        if (!strcmp(records[i]->ranks[0].kernel, kernel))
            rev = HG_MAX(rev, records[i]->ranks[0].rev);
    return rev;
}

/* ---- Text ---- */

static void put_families(FILE *to, const char *const *kernels, size_t n)
{
    char family[64], before[64] = "";
    fprintf(to, "#define HG_BUILTIN_FAMILIES(X)");
    for (size_t i = 0; i < n; i++) {
        /* Names of a family are not always side by side: igemm4x16, window, igemm6x16. */
        if (is_reference(kernels[i]) || !hg_registry_family(kernels[i], family, sizeof family))
            continue;
        bool seen = false;
        for (size_t j = 0; j < i && !seen; j++)
            seen = hg_registry_family(kernels[j], before, sizeof before) && !strcmp(before, family);
        if (!seen) fprintf(to, " \\\n    X(%s)", family);
    }
    fprintf(to, "\n\n");
}

static void put_config(FILE *to, const hg_config *c)
{
    const struct {
        const char *name;
        int32_t value;
    } members[] = {{"block", c->block},
                   {"panels", c->panels},
                   {"channels", c->channels},
                   {"parts", c->parts},
                   {"nontemporal", c->nontemporal},
                   {"ahead", c->ahead},
                   {"pack", c->pack},
                   {"via", c->via},
                   {"bands", c->bands}};
    const char *before = "{";
    for (size_t i = 0; i < HG_COUNT(members); i++) {
        if (members[i].value == 0) continue;
        fprintf(to, "%s.%s = %d", before, members[i].name, (int)members[i].value);
        before = ", ";
    }
    fprintf(to, *before == '{' ? "{0}" : "}");
}

static void put_record(FILE *to, const hg_record *r, size_t kernel)
{
    fprintf(to, "    /* %s */\n    {UINT64_C(0x%016" PRIx64 "), %.0f, %.0f, %d, %zu, ", r->key,
            hg_key_number(r->key), r->ranks[0].ns, r->default_ns, r->threads, kernel);
    put_config(to, &r->ranks[0].config);
    fprintf(to, "},\n");
}

static void put_all(FILE *to, const char *machine, const hg_record *const *records, size_t n,
                    const char *const *kernels, size_t kernel_count)
{
    fprintf(to,
            "/* For -Dtable: %zu records, written by hourglass %s table export-c. */\n"
            "#define HG_BUILTIN_MACHINE \"%s\"\n",
            n, hg_version(), machine);
    put_families(to, kernels, kernel_count);
    fprintf(to, "static const hg_builtin_kernel builtin_kernels[] = {\n");
    for (size_t i = 0; i < kernel_count; i++)
        fprintf(to, "    {\"%s\", %d},\n", kernels[i], revision_of(kernels[i], records, n));
    fprintf(to, "};\n\nstatic const hg_builtin_record builtin_records[] = {\n");
    for (size_t i = 0; i < n; i++)
        put_record(to, records[i], number_of(kernels, kernel_count, records[i]->ranks[0].kernel));
    fprintf(to, "};\n");
}

hg_status hg_export_c(const hg_context *context, const hg_lines *lines, const char *machine,
                      FILE *to, hg_exported *counts, hg_reason *why)
{
    *counts = (hg_exported){0, 0, 0};
    const hg_status status = find_machine(lines, &machine, why);
    if (status) return status;
    const hg_record **records = malloc((lines->count + 1) * sizeof *records);
    const char **kernels = malloc((lines->count + 1) * sizeof *kernels);
    size_t n = records && kernels ? choose(context, lines, machine, records, &counts->left_out) : 0;
    for (size_t i = 0; i < n; i++) kernels[i] = records[i]->ranks[0].kernel;
    counts->records = n;
    counts->kernels = sort_texts(kernels, n);
    if (n) put_all(to, machine, records, n, kernels, counts->kernels);
    const bool memory = records && kernels;
    free(records);
    free(kernels);
    if (!memory) return hg_fail(why, HG_NO_MEMORY, "out of memory");
    return n ? HG_OK : hg_fail(why, HG_INVALID, "no record of machine %.80s can be used", machine);
}
