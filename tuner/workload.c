/* Workloads. Contract: workload.h. */
#include "tuner/workload.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/plan.h"
#include "tuner/clock.h"

enum { ALIGNMENT = 64 };

/* Enough for any sum of other order over thousands of products; far below what a wrong tap does. */
static const double TOLERANCE = 1e-4;

/* Never NULL for a size of 0, so that NULL means out of memory. */
static void *allocate(size_t size)
{
    return aligned_alloc(ALIGNMENT, HG_ROUND_UP(HG_MAX(size, 1), ALIGNMENT));
}

/* ---- Values ---- */

static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* In (-1, 1), never 0, multiples of 2^-12: small products are exact, sums round. */
static void fill(float *v, int64_t count, uint64_t seed)
{
    for (int64_t i = 0; i < count; i++)
        v[i] = (float)((int64_t)(next(&seed) % 4096) * 2 - 4095) * (1.0f / 4096);
}

static float *filled(int64_t count, uint64_t seed)
{
    float *v = allocate((size_t)count * sizeof *v);
    if (v) fill(v, count, seed);
    return v;
}

static int64_t index_of(const hg_problem *p, int64_t n, int64_t c, int64_t y, int64_t x)
{
    const int64_t h = p->pool.index_size.h ? p->pool.index_size.h : p->out.h;
    const int64_t w = p->pool.index_size.w ? p->pool.index_size.w : p->out.w;
    switch (p->pool.convention) {
    case HG_INDEX_PYTORCH:
        return y * w + x;
    case HG_INDEX_ONNX:
        return ((n * p->out.c + c) * h + y) * w + x;
    case HG_INDEX_ONNX_COLUMNS:
        return (n * p->out.c + c) * h * w + x * h + y;
    case HG_INDEX_TENSORFLOW:
        return (y * w + x) * p->out.c + c;
    case HG_INDEX_TENSORFLOW_BATCH:
        return ((n * h + y) * w + x) * p->out.c + c;
    }
    return 0;
}

/* A place in the window that input pixel i came from, inside the image that indices address. */
static int64_t place(int64_t i, int64_t stride, int64_t begin, int64_t kernel, int64_t size,
                     uint64_t *seed)
{
    const int64_t at = i * stride - begin + (int64_t)(next(seed) % (uint64_t)kernel);
    return HG_MIN(HG_MAX(at, 0), size - 1);
}

static void fill_indices(const hg_problem *p, void *memory)
{
    const bool narrow = p->pool.index_type == HG_INDEX_I32;
    const hg_strides s = p->in.strides;
    const int64_t h = p->pool.index_size.h ? HG_MIN(p->pool.index_size.h, p->out.h) : p->out.h;
    const int64_t w = p->pool.index_size.w ? HG_MIN(p->pool.index_size.w, p->out.w) : p->out.w;
    uint64_t seed = 7;
    for (int64_t n = 0; n < p->in.n; n++)
        for (int64_t y = 0; y < p->in.h; y++)
            for (int64_t x = 0; x < p->in.w; x++)
                for (int64_t c = 0; c < p->in.c; c++) {
                    const int64_t oy = place(y, p->stride.h, p->pad.top, p->kernel.h, h, &seed);
                    const int64_t ox = place(x, p->stride.w, p->pad.left, p->kernel.w, w, &seed);
                    const int64_t value = index_of(p, n, c, oy, ox);
                    const int64_t at = n * s.n + y * s.h + x * s.w + c * s.c;
                    if (narrow)
                        ((int32_t *)memory)[at] = (int32_t)value;
                    else
                        ((int64_t *)memory)[at] = value;
                }
}

/* ---- Workloads ---- */

static hg_status make_filter(hg_workload *w)
{
    hg_filter_desc desc;
    hg_problem_filter(&w->problem, &desc);
    float *weights = filled((int64_t)hg_filter_count(&desc), 2);
    if (!weights) return HG_NO_MEMORY;
    const hg_status status = hg_filter_create(w->context, &desc, weights, &w->filter);
    free(weights);
    if (status) return status;
    w->bias = filled(desc.out_channels, 3);
    return w->bias ? HG_OK : HG_NO_MEMORY;
}

static hg_status make_buffers(hg_workload *w)
{
    const hg_problem *p = &w->problem;
    const size_t index = p->pool.index_type == HG_INDEX_I32 ? sizeof(int32_t) : sizeof(int64_t);
    const int64_t in = hg_tensor_extent(&p->in), out = hg_tensor_extent(&p->out);
    w->output_bytes = (size_t)out * hg_dtype_bytes(p->out.dtype);
    w->input = filled(in, 1);
    w->output = allocate(w->output_bytes);
    w->expected = allocate(w->output_bytes);
    if (!w->input || !w->output || !w->expected) return HG_NO_MEMORY;
    if (p->op == HG_OP_MAX_POOL2D && p->pool.indices) {
        w->indices_bytes = (size_t)out * index;
        w->indices = allocate(w->indices_bytes);
        w->expected_indices = allocate(w->indices_bytes);
        if (!w->indices || !w->expected_indices) return HG_NO_MEMORY;
    }
    if (p->op == HG_OP_MAX_UNPOOL2D) {
        w->input_indices = allocate((size_t)in * index);
        if (!w->input_indices) return HG_NO_MEMORY;
        memset(w->input_indices, 0, (size_t)in * index);
        fill_indices(p, w->input_indices);
    }
    if (p->post.residual) {
        hg_tensor like = p->out;
        like.strides = p->residual_strides;
        w->residual = filled(hg_tensor_extent(&like), 4);
        if (!w->residual) return HG_NO_MEMORY;
    }
    if (p->op == HG_OP_BINARY) {
        w->other = filled(hg_tensor_extent(&p->binary.other), 5);
        if (!w->other) return HG_NO_MEMORY;
    }
    hg_workload_erase(w);
    w->io = (hg_io){.input = w->input,
                    .output = w->output,
                    .residual = w->residual,
                    .other = w->other,
                    .indices = w->indices,
                    .input_indices = w->input_indices};
    return HG_OK;
}

hg_status hg_workload_create(hg_context *context, const hg_problem *p, hg_workload *w,
                             hg_reason *why)
{
    *w = (hg_workload){.context = context,
                       .problem = *p,
                       .clock = context->threads == 1 ? hg_thread_ns : hg_clock_ns};
    hg_problem_key(p, w->key);
    hg_status status = hg_problem_has_filter(p) ? make_filter(w) : HG_OK;
    if (!status) status = make_buffers(w);
    if (!status) return HG_OK;
    hg_workload_free(w);
    return hg_fail(why, status, "no workload: %s", hg_status_string(status));
}

/* Outputs twice, for what is expected; weights as given, in the filter, packed, and packed larger
 * by a transform; and a workspace that repacks. */
double hg_workload_bytes(const hg_problem *p)
{
    hg_filter_desc desc;
    double weights = 0;
    if (hg_problem_has_filter(p)) {
        hg_problem_filter(p, &desc);
        weights = 4.0 * (double)hg_filter_count(&desc);
    }
    double in = 4.0 * (double)hg_tensor_extent(&p->in);
    if (p->op == HG_OP_BINARY) in += 4.0 * (double)hg_tensor_extent(&p->binary.other);
    const double out = (double)hg_dtype_bytes(p->out.dtype) * (double)hg_tensor_extent(&p->out);
    const double repacked = p->in.layout == HG_NCHW && !p->post_pool ? in + out : 0;
    const bool indexed = p->pool.indices || p->op == HG_OP_MAX_UNPOOL2D;
    const double index = indexed ? (double)hg_index_bytes(p->pool.index_type) / 4.0 : 0;
    const double indices = index * (p->pool.indices ? 2 * out : in);
    return in + 2 * out + 6 * weights + repacked + indices + (double)(16 << 20);
}

void hg_workload_free(hg_workload *w)
{
    hg_filter_free(w->filter);
    void *const memory[] = {w->bias,   w->input,    w->residual, w->input_indices,
                            w->output, w->expected, w->indices,  w->expected_indices,
                            w->other};
    for (size_t i = 0; i < HG_COUNT(memory); i++) free(memory[i]);
    *w = (hg_workload){0};
}

/* ---- Comparison ---- */

void hg_workload_erase(hg_workload *w)
{
    memset(w->output, 0xff, w->output_bytes);
    if (w->indices) memset(w->indices, 0xff, w->indices_bytes);
}

void hg_workload_expect(hg_workload *w)
{
    w->sampled = false;
    memcpy(w->expected, w->output, w->output_bytes);
    if (w->indices) memcpy(w->expected_indices, w->indices, w->indices_bytes);
}

static bool is_exact(const hg_problem *p)
{
    return p->op == HG_OP_MAX_POOL2D || p->op == HG_OP_MAX_UNPOOL2D ||
           (p->op == HG_OP_RESIZE2D && p->resize.mode == HG_RESIZE_NEAREST);
}

int64_t hg_workload_expect_some(hg_workload *w, const hg_runner *reference, double ns,
                                const volatile sig_atomic_t *stop)
{
    enum { LEAST = 3, PARTS = 61 }; /* prime to most sizes, so that all parts of tiles occur */
    const int64_t ranges = hg_plan_ranges(reference->plan);
    const double start = w->clock();
    int64_t done = 0;
    hg_workload_erase(w);
    if (ranges == 0) { /* of several steps */
        hg_runner_run(reference, w);
        hg_workload_expect(w);
        return 0;
    }
    w->sampled = true;
    for (int64_t i = 0; i < HG_MIN(ranges, PARTS) && !(stop && *stop); i++) {
        if (done >= LEAST && w->clock() - start > ns) break;
        const int64_t middle = ranges <= PARTS ? i - 1 : i * 23 % PARTS * ranges / PARTS;
        const int64_t at = i == 0 ? 0 : i == 1 ? ranges - 1 : middle;
        hg_run_ranges(reference->plan, &w->io, reference->workspace, at, at + 1);
        done++;
    }
    memcpy(w->expected, w->output, w->output_bytes);
    if (w->indices) memcpy(w->expected_indices, w->indices, w->indices_bytes);
    return done;
}

static const uint32_t PATTERN = UINT32_MAX; /* what erasing leaves: a NaN that no sum gives */

static bool is_pattern(const float *v)
{
    return memcmp(v, &PATTERN, sizeof PATTERN) == 0;
}

static bool indices_match(const hg_workload *w)
{
    if (!w->indices) return true;
    if (!w->sampled) return memcmp(w->indices, w->expected_indices, w->indices_bytes) == 0;
    const size_t count = w->output_bytes / sizeof(float),
                 size = w->indices_bytes / HG_MAX(count, 1);
    for (size_t i = 0; i < count; i++) {
        const char *e = (const char *)w->expected_indices + i * size;
        const char *v = (const char *)w->indices + i * size;
        if (!is_pattern(&w->expected[i]) && memcmp(e, v, size)) return false;
    }
    return true;
}

/* Byte by byte: what erasing leaves of an element that was not expected matches anything. */
static bool classes_match(const hg_workload *w)
{
    const unsigned char *want = (const void *)w->expected, *got = (const void *)w->output;
    bool same = true;
    for (size_t i = 0; i < w->output_bytes; i++)
        same = same && (got[i] == want[i] || (w->sampled && want[i] == 0xff));
    return same;
}

bool hg_workload_matches(const hg_workload *w, double *error)
{
    if (w->problem.out.dtype != HG_F32) return *error = 0, classes_match(w);
    const size_t count = w->output_bytes / sizeof(float);
    double largest = 0, worst = 0;
    bool same = true;
    for (size_t i = 0; i < count; i++) {
        const float e = w->expected[i], v = w->output[i];
        if (w->sampled && is_pattern(&w->expected[i])) {
            same = same && !is_pattern(&w->output[i]);
            continue;
        }
        if (isfinite(e)) largest = HG_MAX(largest, fabs((double)e));
        if (e == v || memcmp(&e, &v, sizeof e) == 0) continue; /* -0 and +0 tie; gaps are NaN */
        const double difference = fabs((double)e - (double)v);
        same = same && difference <= 1e30; /* not NaN, not infinite */
        worst = HG_MAX(worst, difference);
    }
    *error = largest > 0 ? worst / largest : worst;
    return same && indices_match(w) && *error <= (is_exact(&w->problem) ? 0.0 : TOLERANCE);
}

/* ---- Runners ---- */

hg_status hg_runner_create(const hg_workload *w, const char *kernel, hg_runner *r, hg_reason *why)
{
    *r = (hg_runner){0};
    hg_status status = hg_plan_from_key(w->context, w->key, w->filter, w->bias, kernel, &r->plan);
    if (status)
        return hg_fail(why, status, "no plan with %s: %s", kernel ? kernel : "any kernel",
                       hg_status_string(status));
    snprintf(r->name, sizeof r->name, "%s", kernel ? kernel : hg_plan_kernel(r->plan));
    const size_t size = hg_plan_workspace_size(r->plan);
    if (size == 0) return HG_OK;
    r->workspace = allocate(size);
    if (r->workspace) return HG_OK;
    hg_runner_free(r);
    return hg_fail(why, HG_NO_MEMORY, "no memory for a workspace of %zu bytes", size);
}

hg_status hg_untuned_runner(const hg_workload *w, hg_runner *r, hg_reason *why)
{
    hg_candidate list[HG_MAX_CANDIDATES];
    char name[HG_RUNNER_NAME_SIZE];
    if (hg_candidates(w->context, &w->problem, false, 0, list) == 0)
        return hg_fail(why, HG_UNSUPPORTED, "no kernel runs %s", w->key);
    hg_candidate_format(&list[0], name, sizeof name);
    return hg_runner_create(w, name, r, why);
}

void hg_runner_free(hg_runner *r)
{
    hg_plan_free(r->plan);
    free(r->workspace);
    r->plan = NULL;
    r->workspace = NULL;
}
