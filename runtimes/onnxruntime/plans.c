/* Plans by shape. Contract: compiled.h. */
#include <stdlib.h>
#include <string.h>

#include "runtimes/onnxruntime/compiled.h"

enum { KEPT_PLANS = 8 };

/* The first sizes that fit make the network of the description. */
static OrtStatus *read_net(ep_compiled *c, const hg_tensor *sizes)
{
    hg_net_error error = {0};
    if (!c->weights) {
        const hg_status created = hg_weights_create(c->p->context, &c->weights);
        if (created) return ep_fail_net(&c->p->api, created, NULL);
    }
    char *text = ep_compose(&c->d, c->values, sizes, c->input_count, c->values + c->input_count,
                            c->output_count, true);
    if (!text) return ep_no_memory(&c->p->api);
    const hg_status status = hg_net_read(text, strlen(text), c->d.weights,
                                         c->d.count * sizeof *c->d.weights, NULL, &c->net, &error);
    free(text);
    if (status) return ep_fail_net(&c->p->api, status, &error);
    ep_description_free(&c->d);
    return NULL;
}

static OrtStatus *make_plan(ep_compiled *c, const hg_tensor *sizes, ep_shaped **made)
{
    hg_net_error error = {0};
    if (c->fixed)
        return ep_fail(&c->p->api, ORT_INVALID_ARGUMENT,
                       "hourglass: a shape that is not the one of the model");
    if (!c->net) EP_TRY(read_net(c, sizes));
    const size_t bytes = (size_t)c->input_count * sizeof *sizes;
    ep_shaped *s = calloc(1, sizeof *s + bytes);
    if (!s) return ep_no_memory(&c->p->api);
    memcpy(s->sizes, sizes, bytes);
    const hg_net_options options = {.inputs = s->sizes,
                                    .input = HG_NCHW,
                                    .output = HG_NCHW,
                                    .accuracy = c->p->options.accuracy,
                                    .packed = c->weights};
    const hg_status status = hg_net_plan_create(c->p->context, c->net, &options, &s->plan, &error);
    if (status) {
        free(s);
        return ep_fail_net(&c->p->api, status, &error);
    }
    *made = s;
    return NULL;
}

/* Plans beyond those that are kept go, unless they run. */
static void forget(ep_compiled *c)
{
    int kept = 0;
    for (ep_shaped **at = &c->plans; *at;) {
        ep_shaped *s = *at;
        if (++kept <= KEPT_PLANS || s->users) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        hg_net_plan_free(s->plan);
        free(s);
    }
}

static bool same_sizes(const ep_compiled *c, const ep_shaped *s, const hg_tensor *sizes)
{
    for (int i = 0; i < c->input_count; i++)
        if (s->sizes[i].n != sizes[i].n || s->sizes[i].h != sizes[i].h ||
            s->sizes[i].w != sizes[i].w)
            return false;
    return true;
}

OrtStatus *ep_find_plan(ep_compiled *c, const hg_tensor *sizes, ep_shaped **found)
{
    ep_shaped **at = &c->plans, *s = NULL;
    while (*at && !same_sizes(c, *at, sizes)) at = &(*at)->next;
    if (*at)
        s = *at, *at = s->next;
    else
        EP_TRY(make_plan(c, sizes, &s));
    s->next = c->plans;
    c->plans = s;
    s->users++;
    forget(c);
    *found = s;
    return NULL;
}

void ep_plans_free(ep_compiled *c)
{
    while (c->plans) {
        ep_shaped *next = c->plans->next;
        hg_net_plan_free(c->plans->plan);
        free(c->plans);
        c->plans = next;
    }
}
