/* A lone activation, by runs (kernels/pointwise/walk.h): slopes of HG_PRELU are the second tensor.
 * Contract of the microkernels: activation2d.h. */
#include "kernels/activation/activation.h"
#include "kernels/activation2d/activation2d.h"
#include "kernels/common/attr.h"

enum { CHUNK_FLOATS = 1024 /* of a function's values, before they are stored past the caches */ };

/* 1 x 1 x C slopes, or one number that nothing reads. */
static hg_walk walk_of(const hg_problem *p, const hg_kernel *k)
{
    hg_tensor slopes = p->in;
    slopes.n = slopes.h = slopes.w = 1;
    slopes.c = p->post.function == HG_PRELU ? p->in.c : 1;
    slopes.strides = hg_dense_strides(&slopes);
    return hg_walk_of(&p->in, &slopes, &p->out, k);
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const hg_walk w = walk_of(p, k);
    return hg_walk_configs(&w, list);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const hg_walk w = walk_of(p, k);
    const double function =
        p->post.function ? 6.0 * hg_tensor_elements(&p->out) / (double)hg_lanes(k) : 0.0;
    return HG_MAX(hg_walk_ns(p, &w), function + 200.0);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    const hg_walk w = walk_of(p, k);
    const bool values = p->post.function && c->nontemporal;
    *sizes =
        (hg_sizes){.tables = sizeof w,
                   .scratch = hg_walk_scratch(&w) + (values ? CHUNK_FLOATS * sizeof(float) : 0),
                   .ranges = {w.ranges}};
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    (void)c;
    *(hg_walk *)tables = walk_of(p, k);
}

/* A function's values on their way past the caches, chunk by chunk. */
static void run_past_caches(const hg_task *t, hg_place at, int64_t count, bool single)
{
    const hg_post *post = &t->problem->post;
    float *const values = (float *)t->scratch + hg_walk_scratch(t->tables) / sizeof(float);
    for (int64_t i = 0; i < count; i += CHUNK_FLOATS) {
        const int64_t n = HG_MIN(CHUNK_FLOATS, count - i);
        const hg_activation_args args = {post->factor, post->offset, at.other + (single ? 0 : i),
                                         single};
        t->activate(at.in + i, values, n, &args);
        t->kernel->run.activation2d->run[1](values, at.out + i, n, post);
    }
}

static void run_one(const hg_task *t, hg_place at, int64_t count, bool single)
{
    const hg_post *post = &t->problem->post;
    const hg_activation_args args = {post->factor, post->offset, at.other, single};
    const bool nontemporal = t->config.nontemporal;
    if (!t->activate)
        t->kernel->run.activation2d->run[nontemporal](at.in, at.out, count, post);
    else if (nontemporal)
        run_past_caches(t, at, count, single);
    else
        t->activate(at.in, at.out, count, &args);
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const float *slopes = t->slopes ? t->slopes : t->input; /* what is added to is not NULL */
    hg_walk_ranges(t, (hg_place){t->input, slopes, t->output}, t->kernel->run.activation2d->spread,
                   run_one, begin, end);
}

const hg_algorithm hg_activation2d_runs = {.name = "runs",
                                           .configs = configs,
                                           .cost = cost,
                                           .size = size,
                                           .prepare = prepare,
                                           .run = run,
                                           .finishes = true};
