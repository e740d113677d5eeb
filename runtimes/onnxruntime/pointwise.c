/* Activations and arithmetic as lines. */
#include <math.h>
#include <string.h>

#include "runtimes/onnxruntime/describe.h"

static int64_t channels(const ep_description *d, const ep_node *n, int input)
{
    return ep_input(d, n, input)->dims[1];
}

static void begin(ep_description *d, const ep_node *n, const char *word, int input)
{
    ep_write(d, "v%d = %s v%d", n->outputs[0], word, n->inputs[input]);
}

/* ---- Activations ---- */

/* Their numbers: ONNX' name and default, and the text's word. */
static const struct {
    const char *op, *onnx, *word;
    double otherwise;
} numbers[] = {{"HardSigmoid", "alpha", "slope", 0.2},
               {"HardSigmoid", "beta", "offset", 0.5},
               {"LeakyRelu", "alpha", "slope", 0.01},
               {"Elu", "alpha", "slope", 1}};

const char *ep_plain(ep_description *d, const ep_node *n, const char *word)
{
    begin(d, n, word, 0);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        double value = numbers[i].otherwise;
        if (strcmp(numbers[i].op, n->op)) continue;
        ep_number(d->graph, n, numbers[i].onnx, &value);
        ep_write(d, " %s=%.9g", numbers[i].word, value);
    }
    ep_write(d, "\n");
    return NULL;
}

const char *ep_gelu(ep_description *d, const ep_node *n, const char *word)
{
    char form[8];
    ep_word(d->graph, n, "approximate", form, sizeof form);
    begin(d, n, strcmp(form, "tanh") ? word : "gelu_tanh", 0);
    ep_write(d, "\n");
    return NULL;
}

/* Bounds are attributes up to version 10, and constants since. */
const char *ep_clip(ep_description *d, const ep_node *n, const char *word)
{
    static const char *const names[] = {"min", "max"};
    begin(d, n, word, 0);
    for (int i = 0; i < 2; i++) {
        int64_t count = 0;
        double bound;
        const float *given = ep_floats(d->graph, n, i + 1, &count);
        if (ep_has_input(n, i + 1) && (!given || count != 1)) return "bounds that are not constant";
        const bool there = given || ep_number(d->graph, n, names[i], &bound);
        if (given) bound = (double)*given;
        if (there && isfinite(bound)) ep_write(d, " %s=%.9g", names[i], bound);
    }
    ep_write(d, "\n");
    return NULL;
}

/* ---- Numbers for each channel ---- */

/* A constant of one element, or one for each channel, that is broadcast to the image; NULL: not. */
static const float *per_channel(const ep_description *d, const ep_node *n, int input, int64_t c,
                                int64_t *count)
{
    const float *values = ep_floats(d->graph, n, input, count);
    const ep_value *v = ep_input(d, n, input);
    if (!values || v->rank < 0 || v->rank > 4) return NULL;
    if (*count == 1) return values;
    for (int i = 0; i < v->rank; i++)
        if (v->dims[i] != (i == v->rank - 3 ? c : 1)) return NULL;
    return *count == c ? values : NULL;
}

/* Weights of others are multiplied by these: infinity times 0 is a number that the model has not.
 */
static bool are_finite(const float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(values[i])) return false;
    return true;
}

const char *ep_prelu(ep_description *d, const ep_node *n, const char *word)
{
    const int64_t c = channels(d, n, 0);
    int64_t count;
    const float *slopes = per_channel(d, n, 1, c, &count);
    if (!slopes) return "slopes that are not constants of the channels";
    begin(d, n, word, 0);
    ep_write(d, "\n");
    if (count == 1) ep_fill(d, *slopes, c);
    if (count > 1) ep_put(d, slopes, c);
    return NULL;
}

const char *ep_batch_norm(ep_description *d, const ep_node *n, const char *word)
{
    const int64_t c = channels(d, n, 0);
    double eps = 1e-5;
    int64_t training = 0;
    const float *parts[4];
    if (ep_integer(d->graph, n, "training_mode", &training) && training) return "in training";
    ep_number(d->graph, n, "epsilon", &eps);
    for (int i = 0; i < 4; i++) {
        int64_t count = 0;
        parts[i] = ep_floats(d->graph, n, i + 1, &count);
        if (!parts[i] || count != c) return "statistics that are not constants of the channels";
        if (!are_finite(parts[i], count)) return "statistics that are not finite";
    }
    for (int64_t i = 0; i < c; i++)
        if (!(parts[3][i] + eps > 0)) return "a variance that is not positive";
    begin(d, n, word, 0);
    ep_write(d, " eps=%.9g\n", eps);
    for (int i = 0; i < 4; i++) ep_put(d, parts[i], c);
    return NULL;
}

/* ---- Arithmetic ---- */

static bool is_constant(const ep_description *d, const ep_node *n, int input)
{
    return ep_input(d, n, input)->constant;
}

/* Open sizes of one name are the same. So are, it is taken, those of which one has none: nodes made
 * it, as both sides of a residual are made. The first of a difference must be sure. */
static bool are_same(const ep_value *a, const ep_value *b, int axis, bool sure)
{
    const int64_t x = a->dims[axis], y = b->dims[axis];
    if (a == b || (x > 0 && x == y)) return true;
    if (x > 0 || y > 0) return false;
    const char *s = a->symbols[axis], *t = b->symbols[axis];
    return *s && *t ? !strcmp(s, t) : !sure;
}

/* One of two values alone may be repeated; of a difference the second. */
static const char *check_repeated(const ep_value *a, const ep_value *b, bool is_difference)
{
    bool first = false, second = false; /* may be */
    for (int axis = 0; axis < 4; axis++) {
        const int64_t x = a->dims[axis], y = b->dims[axis];
        if (are_same(a, b, axis, is_difference)) continue;
        first = first || x == 1 || (x < 1 && y != 1);
        second = second || y == 1 || (y < 1 && x != 1);
    }
    if (first && second) return "of values that may both be repeated";
    return first && is_difference ? "of a value that may be repeated" : NULL;
}

static const char *of_values(ep_description *d, const ep_node *n, const char *word)
{
    if (!word) return "of two values";
    const char *why = check_repeated(ep_input(d, n, 0), ep_input(d, n, 1), !strcmp(n->op, "Sub"));
    if (why) return why;
    ep_write(d, "v%d = %s v%d v%d\n", n->outputs[0], word, n->inputs[0], n->inputs[1]);
    return NULL;
}

/* x * factor + term for one constant, as the node has it. */
typedef struct pair {
    float factor, term;
} pair;

static pair pair_of(const ep_node *n, float v, bool first)
{
    if (!strcmp(n->op, "Mul")) return (pair){v, 0};
    if (!strcmp(n->op, "Div")) return (pair){1 / v, 0};
    if (!strcmp(n->op, "Add")) return (pair){1, v};
    return first ? (pair){-1, v} : (pair){1, -v};
}

/* A factor or a term for each channel, or for all of them. */
static const char *of_constant(ep_description *d, const ep_node *n, int constant)
{
    const bool div = !strcmp(n->op, "Div"), factors = div || !strcmp(n->op, "Mul");
    const int64_t c = channels(d, n, !constant);
    int64_t count;
    const float *values = per_channel(d, n, constant, c, &count);
    if (!values) return "a constant that is not one of the channels";
    if (!are_finite(values, count)) return "a constant that is not finite";
    if (div && constant == 0) return "by a value";
    for (int64_t i = 0; div && i < count; i++)
        if (!isnormal(values[i]) || !isnormal(1 / values[i])) return "a divisor without an inverse";
    const pair all = pair_of(n, *values, constant == 0);
    if (count == 1) {
        begin(d, n, "linear", !constant);
        ep_write(d, " factor=%.9g term=%.9g\n", (double)all.factor, (double)all.term);
        return NULL;
    }
    const bool scales = factors || all.factor != 1;
    begin(d, n, scales ? "scale" : "bias", !constant);
    ep_write(d, scales && !factors ? " bias=next\n" : "\n");
    for (int64_t i = 0; i < c && scales; i++)
        ep_fill(d, pair_of(n, values[i], constant == 0).factor, 1);
    for (int64_t i = 0; i < c && !factors; i++)
        ep_fill(d, pair_of(n, values[i], constant == 0).term, 1);
    return NULL;
}

const char *ep_arithmetic(ep_description *d, const ep_node *n, const char *word)
{
    if (is_constant(d, n, 0)) return of_constant(d, n, 0);
    if (is_constant(d, n, 1)) return of_constant(d, n, 1);
    return of_values(d, n, word);
}

/* Of two: of more there would be values in between. */
const char *ep_values(ep_description *d, const ep_node *n, const char *word)
{
    if (n->input_count != 2 || is_constant(d, n, 0) || is_constant(d, n, 1))
        return "not of two values";
    return of_values(d, n, word);
}

const char *ep_softmax(ep_description *d, const ep_node *n, const char *word)
{
    int64_t axis = -1;
    ep_integer(d->graph, n, "axis", &axis);
    if (axis != 1 && axis != -3) return "of another axis";
    begin(d, n, word, 0);
    ep_write(d, "\n");
    return NULL;
}

/* Numbers of classes, from which a copy takes the axis that has become 1. */
const char *ep_argmax(ep_description *d, const ep_node *n, const char *word)
{
    int64_t axis = 0, last = 0;
    ep_integer(d->graph, n, "axis", &axis);
    ep_integer(d->graph, n, "select_last_index", &last);
    if (axis != 1 && axis != -3) return "of another axis";
    if (last) return "of the last of equals";
    begin(d, n, word, 0);
    ep_write(d, "\n");
    return NULL;
}
