/* Runs a plan, and answers about it. */
#include "net/plan.h"

static size_t round_up(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* ---- Running ---- */

typedef struct homes {
    const void *const *inputs;
    void *const *outputs;
    char *arena;
    const hg_executor *executor;
} homes;

static const void *readable(const homes *h, net_address a)
{
    if (a.slot == NET_NONE) return NULL;
    if (a.home == NET_CONSTANT) return a.constant;
    const char *base = a.home == NET_INPUT    ? h->inputs[a.slot]
                       : a.home == NET_OUTPUT ? h->outputs[a.slot]
                                              : h->arena;
    return base + a.offset;
}

static void *writable(const homes *h, net_address a)
{
    if (a.slot == NET_NONE) return NULL;
    char *base = a.home == NET_OUTPUT ? h->outputs[a.slot] : h->arena;
    return base + a.offset;
}

static hg_status run(const hg_net_plan *plan, const net_action *a, const homes *h)
{
    const void *in = readable(h, a->input);
    void *out = writable(h, a->output);
    if (a->plan) {
        const size_t arena = round_up(plan->arena);
        const hg_io io = {.input = in,
                          .output = out,
                          .residual = readable(h, a->residual),
                          .other = readable(h, a->second),
                          .indices = writable(h, a->indices),
                          .input_indices = readable(h, a->second),
                          .executor = h->executor};
        return hg_run(a->plan, &io, plan->workspace ? h->arena + arena : NULL);
    }
    net_copy(a, in, out);
    return HG_OK;
}

static hg_status check(const hg_net_plan *plan, const void *const *inputs, void *const *outputs,
                       const void *memory)
{
    if (!plan || !inputs || !outputs) return HG_INVALID;
    for (int i = 0; i < plan->input_count; i++)
        if (!inputs[i]) return HG_INVALID;
    for (int i = 0; i < plan->output_count; i++)
        if (!outputs[i]) return HG_INVALID;
    if (hg_net_memory_size(plan) && (!memory || (uintptr_t)memory % 64)) return HG_INVALID;
    return HG_OK;
}

hg_status hg_net_step_run(const hg_net_plan *plan, int i, const void *const *inputs,
                          void *const *outputs, void *memory)
{
    const hg_status status = check(plan, inputs, outputs, memory);
    if (status) return status;
    if (i < 0 || i >= plan->count) return HG_INVALID;
    return run(plan, &plan->actions[i], &(homes){inputs, outputs, memory, NULL});
}

hg_status hg_net_run_on(const hg_net_plan *plan, const hg_executor *executor,
                        const void *const *inputs, void *const *outputs, void *memory)
{
    hg_status status = check(plan, inputs, outputs, memory);
    if (!status && executor && !executor->parallel_for) status = HG_INVALID;
    for (int i = 0; !status && i < plan->count; i++)
        status = run(plan, &plan->actions[i], &(homes){inputs, outputs, memory, executor});
    return status;
}

hg_status hg_net_run(const hg_net_plan *plan, const void *const *inputs, void *const *outputs,
                     void *memory)
{
    return hg_net_run_on(plan, NULL, inputs, outputs, memory);
}

/* ---- Answers ---- */

int hg_net_input_count(const hg_net_plan *plan)
{
    return plan ? plan->input_count : 0;
}

int hg_net_output_count(const hg_net_plan *plan)
{
    return plan ? plan->output_count : 0;
}

static hg_status answer(const net_end *ends, int count, int i, const char **name, hg_tensor *tensor)
{
    if (i < 0 || i >= count) return HG_INVALID;
    if (name) *name = ends[i].name;
    if (tensor) *tensor = ends[i].tensor;
    return HG_OK;
}

hg_status hg_net_input(const hg_net_plan *plan, int i, const char **name, hg_tensor *tensor)
{
    return plan ? answer(plan->inputs, plan->input_count, i, name, tensor) : HG_INVALID;
}

hg_status hg_net_output(const hg_net_plan *plan, int i, const char **name, hg_tensor *tensor)
{
    return plan ? answer(plan->outputs, plan->output_count, i, name, tensor) : HG_INVALID;
}

size_t hg_net_memory_size(const hg_net_plan *plan)
{
    return plan ? round_up(plan->arena) + round_up(plan->workspace) : 0;
}

size_t hg_net_arena_size(const hg_net_plan *plan)
{
    return plan ? plan->arena : 0;
}

size_t hg_net_values_size(const hg_net_plan *plan)
{
    return plan ? plan->values : 0;
}

int hg_net_step_count(const hg_net_plan *plan)
{
    return plan ? plan->count : 0;
}

hg_status hg_net_step_get(const hg_net_plan *plan, int i, hg_net_step *step)
{
    if (!plan || !step || i < 0 || i >= plan->count) return HG_INVALID;
    *step = plan->actions[i].shown;
    return HG_OK;
}

const char *hg_net_step_weighed(const hg_net_plan *plan, int i)
{
    return plan && i >= 0 && i < plan->count ? plan->actions[i].weighed : NULL;
}
