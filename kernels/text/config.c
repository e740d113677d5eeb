#include "kernels/text/config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The members, in the order of the text. Those with a word have it for their 1. */
static const struct member {
    const char *name;
    size_t offset;
    const char *word;
} members[] = {{"block", offsetof(hg_config, block), NULL},
               {"panels", offsetof(hg_config, panels), NULL},
               {"channels", offsetof(hg_config, channels), NULL},
               {"parts", offsetof(hg_config, parts), NULL},
               {"nontemporal", offsetof(hg_config, nontemporal), NULL},
               {"ahead", offsetof(hg_config, ahead), NULL},
               {"pack", offsetof(hg_config, pack), NULL},
               {"bands", offsetof(hg_config, bands), NULL},
               {"via", offsetof(hg_config, via), "nhwc"}};

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

/* "name=value" of n characters. */
static bool parse_member(const char *text, size_t n, hg_config *c)
{
    for (size_t i = 0; i < HG_COUNT(members); i++) {
        const char *const word = members[i].word;
        const size_t m = strlen(members[i].name);
        if (n <= m || strncmp(text, members[i].name, m) || text[m] != '=' || value_of(c, i))
            continue;
        char *end;
        const long v = word ? 1 : strtol(text + m + 1, &end, 10);
        const bool whole =
            word ? n - m - 1 == strlen(word) && !strncmp(text + m + 1, word, n - m - 1)
                 : end == text + n && n > m + 1;
        if (!whole || v < 0 || v > INT32_MAX) return false;
        *(int32_t *)(void *)((char *)c + members[i].offset) = (int32_t)v;
        return true;
    }
    return false;
}

bool hg_config_parse(const char *text, hg_config *config)
{
    hg_config c = {0};
    while (*(text += strspn(text, " "))) {
        const size_t n = strcspn(text, " ");
        if (!parse_member(text, n, &c)) return false;
        text += n;
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
