#include "kernels/text/config.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The members, in the order of the text. Those with a word have it for their 1. */
#define NAME(text) text, sizeof text - 1
static const struct member {
    const char *name;
    size_t length; /* of the name */
    size_t offset;
    const char *word;
} members[] = {{NAME("block"), offsetof(hg_config, block), NULL},
               {NAME("panels"), offsetof(hg_config, panels), NULL},
               {NAME("channels"), offsetof(hg_config, channels), NULL},
               {NAME("parts"), offsetof(hg_config, parts), NULL},
               {NAME("nontemporal"), offsetof(hg_config, nontemporal), NULL},
               {NAME("ahead"), offsetof(hg_config, ahead), NULL},
               {NAME("pack"), offsetof(hg_config, pack), NULL},
               {NAME("bands"), offsetof(hg_config, bands), NULL},
               {NAME("via"), offsetof(hg_config, via), "nhwc"}};

static int32_t value_of(const hg_config *c, size_t i)
{
    return *(const int32_t *)(const void *)((const char *)c + members[i].offset);
}

void hg_config_format(const hg_config *c, char text[HG_CONFIG_SIZE])
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < HG_COUNT(members); i++) {
        char number[12];
        if (value_of(c, i) == 0) continue;
        snprintf(number, sizeof number, "%d", (int)value_of(c, i));
        used += (size_t)snprintf(text + used, HG_CONFIG_SIZE - used, "%s%s=%s", used ? " " : "",
                                 members[i].name, members[i].word ? members[i].word : number);
    }
}

/* A whole number of n digits, and nothing else. */
static bool parse_number(const char *text, size_t n, int32_t *number)
{
    int64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        v = 10 * v + (text[i] - '0');
        if (v > INT32_MAX) return false;
    }
    *number = (int32_t)v;
    return n > 0;
}

/* "name=value" of n characters. */
static bool parse_member(const char *text, size_t n, hg_config *c)
{
    for (size_t i = 0; i < HG_COUNT(members); i++) {
        const char *const word = members[i].word;
        const size_t m = members[i].length;
        if (n <= m || text[m] != '=' || memcmp(text, members[i].name, m) || value_of(c, i))
            continue;
        const char *const value = text + m + 1;
        const size_t left = n - m - 1;
        int32_t v = 1;
        if (word ? strlen(word) != left || memcmp(word, value, left)
                 : !parse_number(value, left, &v))
            return false;
        *(int32_t *)(void *)((char *)c + members[i].offset) = v;
        return true;
    }
    return false;
}

/* By hand: tables have thousands of them, of a few characters each. */
bool hg_config_parse(const char *text, hg_config *config)
{
    hg_config c = {0};
    while (*text == ' ') text++;
    while (*text) {
        size_t n = 0;
        while (text[n] && text[n] != ' ') n++;
        if (!parse_member(text, n, &c)) return false;
        text += n;
        while (*text == ' ') text++;
    }
    *config = c;
    return true;
}

bool hg_config_equal(const hg_config *a, const hg_config *b)
{
    for (size_t i = 0; i < HG_COUNT(members); i++)
        if (value_of(a, i) != value_of(b, i)) return false;
    return true;
}
