/* What the words of a key say, between parse.c, which reads them, and build.c, which makes the
 * public descriptor of it. */
#ifndef HG_PROBLEM_PARSED_H
#define HG_PROBLEM_PARSED_H

#include "kernels/problem.h"

enum { HG_MAX_WORDS = 48 }; /* more than a key has members to set */

/* Everything a key can say. Words that an operator has no use for change nothing. */
typedef struct hg_key_words {
    int64_t n, c, h, w, k, g;
    int64_t r[2], s[2], d[2], o[2], image[2], resized[2], p[4], in[4], out[4], res[4], with[4],
        other[4];
    int64_t divisor;
    double leaky, elu, clamp[2], hard_sigmoid[2], power, a, scale[2], roi[4], fill;
    bool adaptive, include_pad, is_signed, residual, exclude, antialias, has_index;
    int activation, accuracy, post_pool, convention, index_type, mode, coordinates, rounding;
    int class_type, binary, border;
    const void *set[HG_MAX_WORDS]; /* the members that words have set so far */
    int set_count;
} hg_key_words;

/* The output's size, where it is stated: nothing said agrees with anything. */
static inline bool hg_has_stated_size(const hg_key_words *w, const hg_problem *p)
{
    return w->o[0] == 0 || (p->out.h == w->o[0] && p->out.w == w->o[1]);
}

/* The problem as its operator's builder makes it, or refuses it. */
hg_status hg_problem_build(hg_op op, hg_layout layout, const hg_key_words *w, hg_problem *p,
                           hg_reason *why);

#endif
