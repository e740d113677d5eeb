/* Steps and values while a network is planned. Contract: graph.h. */
#include "net/graph.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

hg_status net_no_memory(const net_graph *g)
{
    return net_fail_whole(g->error, HG_NO_MEMORY, "out of memory");
}

/* ---- From lines to steps ---- */

/* Passes add few: copies before concatenations and unpooling and at the edges; constants of lines.
 * Room that is not needed would be touched all the same. */
static hg_status reserve(net_graph *g)
{
    const hg_net *net = g->net;
    int copies = net->input_count + net->output_count;
    for (int i = 0; i < net->line_count; i++) {
        const net_kind kind = net->lines[i].op->kind;
        if (kind == NET_CONCAT) copies += net->lines[i].input_count;
        if (kind == NET_MAX_UNPOOL2D) copies++;
    }
    g->value_room = net->value_count + copies + net->line_count;
    g->step_room = net->line_count + copies;
    g->values = net_take(g->memory, (size_t)g->value_room, sizeof *g->values);
    return g->values ? HG_OK : net_no_memory(g);
}

static bool is_size(int64_t size)
{
    return size >= 1 && size <= INT32_MAX;
}

static bool scale(int64_t from, int64_t to, int64_t *size)
{
    if (*size > INT32_MAX || to > INT32_MAX || *size * to % from) return false;
    *size = *size * to / from;
    return is_size(*size);
}

/* The sizes that the caller gives an input. */
static hg_status size_input(const net_graph *g, net_node *v, const hg_tensor *given)
{
    if (!is_size(given->n) || !is_size(given->h) || !is_size(given->w) || given->c != v->tensor.c)
        return net_fail(g->error, v->word, HG_INVALID,
                        "input %s, of c=%lld, cannot have n=%lld c=%lld h=%lld w=%lld", v->name,
                        (long long)v->tensor.c, (long long)given->n, (long long)given->c,
                        (long long)given->h, (long long)given->w);
    v->tensor.n = given->n, v->tensor.h = given->h, v->tensor.w = given->w;
    return HG_OK;
}

static hg_status scale_input(const net_graph *g, net_node *v, const hg_tensor *first)
{
    const hg_net_options *o = &g->options;
    if (o->n) v->tensor.n = o->n;
    if (!o->size.h ||
        (scale(first->h, o->size.h, &v->tensor.h) && scale(first->w, o->size.w, &v->tensor.w)))
        return HG_OK;
    return net_fail(g->error, v->word, HG_INVALID,
                    "input %s cannot be scaled as the first one is, to %lldx%lld", v->name,
                    (long long)o->size.h, (long long)o->size.w);
}

/* All sizes of values stay below what an int64_t holds in bytes, with room to add some up. */
static bool fits(const hg_tensor *t)
{
    const double elements = (double)t->n * (double)t->h * (double)t->w * (double)t->c;
    return elements < 0x1p40;
}

static hg_status size_inputs(net_graph *g)
{
    const hg_tensor *given = g->options.inputs;
    const hg_tensor first = g->values[g->inputs[0]].tensor;
    hg_status status = HG_OK;
    for (int i = 0; !status && i < g->net->input_count; i++) {
        net_node *v = &g->values[g->inputs[i]];
        status = given ? size_input(g, v, &given[i]) : scale_input(g, v, &first);
        if (!status && !fits(&v->tensor))
            status = net_fail(g->error, v->word, HG_RANGE, "input %s is too large", v->name);
    }
    return status;
}

static hg_status copy_values(net_graph *g)
{
    const hg_net *net = g->net;
    g->value_count = net->value_count;
    for (int i = 0; i < net->value_count; i++)
        g->values[i] = (net_node){.name = net->values[i].name,
                                  .word = net->values[i].word,
                                  .tensor = net->values[i].tensor,
                                  .parent = NET_NONE};
    for (int i = 0; i < net->input_count; i++) {
        net_node *v = &g->values[net->inputs[i]];
        v->indices = v->tensor.dtype == HG_I32;
    }
    memcpy(g->inputs, net->inputs, (size_t)net->input_count * sizeof *net->inputs);
    memcpy(g->outputs, net->outputs, (size_t)net->output_count * sizeof *net->outputs);
    return size_inputs(g);
}

static net_step step_of(const net_line *line)
{
    net_step s = {.kind = line->op->kind,
                  .word = line->word,
                  .a = line->a,
                  .input_count = line->input_count,
                  .output = NET_NONE,
                  .indices = line->output_count == 2 ? line->outputs[1] : NET_NONE,
                  .residual = NET_NONE,
                  .words = {line->word},
                  .word_count = 1};
    memcpy(s.inputs, line->inputs, sizeof s.inputs);
    return s;
}

/* ---- Shapes ---- */

static hg_status check_types(const net_graph *g, const net_step *s)
{
    for (int i = 0; i < s->input_count; i++) {
        const net_node *v = &g->values[s->inputs[i]];
        const bool wanted = s->kind == NET_MAX_UNPOOL2D && i == 1;
        if (wanted != v->indices)
            return net_fail(g->error, s->word, HG_INVALID,
                            wanted ? "%s is not the indices of a max_pool2d"
                                   : "%s are indices, which max_unpool2d alone reads",
                            v->name);
        if (!wanted && v->tensor.dtype != HG_F32)
            return net_fail(g->error, s->word, HG_INVALID,
                            "%s are classes, which no operator reads", v->name);
    }
    return HG_OK;
}

static hg_status refuse(const net_graph *g, const net_step *s, hg_status status)
{
    const hg_tensor *t = &g->values[s->inputs[0]].tensor;
    const hg_tensor *u = s->input_count > 1 ? &g->values[s->inputs[1]].tensor : NULL;
    const bool apart = s->kind == NET_BINARY && status == HG_INVALID;
    const char *reason = apart ? "one of the two alone can be repeated, of a difference the second"
                               : hg_status_string(status);
    if (u)
        return net_fail(g->error, s->word, status,
                        "%.*s of c=%lld h=%lld w=%lld and c=%lld h=%lld w=%lld: %s",
                        NET_SHOW(s->word), (long long)t->c, (long long)t->h, (long long)t->w,
                        (long long)u->c, (long long)u->h, (long long)u->w, reason);
    return net_fail(g->error, s->word, status,
                    "%.*s of n=%lld c=%lld h=%lld w=%lld, with these attributes: %s",
                    NET_SHOW(s->word), (long long)t->n, (long long)t->c, (long long)t->h,
                    (long long)t->w, reason);
}

static int64_t elements(const hg_tensor *t)
{
    return t->n * t->h * t->w * t->c;
}

/* The second value of a binary operator is the one that is repeated; which it is only matters to a
 * difference. */
static void put_larger_first(const net_graph *g, net_step *s)
{
    if (s->kind != NET_BINARY || s->a.binary == HG_SUBTRACT) return;
    const int first = s->inputs[0], second = s->inputs[1];
    if (elements(&g->values[first].tensor) >= elements(&g->values[second].tensor)) return;
    s->inputs[0] = second;
    s->inputs[1] = first;
}

static hg_status infer(net_graph *g, net_step *s, const net_line *line)
{
    hg_tensor out;
    hg_status status = check_types(g, s);
    if (status) return status;
    put_larger_first(g, s);
    if (net_has_epilogue(s) &&
        (g->values[s->inputs[0]].tensor.c % s->a.groups || s->a.k % s->a.groups))
        return refuse(g, s, HG_INVALID);
    status = net_infer(g, s, &out);
    if (!status && !fits(&out)) status = HG_RANGE;
    if (status) return refuse(g, s, status);
    s->output = line->outputs[0];
    out.strides = (hg_strides){0};
    g->values[s->output].tensor = out;
    if (s->indices != NET_NONE) {
        out.dtype = HG_I32;
        g->values[s->indices].tensor = out;
        g->values[s->indices].indices = true;
    }
    return HG_OK;
}

static hg_status infer_lines(net_graph *g)
{
    hg_status status = reserve(g);
    if (!status) status = copy_values(g);
    if (status) return status;
    g->steps = net_take(g->memory, (size_t)g->step_room, sizeof *g->steps);
    if (!g->steps) return net_no_memory(g);
    for (int i = 0; !status && i < g->net->line_count; i++) {
        g->steps[i] = step_of(&g->net->lines[i]);
        g->step_count++;
        status = infer(g, &g->steps[i], &g->net->lines[i]);
    }
    return status;
}

/* ---- Weights ---- */

static hg_status place_parameters(hg_net *net, net_line *line, const net_graph *g,
                                  const net_step *s, hg_net_error *error)
{
    const hg_status status = net_parameter_place(net, &line->a.weight, net_weight_count(g, s),
                                                 line->word, "weight", error);
    return status ? status
                  : net_parameter_place(net, &line->a.bias, net_bias_count(g, s), line->word,
                                        "bias", error);
}

/* Steps go as they come: none reads another. */
hg_status net_check(hg_net *net, hg_net_error *error)
{
    net_memory scratch = {net->memory.allocator, NULL};
    net_graph g = {.memory = &scratch, .net = net, .error = error};
    hg_status status = reserve(&g);
    if (!status) status = copy_values(&g);
    for (int i = 0; !status && i < net->line_count; i++) {
        net_step s = step_of(&net->lines[i]);
        status = infer(&g, &s, &net->lines[i]);
        if (!status) status = place_parameters(net, &net->lines[i], &g, &s, error);
    }
    for (int i = 0; !status && i < net->value_count; i++)
        net->values[i].tensor = g.values[i].tensor;
    net_give_back(&scratch);
    return status;
}

/* What random weights look like: sums keep their size, scales and variances stay away from 0. */
static void random_range(const net_graph *g, const net_step *s, float *centre, float *spread)
{
    const double products =
        net_has_epilogue(s) ? (double)net_weight_count(g, s) / (double)s->a.k : 1;
    const bool slopes = s->kind == NET_ACTIVATION;
    *centre = net_has_epilogue(s) ? 0 : slopes ? 0.25f : 1;
    *spread = net_has_epilogue(s) ? (float)sqrt(6 / products) : slopes ? 0.25f : 0.5f;
}

static hg_status take_floats(net_graph *g, const net_parameter *p, float centre, float spread,
                             float **to)
{
    if (!p->given) return HG_OK;
    *to = net_take(g->memory, (size_t)p->count + 1, sizeof **to);
    if (!*to) return net_no_memory(g);
    net_parameter_copy(g->net, p, centre, spread, *to);
    return HG_OK;
}

hg_status net_graph_create(net_graph *g)
{
    hg_status status = infer_lines(g);
    for (int i = 0; !status && i < g->step_count; i++) {
        net_step *s = &g->steps[i];
        float centre, spread;
        random_range(g, s, &centre, &spread);
        /* Of nets without weights only those of convolutions are many. */
        if (!g->net->bare || !net_has_epilogue(s))
            status = take_floats(g, &s->a.weight, centre, spread, &s->weight);
        if (!status) status = take_floats(g, &s->a.bias, 0, 0.1f, &s->bias);
        if (s->kind == NET_ACTIVATION) s->slopes = s->weight;
    }
    return status;
}

/* ---- For passes ---- */

int net_value_add(net_graph *g, const net_node *like)
{
    if (g->value_count == g->value_room) return NET_NONE;
    g->values[g->value_count] = *like;
    return g->value_count++;
}

net_step *net_step_insert(net_graph *g, int at)
{
    if (g->step_count == g->step_room) return NULL;
    memmove(&g->steps[at + 1], &g->steps[at], (size_t)(g->step_count - at) * sizeof *g->steps);
    g->step_count++;
    g->steps[at] = (net_step){.output = NET_NONE, .indices = NET_NONE, .residual = NET_NONE};
    return &g->steps[at];
}

net_step *net_producer(net_graph *g, int value)
{
    for (int i = 0; i < g->step_count; i++) {
        net_step *s = &g->steps[i];
        if (!s->gone && (s->output == value || s->indices == value)) return s;
    }
    return NULL;
}

int net_uses(const net_graph *g, int value)
{
    int uses = 0;
    for (int i = 0; i < g->net->output_count; i++) uses += g->outputs[i] == value;
    for (int i = 0; i < g->step_count; i++) {
        const net_step *s = &g->steps[i];
        if (s->gone) continue;
        for (int j = 0; j < s->input_count; j++) uses += s->inputs[j] == value;
        uses += s->residual == value;
    }
    return uses;
}

void net_replace(net_graph *g, int value, int by)
{
    for (int i = 0; i < g->net->output_count; i++)
        if (g->outputs[i] == value) g->outputs[i] = by;
    for (int i = 0; i < g->step_count; i++)
        for (int j = 0; j < g->steps[i].input_count; j++)
            if (g->steps[i].inputs[j] == value) g->steps[i].inputs[j] = by;
}

net_step *net_only_producer(net_graph *g, int value)
{
    return net_uses(g, value) == 1 ? net_producer(g, value) : NULL;
}

bool net_merge(net_step *into, net_step *step)
{
    if (into->word_count + step->word_count > NET_FUSED) return false;
    net_step merged = *into;
    memcpy(merged.words + merged.word_count, step->words,
           (size_t)step->word_count * sizeof *step->words);
    merged.word_count += step->word_count;
    merged.output = step->output;
    *step = merged;
    into->gone = true;
    return true;
}

bool net_take_over(net_step *step, net_step *before)
{
    if (step->word_count + before->word_count > NET_FUSED) return false;
    memmove(step->words + before->word_count, step->words,
            (size_t)step->word_count * sizeof *step->words);
    memcpy(step->words, before->words, (size_t)before->word_count * sizeof *step->words);
    step->word_count += before->word_count;
    step->inputs[0] = before->inputs[0];
    before->gone = true;
    return true;
}

hg_status net_weighed(net_graph *g, net_step *step, hg_status status, const hg_fusion *fusion,
                      bool *pays)
{
    *pays = status == HG_OK && fusion->pays;
    if (status) return HG_OK;
    const char *before = step->weighed ? step->weighed : "";
    const size_t size = strlen(before) + sizeof fusion->keys;
    char *keys = net_take(g->memory, size, 1);
    if (!keys) return net_no_memory(g);
    snprintf(keys, size, "%s%s\n%s\n%s\n", before, fusion->keys[0], fusion->keys[1],
             fusion->keys[2]);
    step->weighed = keys;
    return HG_OK;
}

void net_close_gaps(net_graph *g)
{
    int kept = 0;
    for (int i = 0; i < g->step_count; i++)
        if (!g->steps[i].gone) g->steps[kept++] = g->steps[i];
    g->step_count = kept;
}
