/* Winograd convolution: the whole problem is one phase of tiles (winograd_tiles.h). */
#include "kernels/conv2d/nhwc/winograd.h"

#include <string.h>

#include "kernels/conv2d/nhwc/winograd_tiles.h"

/* The tables; the pixel that padding reads follows. */
typedef struct tables {
    hg_winograd_tiles tiles;
    hg_winograd_phase phase;
} tables;

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return hg_winograd_fits(p);
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
    *s = (hg_sizes){.weights = hg_winograd_weight_bytes(&b),
                    .tables = sizeof(tables) + sizeof(float) * (size_t)p->in.c,
                    .scratch = hg_winograd_scratch_bytes(&b),
                    .ranges = {p->in.n * b.blocks * (int64_t)b.chunks}};
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
    const hg_winograd_filter whole = {.origin = filter,
                                      .k_step = p->in.c * r * r,
                                      .c_step = r * r,
                                      .y_step = r,
                                      .x_step = 1,
                                      .rows = {0, r},
                                      .columns = {0, r}};
    hg_winograd_pack(p, k, &whole, packed);
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *to)
{
    const int a = hg_winograd_a(k->run.winograd);
    tables *t = to;
    t->tiles = hg_winograd_tiles_of(p, k, c, 1);
    t->phase =
        (hg_winograd_phase){.count = {p->out.h, p->out.w}, .rows = {0, a}, .columns = {0, a}};
    memset(t + 1, 0, sizeof(float) * (size_t)p->in.c);
}

static void run(const hg_task *task, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const tables *t = task->tables;
    hg_winograd_run(task, &t->tiles, &t->phase, (const float *)(t + 1), begin, end);
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
