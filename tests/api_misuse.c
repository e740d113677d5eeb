/* Descriptors with one field wrong: each must be refused with the documented status. */
#include <stdio.h>
#include <string.h>

#include "kernels/common/attr.h"
#include "tests/api_fields.h"

/* ---- Tensors, in every operator ---- */

static const int64_t big31 = (int64_t)1 << 31, big62 = (int64_t)1 << 62;

static void check_plan(hg_context *context, hg_filter *filter, const descriptor *d, unsigned mask,
                       const char *what)
{
    char text[160];
    hg_plan *plan = (hg_plan *)(uintptr_t)&big31; /* must be overwritten */
    last = (heard){0};
    const hg_status status = descriptor_plan(context, d, filter, NULL, &plan);
    snprintf(text, sizeof text, "%s with %s", hg_op_name(d->op), what);
    expect_refused(status, mask, plan, text);
    if (!status) hg_plan_free(plan);
}

static void tensor_fields(hg_context *context, hg_filter *filters[HG_OP_COUNT], hg_op op)
{
    const struct {
        const char *what;
        hg_tensor t;
        unsigned mask;
    } cases[] = {
        {"n = -1", {HG_F32, HG_NHWC, -1, 6, 7, 8, {0}, {0}}, INVALID},
        {"h = 0", {HG_F32, HG_NHWC, 1, 0, 7, 8, {0}, {0}}, INVALID},
        {"w = -1", {HG_F32, HG_NHWC, 1, 6, -1, 8, {0}, {0}}, INVALID},
        {"c = 0", {HG_F32, HG_NHWC, 1, 6, 7, 0, {0}, {0}}, INVALID},
        {"c = INT64_MIN", {HG_F32, HG_NHWC, 1, 6, 7, INT64_MIN, {0}, {0}}, INVALID},
        {"n = 2^31", {HG_F32, HG_NHWC, big31, 6, 7, 8, {0}, {0}}, RANGE},
        {"h = 2^31", {HG_F32, HG_NHWC, 1, big31, 7, 8, {0}, {0}}, RANGE},
        {"w = 2^31 + 1", {HG_F32, HG_NHWC, 1, 6, big31 + 1, 8, {0}, {0}}, RANGE},
        {"h = 2^62", {HG_F32, HG_NHWC, 1, big62, 7, 8, {0}, {0}}, RANGE},
        {"w = INT64_MAX", {HG_F32, HG_NHWC, 1, 6, INT64_MAX, 8, {0}, {0}}, RANGE},
        {"c = 2^62", {HG_F32, HG_NHWC, 1, 6, 7, big62, {0}, {0}}, RANGE},
        {"n = h = w = 2^31 - 1",
         {HG_F32, HG_NHWC, big31 - 1, big31 - 1, big31 - 1, 8, {0}, {0}},
         RANGE},
        {"the same in NCHW",
         {HG_F32, HG_NCHW, big31 - 1, big31 - 1, big31 - 1, 8, {0}, {0}},
         RANGE},
        {"f16", {HG_F16, HG_NHWC, 1, 6, 7, 8, {0}, {0}}, UNSUPPORTED},
        {"an unknown dtype", {(hg_dtype)99, HG_NHWC, 1, 6, 7, 8, {0}, {0}}, UNSUPPORTED},
        {"an unknown layout", {HG_F32, (hg_layout)7, 1, 6, 7, 8, {0}, {0}}, INVALID},
        {"a reserved word in the tensor", {HG_F32, HG_NHWC, 1, 6, 7, 8, {0}, {0, 1}}, UNSUPPORTED},
        {"pixels that overlap", {HG_F32, HG_NHWC, 1, 6, 7, 8, {0, 0, 7, 0}, {0}}, INVALID},
        {"rows that overlap", {HG_F32, HG_NHWC, 1, 6, 7, 8, {0, 55, 8, 0}, {0}}, INVALID},
        {"images that overlap", {HG_F32, HG_NHWC, 2, 6, 7, 8, {10, 0, 0, 0}, {0}}, INVALID},
        {"channels 2 apart", {HG_F32, HG_NHWC, 1, 6, 7, 8, {0, 0, 0, 2}, {0}}, INVALID},
        {"NCHW rows that overlap", {HG_F32, HG_NCHW, 1, 6, 7, 8, {0, 6, 0, 0}, {0}}, INVALID},
        {"a negative stride", {HG_F32, HG_NHWC, 1, 6, 7, 8, {0, -56, 0, 0}, {0}}, INVALID},
        {"a stride of INT64_MAX", {HG_F32, HG_NHWC, 1, 6, 7, 8, {0, INT64_MAX, 0, 0}, {0}}, RANGE},
        {"a stride of 2^62", {HG_F32, HG_NHWC, 2, 6, 7, 8, {big62, 0, 0, 0}, {0}}, RANGE},
    };
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        descriptor d = sample(op);
        hg_tensor out;
        *descriptor_input(&d) = cases[i].t;
        check_plan(context, filters[op], &d, cases[i].mask, cases[i].what);
        const hg_status status = descriptor_output(&d, &out);
        expect(status && (cases[i].mask >> status & 1u), "%s_output with %s: \"%s\"",
               hg_op_name(op), cases[i].what, hg_status_string(status));
    }
}

/* ---- All ---- */

static void null_pointers(hg_context *context, hg_filter *filter, hg_op op)
{
    const descriptor d = sample(op);
    hg_plan *plan = (hg_plan *)(uintptr_t)&big31;
    last = (heard){0};
    hg_status status = descriptor_plan(NULL, &d, filter, NULL, &plan);
    expect(status == HG_INVALID && !plan, "%s without a context: \"%s\"", hg_op_name(op),
           hg_status_string(status));
    status = descriptor_plan(context, &d, filter, NULL, NULL);
    expect_refused(status, INVALID, NULL, "a plan pointer of NULL");
    expect(descriptor_output(&d, NULL) == HG_INVALID, "%s_output into NULL", hg_op_name(op));
    if (op == HG_OP_CONV2D || op == HG_OP_CONV_TRANSPOSE2D) {
        plan = (hg_plan *)(uintptr_t)&big31;
        status = descriptor_plan(context, &d, NULL, NULL, &plan);
        expect_refused(status, INVALID, plan, "a convolution without a filter");
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
        tensor_fields(context, filters, op);
        for (size_t i = 0; i < field_case_count; i++) {
            if (!(field_cases[i].ops >> op & 1u)) continue;
            d = sample(op);
            field_cases[i].spoil(&d);
            check_plan(context, filters[op], &d, field_cases[i].mask, field_cases[i].what);
        }
        hg_filter_free(filters[op]);
    }
    hg_context_free(context);
}
