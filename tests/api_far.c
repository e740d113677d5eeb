/* Tensors whose images, rows, columns or channels lie more than 2^32 elements apart, as strides
 * allow: an offset that is cut to 32 bits anywhere gives other results. Every kernel and
 * configuration, against the oracle. The memory between the elements is never touched. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/api.h"
#include "tests/api_plans.h"
#include "tests/compare.h"
#include "tests/winograd_bound.h"

static const int64_t far = ((int64_t)1 << 32) + 64;

/* Pages that exist once they are written to. */
typedef struct sparse {
    void *data;
    size_t size;
} sparse;

static bool open_sparse(sparse *s, int64_t elements, size_t element_size)
{
    s->size = (size_t)elements * element_size;
    s->data = mmap(NULL, s->size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s->data == MAP_FAILED) *s = (sparse){NULL, 0};
    return s->data != NULL;
}

static void close_sparse(sparse *s)
{
    if (s->data) munmap(s->data, s->size);
    *s = (sparse){NULL, 0};
}

/* Dense strides, but for neighbours along one dimension. */
static void spread(hg_tensor *t, char along)
{
    const bool nhwc = t->layout == HG_NHWC;
    const struct {
        char name;
        int64_t extent, *stride;
    } n = {'n', t->n, &t->strides.n}, h = {'h', t->h, &t->strides.h},
      w = {'w', t->w, &t->strides.w}, c = {'c', t->c, &t->strides.c},
      axes[4] = {nhwc ? c : w, nhwc ? w : h, nhwc ? h : c, n};
    int64_t span = 1;
    for (int i = 0; i < 4; i++) {
        *axes[i].stride = span + (i > 0 && axes[i].name == along ? far : 0);
        span = *axes[i].stride * axes[i].extent;
    }
}

static void spread_all(hg_problem *p, char along)
{
    if (along == 'n') p->in.n = p->out.n = 2;
    spread(&p->in, along);
    spread(&p->out, along);
    if (p->post.residual) p->residual_strides = p->out.strides;
}

typedef struct trial {
    hg_problem problem;
    char key[HG_KEY_SIZE];
    case_data data;
    oracle_output want;
    sparse input, output, residual, other, indices;
    float *y;
    int64_t *at;
} trial;

static bool narrow(const hg_problem *p)
{
    return p->pool.index_type == HG_INDEX_I32;
}

static void put_indices(const trial *t)
{
    const hg_problem *p = &t->problem;
    const int64_t count = tensor_count(&p->in);
    int32_t *narrowed = malloc((size_t)count * sizeof *narrowed);
    for (int64_t i = 0; narrowed && i < count; i++) narrowed[i] = (int32_t)t->data.indices[i];
    if (expect(narrowed != NULL, "memory"))
        tensor_scatter(&p->in, &p->in.strides, hg_index_bytes(p->pool.index_type),
                       narrow(p) ? (const void *)narrowed : t->data.indices, t->indices.data);
    free(narrowed);
}

static void get_indices(const trial *t)
{
    const hg_problem *p = &t->problem;
    tensor_gather(&p->out, &p->out.strides, hg_index_bytes(p->pool.index_type), t->indices.data,
                  t->at);
    for (int64_t i = tensor_count(&p->out); narrow(p) && i-- > 0;) /* widened from the last on */
        t->at[i] = ((const int32_t *)(const void *)t->at)[i];
}

static bool open_trial(trial *t)
{
    const hg_problem *p = &t->problem;
    const int64_t in = hg_tensor_extent(&p->in), out = hg_tensor_extent(&p->out);
    const size_t index = hg_index_bytes(p->pool.index_type);
    const bool places = p->op == HG_OP_MAX_POOL2D && p->pool.indices;
    bool ok = open_sparse(&t->input, in, sizeof(float)) &&
              open_sparse(&t->output, out, hg_dtype_bytes(p->out.dtype)) &&
              (!p->post.residual || open_sparse(&t->residual, out, sizeof(float))) &&
              (!t->data.other ||
               open_sparse(&t->other, hg_tensor_extent(&p->binary.other), sizeof(float))) &&
              (!places || open_sparse(&t->indices, out, index)) &&
              (!t->data.indices || open_sparse(&t->indices, in, index));
    if (!ok) return false;
    tensor_scatter(&p->in, &p->in.strides, sizeof(float), t->data.x, t->input.data);
    if (p->post.residual)
        tensor_scatter(&p->out, &p->residual_strides, sizeof(float), t->data.residual,
                       t->residual.data);
    if (t->data.other)
        tensor_scatter(&p->binary.other, &p->binary.other.strides, sizeof(float), t->data.other,
                       t->other.data);
    if (t->data.indices) put_indices(t);
    t->y = malloc((size_t)tensor_count(&p->out) * sizeof *t->y);
    if (places) t->at = malloc((size_t)tensor_count(&p->out) * sizeof *t->at);
    return t->y && (!places || t->at);
}

static void close_trial(trial *t)
{
    close_sparse(&t->input), close_sparse(&t->output);
    close_sparse(&t->residual), close_sparse(&t->other), close_sparse(&t->indices);
    free(t->y), free(t->at);
}

static void run_plan(const trial *t, const hg_plan *plan)
{
    const hg_problem *p = &t->problem;
    const size_t size = hg_plan_workspace_size(plan);
    void *workspace = size ? aligned_alloc(64, size) : NULL;
    const hg_io io = {.input = t->input.data,
                      .output = t->output.data,
                      .residual = t->residual.data,
                      .other = t->other.data,
                      .indices = t->at ? t->indices.data : NULL,
                      .input_indices = t->data.indices ? t->indices.data : NULL};
    const hg_status status = hg_run(plan, &io, workspace);
    char text[400] = "";
    tensor_gather_values(&p->out, t->output.data, t->y);
    if (t->at) get_indices(t);
    const oracle_input in = data_for_oracle(&t->data);
    double *norm_bounds;
    if (!expect(winograd_bounds(hg_plan_kernel(plan), p, &in, t->data.kind, &norm_bounds),
                "memory"))
        norm_bounds = NULL;
    const int64_t wrong =
        compare_all(p, t->data.kind, &t->want, norm_bounds, t->y, t->at, text, sizeof text);
    free(norm_bounds);
    expect(status == HG_OK && wrong == 0, "%s, %s: \"%s\", %d wrong; first %s",
           hg_plan_kernel(plan), t->key, hg_status_string(status), (int)wrong, text);
    free(workspace);
}

/* Between two plans the output's elements are cleared, so that none can live on what another wrote.
 */
static void clear(const trial *t)
{
    const hg_problem *p = &t->problem;
    memset(t->y, 0x5a, (size_t)tensor_count(&p->out) * sizeof *t->y);
    tensor_scatter(&p->out, &p->out.strides, hg_dtype_bytes(p->out.dtype), t->y, t->output.data);
}

static hg_filter *filter_of(hg_context *context, const trial *t)
{
    const hg_problem *p = &t->problem;
    hg_filter_desc desc;
    hg_filter *filter = NULL;
    if (!hg_key_filter(t->key, &desc)) return NULL;
    float *ordered = malloc((size_t)(hg_problem_reduction(p) * p->out.c) * sizeof *ordered);
    if (expect(ordered != NULL, "memory")) {
        filter_reorder(&desc, t->data.weights, ordered);
        expect(!hg_filter_create(context, &desc, ordered, &filter), "a filter for %s", t->key);
    }
    free(ordered);
    return filter;
}

static void run_candidates(hg_context *context, const trial *t)
{
    hg_filter *filter = filter_of(context, t);
    hg_plan *first = NULL, *plan;
    char name[256];
    const hg_status status =
        data_plan(context, t->key, filter, t->data.bias, t->data.slopes, NULL, &first);
    expect(status == HG_OK, "%s: no plan: %s", t->key, last.sentence);
    for (size_t i = 0; first && hg_plan_candidate(first, i, name, sizeof name); i++) {
        if (!expect(!data_plan(context, t->key, filter, t->data.bias, t->data.slopes, name, &plan),
                    "%s: %s refuses", t->key, name))
            continue;
        clear(t);
        run_plan(t, plan);
        hg_plan_free(plan);
    }
    hg_plan_free(first);
    hg_filter_free(filter);
}

/* Data that the oracle does not refuse: some of an unpooling's have a bad index. */
static bool draw(trial *t, char along)
{
    enum { ATTEMPTS = 20 };
    rng r = rng_for(1, t->key, (uint64_t)along);
    for (int i = 0; i < ATTEMPTS; i++) {
        if (!data_draw(&t->problem, DATA_INTEGERS, false, &r, &t->data)) return false;
        const oracle_input in = data_for_oracle(&t->data);
        const bool known = oracle_run(&t->problem, &in, &t->want);
        if (known && !t->want.fault) return true;
        if (known) oracle_free(&t->want);
        data_free(&t->data);
    }
    return false;
}

static void run_far(hg_context *context, const char *key, char along)
{
    trial t = {.key = ""};
    if (!expect(!hg_problem_parse(key, &t.problem, NULL), "the key %s", key)) return;
    spread_all(&t.problem, along);
    hg_problem_key(&t.problem, t.key);
    if (expect(draw(&t, along), "data, and an oracle, for %s", t.key)) {
        if (open_trial(&t))
            run_candidates(context, &t);
        else
            skip("no address space for %s", t.key);
        close_trial(&t);
        oracle_free(&t.want);
    }
    data_free(&t.data);
}

void test_far(void)
{
    hg_context_options o = quiet_options();
    hg_context *context;
    if (!confinement_works()) {
        skip("tensors far apart: emulated, or ThreadSanitizer");
        return;
    }
    if (!expect(hg_context_create(&o, &context) == HG_OK, "a context")) return;
    size_t count;
    const char *const *keys = small_plan_keys(&count);
    for (size_t i = 0; i < count; i++)
        for (const char *along = "nhwc"; *along; along++) {
            const char innermost = strstr(keys[i], " nhwc ") ? 'c' : 'w';
            if (*along != innermost) run_far(context, keys[i], *along);
        }
    hg_context_free(context);
}
