/* Command-line options. Contract: options.h. */
#include "cli/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const hg_option *find(const hg_option *options, const char *word, size_t length)
{
    for (; options->name; options++)
        if (strlen(options->name) == length && !strncmp(options->name, word, length))
            return options;
    return NULL;
}

static bool store(const hg_option *option, const char *text)
{
    char *end = NULL;
    if (option->kind == HG_OPTION_TEXT) {
        *(const char **)option->value = text;
        return true;
    }
    if (option->kind == HG_OPTION_COUNT) {
        const long v = strtol(text, &end, 10);
        *(int *)option->value = (int)v;
        return end != text && *end == '\0' && v >= 1 && v <= 1 << 20;
    }
    const double v = strtod(text, &end);
    *(double *)option->value = v;
    return end != text && *end == '\0' && isfinite(v) && v > 0;
}

bool hg_options_read(int argc, char **argv, const hg_option *options, hg_operands *operands)
{
    if (operands) operands->count = 0;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        if (strncmp(word, "--", 2) != 0) {
            if (!operands || operands->count == HG_MAX_OPERANDS) {
                fprintf(stderr, "hourglass: unexpected word \"%s\"\n", word);
                return false;
            }
            operands->word[operands->count++] = word;
            continue;
        }
        const size_t length = strcspn(word, "=");
        const hg_option *option = find(options, word, length);
        if (!option || (option->kind == HG_OPTION_FLAG && word[length])) {
            fprintf(stderr, "hourglass: unknown option %s\n", word);
            return false;
        }
        if (option->kind == HG_OPTION_FLAG) {
            *(bool *)option->value = true;
            continue;
        }
        if (!word[length] && i + 1 == argc) {
            fprintf(stderr, "hourglass: option %s needs a value\n", word);
            return false;
        }
        const char *text = word[length] ? word + length + 1 : argv[++i];
        if (!store(option, text)) {
            fprintf(stderr, "hourglass: \"%s\" is no value for option %s\n", text, option->name);
            return false;
        }
    }
    return true;
}
