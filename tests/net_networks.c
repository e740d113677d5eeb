/* Small networks of the usual kinds, and how a network is checked. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/net.h"
#include "tests/net_oracle.h"

/* Headers of all texts below. */
#define START "hgnet 1\nweights random=5\n"

const net_text_case net_cases[] = {
    {"u-net",
     START "input x c=3 h=16 w=24\n"
           "e1 = conv2d x k=8 window=3 padding=1 bias=next\n"
           "r1 = relu e1\n"
           "p1 = max_pool2d r1 window=2\n"
           "e2 = conv2d p1 k=16 window=3 padding=1 bias=next\n"
           "r2 = relu e2\n"
           "p2 = max_pool2d r2 window=2\n"
           "e3 = conv2d p2 k=24 window=3 padding=1 bias=next\n"
           "r3 = relu e3\n"
           "u2 = conv_transpose2d r3 k=16 window=2 stride=2 bias=next\n"
           "c2 = concat r2 u2\n"
           "d2 = conv2d c2 k=16 window=3 padding=1 bias=next\n"
           "s2 = silu d2\n"
           "n1 = upsample s2 by=2\n"
           "u1 = conv2d n1 k=8 window=3 padding=1 bias=next\n"
           "c1 = concat u1 r1 x\n"
           "d1 = conv2d c1 k=2 window=1 bias=next\n"
           "output d1\n",
     10},
    {"segnet",
     START "input x c=3 h=12 w=16 n=2\n"
           "a = conv2d x k=8 window=3 padding=1\n"
           "b = batch_norm a\n"
           "c = relu b\n"
           "p, i = max_pool2d c window=2\n"
           "d = conv2d p k=8 window=3 padding=1 bias=next\n"
           "q, j = max_pool2d d window=3x2\n"
           "e = conv2d q k=8 window=1\n"
           "f = max_unpool2d e j window=3x2\n"
           "g = conv2d f k=8 window=3 padding=1 bias=next\n"
           "h = max_unpool2d g i window=2\n"
           "k = concat h c x\n"
           "output k\n",
     0},
    {"resnet",
     START "input x c=8 h=9 w=11\n"
           "a1 = conv2d x k=8 window=3 padding=1\n"
           "a2 = batch_norm a1 eps=1e-3\n"
           "a3 = relu a2\n"
           "a4 = conv2d a3 k=8 window=3 padding=1\n"
           "a5 = batch_norm a4\n"
           "a6 = add a5 x\n"
           "a7 = relu a6\n"
           "b1 = conv2d a7 k=16 window=1 stride=2\n"
           "b2 = conv2d a7 k=16 window=3 stride=2 padding=1\n"
           "b3 = add b1 b2\n"
           "b4 = prelu b3\n"
           "b5 = add b4 b4\n"
           "g = global_avg_pool2d b5\n"
           "output g b4\n",
     6},
    {"separable",
     START "input x c=12 h=10 w=10\n"
           "a = conv2d x k=12 window=3 padding=1 groups=12\n"
           "b = scale a bias=next\n"
           "c = relu6 b\n"
           "d = conv2d c k=20 window=1\n"
           "e = bias d\n"
           "f = hard_swish e\n"
           "g = avg_pool2d f window=2\n"
           "h = lp_pool2d g window=2\n"
           "i = gelu h\n"
           "output i f\n",
     5},
    {"places",
     START "input x c=10 h=8 w=8\n"
           "l = slice x channels=0:4\n"
           "r = slice x channels=4:10 rows=1:7 columns=2:8\n"
           "a = conv2d l k=6 window=3\n"
           "s = add r a\n"
           "b = concat a s a\n"
           "c = slice b channels=5:13\n"
           "d = concat b c\n"
           "e = identity d\n"
           "f = tanh e\n"
           "m, i = max_pool2d f window=2\n"
           "u = max_unpool2d m i window=2\n"
           "unused = conv2d x k=4 window=1\n"
           "output e u l\n",
     0},
    {"indices of parts",
     START "input x c=4 h=6 w=8\n"
           "a = conv2d x k=6 window=3 padding=1\n"
           "m, i = max_pool2d a window=2\n"
           "b = conv2d m k=6 window=1\n"
           "c = concat b m\n"
           "u = max_unpool2d m i window=2\n"
           "v = max_unpool2d b i window=2\n"
           "s = slice c channels=3:9\n"
           "w = max_unpool2d s i window=2\n"
           "z = concat u v w\n"
           "output z c\n",
     0},
    {"argmax",
     START "input x c=4 h=6 w=7\n"
           "a = conv2d x k=5 window=3 padding=1 bias=next\n"
           "b = resize2d a size=13x15 mode=bilinear\n"
           "c = argmax b\n"
           "d = argmax a type=u8\n"
           "output c d\n",
     3},
    {"two inputs",
     START "input x c=4 h=6 w=7\ninput y c=3 h=12 w=14\n"
           "a = upsample x by=2\n"
           "b = concat a y\n"
           "c = conv_transpose2d b k=6 window=3 stride=2 padding=1 groups=1\n"
           "d = batch_norm c\n"
           "e = sigmoid d\n"
           "output e b y\n",
     0},
    {"grouped transposed",
     START "input x c=6 h=5 w=5\n"
           "a = conv_transpose2d x k=9 window=4 stride=2 padding=1 groups=3 bias=next\n"
           "b = batch_norm a\n"
           "c = elu b slope=0.5\n"
           "d = global_max_pool2d c\n"
           "output c d\n",
     2},
    {"squeeze and excite",
     START "input x c=16 h=9 w=10 n=2\n"
           "p = pad x sides=0,1,2,1\n"
           "a = conv2d p k=16 window=3 groups=16 bias=next\n"
           "b = silu a\n"
           "g = global_avg_pool2d b\n"
           "s = conv2d g k=4 window=1 bias=next\n"
           "t = relu s\n"
           "u = conv2d t k=16 window=1 bias=next\n"
           "v = hard_sigmoid u slope=0.2 offset=0.5\n"
           "w = multiply v b\n"
           "y = conv2d w k=3 window=1\n"
           "z = softmax y\n"
           "output z\n",
     7},
    {"binary operators",
     START "input x c=5 h=6 w=7 n=2\ninput m c=1 h=6 w=7 n=2\n"
           "a = subtract x m\n"
           "b = relu6 a\n"
           "c = minimum x b\n"
           "d = maximum m c\n"
           "e = multiply d d\n"
           "f = tanh e\n"
           "g = add f m\n"
           "h = prelu g\n"
           "i = scale h bias=next\n"
           "j = add i x\n"
           "k = silu j\n"
           "output k c\n",
     7},
    {"borders",
     START "input x c=6 h=5 w=7\n"
           "a = pad x sides=2 border=reflect\n"
           "b = conv2d a k=4 window=3 padding=valid\n"
           "c = pad b sides=-1,3,1,0 border=edge\n"
           "d = pad c sides=1,0 border=wrap\n"
           "e = pad d sides=1 value=2.5\n"
           "f = concat e e\n"
           "g = pad f sides=1,2\n"
           "h = conv2d g k=3 window=3 padding=valid\n"
           "i = conv2d h k=3 window=2 padding=1\n"
           "output i g\n",
     0},
    {NULL, NULL, 0},
};

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
