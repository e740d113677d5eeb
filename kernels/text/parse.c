/* Keys: one line of text as a problem. What its words say is read here, and checked by build.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/common/attr.h"
#include "kernels/text/parsed.h"
#include "kernels/text/words.h"

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

static const void *parse_index(char *s, hg_key_words *w)
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
static const void *parse_choice(const char *word, hg_key_words *w)
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
static const void *parse_numbers(const char *word, hg_key_words *w)
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
static const void *parse_word(char *word, hg_key_words *w)
{
    if (strncmp(word, "index=", 6) == 0) return parse_index(word + 6, w);
    if (strncmp(word, "resized=", 8) == 0)
        return integers(word + 8, 'x', 2, w->resized) ? w->resized : NULL;
    const void *member = parse_choice(word, w);
    return member ? member : parse_numbers(word, w);
}

/* False if an earlier word has set the member. */
static bool first(hg_key_words *w, const void *member)
{
    for (int i = 0; i < w->set_count; i++)
        if (w->set[i] == member) return false;
    w->set[w->set_count++] = member;
    return true;
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
    hg_key_words w = {.n = 1};
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
    const hg_status s = hg_problem_build((hg_op)op, (hg_layout)layout, &w, p, why);
    if (!s && !hg_has_stated_size(&w, p))
        return hg_fail(why, HG_INVALID, "the key's output is %lldx%lld, not as the word o says",
                       (long long)p->out.h, (long long)p->out.w);
    return s;
}
