/* Descriptors with one field wrong: each must be refused with the documented status. */
#include <stdio.h>
#include <string.h>

#include "kernels/common/attr.h"
#include "tests/api_fields.h"

static const int64_t not_a_plan;

/* The plan and the output's descriptor are refused alike; the sentence names what is wrong. */
static void check_refused(hg_context *context, hg_filter *filter, const descriptor *d,
                          unsigned mask, const char *named, const char *what)
{
    char text[160];
    hg_plan *plan = (hg_plan *)(uintptr_t)&not_a_plan; /* must be overwritten */
    snprintf(text, sizeof text, "%s with %s", hg_op_name(d->op), what);
    last = (heard){0};
    const hg_status status = descriptor_plan(context, d, filter, NULL, &plan);
    expect_refused(status, mask, plan, named, text);
    if (!status) hg_plan_free(plan);
    hg_tensor out, before;
    memset(&out, 0x5a, sizeof out);
    memcpy(&before, &out, sizeof out);
    const hg_status size = descriptor_output(d, &out);
    expect(last.count == 0 && (!size || memcmp(&out, &before, sizeof out) == 0),
           "%s_output: %d sentences, or the output was touched", text, last.count);
    expect(size == status || (!size && mask & KNOWN_LATER), "%s_output: \"%s\"", text,
           hg_status_string(size));
}

static void null_pointers(hg_context *context, hg_filter *filter, hg_op op)
{
    const descriptor d = sample(op);
    hg_plan *plan = (hg_plan *)(uintptr_t)&not_a_plan;
    last = (heard){0};
    hg_status status = descriptor_plan(NULL, &d, filter, NULL, &plan);
    expect(status == HG_INVALID && !plan, "%s without a context: \"%s\"", hg_op_name(op),
           hg_status_string(status));
    status = descriptor_plan(context, &d, filter, NULL, NULL);
    expect_refused(status, INVALID, NULL, "plan is NULL", "a plan pointer of NULL");
    expect(descriptor_output(&d, NULL) == HG_INVALID, "%s_output into NULL", hg_op_name(op));
    if (op == HG_OP_CONV2D || op == HG_OP_CONV_TRANSPOSE2D) {
        plan = (hg_plan *)(uintptr_t)&not_a_plan;
        status = descriptor_plan(context, &d, NULL, NULL, &plan);
        expect_refused(status, INVALID, plan, "filter is NULL", "a convolution without a filter");
    }
}

static void all_wrong(hg_context *context, hg_filter *filter, hg_op op)
{
    for (size_t i = 0; i < field_case_count; i++) {
        const field_case *c = &field_cases[i];
        if (!(c->ops >> op & 1u)) continue;
        char what[100];
        descriptor d = sample(op);
        spoil_field(c, &d);
        snprintf(what, sizeof what, "%s = %.17g", c->field,
                 c->kind == REAL || c->kind == FLOAT ? c->real : (double)c->word);
        check_refused(context, filter, &d, c->mask, c->field, what);
    }
    for (size_t i = 0; i < combined_case_count; i++) {
        const combined_case *c = &combined_cases[i];
        if (!(c->ops >> op & 1u)) continue;
        descriptor d = sample(op);
        c->spoil(&d);
        check_refused(context, filter, &d, c->mask, c->named, c->what);
    }
}

void test_misuse(void)
{
    hg_context_options o = quiet_options();
    hg_context *context;
    hg_filter *filters[HG_OP_COUNT] = {0};
    if (!expect(hg_context_create(&o, &context) == HG_OK, "a context")) return;
    for (hg_op op = 0; op < HG_OP_COUNT; op++) {
        descriptor d = sample(op);
        if (op == HG_OP_CONV2D || op == HG_OP_CONV_TRANSPOSE2D)
            expect(hg_filter_create(context, &d.filter, sample_weights(), &filters[op]) == HG_OK,
                   "a filter");
        hg_plan *plan;
        last = (heard){0};
        expect(descriptor_plan(context, &d, filters[op], NULL, &plan) == HG_OK && last.count == 0,
               "%s as given: %s", hg_op_name(op), last.sentence);
        hg_plan_free(plan);
        null_pointers(context, filters[op], op);
        all_wrong(context, filters[op], op);
        hg_filter_free(filters[op]);
    }
    hg_context_free(context);
}
