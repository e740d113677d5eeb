/* Random networks: every line takes values that are there, so most texts are right by construction.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/net.h"
#include "tests/random.h"

enum { VALUES = 24, TEXT = 4096 };

typedef struct value {
    int64_t c, h, w;
    bool used;
} value;

typedef struct draft {
    rng r;
    char text[TEXT];
    size_t length;
    value values[VALUES];
    int count;
    bool repeats; /* pixels that are alike, where rounding decides which is the maximum */
} draft;

static void say(draft *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(draft *d, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    d->length += (size_t)vsnprintf(d->text + d->length, TEXT - d->length, format, arguments);
    va_end(arguments);
}

/* Mostly the newest, so that chains form that can be fused. */
static int pick(draft *d)
{
    const int i = rng_percent(&d->r, 60) ? d->count - 1 : (int)rng_in(&d->r, 0, d->count - 1);
    d->values[i].used = true;
    return i;
}

static void made(draft *d, int64_t c, int64_t h, int64_t w)
{
    d->values[d->count++] = (value){c, h, w, false};
}

static void draw_conv(draft *d)
{
    const int i = pick(d);
    const value v = d->values[i];
    const int64_t k = rng_in(&d->r, 1, 12), window = v.h > 3 && v.w > 3 ? rng_in(&d->r, 1, 3) : 1;
    const bool depthwise = rng_percent(&d->r, 20);
    const int64_t pad = window / 2, odd = window == 2;
    say(d, "v%d = conv2d v%d k=%d window=%d padding=%d", d->count, i, (int)(depthwise ? v.c : k),
        (int)window, (int)pad);
    if (depthwise) say(d, " groups=%d", (int)v.c);
    say(d, "%s\n", rng_percent(&d->r, 50) ? " bias=next" : "");
    made(d, depthwise ? v.c : k, v.h + odd, v.w + odd);
}

static void draw_transposed(draft *d)
{
    const int i = pick(d);
    const value v = d->values[i];
    if (v.h * v.w > 300) return;
    say(d, "v%d = conv_transpose2d v%d k=5 window=4 stride=2 padding=1\n", d->count, i);
    made(d, 5, 2 * v.h, 2 * v.w);
}

static void draw_pointwise(draft *d)
{
    static const char *const words[] = {"relu",       "relu6", "sigmoid",    "hard_swish",
                                        "batch_norm", "scale", "bias",       "identity",
                                        "tanh",       "prelu", "leaky_relu", "softmax"};
    const int i = pick(d);
    const char *word = words[rng_in(&d->r, 0, 11)];
    say(d, "v%d = %s v%d%s\n", d->count, word, i, strcmp(word, "leaky_relu") ? "" : " slope=0.25");
    made(d, d->values[i].c, d->values[i].h, d->values[i].w);
}

static void draw_pool(draft *d)
{
    static const char *const words[] = {"max_pool2d", "avg_pool2d", "lp_pool2d"};
    const int i = pick(d);
    const value v = d->values[i];
    if (v.h < 2 || v.w < 2) return;
    say(d, "v%d = %s v%d window=2\n", d->count, words[rng_in(&d->r, 0, 2)], i);
    made(d, v.c, v.h / 2, v.w / 2);
}

static void draw_upsample(draft *d)
{
    const int i = pick(d);
    const value v = d->values[i];
    if (v.h * v.w > 150) return;
    say(d, "v%d = upsample v%d by=2\n", d->count, i);
    d->repeats = true;
    made(d, v.c, 2 * v.h, 2 * v.w);
}

/* Two values of the same height and width: combined if the channels agree, too. */
static void draw_pair(draft *d)
{
    static const char *const words[] = {"add",      "add",     "add",    "subtract",
                                        "multiply", "minimum", "maximum"};
    const int i = pick(d);
    const value v = d->values[i];
    for (int j = 0; j < d->count; j++) {
        const value *w = &d->values[j];
        if (w->h != v.h || w->w != v.w || rng_percent(&d->r, 30)) continue;
        d->values[j].used = true;
        const bool join = w->c != v.c || rng_percent(&d->r, 30);
        const char *word = join ? "concat" : words[rng_in(&d->r, 0, 6)];
        say(d, "v%d = %s v%d v%d\n", d->count, word, i, j);
        made(d, join ? v.c + w->c : v.c, v.h, v.w);
        return;
    }
}

/* A factor for each channel, as of squeeze and excite. */
static void draw_gate(draft *d)
{
    const int i = pick(d);
    const value v = d->values[i];
    if (d->count + 2 > VALUES) return;
    say(d, "v%d = global_avg_pool2d v%d\n", d->count, i);
    made(d, v.c, 1, 1);
    say(d, "v%d = multiply v%d v%d\n", d->count, d->count - 1, i);
    d->values[d->count - 1].used = true;
    made(d, v.c, v.h, v.w);
}

static void draw_pad(draft *d)
{
    static const char *const words[] = {"constant", "constant", "reflect", "edge", "wrap"};
    const int i = pick(d), word = (int)rng_in(&d->r, 0, 4);
    const value v = d->values[i];
    const int64_t top = rng_in(&d->r, v.h > 1 ? -1 : 0, 2), right = rng_in(&d->r, 0, 2);
    if (v.h * v.w > 300) return;
    say(d, "v%d = pad v%d sides=%d,0,1,%d border=%s\n", d->count, i, (int)top, (int)right,
        words[word]);
    if (word > 1) d->repeats = true;
    made(d, v.c, v.h + top + 1, v.w + right);
}

static void draw_slice(draft *d)
{
    const int i = pick(d);
    const value v = d->values[i];
    const int64_t from = rng_in(&d->r, 0, v.c - 1), to = rng_in(&d->r, from + 1, v.c);
    const int64_t row = v.h > 2 ? rng_in(&d->r, 0, 1) : 0;
    say(d, "v%d = slice v%d channels=%d:%d rows=%d:%d\n", d->count, i, (int)from, (int)to, (int)row,
        (int)v.h);
    made(d, to - from, v.h - row, v.w);
}

static void draw_pool_pair(draft *d)
{
    const int i = pick(d);
    const value v = d->values[i];
    if (v.h < 2 || v.w < 2 || d->repeats || d->count + 2 > VALUES) return;
    say(d, "v%d, i%d = max_pool2d v%d window=2\n", d->count, d->count, i);
    made(d, v.c, v.h / 2, v.w / 2);
    say(d, "v%d = max_unpool2d v%d i%d window=2 size=%dx%d\n", d->count, d->count - 1, d->count - 1,
        (int)v.h, (int)v.w);
    made(d, v.c, v.h, v.w);
}

static void draw(draft *d)
{
    static void (*const lines[])(draft * d) = {
        draw_conv,      draw_conv,      draw_conv,     draw_transposed, draw_pointwise,
        draw_pointwise, draw_pool,      draw_upsample, draw_pair,       draw_pair,
        draw_slice,     draw_pool_pair, draw_gate,     draw_pad};
    const int lines_wanted = (int)rng_in(&d->r, 3, VALUES - 2);
    const int64_t c = rng_in(&d->r, 1, 9), h = rng_in(&d->r, 2, 14), w = rng_in(&d->r, 2, 14);
    say(d, "hgnet 1\nweights random=%d\ninput v0 c=%d h=%d w=%d n=%d\n", (int)rng_in(&d->r, 0, 99),
        (int)c, (int)h, (int)w, (int)rng_in(&d->r, 1, 2));
    made(d, c, h, w);
    for (int tries = 0; tries < 60 && d->count < lines_wanted; tries++)
        lines[rng_in(&d->r, 0, 13)](d);
    say(d, "output");
    for (int i = 0; i < d->count; i++)
        if (i == d->count - 1 || (!d->values[i].used && rng_percent(&d->r, 70))) say(d, " v%d", i);
    say(d, "\n");
}

void net_test_random(int64_t cases, uint64_t seed)
{
    for (int64_t i = 0; i < cases; i++) {
        draft d = {.r = rng_for(seed, "network", (uint64_t)i)};
        draw(&d);
        char name[40];
        snprintf(name, sizeof name, "random %lld", (long long)i);
        const long before = net_failed;
        net_check_network(&(net_text_case){name, d.text, 0}, seed);
        if (net_failed != before) printf("%s", d.text);
    }
}
