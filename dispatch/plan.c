#include "dispatch/plan.h"

#include <stdio.h>
#include <string.h>

#include "dispatch/bands.h"
#include "dispatch/misses.h"
#include "dispatch/registry.h"

enum { SMALL_NS = 6000 }; /* estimated: what two workers would save is what they cost to wake */

/* ---- Workspace ---- */

/* Appends a part to an area of memory, the workspace or a worker's scratch. */
static bool append(size_t *area, size_t bytes, size_t *at)
{
    *at = *area;
    return !__builtin_add_overflow(*area, bytes, area) && *area <= (size_t)PTRDIFF_MAX - 63 &&
           (*area = HG_ROUND_UP(*area, (size_t)64), true);
}

static bool reserve(hg_plan *plan, size_t bytes, size_t *at)
{
    return append(&plan->workspace, bytes, at);
}

static void add_step(hg_plan *plan, hg_step_kind kind, int stage, int64_t ranges)
{
    plan->steps[plan->step_count++] = (hg_step){kind, stage, ranges};
}

static size_t dense_bytes(const hg_tensor *t, size_t element)
{
    const hg_tensor dense = {t->dtype, HG_NHWC, t->n, t->h, t->w, t->c, {0}, {0}};
    hg_tensor resolved = dense;
    resolved.strides = hg_dense_strides(&dense);
    return (size_t)hg_tensor_extent(&resolved) * element;
}

/* Steps and NHWC copies around the kernel's stages for an NCHW problem on an NHWC kernel. */
static bool lay_out_copies_before(hg_plan *plan)
{
    const hg_problem *p = &plan->problem;
    const bool unpool = p->op == HG_OP_MAX_UNPOOL2D, indices = unpool || p->pool.indices;
    const hg_tensor *indexed = unpool ? &p->in : &p->out;
    bool ok = reserve(plan, dense_bytes(&p->in, 4), &plan->input_at) &&
              reserve(plan, dense_bytes(&p->out, 4), &plan->output_at);
    if (ok && p->post.residual) ok = reserve(plan, dense_bytes(&p->out, 4), &plan->residual_at);
    if (ok && indices)
        ok = reserve(plan, dense_bytes(indexed, hg_index_bytes(p->pool.index_type)),
                     &plan->indices_at);
    add_step(plan, HG_STEP_PACK_INPUT, 0, hg_repack_ranges(&p->in));
    if (unpool) add_step(plan, HG_STEP_PACK_INDICES, 0, hg_repack_ranges(&p->in));
    if (p->post.residual) add_step(plan, HG_STEP_PACK_RESIDUAL, 0, hg_repack_ranges(&p->out));
    return ok;
}

static void add_copies_after(hg_plan *plan)
{
    const hg_problem *p = &plan->problem;
    add_step(plan, HG_STEP_UNPACK_OUTPUT, 0, hg_repack_ranges(&p->out));
    if (p->pool.indices) add_step(plan, HG_STEP_UNPACK_INDICES, 0, hg_repack_ranges(&p->out));
}

static bool lay_out_pooling(hg_plan *plan)
{
    const hg_band_part *q = &plan->pooling;
    return append(&plan->scratch_each, dense_bytes(&q->problem.out, 4), &plan->pooled_at) &&
           append(&plan->scratch_each, q->sizes.shared, &plan->pool_shared_at) &&
           append(&plan->scratch_each, q->sizes.scratch, &plan->pool_scratch_at);
}

/* Rows of input under the resized ones of a band, one before and one behind included. */
static bool lay_out_resizing(hg_plan *plan)
{
    const hg_problem *p = &plan->problem;
    const int64_t rows = plan->inner.in.h / (p->resized.h / p->in.h) + 4;
    hg_tensor packed = plan->resizing.problem.in;
    packed.h = HG_MIN(rows, p->in.h);
    const size_t bytes = p->in.layout == HG_NCHW ? dense_bytes(&packed, 4) : 0;
    return append(&plan->scratch_each, bytes, &plan->packed_at) &&
           append(&plan->scratch_each, plan->resizing.sizes.scratch, &plan->resize_scratch_at);
}

/* The kernel's scratch and the copies of one band. */
static bool lay_out_bands(hg_plan *plan)
{
    const hg_problem *p = &plan->inner;
    const size_t in = dense_bytes(&p->in, 4), out = dense_bytes(&p->out, 4);
    add_step(plan, HG_STEP_BANDS, 0, hg_band_count(&plan->problem, plan->config.bands));
    return append(&plan->scratch_each, in, &plan->input_at) &&
           append(&plan->scratch_each, out, &plan->output_at) &&
           (!p->post.residual || append(&plan->scratch_each, out, &plan->residual_at)) &&
           (!plan->problem.resized.h || lay_out_resizing(plan)) &&
           (!plan->problem.post_pool || lay_out_pooling(plan));
}

static bool lay_out_steps(hg_plan *plan)
{
    if (plan->config.bands) return lay_out_bands(plan);
    if (plan->config.via && !lay_out_copies_before(plan)) return false;
    const int stages = HG_MAX(plan->sizes.stages, 1);
    for (int i = 0; i < stages; i++) add_step(plan, HG_STEP_KERNEL, i, plan->sizes.ranges[i]);
    if (plan->activate && !plan->kernel->algorithm->finishes)
        add_step(plan, HG_STEP_ACTIVATE, 0, hg_activate_ranges(&plan->inner));
    if (plan->config.via) add_copies_after(plan);
    return true;
}

static bool lay_out(hg_plan *plan)
{
    const hg_algorithm *algorithm = plan->kernel->algorithm;
    algorithm->size(&plan->inner, plan->kernel, &plan->config, &plan->sizes);
    plan->scratch_each = HG_ROUND_UP(plan->sizes.scratch, (size_t)64);
    size_t scratch;
    return lay_out_steps(plan) && reserve(plan, plan->sizes.shared, &plan->shared_at) &&
           !__builtin_mul_overflow(plan->scratch_each, (size_t)plan->context->threads, &scratch) &&
           reserve(plan, scratch, &plan->scratch_at);
}

/* ---- Creation ---- */

static hg_status pooling_problem(const hg_problem *p, const hg_tensor *conv, hg_problem *pool,
                                 hg_reason *why)
{
    const hg_pool_geometry halves = {.window = {2, 2}};
    const hg_max_pool2d max = {.input = *conv, .pool = halves};
    const hg_avg_pool2d avg = {.input = *conv, .pool = halves};
    return p->post_pool == HG_POOL_MAX_2X2 ? hg_problem_max_pool2d(&max, pool, why)
                                           : hg_problem_avg_pool2d(&avg, pool, why);
}

static hg_status take_part(hg_plan *plan, hg_band_part *q, const hg_candidate *choice,
                           hg_reason *why)
{
    q->kernel = choice->kernel;
    q->config = choice->config;
    const hg_algorithm *algorithm = q->kernel->algorithm;
    algorithm->size(&q->problem, q->kernel, &q->config, &q->sizes);
    if (!q->sizes.tables) return HG_OK;
    q->tables = hg_allocate(&plan->context->host, q->sizes.tables);
    if (!q->tables) return hg_fail(why, HG_NO_MEMORY, "out of memory for tables");
    if (algorithm->prepare) algorithm->prepare(&q->problem, q->kernel, &q->config, q->tables);
    return HG_OK;
}

/* What pools each band of a fused convolution: a kernel chosen like any other. */
static hg_status choose_pooling(hg_plan *plan, hg_reason *why)
{
    hg_band_part *q = &plan->pooling;
    hg_choice choice;
    hg_status status = pooling_problem(&plan->problem, &plan->inner.out, &q->problem, why);
    if (!status) status = hg_select(plan->context, &q->problem, NULL, &choice, why);
    return status ? status : take_part(plan, q, &choice.candidate, why);
}

/* What resizes the rows under each band: the first kernel that does so row by row. */
static hg_status choose_resizing(hg_plan *plan, hg_reason *why)
{
    hg_band_part *q = &plan->resizing;
    hg_candidate list[HG_MAX_CANDIDATES];
    const hg_status status = hg_problem_resizing(&plan->problem, &q->problem, why);
    const size_t count = status ? 0 : hg_candidates(plan->context, &q->problem, false, 0, list);
    for (size_t i = 0; i < count; i++)
        if (list[i].kernel->algorithm->rows) return take_part(plan, q, &list[i], why);
    return status ? status
                  : hg_fail(why, HG_UNSUPPORTED, "no kernel in this build resizes by rows");
}

static hg_status choose_parts(hg_plan *plan, hg_reason *why)
{
    const hg_problem *p = &plan->problem;
    const hg_status status = p->resized.h ? choose_resizing(plan, why) : HG_OK;
    return !status && p->post_pool ? choose_pooling(plan, why) : status;
}

/* As many copies as the kernel asks for with zeros behind them; of `other` if there is nothing to
 * copy. */
static float *copies_of_channels(const hg_plan *plan, const float *from, float other)
{
    const size_t channels = (size_t)plan->problem.out.c;
    const size_t all = channels * (size_t)HG_MAX(plan->sizes.repeats, 1);
    float *to = hg_allocate(&plan->context->host, (all + HG_BIAS_SLACK) * sizeof *to);
    if (!to) return NULL;
    memset(to + all, 0, HG_BIAS_SLACK * sizeof *to);
    for (size_t i = 0; i < all; i += channels)
        for (size_t c = 0; c < channels; c++) to[i + c] = from ? from[c] : other;
    return to;
}

static hg_status take_weights(hg_plan *plan, hg_filter *filter, const hg_channel_data *data,
                              hg_reason *why)
{
    const hg_status status =
        hg_filter_packed(filter, &plan->inner, plan->kernel, plan->asked.op != plan->problem.op,
                         plan->sizes.weights, &plan->weights, why);
    if (status) return status;
    plan->bias = copies_of_channels(plan, data->bias, 0.0f);
    if (!plan->bias) return hg_fail(why, HG_NO_MEMORY, "out of memory for the bias");
    hg_filter_retain(filter);
    plan->filter = filter;
    return HG_OK;
}

static hg_status take_slopes(hg_plan *plan, const hg_channel_data *data)
{
    if (plan->problem.post.function != HG_PRELU) return HG_OK;
    plan->slopes = copies_of_channels(plan, data->slopes, HG_USUAL_SLOPE);
    return plan->slopes ? HG_OK : HG_NO_MEMORY;
}

static const hg_transposer *best_transposer(const hg_context *context)
{
    static const struct {
        hg_isa isa;
        const hg_transposer *transposer;
    } list[] = {
#if defined(HG_WITH_AVX512)
        {HG_ISA_AVX512, &hg_transposer_avx512},
#endif
#if defined(HG_WITH_AVX2)
        {HG_ISA_AVX2, &hg_transposer_avx2},
#endif
#if defined(HG_WITH_NEON)
        {HG_ISA_NEON, &hg_transposer_neon},
#endif
        {HG_ISA_SCALAR, &hg_transposer_ref}
    };
    size_t i = 0;
    while (i + 1 < HG_COUNT(list) && !hg_isa_usable(list[i].isa, context->machine.isa, false)) i++;
    return list[i].transposer;
}

static hg_status fill(hg_plan *plan, hg_filter *filter, const hg_channel_data *data,
                      const char *forced, hg_reason *why)
{
    hg_choice choice;
    hg_status status = hg_select(plan->context, &plan->asked, forced, &choice, why);
    if (!status && choice.untuned) hg_record_miss(plan->context, &plan->asked);
    if (status) return status;
    plan->kernel = choice.candidate.kernel;
    plan->config = choice.candidate.config;
    if (plan->kernel->op != plan->asked.op) hg_problem_as_conv2d(&plan->asked, &plan->problem);
    plan->inner = plan->problem;
    if (plan->config.via) plan->inner = hg_problem_in_layout(&plan->problem, HG_NHWC);
    if (plan->config.bands) plan->inner = hg_problem_of_band(&plan->problem, plan->config.bands);
    plan->estimate =
        plan->kernel->algorithm->cost(&plan->inner, plan->kernel) *
        (plan->config.bands ? (double)hg_band_count(&plan->problem, plan->config.bands) : 1.0);
    plan->small = plan->estimate < SMALL_NS;
    plan->transposer = best_transposer(plan->context);
    if (hg_problem_has_post(&plan->problem))
        plan->activate = hg_activations_of(plan->kernel->isa)->of[plan->problem.post.function];
    memcpy(plan->explain, choice.explain, sizeof plan->explain);
    hg_candidate_format(&choice.candidate, plan->choice, sizeof plan->choice);
    hg_problem_key(&plan->asked, plan->key);
    status = choose_parts(plan, why);
    if (status) return status;
    if (!lay_out(plan))
        return hg_fail(why, HG_RANGE, "the workspace would exceed the address space");
    if (plan->sizes.tables) {
        plan->tables = hg_allocate(&plan->context->host, plan->sizes.tables);
        if (!plan->tables) return hg_fail(why, HG_NO_MEMORY, "out of memory for tables");
    }
    if (plan->kernel->algorithm->prepare)
        plan->kernel->algorithm->prepare(&plan->inner, plan->kernel, &plan->config, plan->tables);
    status = filter ? take_weights(plan, filter, data, why) : HG_OK;
    if (status) return status;
    if (take_slopes(plan, data)) return hg_fail(why, HG_NO_MEMORY, "out of memory for slopes");
    return HG_OK;
}

hg_status hg_plan_create_one(hg_context *context, const hg_problem *problem, hg_filter *filter,
                             const hg_channel_data *data, const char *forced, hg_plan **out)
{
    hg_plan *plan = hg_allocate(&context->host, sizeof *plan);
    if (!plan) return hg_report(&context->host, HG_NO_MEMORY, "out of memory for a plan");
    memset(plan, 0, sizeof *plan);
    plan->context = context;
    plan->asked = plan->problem = *problem;
    hg_context_retain(context);
    hg_reason why = {""};
    const hg_status status = fill(plan, filter, data, forced, &why);
    if (status) {
        hg_plan_free(plan);
        return hg_report(&context->host, status, why.text);
    }
    *out = plan;
    return HG_OK;
}

void hg_plan_free(hg_plan *plan)
{
    if (!plan) return;
    hg_plan_free_classes(plan);
    hg_context *context = plan->context;
    hg_release(&context->host, plan->bias);
    hg_release(&context->host, plan->slopes);
    hg_release(&context->host, plan->tables);
    hg_release(&context->host, plan->resizing.tables);
    hg_release(&context->host, plan->pooling.tables);
    hg_filter_free(plan->filter);
    hg_release(&context->host, plan);
    hg_context_free(context);
}

/* ---- Questions ---- */

size_t hg_plan_workspace_size(const hg_plan *plan)
{
    return plan->workspace;
}

const char *hg_plan_key(const hg_plan *plan)
{
    return plan->key;
}

const char *hg_plan_kernel(const hg_plan *plan)
{
    return plan->choice;
}

const char *hg_plan_explain(const hg_plan *plan)
{
    return plan->explain;
}

void hg_plan_output(const hg_plan *plan, hg_tensor *output)
{
    *output = plan->problem.out;
}

bool hg_plan_candidate(const hg_plan *plan, size_t i, char *name, size_t size)
{
    hg_candidate list[HG_MAX_CANDIDATES];
    if (i >= hg_candidates(plan->context, &plan->asked, false, 0, list)) return false;
    hg_candidate_format(&list[i], name, size);
    return true;
}

bool hg_plan_rejected(const hg_plan *plan, size_t i, char *text, size_t size)
{
    const hg_kernel *kernel;
    const char *reason;
    if (!hg_rejected(plan->context, &plan->asked, i, &kernel, &reason)) return false;
    snprintf(text, size, "%s: %s", kernel->name, reason);
    return true;
}
