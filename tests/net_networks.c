/* How a network is checked. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/net.h"
#include "tests/net_oracle.h"

/* ---- Running ---- */

typedef struct trial {
    const char *name;
    const hg_net *net;
    const net_image *want;
    uint64_t seed;
    hg_net_options options;
} trial;

static size_t place(hg_layout layout, const net_image *t, int64_t n, int64_t c, int64_t y,
                    int64_t x)
{
    return (size_t)(layout == HG_NCHW ? ((n * t->c + c) * t->h + y) * t->w + x
                                      : ((n * t->h + y) * t->w + x) * t->c + c);
}

static float *make_input(const trial *t, int i)
{
    const net_image *in = &t->want[t->net->inputs[i]];
    float *x = calloc((size_t)(in->n * in->c * in->h * in->w), sizeof *x);
    for (int64_t n = 0, e = 0; n < in->n; n++)
        for (int64_t c = 0; c < in->c; c++)
            for (int64_t y = 0; y < in->h; y++)
                for (int64_t z = 0; z < in->w; z++)
                    x[place(t->options.input, in, n, c, y, z)] = (float)in->v[e++];
    return x;
}

static double value_at(const hg_tensor *t, const void *data, size_t i)
{
    if (t->dtype == HG_F32) return (double)((const float *)data)[i];
    return t->dtype == HG_U8 ? ((const uint8_t *)data)[i] : ((const int32_t *)data)[i];
}

/* Sums are long and Winograd's kernels err by the largest value around; classes may be another's
 * where two are as good, of one pixel in a hundred. */
static void compare(const trial *t, int i, const hg_tensor *type, const void *got)
{
    const net_image *want = &t->want[t->net->outputs[i]];
    double most = 1e-6, off = 0;
    int64_t e = 0, wrong = 0;
    for (int64_t n = 0; n < want->n; n++)
        for (int64_t c = 0; c < want->c; c++)
            for (int64_t y = 0; y < want->h; y++)
                for (int64_t x = 0; x < want->w; x++, e++) {
                    const double v =
                        value_at(type, got, place(t->options.output, want, n, c, y, x));
                    most = fmax(most, fabs(want->v[e]));
                    off = fabs(v - want->v[e]) <= off ? off : fabs(v - want->v[e]);
                    wrong += v != want->v[e];
                }
    const bool good = type->dtype == HG_F32 ? off <= 1e-4 * most : wrong * 100 <= e;
    NET_EXPECT(good, "%s, output %d%s, layouts %d %d: off by %g of %g, %lld of %lld differ",
               t->name, i, t->options.unfused ? " unfused" : "", t->options.input,
               t->options.output, off, most, (long long)wrong, (long long)e);
}

static void run_plan(const trial *t, const hg_net_plan *plan)
{
    enum { GUARD = 256 };
    float *inputs[NET_WORDS] = {0};
    void *outputs[NET_WORDS] = {0};
    hg_tensor types[NET_WORDS];
    const size_t size = hg_net_memory_size(plan);
    unsigned char *memory = aligned_alloc(64, size + GUARD);
    memset(memory, 0xFF, size + GUARD); /* NaN, wherever a value is read before it is written */
    for (int i = 0; i < t->net->input_count; i++) inputs[i] = make_input(t, i);
    for (int i = 0; i < t->net->output_count; i++) {
        hg_net_output(plan, i, NULL, &types[i]);
        outputs[i] = malloc((size_t)(types[i].n * types[i].c * types[i].h * types[i].w) * 4 + 1);
    }
    const hg_status status = hg_net_run(plan, (const void *const *)inputs, outputs, memory);
    NET_EXPECT(status == HG_OK, "%s: run: %s", t->name, hg_status_string(status));
    for (int i = 0; i < t->net->output_count; i++) compare(t, i, &types[i], outputs[i]);
    bool untouched = true;
    for (size_t i = size; i < size + GUARD; i++) untouched = untouched && memory[i] == 0xFF;
    NET_EXPECT(untouched, "%s: bytes behind the memory were written", t->name);
    for (int i = 0; i < NET_WORDS; i++) free(inputs[i]), free(outputs[i]);
    free(memory);
}

/* ---- The arena ---- */

static int root_of(const hg_net_plan *plan, int node)
{
    while (plan->nodes[node].parent != NET_NONE) node = plan->nodes[node].parent;
    return node;
}

/* Two values whose bytes meet are never both between their first and last use. Uses are taken from
 * the steps, not from what the planner thought. */
static void check_arena(const trial *t, const hg_net_plan *plan)
{
    int *first = calloc((size_t)plan->node_count, sizeof *first);
    int *last = calloc((size_t)plan->node_count, sizeof *last);
    for (int i = 0; i < plan->node_count; i++) first[i] = last[i] = -1;
    for (int i = 0; i < plan->count; i++) {
        const net_action *a = &plan->actions[i];
        const int used[] = {a->read[0], a->read[1], a->read[2], a->written[0], a->written[1]};
        for (int j = 0; j < 5; j++) {
            if (used[j] == NET_NONE) continue;
            const int root = root_of(plan, used[j]);
            first[root] = first[root] < 0 ? i : first[root];
            last[root] = i;
        }
    }
    for (int i = 0; i < plan->node_count; i++)
        for (int j = 0; j < i; j++) {
            const net_node *v = &plan->nodes[i], *w = &plan->nodes[j];
            const bool alive =
                first[i] >= 0 && first[j] >= 0 && first[i] <= last[j] && first[j] <= last[i];
            if (!alive || v->home != NET_ARENA || w->home != NET_ARENA) continue;
            NET_EXPECT(v->offset + v->bytes <= w->offset || w->offset + w->bytes <= v->offset,
                       "%s: values %d and %d share memory", t->name, i, j);
            NET_EXPECT(v->offset + v->bytes <= plan->arena, "%s: value %d exceeds the arena",
                       t->name, i);
        }
    free(first), free(last);
}

void net_check_network(const net_text_case *c, uint64_t seed)
{
    hg_net_error error;
    trial t = {.name = c->name, .seed = seed};
    hg_net *net;
    if (!NET_EXPECT(hg_net_read(c->text, strlen(c->text), NULL, 0, NULL, &net, &error) == HG_OK,
                    "%s: %d:%d: %s\n%s", c->name, error.line, error.column, error.text, c->text))
        return;
    net_image *want = net_oracle_run(net, seed);
    t.net = net, t.want = want;
    for (int way = 0; way < 8; way++) {
        hg_context *context;
        hg_net_plan *plan;
        hg_context_create(&(hg_context_options){.threads = way % 2 + 1, .ignore_environment = true},
                          &context);
        t.options = (hg_net_options){.unfused = way & 2,
                                     .input = way & 4 ? HG_NCHW : HG_NHWC,
                                     .output = (way & 4) != 0 && way != 5 ? HG_NCHW : HG_NHWC};
        if (NET_EXPECT(hg_net_plan_create(context, net, &t.options, &plan, &error) == HG_OK,
                       "%s: %d:%d: %s\n%s", c->name, error.line, error.column, error.text,
                       c->text)) {
            if (way < 2 && c->steps)
                NET_EXPECT(hg_net_step_count(plan) == c->steps, "%s: %d steps, not %d", c->name,
                           hg_net_step_count(plan), c->steps);
            check_arena(&t, plan);
            run_plan(&t, plan);
        }
        hg_net_plan_free(plan);
        hg_context_free(context);
    }
    net_oracle_free(net, want);
    hg_net_free(net);
}

void net_test_networks(void)
{
    for (const net_text_case *c = net_cases; c->name; c++) net_check_network(c, 1);
}
