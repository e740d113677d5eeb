/* Running a plan: a few steps, each cut into ranges; serial, or on the executor of the run or the
 * context. */
#include <fenv.h>

#include "dispatch/bands.h"
#include "dispatch/overlap.h"
#include "dispatch/plan.h"

typedef struct run_state {
    const hg_plan *plan;
    const hg_io *io;
    const hg_step *step;
    hg_task task;    /* what the kernel sees; slices copy it and set their scratch */
    int64_t next;    /* atomic: first range that no slice has taken */
    int64_t portion; /* ranges taken at a time */
    int fault;       /* atomic */
    fenv_t floats;   /* the caller's rounding and denormals, which workers have not inherited */
} run_state;

static void repack(const run_state *r, const hg_tensor *nchw, const void *from, void *to,
                   size_t element_size, bool to_nhwc, int64_t begin, int64_t end)
{
    hg_repack(r->plan->transposer, nchw, from, to, element_size, to_nhwc, begin, end);
}

static void run_ranges(const run_state *r, const hg_task *task, int64_t begin, int64_t end)
{
    const hg_plan *plan = r->plan;
    const hg_problem *p = &plan->problem;
    const hg_io *io = r->io;
    switch (r->step->kind) {
    case HG_STEP_KERNEL:
        plan->kernel->algorithm->run(task, r->step->stage, begin, end);
        break;
    case HG_STEP_ACTIVATE:
        hg_activate_range(task, begin, end);
        break;
    case HG_STEP_PACK_INPUT:
        repack(r, &p->in, io->input, (void *)(uintptr_t)task->input, 4, true, begin, end);
        break;
    case HG_STEP_PACK_INDICES:
        repack(r, &p->in, io->input_indices, (void *)(uintptr_t)task->input_indices,
               hg_index_bytes(p->pool.index_type), true, begin, end);
        break;
    case HG_STEP_PACK_RESIDUAL:;
        hg_tensor residual = p->out;
        residual.strides = p->residual_strides;
        repack(r, &residual, io->residual, (void *)(uintptr_t)task->residual, 4, true, begin, end);
        break;
    case HG_STEP_UNPACK_OUTPUT:
        repack(r, &p->out, task->output, io->output, 4, false, begin, end);
        break;
    case HG_STEP_UNPACK_INDICES:
        repack(r, &p->out, task->indices, io->indices, hg_index_bytes(p->pool.index_type), false,
               begin, end);
        break;
    case HG_STEP_BANDS:
        hg_run_bands(plan, io, task, begin, end);
        break;
    }
}

/* One slice of a parallel step: takes portions until none is left, on its own scratch. */
static void run_slice(void *argument, size_t slice)
{
    run_state *r = argument;
    hg_task task = r->task;
    const int64_t ranges = r->step->ranges;
    if (r->plan->scratch_each)
        task.scratch = (char *)r->task.scratch + slice * r->plan->scratch_each;
    fenv_t own;
    fegetenv(&own);
    fesetenv(&r->floats);
    int64_t begin;
    while ((begin = __atomic_fetch_add(&r->next, r->portion, __ATOMIC_RELAXED)) < ranges)
        run_ranges(r, &task, begin, HG_MIN(begin + r->portion, ranges));
    fesetenv(&own);
}

static void run_step(run_state *r)
{
    const hg_context *context = r->plan->context;
    const hg_executor *own = r->io->executor, *executor = own ? own : &context->executor;
    const int64_t ranges = r->step->ranges;
    if (context->threads == 1 || ranges < 2 || r->plan->small ||
        (!own && context->workers && !hg_workers_worth(context->workers, r->plan->estimate))) {
        run_ranges(r, &r->task, 0, ranges);
        return;
    }
    const int64_t slices = HG_MIN(context->threads, ranges);
    fegetenv(&r->floats);
    r->next = 0;
    r->portion = HG_MAX(ranges / (slices * 8), 1);
    executor->parallel_for(executor->self, (size_t)slices, run_slice, r);
}

static void aim(run_state *r, char *workspace)
{
    const hg_plan *plan = r->plan;
    const hg_io *io = r->io;
    r->task = (hg_task){.problem = &plan->inner,
                        .kernel = plan->kernel,
                        .config = plan->config,
                        .tables = plan->tables,
                        .weights = plan->weights,
                        .bias = plan->bias,
                        .activate = plan->activate,
                        .slopes = plan->slopes ? plan->slopes : plan->bias,
                        .input = io->input,
                        .output = io->output,
                        .residual = io->residual,
                        .other = io->other,
                        .indices = io->indices,
                        .input_indices = io->input_indices,
                        .fault = &r->fault};
    if (!workspace) return;
    r->task.shared = workspace + plan->shared_at;
    r->task.scratch = workspace + plan->scratch_at;
    if (!plan->config.via || plan->config.bands) return;
    r->task.input = (const float *)(workspace + plan->input_at);
    r->task.output = (float *)(workspace + plan->output_at);
    r->task.residual = (const float *)(workspace + plan->residual_at);
    r->task.indices = workspace + plan->indices_at;
    r->task.input_indices = workspace + plan->indices_at;
}

/* What is wrong with the arguments, or NULL. */
static const char *fault_of(const hg_plan *plan, const hg_io *io, const void *workspace)
{
    const hg_problem *p = &plan->problem;
    if (p->in.n > 0) {
        if (!io->input) return "hg_run: io.input is NULL";
        if (!io->output) return "hg_run: io.output is NULL";
        if (p->op == HG_OP_BINARY && !io->other) return "hg_run: io.other is NULL";
        if (hg_overlaps_input(p, io)) return "hg_run: io.output overlaps io.input";
        if (p->op == HG_OP_BINARY && hg_overlaps_other(p, io))
            return "hg_run: io.output overlaps io.other";
        if (p->post.residual && !io->residual) return "hg_run: io.residual is NULL";
        if (p->pool.indices && !io->indices) return "hg_run: io.indices is NULL";
        if (p->op == HG_OP_MAX_UNPOOL2D && !io->input_indices)
            return "hg_run: io.input_indices is NULL";
        if (plan->workspace && !workspace) return "hg_run: the workspace is NULL";
    }
    if (io->executor && !io->executor->parallel_for)
        return "hg_run: io.executor has no parallel_for";
    if ((uintptr_t)workspace % 64) return "hg_run: the workspace is not 64-byte aligned";
    for (size_t i = 0; i < HG_COUNT(io->reserved); i++)
        if (io->reserved[i]) return "hg_run: io.reserved must be 0";
    return NULL;
}

hg_status hg_run(const hg_plan *plan, const hg_io *io, void *workspace)
{
    if (!plan || !io) return HG_INVALID;
    plan = hg_plan_here(plan);
    const char *fault = fault_of(plan, io, workspace);
    if (fault) return hg_report(&plan->context->host, HG_INVALID, fault);
    run_state r; /* not cleared: that takes as long as the smallest layers */
    r.plan = plan, r.io = io, r.fault = HG_OK;
    aim(&r, workspace);
    for (int i = 0; i < plan->step_count; i++) {
        r.step = &plan->steps[i];
        if (r.step->ranges > 0) run_step(&r);
    }
    if (r.fault == HG_INDEX)
        return hg_report(&plan->context->host, HG_INDEX,
                         "hg_run: an index lies outside the output");
    return HG_OK;
}

int64_t hg_plan_ranges(const hg_plan *plan)
{
    return plan->step_count == 1 ? plan->steps[0].ranges : 0;
}

hg_status hg_run_ranges(const hg_plan *plan, const hg_io *io, void *workspace, int64_t begin,
                        int64_t end)
{
    const char *fault = fault_of(plan, io, workspace);
    if (fault) return hg_report(&plan->context->host, HG_INVALID, fault);
    run_state r;
    r.plan = plan, r.io = io, r.fault = HG_OK, r.step = &plan->steps[0];
    aim(&r, workspace);
    run_ranges(&r, &r.task, begin, end);
    return r.fault == HG_INDEX ? HG_INDEX : HG_OK;
}
