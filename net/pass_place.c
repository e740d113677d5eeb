/* Slices and concatenations are places in memory: a slice lies in what it is cut from, and what a
 * concatenation is made of in the concatenation. Where that cannot be, and where the caller's
 * layout is another one, a copy is put in. */
#include "net/graph.h"

/* The same memory in either layout. */
static bool is_flat(const hg_tensor *t)
{
    return t->c == 1 || t->h * t->w == 1;
}

/* A step at `at` that copies a value to a new one, which it returns; NET_NONE: no memory. */
static int insert_copy(net_graph *g, int at, int from)
{
    net_node copy = g->values[from];
    copy.parent = NET_NONE;
    copy.home = NET_ARENA;
    copy.tensor.layout = HG_NHWC;
    const int to = net_value_add(g, &copy);
    net_step *s = to == NET_NONE ? NULL : net_step_insert(g, at);
    if (!s) return NET_NONE;
    s->kind = NET_COPY;
    s->word = copy.word;
    s->inputs[0] = from;
    s->input_count = 1;
    s->output = to;
    s->words[0] = (net_word){"copy", 4, copy.word.line, copy.word.column};
    s->word_count = 1;
    return to;
}

/* ---- The caller's memory ---- */

static hg_status place_inputs(net_graph *g)
{
    for (int i = 0; i < g->net->input_count; i++) {
        net_node *v = &g->values[g->inputs[i]];
        v->home = NET_INPUT;
        v->slot = i;
        if (g->options.input == HG_NHWC || is_flat(&v->tensor)) continue;
        v->tensor.layout = HG_NCHW;
        const int copy = insert_copy(g, 0, g->inputs[i]);
        if (copy == NET_NONE) return net_no_memory(g);
        for (int j = 1; j < g->step_count; j++) {
            net_step *s = &g->steps[j];
            for (int k = 0; k < s->input_count; k++)
                if (s->inputs[k] == g->inputs[i]) s->inputs[k] = copy;
            if (s->residual == g->inputs[i]) s->residual = copy;
        }
        for (int j = 0; j < g->net->output_count; j++)
            if (g->outputs[j] == g->inputs[i]) g->outputs[j] = copy;
    }
    return HG_OK;
}

static hg_status place_outputs(net_graph *g)
{
    for (int i = 0; i < g->net->output_count; i++) {
        const net_node *v = &g->values[g->outputs[i]];
        const bool same = g->options.output == HG_NHWC || is_flat(&v->tensor);
        if (!same || v->parent != NET_NONE || v->home != NET_ARENA) {
            g->outputs[i] = insert_copy(g, g->step_count, g->outputs[i]);
            if (g->outputs[i] == NET_NONE) return net_no_memory(g);
            if (!same) g->values[g->outputs[i]].tensor.layout = HG_NCHW;
        }
        g->values[g->outputs[i]].home = NET_OUTPUT;
        g->values[g->outputs[i]].slot = i;
    }
    return HG_OK;
}

/* ---- Parts ---- */

/* Values and their indices have the same strides, so neither is part of anything. */
static bool must_be_dense(net_graph *g, int value)
{
    const net_step *maker = net_producer(g, value);
    if (maker && maker->indices != NET_NONE) return true;
    for (int i = 0; i < g->step_count; i++)
        if (!g->steps[i].gone && g->steps[i].kind == NET_MAX_UNPOOL2D &&
            g->steps[i].inputs[0] == value)
            return true;
    return false;
}

static void place_slice(net_graph *g, net_step *s)
{
    net_node *v = &g->values[s->output];
    v->parent = s->inputs[0];
    v->y = s->a.rows.from;
    v->x = s->a.columns.from;
    v->c = s->a.channels.from;
    s->gone = true;
}

static hg_status place_concat(net_graph *g, int at)
{
    net_step *s = &g->steps[at];
    const int whole = s->output, count = s->input_count;
    int64_t c = 0;
    for (int i = 0; i < count; i++) {
        int part = g->steps[at].inputs[i];
        const net_node *v = &g->values[part];
        if (v->parent != NET_NONE || v->home != NET_ARENA || must_be_dense(g, part)) {
            part = insert_copy(g, at++, part);
            if (part == NET_NONE) return net_no_memory(g);
        }
        net_node *placed = &g->values[part];
        placed->parent = whole;
        placed->y = placed->x = 0;
        placed->c = c;
        c += placed->tensor.c;
    }
    g->steps[at].gone = true;
    return HG_OK;
}

static hg_status copy_unpooled(net_graph *g, int at)
{
    const net_node *v = &g->values[g->steps[at].inputs[0]];
    if (v->parent == NET_NONE) return HG_OK;
    const int copy = insert_copy(g, at, g->steps[at].inputs[0]);
    if (copy == NET_NONE) return net_no_memory(g);
    g->steps[at + 1].inputs[0] = copy;
    return HG_OK;
}

static hg_status place_parts(net_graph *g)
{
    hg_status status = HG_OK;
    for (int i = 0; !status && i < g->step_count; i++) {
        net_step *s = &g->steps[i];
        const int count = g->step_count;
        if (s->gone) continue;
        if (s->kind == NET_SLICE) place_slice(g, s);
        if (s->kind == NET_CONCAT) status = place_concat(g, i);
        if (s->kind == NET_MAX_UNPOOL2D) status = copy_unpooled(g, i);
        i += g->step_count - count; /* what was put in stands before this step */
    }
    return status;
}

/* ---- Strides ---- */

/* Offsets become those in the outermost value, whose strides all of its parts have. */
static void resolve(net_graph *g, int value)
{
    net_node *v = &g->values[value];
    const net_node *root = v;
    int64_t y = 0, x = 0, c = 0;
    for (; root->parent != NET_NONE; root = &g->values[root->parent])
        y += root->y, x += root->x, c += root->c;
    const hg_tensor *t = &root->tensor;
    if (t->layout == HG_NCHW)
        v->tensor.strides = (hg_strides){t->c * t->h * t->w, t->w, 1, t->h * t->w};
    else
        v->tensor.strides = (hg_strides){t->h * t->w * t->c, t->w * t->c, t->c, 1};
    v->offset = (size_t)(y * v->tensor.strides.h + x * v->tensor.strides.w + c) * sizeof(float);
}

hg_status net_place(net_graph *g)
{
    hg_status status = place_inputs(g);
    if (!status) status = place_parts(g);
    if (!status) status = place_outputs(g);
    if (status) return status;
    for (int i = 0; i < g->value_count; i++) resolve(g, i);
    net_close_gaps(g);
    return HG_OK;
}
