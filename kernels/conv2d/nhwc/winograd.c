/* Winograd convolution: the whole problem is one phase of tiles (winograd_tiles.h), or one for each
 * group, which is a convolution of its own whose pixels lie apart.
 *
 *     for block of tiles
 *       for group                                     their input pixels are neighbours
 *         for chunk of panels                         one range of work */
#include "kernels/conv2d/nhwc/winograd.h"

#include <string.h>

#include "kernels/conv2d/nhwc/winograd_tiles.h"

enum { LEAST_CHANNELS = 8 /* of a group, in and out: transforms take their time for each */ };

/* The tables; the pixel that padding reads follows. */
typedef struct tables {
    hg_problem group; /* the convolution of one */
    hg_winograd_tiles tiles;
    hg_winograd_phase phase;
    size_t weights; /* floats of a group */
} tables;

static hg_problem group_of(const hg_problem *p)
{
    hg_problem g = *p;
    g.in.c /= p->groups;
    g.out.c /= p->groups;
    g.groups = 1;
    return g;
}

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    const int64_t least = HG_MIN(p->in.c, p->out.c) / p->groups;
    return hg_winograd_fits(p) && (p->groups == 1 || least >= LEAST_CHANNELS);
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    return hg_winograd_configs(p, k, 1, list);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const int a = hg_winograd_a(k->run.winograd);
    return hg_winograd_cost(p, k, 1, a * a);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *s)
{
    const hg_winograd_tiles b = hg_winograd_tiles_of(p, k, c, 1);
    *s = (hg_sizes){.weights = (size_t)p->groups * hg_winograd_weight_bytes(&b),
                    .tables = sizeof(tables) + sizeof(float) * (size_t)(p->in.c / p->groups),
                    .scratch = hg_winograd_scratch_bytes(&b),
                    .ranges = {b.blocks * p->groups * (int64_t)b.chunks}};
}

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    (void)p;
    words[0] = k->run.winograd->m;
    words[1] = k->run.winograd->r;
    words[2] = k->run.winograd->stride;
}

static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    const int64_t r = k->run.winograd->r;
    const hg_problem group = group_of(p);
    const hg_winograd_tiles b = hg_winograd_tiles_of(p, k, &(hg_config){0}, 1);
    hg_winograd_filter whole = {.origin = filter,
                                .k_step = group.in.c * r * r,
                                .c_step = r * r,
                                .y_step = r,
                                .x_step = 1,
                                .rows = {0, r},
                                .columns = {0, r}};
    for (int64_t i = 0; i < p->groups; i++) {
        hg_winograd_pack(&group, k, &whole, packed);
        whole.origin += group.out.c * whole.k_step;
        packed += hg_winograd_weight_bytes(&b) / sizeof(float);
    }
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *to)
{
    const int a = hg_winograd_a(k->run.winograd);
    tables *t = to;
    t->group = group_of(p);
    t->tiles = hg_winograd_tiles_of(p, k, c, 1);
    t->phase =
        (hg_winograd_phase){.count = {p->out.h, p->out.w}, .rows = {0, a}, .columns = {0, a}};
    t->weights = hg_winograd_weight_bytes(&t->tiles) / sizeof(float);
    memset(t + 1, 0, sizeof(float) * (size_t)t->group.in.c);
}

static void run(const hg_task *task, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const tables *t = task->tables;
    const float *zeros = (const float *)(t + 1);
    const int64_t groups = task->problem->groups, chunks = (int64_t)t->tiles.chunks;
    if (groups == 1) {
        hg_winograd_run(task, &t->tiles, &t->phase, zeros, begin, end);
        return;
    }
    for (int64_t now; begin < end; begin += now) {
        const int64_t chunk = begin % chunks, block = begin / chunks / groups;
        const int64_t group = begin / chunks % groups, c = group * t->group.out.c;
        now = HG_MIN(chunks - chunk, end - begin);
        hg_task part = *task;
        part.problem = &t->group;
        part.input += group * t->group.in.c;
        part.output += c;
        part.bias += c;
        part.slopes += c;
        if (part.residual) part.residual += c;
        part.weights += (size_t)group * t->weights;
        const int64_t first = block * chunks + chunk;
        hg_winograd_run(&part, &t->tiles, &t->phase, zeros, first, first + now);
    }
}

const hg_algorithm hg_conv2d_nhwc_winograd = {.name = "winograd",
                                              .supports = supports,
                                              .configs = configs,
                                              .cost = cost,
                                              .size = size,
                                              .form = form,
                                              .pack = pack,
                                              .prepare = prepare,
                                              .run = run,
                                              .finishes = true};
