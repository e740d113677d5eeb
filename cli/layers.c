/* Choosing layers. Contract: layers.h. */
#include "cli/layers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static bool read_files(const char *names, hg_shapes *shapes)
{
    char *copy = strdup(names), *rest = copy, *name;
    hg_reason why = {"out of memory"};
    bool good = copy != NULL;
    while (good && (name = strsep(&rest, ",")) != NULL)
        good = hg_shapes_read(name, shapes, &why) == HG_OK;
    if (!good) fprintf(stderr, "hourglass: %s\n", why.text);
    free(copy);
    return good;
}

static bool matches(const char *wanted, const char *name)
{
    return !wanted || strcmp(wanted, name) == 0;
}

static bool has_layout(const hg_layers *choice, hg_layout layout)
{
    return !strcmp(choice->layout, "both") || !strcmp(choice->layout, hg_layout_name(layout));
}

static const char *name_of(const hg_shape *s, bool layer)
{
    return layer ? s->layer : s->network;
}

/* Says which names there would have been: of networks, or of the layers of the network. */
static void list_names(const hg_layers *choice, const hg_shapes *shapes)
{
    bool layers = false; /* the network is known, or none was named */
    for (size_t i = 0; i < shapes->count; i++)
        layers = layers || matches(choice->network, shapes->rows[i].network);
    const char *network = layers ? choice->network : NULL, *separator = " ";
    fprintf(stderr, "hourglass: no %s %s in %s; there are", layers ? "layer" : "network",
            layers ? choice->layer : choice->network, choice->files);
    for (size_t i = 0; i < shapes->count; i++) {
        const char *name = name_of(&shapes->rows[i], layers);
        bool listed = !matches(network, shapes->rows[i].network);
        for (size_t j = 0; j < i && !listed; j++)
            listed = matches(network, shapes->rows[j].network) &&
                     strcmp(name, name_of(&shapes->rows[j], layers)) == 0;
        if (listed) continue;
        fprintf(stderr, "%s%s", separator, name);
        separator = ", ";
    }
    fprintf(stderr, "\n");
}

static bool visit_layer(const hg_layers *choice, const hg_shape *s, hg_layer_visitor *visit,
                        void *self)
{
    for (int i = HG_NHWC; i <= HG_NCHW; i++) {
        hg_problem problem;
        hg_reason why = {""};
        if (!has_layout(choice, (hg_layout)i)) continue;
        if (hg_shape_problem(s, (hg_layout)i, &problem, &why)) {
            fprintf(stderr, "hourglass: %s/%s: %s\n", s->network, s->layer, why.text);
            return false;
        }
        if (!visit(self, s, (hg_layout)i, &problem)) return false;
    }
    return true;
}

static int visit_all(const hg_layers *choice, const hg_shapes *shapes, hg_layer_visitor *visit,
                     void *self)
{
    size_t count = 0;
    for (size_t i = 0; i < shapes->count; i++) {
        const hg_shape *s = &shapes->rows[i];
        if (!matches(choice->network, s->network) || !matches(choice->layer, s->layer)) continue;
        if (!visit_layer(choice, s, visit, self)) return CLI_FAILED;
        count++;
    }
    if (count > 0) return CLI_OK;
    if (choice->network || choice->layer)
        list_names(choice, shapes);
    else
        fprintf(stderr, "hourglass: %s: no layers\n", choice->files);
    return CLI_USAGE;
}

int hg_layers_visit(const hg_layers *choice, hg_layer_visitor *visit, void *self)
{
    if (!has_layout(choice, HG_NHWC) && !has_layout(choice, HG_NCHW)) {
        fprintf(stderr, "hourglass: --layout %s: the layout is nhwc, nchw or both\n",
                choice->layout);
        return CLI_USAGE;
    }
    hg_shapes shapes = {NULL, 0, 0};
    const int code =
        read_files(choice->files, &shapes) ? visit_all(choice, &shapes, visit, self) : CLI_FAILED;
    hg_shapes_free(&shapes);
    return code;
}
