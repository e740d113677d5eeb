/* Lines of a description, cut into words. */
#ifndef HG_NET_TEXT_H
#define HG_NET_TEXT_H

#include <stdbool.h>

#include "hourglass/net.h"

typedef struct net_word {
    const char *text; /* not ended by a zero */
    int length, line, column;
} net_word;

typedef struct net_text {
    const char *at, *end;
    int line;
} net_text;

/* Words in a line, and bytes in a word. */
enum { NET_WORDS = 64, NET_WORD = 127 };

typedef struct net_words {
    net_word word[NET_WORDS];
    int count;
} net_words;

/* The next line that has words. Blanks part words, `#` begins a comment, all else must be printable
 * ASCII. *more is false at the end of the text. */
hg_status net_next_line(net_text *text, net_words *words, bool *more, hg_net_error *error);

bool net_is(net_word word, const char *text);
/* Letters, digits and _ . / : -, not beginning with a digit, '-' or '.'. */
bool net_is_name(net_word word);
/* The part behind a word's first '='; false: it has none. */
bool net_cut(net_word word, net_word *name, net_word *value);
/* Whole words; in every locale. */
bool net_number(net_word word, double *value);
bool net_integer(net_word word, int64_t least, int64_t most, int64_t *value);
/* A, or AxB, or A,B ...: `most` numbers at most; how many there are, 0 if the word is wrong. */
int net_integers(net_word word, char separator, int64_t least, int64_t most_value, int most,
                 int64_t *values);

/* Puts a sentence and a word's place into error, unless that is NULL, and returns status. */
hg_status net_fail(hg_net_error *error, net_word where, hg_status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Without a place. */
hg_status net_fail_whole(hg_net_error *error, hg_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For "%.*s". */
#define NET_SHOW(word) (word).length, (word).text

#endif
