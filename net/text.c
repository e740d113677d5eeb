/* Words of a description. Contract: text.h. */
#include "net/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- Errors ---- */

static hg_status fail(hg_net_error *error, net_word where, hg_status status, const char *format,
                      va_list arguments)
{
    if (!error) return status;
    *error = (hg_net_error){.line = where.line, .column = where.column};
    vsnprintf(error->text, sizeof error->text, format, arguments);
    return status;
}

hg_status net_fail(hg_net_error *error, net_word where, hg_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail(error, where, status, format, arguments);
    va_end(arguments);
    return status;
}

hg_status net_fail_whole(hg_net_error *error, hg_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail(error, (net_word){.text = ""}, status, format, arguments);
    va_end(arguments);
    return status;
}

/* ---- Lines ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static hg_status add_word(net_words *words, net_word word, hg_net_error *error)
{
    if (word.length > NET_WORD)
        return net_fail(error, word, HG_INVALID, "a word of more than %d bytes", NET_WORD);
    if (words->count == NET_WORDS)
        return net_fail(error, word, HG_INVALID, "more than %d words in a line", NET_WORDS);
    words->word[words->count++] = word;
    return HG_OK;
}

static hg_status cut_line(const char *start, const char *end, int line, net_words *words,
                          hg_net_error *error)
{
    words->count = 0;
    for (const char *at = start; at < end && *at != '#';) {
        net_word word = {at, 0, line, (int)(at - start) + 1};
        for (; at<end && * at> ' ' && *at <= '~' && *at != '#'; at++) word.length++;
        const hg_status status = word.length ? add_word(words, word, error) : HG_OK;
        if (status) return status;
        if (at == end || *at == '#') break;
        word.column = (int)(at - start) + 1;
        if (!is_blank(*at))
            return net_fail(error, word, HG_INVALID, "byte 0x%02x is no part of a description",
                            (unsigned)(unsigned char)*at);
        at++;
    }
    return HG_OK;
}

hg_status net_next_line(net_text *text, net_words *words, bool *more, hg_net_error *error)
{
    hg_status status = HG_OK;
    words->count = 0;
    while (!status && words->count == 0 && text->at < text->end) {
        const char *start = text->at;
        const char *end = memchr(start, '\n', (size_t)(text->end - start));
        text->at = end ? end + 1 : text->end;
        text->line++;
        status = cut_line(start, end ? end : text->end, text->line, words, error);
    }
    *more = words->count > 0;
    return status;
}

/* ---- Words ---- */

bool net_is(net_word word, const char *text)
{
    return strlen(text) == (size_t)word.length && !memcmp(word.text, text, (size_t)word.length);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool net_is_name(net_word word)
{
    for (int i = 0; i < word.length; i++) {
        const char c = word.text[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || !(is_digit(c) || strchr("./:-", c)))) return false;
    }
    return word.length > 0;
}

bool net_cut(net_word word, net_word *name, net_word *value)
{
    const char *equals = memchr(word.text, '=', (size_t)word.length);
    if (!equals) return false;
    const int length = (int)(equals - word.text);
    *name = *value = word;
    name->length = length;
    value->text += length + 1;
    value->length -= length + 1;
    value->column += length + 1;
    return true;
}

bool net_integer(net_word word, int64_t least, int64_t most, int64_t *value)
{
    int64_t v = 0;
    const bool negative = word.length > 0 && word.text[0] == '-';
    if (word.length <= (int)negative || word.length > 18) return false;
    for (int i = negative; i < word.length; i++) {
        if (!is_digit(word.text[i])) return false;
        v = v * 10 + (word.text[i] - '0');
    }
    v = negative ? -v : v;
    if (v < least || v > most) return false;
    *value = v;
    return true;
}

int net_integers(net_word word, char separator, int64_t least, int64_t most_value, int most,
                 int64_t *values)
{
    for (int count = 0; count < most; count++) {
        const char *next = memchr(word.text, separator, (size_t)word.length);
        net_word part = word;
        if (next) part.length = (int)(next - word.text);
        if (!net_integer(part, least, most_value, &values[count])) return 0;
        if (!next) return count + 1;
        word.text += part.length + 1;
        word.length -= part.length + 1;
    }
    return 0;
}

/* Digits with at most one point, as a whole number and the power of ten it is multiplied with. */
static int mantissa(net_word word, int at, double *value, int *exponent)
{
    bool point = false;
    int digits = 0;
    for (; at < word.length && (is_digit(word.text[at]) || (!point && word.text[at] == '.'));
         at++) {
        if (word.text[at] == '.') {
            point = true;
            continue;
        }
        *value = *value * 10 + (word.text[at] - '0');
        *exponent -= point;
        digits++;
    }
    return digits ? at : -1;
}

/* strtod goes by the locale; this one errs by an ulp of double at most for short numbers. */
bool net_number(net_word word, double *value)
{
    double v = 0;
    int exponent = 0;
    int64_t given = 0;
    const bool negative = word.length > 0 && word.text[0] == '-';
    net_word rest = word;
    rest.text += negative, rest.length -= negative;
    if (net_is(rest, "inf")) {
        *value = negative ? -HUGE_VAL : HUGE_VAL;
        return true;
    }
    const int at = mantissa(rest, 0, &v, &exponent);
    if (at < 0) return false;
    if (at < rest.length) {
        if (rest.text[at] != 'e' && rest.text[at] != 'E') return false;
        rest.text += at + 1, rest.length -= at + 1;
        if (rest.length > 0 && rest.text[0] == '+') rest.text++, rest.length--;
        if (!net_integer(rest, -400, 400, &given)) return false;
    }
    const int power = exponent + (int)given;
    v = power < 0 ? v / pow(10, -power) : v * pow(10, power);
    *value = negative ? -v : v;
    return true;
}
