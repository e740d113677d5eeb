/* Reads the lines of a description: statements and operators, names and their values. */
#include <string.h>

#include "net/description.h"

typedef struct reader {
    hg_net *net;
    hg_net_error *error;
    bool versioned;
} reader;

static hg_status no_memory(const reader *r)
{
    return net_fail_whole(r->error, HG_NO_MEMORY, "out of memory");
}

/* ---- Values ---- */

static int find_value(const hg_net *net, net_word name)
{
    for (int i = 0; i < net->value_count; i++)
        if (net_is(name, net->values[i].name)) return i;
    return -1;
}

static hg_status add_value(reader *r, net_word name, int *value)
{
    hg_net *net = r->net;
    if (!net_is_name(name))
        return net_fail(r->error, name, HG_INVALID, "\"%.*s\" is no name for a value",
                        NET_SHOW(name));
    const int before = find_value(net, name);
    if (before >= 0)
        return net_fail(r->error, name, HG_INVALID, "%.*s is defined already, in line %d",
                        NET_SHOW(name), net->values[before].word.line);
    char *copy = net_take_text(&net->memory, name.text, (size_t)name.length);
    if (!copy) return no_memory(r);
    *value = net->value_count++; /* there is room: see reserve */
    net->values[*value] = (net_value){.name = copy, .word = name};
    return HG_OK;
}

/* Where the text defines the name further on; 0: nowhere. */
static int defined_later(const reader *r, net_word name)
{
    net_text rest = {.at = name.text, .line = name.line - 1};
    net_words words;
    bool more = true;
    rest.end = r->net->text + strlen(r->net->text);
    while (net_next_line(&rest, &words, &more, NULL) == HG_OK && more)
        for (int i = 0; i < words.count && words.word[i].line > name.line; i++) {
            net_word made = words.word[i];
            if (net_is(made, "=")) break;
            made.length -= made.length > 0 && made.text[made.length - 1] == ',';
            if (made.length == name.length && !memcmp(made.text, name.text, (size_t)name.length) &&
                i + 1 < words.count)
                return made.line;
        }
    return 0;
}

static hg_status use_value(reader *r, net_word name, int *value)
{
    *value = find_value(r->net, name);
    if (*value >= 0) return HG_OK;
    const int later = defined_later(r, name);
    if (later)
        return net_fail(r->error, name, HG_INVALID, "%.*s is defined only in line %d",
                        NET_SHOW(name), later);
    return net_fail(r->error, name, HG_INVALID, "%.*s is not defined", NET_SHOW(name));
}

/* ---- Statements ---- */

static hg_status read_version(reader *r, const net_words *w)
{
    if (w->count != 2 || !net_is(w->word[0], "hgnet"))
        return net_fail(r->error, w->word[0], HG_INVALID, "the first line must be \"hgnet 1\"");
    if (!net_is(w->word[1], "1"))
        return net_fail(r->error, w->word[1], HG_UNSUPPORTED,
                        "version \"%.*s\" of the format is not known", NET_SHOW(w->word[1]));
    r->versioned = true;
    return HG_OK;
}

/* c, h, w and n of an input, or its type. */
static bool read_input_word(net_word name, net_word value, hg_tensor *t)
{
    int64_t *const sizes[] = {&t->c, &t->h, &t->w, &t->n};
    const char *const names[] = {"c", "h", "w", "n"};
    for (int i = 0; i < 4; i++)
        if (net_is(name, names[i])) return net_integer(value, 1, INT32_MAX, sizes[i]);
    if (!net_is(name, "type") || !net_is(value, "indices")) return false;
    t->dtype = HG_I32;
    return true;
}

static hg_status read_input(reader *r, const net_words *w)
{
    hg_net *net = r->net;
    int value;
    net_word name, number;
    hg_tensor t = hg_tensor_nhwc(HG_F32, 0, 0, 0, 0);
    if (w->count < 2) return net_fail(r->error, w->word[0], HG_INVALID, "an input needs a name");
    for (int i = 2; i < w->count; i++)
        if (!net_cut(w->word[i], &name, &number) || !read_input_word(name, number, &t))
            return net_fail(r->error, w->word[i], HG_INVALID,
                            "\"%.*s\" is not c=, h=, w= or n= and a number from 1 on, nor "
                            "type=indices",
                            NET_SHOW(w->word[i]));
    if (!t.c || !t.h || !t.w)
        return net_fail(r->error, w->word[1], HG_INVALID, "an input needs c=, h= and w=");
    if (net->input_count == NET_WORDS)
        return net_fail(r->error, w->word[0], HG_INVALID, "more than %d inputs", NET_WORDS);
    const hg_status status = add_value(r, w->word[1], &value);
    if (status) return status;
    t.n = t.n ? t.n : 1;
    net->values[value].tensor = t;
    net->inputs[net->input_count++] = value;
    return HG_OK;
}

static hg_status read_output(reader *r, const net_words *w)
{
    hg_net *net = r->net;
    hg_status status =
        w->count > 1 ? HG_OK : net_fail(r->error, w->word[0], HG_INVALID, "an output needs a name");
    for (int i = 1; !status && i < w->count; i++) {
        if (net->output_count == NET_WORDS)
            return net_fail(r->error, w->word[i], HG_INVALID, "more than %d outputs", NET_WORDS);
        status = use_value(r, w->word[i], &net->outputs[net->output_count]);
        for (int j = 0; !status && j < net->output_count; j++)
            if (net->outputs[j] == net->outputs[net->output_count])
                status = net_fail(r->error, w->word[i], HG_INVALID, "%.*s is an output already",
                                  NET_SHOW(w->word[i]));
        if (!status) net->output_count++;
    }
    return status;
}

static bool read_hex(net_word word, uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < word.length; i++) {
        const char *digits = "0123456789abcdef";
        const char *digit = strchr(digits, word.text[i]);
        if (!digit) return false;
        *value = *value << 4 | (uint32_t)(digit - digits);
    }
    return word.length == 8;
}

/* A file beside the description, not elsewhere. */
static bool read_file_name(hg_net *net, net_word word)
{
    if (word.length == 0 || word.text[0] == '.') return false;
    if (memchr(word.text, '/', (size_t)word.length) || memchr(word.text, '\\', (size_t)word.length))
        return false;
    net->weights_file = net_take_text(&net->memory, word.text, (size_t)word.length);
    return true;
}

static bool read_weights_word(hg_net *net, net_word name, net_word value, int *given)
{
    int64_t seed = 0;
    if (net_is(name, "file")) return *given |= 1, read_file_name(net, value);
    if (net_is(name, "size"))
        return *given |= 2, net_integer(value, 0, INT64_C(1) << 42, &net->weights_size);
    if (net_is(name, "crc32")) return *given |= 4, read_hex(value, &net->weights_crc);
    if (!net_is(name, "random")) return false;
    *given |= 8;
    const bool good = net_integer(value, 0, INT64_MAX, &seed);
    net->seed = (uint64_t)seed;
    return good;
}

static hg_status read_weights(reader *r, const net_words *w)
{
    hg_net *net = r->net;
    net_word name, value;
    int given = 0;
    if (net->weights_word.line)
        return net_fail(r->error, w->word[0], HG_INVALID,
                        "the weights are named already, in line %d", net->weights_word.line);
    for (int i = 1; i < w->count; i++)
        if (!net_cut(w->word[i], &name, &value) || !read_weights_word(net, name, value, &given))
            return net_fail(r->error, w->word[i], HG_INVALID,
                            "\"%.*s\" is not file=NAME, size=BYTES, crc32=8 HEX DIGITS or "
                            "random=SEED",
                            NET_SHOW(w->word[i]));
    if (given != 7 && given != 2 && given != 8)
        return net_fail(r->error, w->word[0], HG_INVALID,
                        "weights need file=, size= and crc32=, or size= alone, or random=");
    if (given == 7 && !net->weights_file) return no_memory(r);
    net->weights_word = w->word[0];
    net->random = given == 8;
    return HG_OK;
}

/* ---- Operators ---- */

static int words_before(const net_words *w, const char *text)
{
    int i = 0;
    while (i < w->count && !net_is(w->word[i], text)) i++;
    return i;
}

/* "name" or "name, name" in front of the =. */
static hg_status read_made(reader *r, net_line *line, const net_words *w, int count)
{
    hg_status status = HG_OK;
    if (count > line->op->outputs || count == 0)
        return net_fail(r->error, w->word[0], HG_INVALID, "%s gives %s", line->op->name,
                        line->op->outputs == 2 ? "one or two values" : "one value");
    for (int i = 0; !status && i < count; i++) {
        net_word name = w->word[i];
        if (i + 1 < count && name.text[name.length - 1] == ',') name.length--;
        status = add_value(r, name, &line->outputs[line->output_count++]);
    }
    return status;
}

static hg_status read_operator(reader *r, const net_words *w)
{
    hg_net *net = r->net;
    net_line *line = &net->lines[net->line_count];
    net_word name, value;
    const int made = words_before(w, "=");
    int at = made + 2;
    if (at > w->count)
        return net_fail(r->error, w->word[0], HG_INVALID,
                        "\"%.*s\" begins no statement; operators read NAME = OPERATOR ...",
                        NET_SHOW(w->word[0]));
    const net_word word = w->word[made + 1];
    *line = (net_line){.op = net_operator_find(word), .word = word};
    if (!line->op)
        return net_fail(r->error, word, HG_INVALID, "there is no operator \"%.*s\"",
                        NET_SHOW(word));
    hg_status status = HG_OK;
    for (; !status && at < w->count && !net_cut(w->word[at], &name, &value); at++) {
        if (line->input_count == line->op->most)
            return net_fail(r->error, w->word[at], HG_INVALID, "%s takes %d value%s at most",
                            line->op->name, line->op->most, line->op->most == 1 ? "" : "s");
        status = use_value(r, w->word[at], &line->inputs[line->input_count++]);
    }
    if (!status && line->input_count < line->op->least)
        status = net_fail(r->error, word, HG_INVALID, "%s needs %d value%s", line->op->name,
                          line->op->least, line->op->least == 1 ? "" : "s");
    if (!status)
        status =
            net_attributes_read(line->op, w->word + at, w->count - at, word, &line->a, r->error);
    if (!status) status = read_made(r, line, w, made);
    net->line_count += !status;
    return status;
}

static hg_status read_line(reader *r, const net_words *w)
{
    static const struct {
        const char *name;
        hg_status (*read)(reader *r, const net_words *w);
    } statements[] = {{"input", read_input}, {"output", read_output}, {"weights", read_weights}};
    if (!r->versioned) return read_version(r, w);
    const bool made =
        w->count > 1 && (net_is(w->word[1], "=") || (w->count > 2 && net_is(w->word[2], "=")));
    for (size_t i = 0; !made && i < sizeof statements / sizeof *statements; i++)
        if (net_is(w->word[0], statements[i].name)) return statements[i].read(r, w);
    return read_operator(r, w);
}

/* As many lines and values as the text can have. */
static bool reserve(hg_net *net, net_text text)
{
    size_t lines = 1;
    for (const char *at = text.at; at < text.end; at++) lines += *at == '\n';
    net->lines = net_take(&net->memory, lines, sizeof *net->lines);
    net->values = net_take(&net->memory, 2 * lines, sizeof *net->values);
    net->inputs = net_take(&net->memory, NET_WORDS, sizeof *net->inputs);
    net->outputs = net_take(&net->memory, NET_WORDS, sizeof *net->outputs);
    return net->lines && net->values && net->inputs && net->outputs;
}

hg_status net_read_lines(hg_net *net, net_text text, hg_net_error *error)
{
    reader r = {net, error, false};
    net_words words;
    bool more = true;
    if (!reserve(net, text)) return no_memory(&r);
    while (more) {
        hg_status status = net_next_line(&text, &words, &more, error);
        if (!status && more) status = read_line(&r, &words);
        if (status) return status;
    }
    if (!r.versioned) return net_fail_whole(error, HG_INVALID, "the text is empty");
    if (!net->input_count) return net_fail_whole(error, HG_INVALID, "no line names an input");
    if (!net->output_count) return net_fail_whole(error, HG_INVALID, "no line names an output");
    return HG_OK;
}
