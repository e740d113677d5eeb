#include "tests/case_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from ? from : "");
}

/* "NAME KIND [COUNT] VALUES..." */
static bool parse_attr(char *rest, case_file *c)
{
    char *state, *name = strtok_r(rest, " ", &state), *kind = strtok_r(NULL, " ", &state);
    if (!kind || c->attr_count == CASE_MOST_ATTRS) return false;
    case_attr *a = &c->attrs[c->attr_count++];
    copy(a->name, sizeof a->name, name);
    if (strcmp(kind, "string") == 0) {
        copy(a->text, sizeof a->text, strtok_r(NULL, " ", &state));
        return true;
    }
    int count = 1;
    if (kind[strlen(kind) - 1] == 's') {
        const char *word = strtok_r(NULL, " ", &state);
        count = word ? atoi(word) : -1;
    }
    if (count < 0 || count > (int)(sizeof a->values / sizeof *a->values)) return false;
    for (char *word; a->count < count && (word = strtok_r(NULL, " ", &state)) != NULL;)
        a->values[a->count++] = strtod(word, NULL);
    return a->count == count;
}

/* "NAME TYPE RANK DIMS... FILE": the array itself knows all but its name and file. */
static bool parse_tensor(const char *folder, char *rest, case_tensor *t, int *count)
{
    if (*count == CASE_MOST_TENSORS) return false;
    char path[1200];
    const char *file = strrchr(rest, ' ');
    if (!file) return false;
    snprintf(path, sizeof path, "%s/%s", folder, file + 1);
    t += (*count)++;
    const size_t length = strcspn(rest, " ");
    snprintf(t->name, sizeof t->name, "%.*s", (int)length, rest);
    return npy_read(path, &t->array);
}

static bool parse_line(const char *folder, char *line, case_file *c)
{
    line[strcspn(line, "\r\n")] = '\0';
    char *rest = strchr(line, ' ');
    if (!rest) return line[0] == '\0';
    *rest++ = '\0';
    if (strcmp(line, "case") == 0)
        copy(c->name, sizeof c->name, rest);
    else if (strcmp(line, "op") == 0)
        copy(c->op, sizeof c->op, rest);
    else if (strcmp(line, "note") == 0)
        copy(c->note, sizeof c->note, rest);
    else if (strcmp(line, "opset") == 0)
        c->opset = atoi(rest);
    else if (strcmp(line, "spatial_dims") == 0)
        c->spatial_dims = atoi(rest);
    else if (strcmp(line, "attr") == 0)
        return parse_attr(rest, c);
    else if (strcmp(line, "input") == 0)
        return parse_tensor(folder, rest, c->inputs, &c->input_count);
    else if (strcmp(line, "output") == 0)
        return parse_tensor(folder, rest, c->outputs, &c->output_count);
    else
        return false;
    return true;
}

bool case_read(const char *folder, case_file *c)
{
    char path[1200], line[1024];
    *c = (case_file){0};
    snprintf(path, sizeof path, "%s/case.txt", folder);
    FILE *f = fopen(path, "r");
    if (!f) return false;
    bool ok = true;
    while (ok && fgets(line, sizeof line, f)) ok = parse_line(folder, line, c);
    fclose(f);
    ok = ok && c->op[0] && c->input_count > 0 && c->output_count > 0;
    if (!ok) case_free(c);
    return ok;
}

void case_free(case_file *c)
{
    for (int i = 0; i < c->input_count; i++) npy_free(&c->inputs[i].array);
    for (int i = 0; i < c->output_count; i++) npy_free(&c->outputs[i].array);
    c->input_count = c->output_count = 0;
}

const case_attr *case_find_attr(const case_file *c, const char *name)
{
    for (int i = 0; i < c->attr_count; i++)
        if (strcmp(c->attrs[i].name, name) == 0) return &c->attrs[i];
    return NULL;
}

const npy *case_find_input(const case_file *c, const char *name)
{
    for (int i = 0; i < c->input_count; i++)
        if (strcmp(c->inputs[i].name, name) == 0) return &c->inputs[i].array;
    return NULL;
}

double case_value(const case_file *c, const char *name, int i, double fallback)
{
    const case_attr *a = case_find_attr(c, name);
    return a && i < a->count ? a->values[i] : fallback;
}

bool case_says(const case_file *c, const char *name, const char *text)
{
    const case_attr *a = case_find_attr(c, name);
    return a && strcmp(a->text, text) == 0;
}
