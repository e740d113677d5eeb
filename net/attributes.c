/* Attributes: one table of names and kinds; operators say which they take. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "net/description.h"

typedef enum attribute_kind {
    WHOLE,     /* int64_t, at least 1 */
    PAIR,      /* hg_size2: "3" or "3x1", at least 1 */
    PAIR_0,    /* at least 0 */
    SIDES,     /* int64_t[4]: as explicit padding, negative ones too */
    PADDING,   /* "1", "1,2" (rows, columns), "top,left,bottom,right", or a word */
    RANGE,     /* net_range: "from:to" */
    YES,       /* int: "yes" or "no" */
    WORD,      /* int: one of words */
    NUMBER,    /* double, finite or infinite */
    SCALES,    /* two doubles, above 0 */
    PARAMETER, /* "next", or a float's number in the weights */
} attribute_kind;

typedef struct attribute {
    const char *name;
    attribute_kind kind;
    size_t at;
    const char *const *words; /* in the order of the enumeration; ends with NULL */
} attribute;

static const char *const modes[] = {"nearest",  "bilinear", "bicubic", "area",
                                    "lanczos3", "lanczos5", NULL};
static const char *const coordinates[] = {
    "half_pixel",    "asymmetric",          "pytorch_half_pixel", "half_pixel_symmetric",
    "align_corners", "tf_crop_and_resize ", "pytorch_nearest",    NULL};
static const char *const roundings[] = {"prefer_floor", "prefer_ceil", "floor", "ceil", NULL};
static const char *const borders[] = {"constant", "reflect", "edge", "wrap", NULL};
static const char *const conventions[] = {"pytorch",          "onnx", "onnx_columns", "tensorflow",
                                          "tensorflow_batch", NULL};
static const char *const class_types[] = {"i32", "u8", NULL};
/* in the order of hg_padding_mode, behind the explicit one */
static const char *const paddings[] = {"same_upper", "same_lower",  "valid",
                                       "keras_same", "keras_valid", NULL};

#define AT(member) offsetof(net_attributes, member)

static const attribute attributes[] = {
    {"k", WHOLE, AT(k), NULL},
    {"groups", WHOLE, AT(groups), NULL},
    {"divisor", WHOLE, AT(divisor), NULL},
    {"window", PAIR, AT(window), NULL},
    {"stride", PAIR, AT(stride), NULL},
    {"dilation", PAIR, AT(dilation), NULL},
    {"output_padding", PAIR_0, AT(output_padding), NULL},
    {"size", PAIR, AT(size), NULL},
    {"adaptive", PAIR, AT(adaptive), NULL},
    {"by", PAIR, AT(scale_by), NULL},
    {"padding", PADDING, AT(padding), NULL},
    {"sides", SIDES, AT(sides), NULL},
    {"channels", RANGE, AT(channels), NULL},
    {"rows", RANGE, AT(rows), NULL},
    {"columns", RANGE, AT(columns), NULL},
    {"ceil", YES, AT(ceil), NULL},
    {"include_pad", YES, AT(include_pad), NULL},
    {"signed", YES, AT(signed_form), NULL},
    {"antialias", YES, AT(antialias), NULL},
    {"exclude_outside", YES, AT(exclude_outside), NULL},
    {"mode", WORD, AT(mode), modes},
    {"coordinates", WORD, AT(coordinates), coordinates},
    {"rounding", WORD, AT(rounding), roundings},
    {"type", WORD, AT(class_type), class_types},
    {"border", WORD, AT(border), borders},
    {"indices", WORD, AT(convention), conventions},
    {"value", NUMBER, AT(value), NULL},
    {"factor", NUMBER, AT(factor), NULL},
    {"term", NUMBER, AT(term), NULL},
    {"cubic_a", NUMBER, AT(cubic_a), NULL},
    {"scale", SCALES, AT(scale_h), NULL},
    {"p", NUMBER, AT(p), NULL},
    {"eps", NUMBER, AT(eps), NULL},
    {"min", NUMBER, AT(min), NULL},
    {"max", NUMBER, AT(max), NULL},
    {"slope", NUMBER, AT(slope), NULL},
    {"offset", NUMBER, AT(offset), NULL},
    {"weight", PARAMETER, AT(weight), NULL},
    {"bias", PARAMETER, AT(bias), NULL},
};
enum { ATTRIBUTES = sizeof attributes / sizeof *attributes, MOST = INT32_MAX };

/* ---- Values ---- */

static int index_of(const char *const *words, net_word value)
{
    for (int i = 0; words[i]; i++)
        if (net_is(value, words[i])) return i;
    return -1;
}

static bool read_pair(net_word value, int64_t least, hg_size2 *pair)
{
    int64_t v[2];
    const int count = net_integers(value, 'x', least, MOST, 2, v);
    if (count) *pair = (hg_size2){v[0], v[count - 1]};
    return count > 0;
}

/* One number for all sides, rows and columns, or top, left, bottom, right. */
static bool read_sides(net_word value, int64_t least, int64_t sides[4])
{
    const int count = net_integers(value, ',', least, MOST, 4, sides);
    if (count == 1) sides[1] = sides[0];
    if (count == 1 || count == 2) sides[2] = sides[0], sides[3] = sides[1];
    return count == 1 || count == 2 || count == 4;
}

static bool read_padding(net_word value, hg_padding *p)
{
    int64_t v[4];
    const int mode = index_of(paddings, value);
    if (mode >= 0) *p = (hg_padding){.mode = (hg_padding_mode)(mode + 1)};
    if (mode >= 0) return true;
    if (!read_sides(value, 0, v)) return false;
    *p = (hg_padding){HG_PADDING_EXPLICIT, v[0], v[1], v[2], v[3]};
    return true;
}

static bool read_range(net_word value, net_range *range)
{
    int64_t v[2];
    if (net_integers(value, ':', 0, MOST, 2, v) != 2 || v[0] >= v[1]) return false;
    *range = (net_range){v[0], v[1]};
    return true;
}

static bool read_scales(net_word value, double *scales)
{
    net_word first = value;
    const char *comma = memchr(value.text, ',', (size_t)value.length);
    if (comma) first.length = (int)(comma - value.text);
    if (!net_number(first, &scales[0])) return false;
    scales[1] = scales[0];
    value.text += first.length + 1, value.length -= first.length + 1;
    return (!comma || net_number(value, &scales[1])) && scales[0] > 0 && scales[1] > 0;
}

static bool read_parameter(net_word value, net_parameter *p)
{
    *p = (net_parameter){.given = true, .next = net_is(value, "next")};
    return p->next || net_integer(value, 0, INT64_C(1) << 40, &p->offset);
}

static bool read_value(const attribute *t, net_word value, void *to)
{
    switch (t->kind) {
    case WHOLE:
        return net_integer(value, 1, MOST, to);
    case PAIR:
        return read_pair(value, 1, to);
    case PAIR_0:
        return read_pair(value, 0, to);
    case SIDES:
        return read_sides(value, -MOST, to);
    case PADDING:
        return read_padding(value, to);
    case RANGE:
        return read_range(value, to);
    case YES:
        *(int *)to = net_is(value, "yes");
        return net_is(value, "yes") || net_is(value, "no");
    case WORD:
        *(int *)to = index_of(t->words, value);
        return *(int *)to >= 0;
    case NUMBER:
        return net_number(value, to);
    case SCALES:
        return read_scales(value, to);
    case PARAMETER:
        return read_parameter(value, to);
    }
    return false;
}

/* ---- Lines ---- */

/* Is the name among the operator's attributes, and must it be given? */
static bool takes(const net_operator *op, const char *name, bool *required)
{
    const size_t length = strlen(name);
    for (const char *at = op->attributes; *at;) {
        const size_t word = strcspn(at, " ");
        const bool needed = word > 0 && at[word - 1] == '!';
        if (word - needed == length && !strncmp(at, name, length)) {
            *required = needed;
            return true;
        }
        at += word + (at[word] == ' ');
    }
    return false;
}

static int attribute_of(const net_operator *op, net_word name)
{
    bool required;
    for (int i = 0; i < ATTRIBUTES; i++)
        if (net_is(name, attributes[i].name) && takes(op, attributes[i].name, &required)) return i;
    return -1;
}

static hg_status read_word(const net_operator *op, net_word word, net_attributes *a, bool *given,
                           hg_net_error *error)
{
    net_word name, value;
    if (!net_cut(word, &name, &value))
        return net_fail(error, word, HG_INVALID,
                        "\"%.*s\" stands behind an attribute; values come before them",
                        NET_SHOW(word));
    const int i = attribute_of(op, name);
    if (i < 0)
        return net_fail(error, name, HG_INVALID, "%s has no attribute \"%.*s\"", op->name,
                        NET_SHOW(name));
    if (given[i]) return net_fail(error, name, HG_INVALID, "%s is given twice", attributes[i].name);
    given[i] = true;
    if (!read_value(&attributes[i], value, (char *)a + attributes[i].at))
        return net_fail(error, value, HG_INVALID, "\"%.*s\" is no value for %s", NET_SHOW(value),
                        attributes[i].name);
    return HG_OK;
}

/* All that is not zero where it is not given. Weights need not be given: they are the next. */
static net_attributes defaults(const net_operator *op)
{
    bool required;
    net_attributes a = {.groups = 1,
                        .activation = op->activation,
                        .binary = op->binary,
                        .global = op->global,
                        .eps = 1e-5,
                        .factor = 1,
                        .p = 2,
                        .min = -HUGE_VAL,
                        .max = HUGE_VAL};
    a.weight.given = a.weight.next = takes(op, "weight", &required);
    a.bias.given = a.bias.next = op->kind == NET_BIAS;
    return a;
}

hg_status net_attributes_read(const net_operator *op, const net_word *words, int count,
                              net_word line, net_attributes *a, hg_net_error *error)
{
    bool given[ATTRIBUTES] = {false}, required = false;
    *a = defaults(op);
    for (int i = 0; i < count; i++) {
        const hg_status status = read_word(op, words[i], a, given, error);
        if (status) return status;
    }
    for (int i = 0; i < ATTRIBUTES; i++)
        if (takes(op, attributes[i].name, &required) && required && !given[i])
            return net_fail(error, line, HG_INVALID, "%s needs %s=", op->name, attributes[i].name);
    return HG_OK;
}
