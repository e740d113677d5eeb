/* A plan's plans for the classes of cores. Contract: plan.h. */
#include <stdio.h>
#include <string.h>

#include "dispatch/plan.h"

static bool is_alike(const hg_plan *a, const hg_plan *b)
{
    return a->kernel == b->kernel && hg_config_equal(&a->config, &b->config) &&
           a->pooling.kernel == b->pooling.kernel &&
           hg_config_equal(&a->pooling.config, &b->pooling.config);
}

/* Adds the class's own plan, or the one before it that is like it. */
static void take_class(hg_plan *plan, int class, hg_plan *own)
{
    int i = 0;
    while (i < class && !is_alike(i ? plan->of_class[i] : plan, own)) i++;
    plan->of_class[class] = own;
    if (i == class) return;
    plan->of_class[class] = i ? plan->of_class[i] : plan;
    hg_plan_free(own);
}

/* Told of the classes whose kernel is not the first's, as far as there is room. */
static void explain_classes(hg_plan *plan)
{
    for (int i = 1; i < HG_MAX_CLASSES && plan->of_class[i]; i++) {
        const size_t used = strlen(plan->explain);
        const hg_plan *own = plan->of_class[i];
        if (own == plan) continue;
        snprintf(plan->explain + used, sizeof plan->explain - used, "  on cores of %s: %s",
                 plan->context->cores.classes[i].key, own->explain);
        char *const end = strchr(plan->explain + used, '\n'); /* of the kernel's line */
        if (end) end[1] = '\0';
    }
}

/* All have the workspace of the greatest. */
static void share_workspace(hg_plan *plan)
{
    size_t most = 0;
    for (int i = 0; i < HG_MAX_CLASSES && plan->of_class[i]; i++)
        most = HG_MAX(most, plan->of_class[i]->workspace);
    for (int i = 0; i < HG_MAX_CLASSES && plan->of_class[i]; i++)
        plan->of_class[i]->workspace = most;
}

static hg_status add_classes(hg_plan *plan, hg_filter *filter, const hg_channel_data *data)
{
    hg_context *const *contexts = plan->context->of_class;
    bool differ = false;
    for (int i = 1; i < HG_MAX_CLASSES && contexts[i]; i++) {
        hg_plan *own;
        const hg_status status =
            hg_plan_create_one(contexts[i], &plan->asked, filter, data, NULL, &own);
        if (status) return status;
        take_class(plan, i, own);
        differ |= plan->of_class[i] != plan;
    }
    if (!differ) {
        memset(plan->of_class, 0, sizeof plan->of_class);
        return HG_OK;
    }
    plan->of_class[0] = plan;
    explain_classes(plan);
    share_workspace(plan);
    return HG_OK;
}

hg_status hg_plan_create(hg_context *context, const hg_problem *problem, hg_filter *filter,
                         const hg_channel_data *data, const char *forced, hg_plan **out)
{
    hg_plan *plan;
    hg_status status = hg_plan_create_one(context, problem, filter, data, forced, &plan);
    if (status) return status;
    if (!forced && !context->reproducible) status = add_classes(plan, filter, data);
    if (status)
        hg_plan_free(plan);
    else
        *out = plan;
    return status;
}

void hg_plan_free_classes(hg_plan *plan)
{
    for (int i = 1; i < HG_MAX_CLASSES; i++) {
        hg_plan *const own = plan->of_class[i];
        bool again = own == plan;
        for (int j = 1; j < i; j++) again |= plan->of_class[j] == own;
        if (!again) hg_plan_free(own);
    }
}
