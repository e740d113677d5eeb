/* The bits that every kernel computes, to hold one build against another.
 *
 *     digests --cases N > FILE     lines "kernel and configuration TAB key TAB digest"
 *     digests --check FILE         the same problems again; fails where a digest differs
 *
 * Where a kernel has been given another name, edit the names in FILE. Problems that a kernel no
 * longer takes, and kernels that are gone, are counted as missing, which fails too. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/registry.h"
#include "hourglass/hourglass.h"
#include "tests/draw.h"
#include "tests/run_guarded.h"

enum { LINE = HG_KEY_SIZE + 400 };

static uint64_t digest_bytes(uint64_t digest, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) digest = (digest ^ bytes[i]) * 0x100000001B3u; /* FNV-1a */
    return digest;
}

/* Data follow from the key alone. Any NaN counts as any other: their bits differ by compiler. */
static bool add_digest(const hg_plan *plan, const hg_problem *p, const case_data *d,
                       uint64_t *digest)
{
    run_result result = {0};
    const int64_t count = tensor_count(&p->out);
    run_guarded(plan, p, d, GUARD_END, &result);
    const bool ran = !result.trouble[0] && result.y != NULL;
    for (int64_t i = 0; ran && result.status == HG_OK && i < count; i++) {
        const float y = result.y[i] != result.y[i] ? 0x1.8p100f : result.y[i];
        *digest = digest_bytes(*digest, &y, sizeof y);
        if (result.indices)
            *digest = digest_bytes(*digest, result.indices + i, sizeof *result.indices);
    }
    *digest = digest_bytes(*digest, &result.status, sizeof result.status);
    run_result_free(&result);
    return ran;
}

static bool digest_of(hg_context *context, const char *choice, const char *key, uint64_t *digest)
{
    hg_problem p;
    hg_reason why = {""};
    if (hg_problem_parse(key, &p, &why)) return false;
    rng r = rng_for(1, key, 0);
    bool ran = true;
    *digest = 0xCBF29CE484222325u;
    for (data_kind kind = DATA_SIGNED; kind <= DATA_POSITIVE && ran; kind++) {
        case_data d;
        hg_filter *filter = NULL;
        hg_plan *plan = NULL;
        if (!data_draw(&p, kind, false, &r, &d)) return false;
        hg_filter_desc order = {0};
        if (hg_problem_has_filter(&p)) {
            hg_problem_filter(&p, &order);
            ran = hg_filter_create(context, &order, d.weights, &filter) == HG_OK;
        }
        ran = ran && hg_plan_from_key(context, key, filter, d.bias, choice, &plan) == HG_OK &&
              add_digest(plan, &p, &d, digest);
        hg_plan_free(plan);
        hg_filter_free(filter);
        data_free(&d);
    }
    return ran;
}

static int draw(hg_context *context, int64_t cases)
{
    enum { ATTEMPTS = 5000 };
    hg_kernel_info info;
    hg_machine machine;
    hg_context_machine(context, &machine);
    for (size_t i = 0; hg_kernel_get(context, i, &info); i++) {
        const hg_kernel *k = hg_registry_find(info.name);
        if (!k || !hg_isa_usable(k->isa, machine.isa, true)) continue;
        for (int64_t number = 0; number < cases; number++) {
            rng r = rng_for(2, k->name, (uint64_t)number);
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                descriptor d;
                hg_problem p;
                char key[HG_KEY_SIZE];
                uint64_t digest;
                if (!draw_problem(k, &r, &d, &p)) continue;
                hg_problem_key(&p, key);
                if (!digest_of(context, k->name, key, &digest)) continue;
                printf("%s\t%s\t%016" PRIx64 "\n", k->name, key, digest);
                break;
            }
        }
    }
    return 0;
}

static int check(hg_context *context, const char *path)
{
    char line[LINE];
    long same = 0, differ = 0, missing = 0;
    FILE *file = fopen(path, "r");
    if (!file) return 2;
    while (fgets(line, sizeof line, file)) {
        char *choice = strtok(line, "\t"), *key = strtok(NULL, "\t"), *text = strtok(NULL, "\n");
        uint64_t digest;
        if (!text) return fclose(file), 2;
        if (!digest_of(context, choice, key, &digest)) {
            printf("missing %s | %s\n", choice, key);
            missing++;
        } else if (digest != strtoull(text, NULL, 16)) {
            printf("differs %s | %s\n", choice, key);
            differ++;
        } else {
            same++;
        }
    }
    fclose(file);
    printf("%ld missing\n%ld passed, %ld failed\n", missing, same, differ + missing);
    return differ + missing || !same ? 1 : 0;
}

int main(int argc, char **argv)
{
    hg_context *context;
    const hg_context_options o = {.ignore_environment = true};
    const bool drawing = argc == 3 && strcmp(argv[1], "--cases") == 0;
    if (!drawing && !(argc == 3 && strcmp(argv[1], "--check") == 0)) {
        fprintf(stderr, "usage: %s --cases N | --check FILE\n", argv[0]);
        return 2;
    }
    if (hg_context_create(&o, &context)) return 1;
    run_guarded_install();
    const int code = drawing ? draw(context, strtoll(argv[2], NULL, 10)) : check(context, argv[2]);
    hg_context_free(context);
    return code;
}
