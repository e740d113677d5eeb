/* Makes a plan of a network: passes, then a plan of each step. */
#include "net/plan.h"

#include <stdio.h>
#include <string.h>

static net_address address_of(const net_graph *g, int value)
{
    if (value == NET_NONE) return (net_address){.slot = NET_NONE};
    const net_node *v = &g->values[value];
    return (net_address){v->home, v->home == NET_ARENA ? 0 : v->slot, v->offset, NULL};
}

static hg_status keep_constant(hg_net_plan *plan, const net_graph *g, int value, net_address *a)
{
    const net_node *v = &g->values[value];
    const size_t bytes = (size_t)v->tensor.c * sizeof *v->floats;
    void *copy = net_take(&plan->memory, bytes, 1);
    if (!copy) return net_no_memory(g);
    a->constant = memcpy(copy, v->floats, bytes);
    return HG_OK;
}

/* "conv2d:4 batch_norm:5 relu:6" */
static const char *describe_lines(hg_net_plan *plan, const net_step *s)
{
    char text[NET_FUSED * 48];
    size_t used = 0;
    for (int i = 0; i < s->word_count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s:%d", i ? " " : "",
                                 NET_SHOW(s->words[i]), s->words[i].line);
    return net_take_text(&plan->memory, text, used);
}

static double bytes_of(const hg_tensor *t)
{
    return (double)(t->n * t->h * t->w * t->c) * (t->dtype == HG_U8 ? 1 : 4);
}

static double traffic(const net_graph *g, const net_step *s)
{
    double bytes = bytes_of(&g->values[s->output].tensor);
    for (int i = 0; i < s->input_count; i++) bytes += bytes_of(&g->values[s->inputs[i]].tensor);
    if (s->residual != NET_NONE) bytes += bytes_of(&g->values[s->residual].tensor);
    if (s->indices != NET_NONE) bytes += bytes_of(&g->values[s->indices].tensor);
    return bytes;
}

static hg_status show(hg_net_plan *plan, const net_graph *g, const net_step *s, net_action *a)
{
    const char *name = g->values[s->output].name, *weighed = s->weighed ? s->weighed : "";
    a->shown = (hg_net_step){.name = net_take_text(&plan->memory, name, strlen(name)),
                             .lines = describe_lines(plan, s),
                             .key = a->plan ? hg_plan_key(a->plan) : "",
                             .kernel = a->plan ? hg_plan_kernel(a->plan) : "",
                             .input = a->in,
                             .output = a->out,
                             .flops = net_flops(g, s),
                             .bytes = traffic(g, s)};
    a->weighed = net_take_text(&plan->memory, weighed, strlen(weighed));
    return a->shown.name && a->shown.lines && a->weighed ? HG_OK : net_no_memory(g);
}

static hg_status plan_step(hg_net_plan *plan, const net_graph *g, const net_step *s,
                           hg_context *context)
{
    net_action *a = &plan->actions[plan->count];
    const int second = s->input_count > 1 ? s->inputs[1] : NET_NONE;
    *a = (net_action){.input = address_of(g, s->inputs[0]),
                      .second = address_of(g, second),
                      .residual = address_of(g, s->residual),
                      .indices = address_of(g, s->indices),
                      .output = address_of(g, s->output),
                      .in = g->values[s->inputs[0]].tensor,
                      .out = g->values[s->output].tensor};
    a->read[0] = s->inputs[0], a->read[1] = second, a->read[2] = s->residual;
    a->written[0] = s->output, a->written[1] = s->indices;
    hg_status status = net_exchange_floats(g, s);
    if (!status && second != NET_NONE && g->values[second].home == NET_CONSTANT)
        status = keep_constant(plan, g, second, &a->second);
    if (!status) status = net_plan_step(g, s, context, &a->plan);
    if (status == HG_UNSUPPORTED && g->net->bare && (net_has_epilogue(s) || s->slopes))
        return net_fail(
            g->error, s->word, status,
            "%.*s: its weights are not packed as this plan needs them; load the network "
            "with its weights",
            NET_SHOW(s->word));
    if (status)
        return net_fail(g->error, s->word, status, "%.*s cannot be planned: %s", NET_SHOW(s->word),
                        hg_status_string(status));
    plan->count++;
    const size_t workspace = a->plan ? hg_plan_workspace_size(a->plan) : 0;
    if (workspace > plan->workspace) plan->workspace = workspace;
    return show(plan, g, s, a);
}

/* Names are the description's; a copy at the edge has the value's own. */
static hg_status keep_ends(hg_net_plan *plan, const net_graph *g)
{
    const hg_net *net = g->net;
    plan->input_count = net->input_count;
    plan->output_count = net->output_count;
    for (int i = 0; i < net->input_count + net->output_count; i++) {
        const bool in = i < net->input_count;
        const int j = in ? i : i - net->input_count;
        const char *name = net->values[in ? net->inputs[j] : net->outputs[j]].name;
        net_end *end = in ? &plan->inputs[j] : &plan->outputs[j];
        end->tensor = g->values[in ? g->inputs[j] : g->outputs[j]].tensor;
        end->tensor.layout = in ? g->options.input : g->options.output;
        end->tensor.strides = (hg_strides){0};
        end->name = net_take_text(&plan->memory, name, strlen(name));
        if (!end->name) return net_no_memory(g);
    }
    return HG_OK;
}

static hg_status keep_nodes(hg_net_plan *plan, const net_graph *g)
{
    plan->nodes = net_take(&plan->memory, (size_t)g->value_count, sizeof *plan->nodes);
    if (!plan->nodes) return net_no_memory(g);
    plan->node_count = g->value_count;
    plan->arena = g->arena;
    memcpy(plan->nodes, g->values, (size_t)g->value_count * sizeof *plan->nodes);
    for (int i = 0; i < g->value_count; i++) {
        const net_node *v = &g->values[i];
        plan->nodes[i].name = NULL; /* the description's */
        plan->nodes[i].word = (net_word){.text = ""};
        if (v->home == NET_ARENA && !(v->parent == NET_NONE && v->first < 0))
            plan->values += (size_t)bytes_of(&v->tensor);
    }
    return HG_OK;
}

static hg_status check_options(const hg_net_options *o, hg_net_error *error)
{
    uint64_t reserved = 0;
    for (size_t i = 0; i < sizeof o->reserved / sizeof *o->reserved; i++)
        reserved |= o->reserved[i];
    if (reserved) return net_fail_whole(error, HG_UNSUPPORTED, "options.reserved must be 0");
    if (o->n < 0 || o->n > INT32_MAX)
        return net_fail_whole(error, HG_INVALID, "options.n is out of range");
    if (o->size.h < 0 || o->size.w < 0 || !o->size.h != !o->size.w)
        return net_fail_whole(error, HG_INVALID, "options.size needs two sizes above 0, or none");
    if (o->inputs && (o->n || o->size.h))
        return net_fail_whole(error, HG_INVALID, "options.inputs comes beside n or size");
    if ((o->input != HG_NHWC && o->input != HG_NCHW) ||
        (o->output != HG_NHWC && o->output != HG_NCHW))
        return net_fail_whole(error, HG_INVALID, "options.input or output is no layout");
    return HG_OK;
}

static hg_status build(hg_net_plan *plan, net_graph *g, hg_context *context)
{
    hg_status status = check_options(&g->options, g->error);
    if (!status) status = net_graph_create(g);
    if (!status) status = net_run_passes(g);
    if (status) return status;
    plan->actions = net_take(&plan->memory, (size_t)g->step_count + 1, sizeof *plan->actions);
    if (!plan->actions) return net_no_memory(g);
    for (int i = 0; !status && i < g->step_count; i++)
        status = plan_step(plan, g, &g->steps[i], context);
    if (!status) status = keep_ends(plan, g);
    return status ? status : keep_nodes(plan, g);
}

hg_status hg_net_plan_create(hg_context *context, const hg_net *net, const hg_net_options *options,
                             hg_net_plan **plan, hg_net_error *error)
{
    if (error) *error = (hg_net_error){0};
    if (plan) *plan = NULL;
    if (!context || !net || !plan) return net_fail_whole(error, HG_INVALID, "a null pointer");
    if (net->bare && !(options && options->packed))
        return net_fail_whole(error, HG_UNSUPPORTED,
                              "the network was loaded without weights, and options.packed is NULL");
    net_memory own = {net->memory.allocator, NULL}, scratch = own;
    hg_net_plan *made = net_take(&own, 1, sizeof *made);
    if (!made) return net_fail_whole(error, HG_NO_MEMORY, "out of memory");
    made->memory = own;
    net_graph g = {.memory = &scratch,
                   .net = net,
                   .options = options ? *options : (hg_net_options){0},
                   .error = error,
                   .context = context};
    const hg_status status = build(made, &g, context);
    net_give_back(&scratch);
    if (status)
        hg_net_plan_free(made);
    else
        *plan = made;
    return status;
}

void hg_net_plan_free(hg_net_plan *plan)
{
    if (!plan) return;
    for (int i = 0; i < plan->count; i++) hg_plan_free(plan->actions[i].plan);
    net_memory memory = plan->memory; /* the plan itself lies in it */
    net_give_back(&memory);
}
