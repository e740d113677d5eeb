/* Everything that is parsed: tuning tables, records with a right checksum, problem keys, kernel
 * names with configurations. Text is refused or understood; what is understood prints and parses
 * to the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/table.h"
#include "kernels/common/attr.h"
#include "tests/descriptor.h"
#include "tests/fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void any_table(const char *text, size_t size)
{
    hg_context *context;
    hg_table_counts counts;
    const hg_context_options o = {.ignore_environment = true, .table = text, .table_size = size};
    if (size == 0) return; /* 0 means strlen */
    if (hg_context_create(&o, &context)) fuzz_fail(text, "a table is an error");
    hg_context_tables(context, &counts);
    const descriptor d = {
        .op = HG_OP_MAX_POOL2D,
        .u.max_pool2d = {.input = hg_tensor_nhwc(HG_F32, 1, 6, 7, 8), .pool = {.window = {2, 2}}}};
    hg_plan *plan;
    if (descriptor_plan(context, &d, NULL, NULL, &plan)) fuzz_fail(text, "no plan with this table");
    hg_plan_free(plan);
    hg_context_free(context);
}

static uint32_t crc32c_of(const char *text, size_t size)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < size; i++) {
        crc ^= (uint8_t)text[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
    }
    return ~crc;
}

/* The text as the body of a record, closed by its checksum. */
static void signed_record(const char *text, size_t size)
{
    static char line[8192], again[8192];
    static hg_record a, b;
    if (size > sizeof line - 64) return;
    memcpy(line, text, size);
    const int tail =
        snprintf(line + size, sizeof line - size, ",\"crc32c\":\"%08x\"}", crc32c_of(text, size));
    any_table(line, size + (size_t)tail);
    if (!hg_record_parse(line, size + (size_t)tail, &a)) return;
    const size_t length = hg_record_format(&a, again, sizeof again);
    if (length == 0) return; /* escapes may lengthen it beyond the buffer */
    if (!hg_record_parse(again, length, &b)) fuzz_fail(again, "a printed record does not parse");
    if (strcmp(a.key, b.key) || strcmp(a.machine, b.machine) || a.threads != b.threads ||
        a.count != b.count)
        fuzz_fail(again, "a printed record differs");
}

/* A key, and after a line break the kernel to force. */
static void any_key(char *text)
{
    char *kernel = strchr(text, '\n');
    if (kernel) *kernel++ = '\0';
    hg_problem p;
    hg_filter_desc filter;
    if (hg_problem_parse(text, &p, NULL)) return;
    fuzz_check_key(&p);
    hg_key_filter(text, &filter);
    /* Tables grow with the sizes of an image, also where there is none (n = 0). */
    const double images = (double)HG_MAX(p.in.n, 1);
    const double elements = images * ((double)p.in.h * (double)p.in.w * (double)p.in.c +
                                      (double)p.out.h * (double)p.out.w * (double)p.out.c);
    if (hg_problem_has_filter(&p) || elements > 1e5) return;
    hg_plan *plan = NULL;
    const hg_status status = hg_plan_from_key(fuzz_context(1), text, NULL, NULL, kernel, &plan);
    if ((status == HG_OK) != (plan != NULL)) fuzz_fail(text, "a status and a plan that disagree");
    char name[256];
    for (size_t i = 0; plan && hg_plan_candidate(plan, i, name, sizeof name); i++)
        if (strlen(name) >= sizeof name) fuzz_fail(text, "a candidate without an end");
    hg_plan_free(plan);
}

static void any_config(const char *text)
{
    hg_config a, b;
    char printed[HG_CONFIG_SIZE];
    if (!hg_config_parse(text, &a)) return;
    hg_config_format(&a, printed);
    if (!hg_config_parse(printed, &b) || memcmp(&a, &b, sizeof a))
        fuzz_fail(text, "a printed configuration differs");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    const size_t length = size - 1;
    char *text = malloc(length + 1); /* of its exact size: over-reads show */
    if (!text) return 0;
    memcpy(text, data + 1, length);
    text[length] = '\0';
    switch (data[0] % 4) {
    case 0:
        any_table((const char *)data + 1, length);
        break;
    case 1:
        signed_record(text, length);
        break;
    case 2:
        any_key(text);
        break;
    default:
        any_config(text);
    }
    free(text);
    return 0;
}
