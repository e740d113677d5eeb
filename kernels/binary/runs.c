/* Two tensors to one, by runs (kernels/pointwise/walk.h). Contract of the microkernels: runs.h. */
#include "kernels/binary/runs.h"

#include "kernels/activation/activation.h"
#include "kernels/common/attr.h"

enum { CHUNK_FLOATS = 2048 /* of output, which an activation finds in L1 */ };

static hg_walk walk_of(const hg_problem *p, const hg_kernel *k)
{
    return hg_walk_of(&p->in, &p->binary.other, &p->out, k);
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const hg_walk w = walk_of(p, k);
    const int n = hg_walk_configs(&w, list);
    return p->post.function ? 1 : n;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const hg_walk w = walk_of(p, k);
    const double all = hg_tensor_elements(&p->out), lanes = (double)hg_lanes(k);
    return hg_walk_ns(p, &w) + (p->post.function ? 6.0 * all / lanes : 0.0);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)c;
    const hg_walk w = walk_of(p, k);
    *sizes = (hg_sizes){.tables = sizeof w, .scratch = hg_walk_scratch(&w), .ranges = {w.ranges}};
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    (void)c;
    *(hg_walk *)tables = walk_of(p, k);
}

/* Chunk by chunk if a function is to follow. */
static void run_one(const hg_task *t, hg_place at, int64_t count, bool single)
{
    const hg_problem *p = t->problem;
    hg_binary_run_fn *const run =
        t->kernel->run.binary->run[p->binary.op][single][t->config.nontemporal];
    const hg_activation_args args = {.factor = p->post.factor, .offset = p->post.offset};
    const int64_t most = t->activate ? CHUNK_FLOATS : count;
    for (int64_t i = 0; i < count; i += most) {
        const int64_t n = HG_MIN(most, count - i);
        run(at.in + i, single ? at.other : at.other + i, at.out + i, n, &p->post);
        if (t->activate) t->activate(at.out + i, at.out + i, n, &args);
    }
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    hg_walk_ranges(t, (hg_place){t->input, t->other, t->output}, t->kernel->run.binary->spread,
                   run_one, begin, end);
}

const hg_algorithm hg_binary_runs = {.name = "runs",
                                     .configs = configs,
                                     .cost = cost,
                                     .size = size,
                                     .prepare = prepare,
                                     .run = run,
                                     .finishes = true};
