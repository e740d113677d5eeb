/* Keys: one line of text as a problem.
 *
 * Parsing builds the public descriptor that the words describe and lets the operator's builder
 * validate it, so that a key can never name a problem that the public face would refuse. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/common/attr.h"
#include "kernels/text/words.h"

enum { MAX_WORDS = 48 }; /* more than a key has members to set */

/* Everything a key can say. Words that an operator has no use for change nothing. */
typedef struct words {
    int64_t n, c, h, w, k, g;
    int64_t r[2], s[2], d[2], o[2], image[2], resized[2], p[4], in[4], out[4], res[4], with[4],
        other[4];
    int64_t divisor;
    double leaky, elu, clamp[2], hard_sigmoid[2], power, a, scale[2], roi[4], fill;
    bool adaptive, include_pad, is_signed, residual, exclude, antialias, has_index;
    int activation, accuracy, post_pool, convention, index_type, mode, coordinates, rounding;
    int class_type, binary, border;
    const void *set[MAX_WORDS]; /* the members that words have set so far */
    int set_count;
} words;

/* count integers divided by `separator`, up to the end of the word. */
static bool integers(const char *s, char separator, int count, int64_t *v)
{
    for (int i = 0; i < count; i++) {
        char *end;
        v[i] = strtoll(s, &end, 10);
        if (end == s || *end != (i + 1 < count ? separator : '\0')) return false;
        s = end + 1;
    }
    return true;
}

static bool reals(const char *s, int count, double *v)
{
    for (int i = 0; i < count; i++) {
        char *end;
        v[i] = strtod(s, &end);
        if (end == s || *end != (i + 1 < count ? ',' : '\0')) return false;
        s = end + 1;
    }
    return true;
}

static int find(const char *word, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (names[i] && strcmp(word, names[i]) == 0) return (int)i;
    return -1;
}
#define FIND(word, names) find(word, names, HG_COUNT(names))

static const void *parse_index(char *s, words *w)
{
    char *colon = strchr(s, ':');
    if (!colon) return NULL;
    *colon = '\0';
    w->convention = FIND(s, convention_names);
    w->index_type = FIND(colon + 1, index_type_names);
    w->has_index = true;
    return w->convention >= 0 && w->index_type >= 0 ? &w->has_index : NULL;
}

/* Words that are one of a few names, some behind a prefix. */
static const void *parse_choice(const char *word, words *w)
{
    const struct {
        const char *prefix, *const *names;
        size_t count;
        int *v;
    } choices[] = {{"", mode_names, HG_COUNT(mode_names), &w->mode},
                   {"", coordinate_names, HG_COUNT(coordinate_names), &w->coordinates},
                   {"", accuracy_names, HG_COUNT(accuracy_names), &w->accuracy},
                   {"", binary_names, HG_COUNT(binary_names), &w->binary},
                   {"", pad_names, HG_COUNT(pad_names), &w->border},
                   {"", class_type_names, HG_COUNT(class_type_names), &w->class_type},
                   {"", activation_names, HG_COUNT(activation_names), &w->activation},
                   {"round=", rounding_names, HG_COUNT(rounding_names), &w->rounding},
                   {"pool=", post_pool_names, HG_COUNT(post_pool_names), &w->post_pool}};
    const struct {
        const char *name;
        bool *v;
    } flags[] = {{"adaptive", &w->adaptive},   {"include_pad", &w->include_pad},
                 {"signed", &w->is_signed},    {"residual", &w->residual},
                 {"antialias", &w->antialias}, {"exclude_outside", &w->exclude}};
    for (size_t i = 0; i < HG_COUNT(choices); i++) {
        const size_t length = strlen(choices[i].prefix);
        if (strncmp(word, choices[i].prefix, length)) continue;
        const int found = find(word + length, choices[i].names, choices[i].count);
        if (found >= 0) return *choices[i].v = found, choices[i].v;
    }
    for (size_t i = 0; i < HG_COUNT(flags); i++)
        if (strcmp(word, flags[i].name) == 0) return *flags[i].v = true, flags[i].v;
    return NULL;
}

/* Words that are a prefix and numbers. */
static const void *parse_numbers(const char *word, words *w)
{
    const struct {
        const char *prefix;
        char separator;
        int count;
        int64_t *v;
    } fields[] = {{"n", 0, 1, &w->n},         {"c", 0, 1, &w->c},
                  {"h", 0, 1, &w->h},         {"w", 0, 1, &w->w},
                  {"k", 0, 1, &w->k},         {"g", 0, 1, &w->g},
                  {"r", 'x', 2, w->r},        {"s", 'x', 2, w->s},
                  {"d", 'x', 2, w->d},        {"o", 'x', 2, w->o},
                  {"p", ',', 4, w->p},        {"image=", 'x', 2, w->image},
                  {"in=", ',', 4, w->in},     {"out=", ',', 4, w->out},
                  {"res=", ',', 4, w->res},   {"divisor=", 0, 1, &w->divisor},
                  {"with=", ',', 4, w->with}, {"other=", ',', 4, w->other}};
    const struct {
        const char *prefix;
        int count, activation;
        double *v;
    } numbers[] = {{"leaky=", 1, HG_LEAKY_RELU, &w->leaky},
                   {"clamp=", 2, HG_CLAMP, w->clamp},
                   {"elu=", 1, HG_ELU, &w->elu},
                   {"hard_sigmoid=", 2, HG_HARD_SIGMOID, w->hard_sigmoid},
                   {"power=", 1, 0, &w->power},
                   {"a=", 1, 0, &w->a},
                   {"scale=", 2, 0, w->scale},
                   {"roi=", 4, 0, w->roi},
                   {"fill=", 1, 0, &w->fill}};
    for (size_t i = 0; i < HG_COUNT(numbers); i++) {
        const size_t length = strlen(numbers[i].prefix);
        if (strncmp(word, numbers[i].prefix, length)) continue;
        if (!reals(word + length, numbers[i].count, numbers[i].v)) return NULL;
        if (!numbers[i].activation) return numbers[i].v;
        return w->activation = numbers[i].activation, &w->activation;
    }
    for (size_t i = HG_COUNT(fields); i-- > 0;) { /* the long prefixes first */
        const size_t length = strlen(fields[i].prefix);
        if (strncmp(word, fields[i].prefix, length)) continue;
        return integers(word + length, fields[i].separator, fields[i].count, fields[i].v)
                   ? fields[i].v
                   : NULL;
    }
    return NULL;
}

/* Each parser returns the member of w that the word sets, or NULL if it does not know the word. */
static const void *parse_word(char *word, words *w)
{
    if (strncmp(word, "index=", 6) == 0) return parse_index(word + 6, w);
    if (strncmp(word, "resized=", 8) == 0)
        return integers(word + 8, 'x', 2, w->resized) ? w->resized : NULL;
    const void *member = parse_choice(word, w);
    return member ? member : parse_numbers(word, w);
}

/* False if an earlier word has set the member. */
static bool first(words *w, const void *member)
{
    for (int i = 0; i < w->set_count; i++)
        if (w->set[i] == member) return false;
    w->set[w->set_count++] = member;
    return true;
}

/* ---- Words -> public descriptors -> builders ---- */

static hg_strides strides_of(const int64_t v[4])
{
    return (hg_strides){v[0], v[1], v[2], v[3]};
}

static hg_epilogue epilogue_of(const words *w)
{
    const double slope = w->activation == HG_ELU            ? w->elu
                         : w->activation == HG_HARD_SIGMOID ? w->hard_sigmoid[0]
                                                            : w->leaky;
    return (hg_epilogue){.activation = (hg_activation)w->activation,
                         .min = (float)w->clamp[0],
                         .max = (float)w->clamp[1],
                         .slope = (float)slope,
                         .offset = (float)w->hard_sigmoid[1],
                         .residual = w->residual,
                         .residual_strides = strides_of(w->res)};
}

/* Of an image that is resized first, by whole factors. */
static hg_status build_resized(const words *w, const hg_conv2d *c, const hg_filter_desc *filter,
                               hg_problem *p, hg_reason *why)
{
    const hg_upsample_conv2d d = {
        .input = c->input,
        .output_strides = c->output_strides,
        .factor = {w->resized[0] / HG_MAX(w->h, 1), w->resized[1] / HG_MAX(w->w, 1)},
        .padding = c->padding,
        .epilogue = c->epilogue,
        .accuracy = c->accuracy,
        .mode = (hg_resize_mode)w->mode,
        .coordinates = (hg_coordinates)w->coordinates};
    const bool plain = w->s[0] <= 1 && w->s[1] <= 1 && w->d[0] <= 1 && w->d[1] <= 1 && !c->pool;
    if (!plain || d.factor.h < 1 || d.factor.w < 1 ||
        d.factor.h * HG_MAX(w->h, 1) != w->resized[0] ||
        d.factor.w * HG_MAX(w->w, 1) != w->resized[1])
        return hg_fail(why, HG_INVALID,
                       "resized: by whole factors, and without stride, dilation and pooling");
    return d.mode == HG_RESIZE_NEAREST
               ? hg_fail(why, HG_INVALID, "resized: nearest is conv_transpose2d")
               : hg_problem_upsample_conv2d(&d, filter, p, why);
}

static hg_status build_conv(hg_op op, const words *w, hg_tensor in, hg_problem *p, hg_reason *why)
{
    const hg_filter_desc filter = {.order = op == HG_OP_CONV2D ? HG_OIHW : HG_IOHW,
                                   .out_channels = w->k,
                                   .in_channels = w->c,
                                   .height = w->r[0],
                                   .width = w->r[1],
                                   .groups = w->g};
    const hg_accuracy accuracy = (hg_accuracy)w->accuracy;
    const hg_padding padding = {HG_PADDING_EXPLICIT, w->p[0], w->p[1], w->p[2], w->p[3]};
    const hg_size2 stride = {w->s[0], w->s[1]}, dilation = {w->d[0], w->d[1]};
    if (op == HG_OP_CONV2D) {
        const hg_conv2d d = {.input = in,
                             .output_strides = strides_of(w->out),
                             .stride = stride,
                             .dilation = dilation,
                             .padding = padding,
                             .epilogue = epilogue_of(w),
                             .pool = (hg_conv_pool)w->post_pool,
                             .accuracy = accuracy};
        return w->resized[0] || w->resized[1] ? build_resized(w, &d, &filter, p, why)
                                              : hg_problem_conv2d(&d, &filter, p, why);
    }
    const hg_conv_transpose2d d = {.input = in,
                                   .output_strides = strides_of(w->out),
                                   .stride = stride,
                                   .dilation = dilation,
                                   .padding = padding,
                                   .output_size = {w->o[0], w->o[1]},
                                   .epilogue = epilogue_of(w),
                                   .accuracy = accuracy};
    return hg_problem_conv_transpose2d(&d, &filter, p, why);
}

static hg_status build_pool(hg_op op, const words *w, hg_tensor in, bool ceil_mode, hg_problem *p,
                            hg_reason *why)
{
    const hg_pool_geometry pool = {
        .window = {w->r[0], w->r[1]},
        .stride = {w->s[0], w->s[1]},
        .dilation = {w->d[0], w->d[1]},
        .padding = {HG_PADDING_EXPLICIT, w->p[0], w->p[1], w->p[2], w->p[3]},
        .ceil_mode = ceil_mode,
        .adaptive = w->adaptive ? (hg_size2){w->o[0], w->o[1]} : (hg_size2){0, 0}};
    const hg_strides out = strides_of(w->out);
    if (op == HG_OP_MAX_POOL2D) {
        const hg_max_pool2d d = {.input = in,
                                 .output_strides = out,
                                 .pool = pool,
                                 .indices = w->has_index,
                                 .index_convention = (hg_index_convention)w->convention,
                                 .index_type = (hg_index_type)w->index_type};
        return hg_problem_max_pool2d(&d, p, why);
    }
    if (op == HG_OP_AVG_POOL2D) {
        const hg_avg_pool2d d = {.input = in,
                                 .output_strides = out,
                                 .pool = pool,
                                 .count_include_pad = w->include_pad,
                                 .divisor_override = w->divisor};
        return hg_problem_avg_pool2d(&d, p, why);
    }
    const hg_lp_pool2d d = {.input = in,
                            .output_strides = out,
                            .pool = pool,
                            .p = (float)w->power,
                            .form = w->is_signed ? HG_LP_SIGNED : HG_LP_ABSOLUTE};
    return hg_problem_lp_pool2d(&d, p, why);
}

static hg_status build_unpool(const words *w, hg_tensor in, hg_problem *p, hg_reason *why)
{
    const hg_max_unpool2d d = {.input = in,
                               .output_strides = strides_of(w->out),
                               .window = {w->r[0], w->r[1]},
                               .stride = {w->s[0], w->s[1]},
                               .padding = {HG_PADDING_EXPLICIT, w->p[0], w->p[1], w->p[2], w->p[3]},
                               .output_size = {w->o[0], w->o[1]},
                               .index_convention = (hg_index_convention)w->convention,
                               .index_type = (hg_index_type)w->index_type,
                               .index_size = {w->image[0], w->image[1]}};
    return hg_problem_max_unpool2d(&d, p, why);
}

static hg_status build_resize(hg_op op, const words *w, hg_tensor in, hg_problem *p, hg_reason *why)
{
    const hg_resize2d d = {.input = in,
                           .output_strides = strides_of(w->out),
                           .output_size = {w->o[0], w->o[1]},
                           .scale_h = w->scale[0],
                           .scale_w = w->scale[1],
                           .mode = (hg_resize_mode)w->mode,
                           .coordinates = (hg_coordinates)w->coordinates,
                           .rounding = (hg_rounding)w->rounding,
                           .cubic_a = w->a,
                           .exclude_outside = w->exclude,
                           .antialias = w->antialias,
                           .roi = {w->roi[0], w->roi[1], w->roi[2], w->roi[3]},
                           .extrapolation = (float)w->fill};
    const hg_resize_argmax2d classes = {.resize = d, .class_type = (hg_class_type)w->class_type};
    return op == HG_OP_RESIZE2D ? hg_problem_resize2d(&d, p, why)
                                : hg_problem_resize_argmax2d(&classes, p, why);
}

static hg_status build_binary(const words *w, hg_tensor in, hg_problem *p, hg_reason *why)
{
    hg_tensor other = in;
    const int64_t *with = w->with;
    if (with[1]) other.n = with[0], other.h = with[1], other.w = with[2], other.c = with[3];
    other.strides = strides_of(w->other);
    const hg_binary d = {.input = in,
                         .other = other,
                         .output_strides = strides_of(w->out),
                         .op = (hg_binary_op)w->binary,
                         .epilogue = epilogue_of(w)};
    return hg_problem_binary(&d, p, why);
}

static hg_status build_softmax(const words *w, hg_tensor in, hg_problem *p, hg_reason *why)
{
    const hg_softmax2d d = {.input = in, .output_strides = strides_of(w->out)};
    return hg_problem_softmax2d(&d, p, why);
}

static hg_status build_activation(const words *w, hg_tensor in, hg_problem *p, hg_reason *why)
{
    const hg_activation2d d = {
        .input = in, .output_strides = strides_of(w->out), .epilogue = epilogue_of(w)};
    return hg_problem_activation2d(&d, p, why);
}

static hg_status build_pad(const words *w, hg_tensor in, hg_problem *p, hg_reason *why)
{
    const hg_pad2d d = {.input = in,
                        .output_strides = strides_of(w->out),
                        .mode = (hg_pad_mode)w->border,
                        .value = (float)w->fill,
                        .top = w->p[0],
                        .left = w->p[1],
                        .bottom = w->p[2],
                        .right = w->p[3]};
    return hg_problem_pad2d(&d, p, why);
}

/* Nothing said agrees with anything. */
static bool has_stated_size(const words *w, const hg_problem *p)
{
    return w->o[0] == 0 || (p->out.h == w->o[0] && p->out.w == w->o[1]);
}

static hg_status build(hg_op op, hg_layout layout, const words *w, hg_problem *p, hg_reason *why)
{
    hg_tensor in = {HG_F32, layout, w->n, w->h, w->w, w->c, strides_of(w->in), {0, 0}};
    if (op == HG_OP_CONV2D || op == HG_OP_CONV_TRANSPOSE2D) return build_conv(op, w, in, p, why);
    if (op == HG_OP_BINARY) return build_binary(w, in, p, why);
    if (op == HG_OP_SOFTMAX2D) return build_softmax(w, in, p, why);
    if (op == HG_OP_PAD2D) return build_pad(w, in, p, why);
    if (op == HG_OP_ACTIVATION2D) return build_activation(w, in, p, why);
    if (op == HG_OP_MAX_UNPOOL2D) return build_unpool(w, in, p, why);
    if (op == HG_OP_RESIZE2D || op == HG_OP_RESIZE_ARGMAX2D) return build_resize(op, w, in, p, why);
    /* A pooling key states the output size instead of the rounding rule: one of two gives it, and
     * the other may have no output, or one that the strides do not fit. */
    const hg_status s = build_pool(op, w, in, false, p, why);
    if (w->o[0] == 0 || (!s && has_stated_size(w, p))) return s;
    return build_pool(op, w, in, true, p, why);
}

hg_status hg_problem_parse(const char *key, hg_problem *p, hg_reason *why)
{
    char copy[HG_KEY_SIZE];
    if (strlen(key) >= sizeof copy) return hg_fail(why, HG_INVALID, "the key is too long");
    strcpy(copy, key);
    char *rest = copy, *word, *head[3] = {NULL, NULL, NULL};
    for (int i = 0; i < 3; i++) head[i] = strtok_r(i ? NULL : copy, " ", &rest);
    const int op = head[0] ? FIND(head[0], op_names) : -1;
    const int layout = head[2] ? FIND(head[2], layout_names) : -1;
    if (op < 0 || layout < 0 || strcmp(head[1], "f32"))
        return hg_fail(why, HG_INVALID, "a key starts with an operator, f32, and nhwc or nchw");
    words w = {.n = 1};
    hg_numbers numbers;
    hg_plain_numbers(&numbers);
    const char *fault = NULL;
    char shown[64];
    while (!fault && (word = strtok_r(NULL, " ", &rest)) != NULL) {
        snprintf(shown, sizeof shown, "%s", word);
        const void *member = parse_word(word, &w);
        fault = !member              ? "the key has a bad word"
                : !first(&w, member) ? "the key says the same thing twice"
                                     : NULL;
    }
    hg_restore_numbers(&numbers);
    if (fault) return hg_fail(why, HG_INVALID, "%s, \"%s\"", fault, shown);
    const hg_status s = build((hg_op)op, (hg_layout)layout, &w, p, why);
    if (!s && !has_stated_size(&w, p))
        return hg_fail(why, HG_INVALID, "the key's output is %lldx%lld, not as the word o says",
                       (long long)p->out.h, (long long)p->out.w);
    return s;
}
