/* Whether a fused operator takes less time than its parts: the one place that decides, by what
 * selection knows of the three problems. Contract: hourglass/tuning.h. */
#include "dispatch/misses.h"
#include "dispatch/plan.h"

/* A fused problem and its parts. */
enum { FUSED, FIRST, SECOND, WAYS };

_Static_assert(sizeof((hg_fusion *)0)->keys[FUSED] == HG_KEY_SIZE, "keys fit");

static hg_status weigh(hg_context *context, const hg_problem problems[WAYS], hg_fusion *fusion,
                       hg_reason *why)
{
    double measured[WAYS], estimated[WAYS];
    hg_fusion f = {.measured = true};
    for (int i = 0; i < WAYS; i++) {
        hg_choice choice;
        const hg_status status = hg_select(context, &problems[i], NULL, &choice, why);
        if (status) return status;
        if (choice.untuned) hg_record_miss(context, &problems[i]);
        measured[i] = choice.measured;
        estimated[i] = hg_least_estimate(context, &problems[i]);
        f.measured = f.measured && measured[i] > 0;
        hg_problem_key(&problems[i], f.keys[i]);
    }
    const double *ns = f.measured ? measured : estimated;
    f.fused_ns = ns[FUSED];
    f.apart_ns = ns[FIRST] + ns[SECOND];
    f.pays = f.fused_ns <= f.apart_ns;
    *fusion = f;
    return HG_OK;
}

/* NULL, and the failure to report, where one is. */
static hg_status refuse_nulls(hg_context *context, const void *op, const void *filter,
                              hg_fusion *fusion)
{
    if (fusion) *fusion = (hg_fusion){0};
    if (context && op && filter && fusion) return HG_OK;
    return hg_report(hg_context_host(context), HG_INVALID,
                     !op       ? "weighing: the descriptor is NULL"
                     : !filter ? "weighing: the filter is NULL"
                               : "weighing: fusion is NULL");
}

static hg_status conclude(hg_context *context, hg_status built, const hg_problem problems[WAYS],
                          hg_reason *why, hg_fusion *fusion)
{
    const hg_status status = built ? built : weigh(context, problems, fusion, why);
    return status ? hg_report(&context->host, status, why->text) : HG_OK;
}

/* ---- Upsampling and a convolution ---- */

static hg_status enlarging(const hg_upsample_conv2d *op, const hg_problem *fused, hg_problem *p,
                           hg_reason *why)
{
    const hg_size2 factor = fused->stride;
    const hg_resize2d nearest = {.input = op->input,
                                 .output_size = {op->input.h * factor.h, op->input.w * factor.w},
                                 .coordinates = HG_ASYMMETRIC,
                                 .rounding = HG_ROUND_FLOOR};
    const hg_resize2d smooth = {.input = op->input,
                                .output_size = fused->resized,
                                .mode = op->mode,
                                .coordinates = op->coordinates};
    return hg_problem_resize2d(fused->resized.h ? &smooth : &nearest, p, why);
}

hg_status hg_weigh_upsample_conv2d(hg_context *context, const hg_upsample_conv2d *op,
                                   const hg_filter_desc *filter, hg_fusion *fusion)
{
    hg_status status = refuse_nulls(context, op, filter, fusion);
    if (status) return status;
    hg_problem p[WAYS];
    hg_reason why;
    status = hg_problem_upsample_conv2d(op, filter, &p[FUSED], &why);
    if (!status) status = enlarging(op, &p[FUSED], &p[FIRST], &why);
    if (!status) {
        const hg_conv2d conv = {.input = p[FIRST].out,
                                .output_strides = op->output_strides,
                                .padding = op->padding,
                                .epilogue = op->epilogue,
                                .accuracy = op->accuracy,
                                .slopes = op->slopes};
        status = hg_problem_conv2d(&conv, filter, &p[SECOND], &why);
    }
    return conclude(context, status, p, &why, fusion);
}

/* ---- A convolution and pooling ---- */

static hg_status pooling(const hg_conv2d *op, const hg_tensor *conv, hg_problem *p, hg_reason *why)
{
    const hg_pool_geometry halves = {.window = {2, 2}};
    const hg_max_pool2d max = {
        .input = *conv, .output_strides = op->output_strides, .pool = halves};
    const hg_avg_pool2d avg = {
        .input = *conv, .output_strides = op->output_strides, .pool = halves};
    return op->pool == HG_POOL_MAX_2X2 ? hg_problem_max_pool2d(&max, p, why)
                                       : hg_problem_avg_pool2d(&avg, p, why);
}

hg_status hg_weigh_conv2d_pool(hg_context *context, const hg_conv2d *op,
                               const hg_filter_desc *filter, hg_fusion *fusion)
{
    hg_status status = refuse_nulls(context, op, filter, fusion);
    if (status) return status;
    hg_problem p[WAYS];
    hg_reason why;
    status = hg_problem_conv2d(op, filter, &p[FUSED], &why);
    if (!status && op->pool == HG_POOL_NONE)
        status = hg_fail(&why, HG_INVALID, "weighing: op.pool is HG_POOL_NONE: nothing is fused");
    if (!status) {
        hg_conv2d alone = *op;
        alone.pool = HG_POOL_NONE;
        alone.output_strides = (hg_strides){0};
        status = hg_problem_conv2d(&alone, filter, &p[FIRST], &why);
    }
    if (!status) status = pooling(op, &p[FIRST].out, &p[SECOND], &why);
    return conclude(context, status, p, &why, fusion);
}
