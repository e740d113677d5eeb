/* Workloads. Contract: workload.h. */
#include "tuner/workload.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/common/attr.h"

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
    w->output_bytes = (size_t)out * sizeof(float);
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
    hg_workload_erase(w);
    w->io = (hg_io){.input = w->input,
                    .output = w->output,
                    .residual = w->residual,
                    .indices = w->indices,
                    .input_indices = w->input_indices};
    return HG_OK;
}

hg_status hg_workload_create(hg_context *context, const hg_problem *p, hg_workload *w,
                             hg_reason *why)
{
    *w = (hg_workload){.context = context, .problem = *p};
    hg_problem_key(p, w->key);
    hg_status status = hg_problem_has_filter(p) ? make_filter(w) : HG_OK;
    if (!status) status = make_buffers(w);
    if (!status) return HG_OK;
    hg_workload_free(w);
    return hg_fail(why, status, "no workload: %s", hg_status_string(status));
}

void hg_workload_free(hg_workload *w)
{
    hg_filter_free(w->filter);
    void *const memory[] = {w->bias,   w->input,    w->residual, w->input_indices,
                            w->output, w->expected, w->indices,  w->expected_indices};
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
    memcpy(w->expected, w->output, w->output_bytes);
    if (w->indices) memcpy(w->expected_indices, w->indices, w->indices_bytes);
}

static bool is_exact(const hg_problem *p)
{
    return p->op == HG_OP_MAX_POOL2D || p->op == HG_OP_MAX_UNPOOL2D ||
           (p->op == HG_OP_RESIZE2D && p->resize.mode == HG_RESIZE_NEAREST);
}

bool hg_workload_matches(const hg_workload *w, double *error)
{
    const size_t count = w->output_bytes / sizeof(float);
    double largest = 0, worst = 0;
    bool same = true;
    for (size_t i = 0; i < count; i++) {
        const float e = w->expected[i], v = w->output[i];
        if (isfinite(e)) largest = HG_MAX(largest, fabs((double)e));
        if (e == v || memcmp(&e, &v, sizeof e) == 0) continue; /* -0 and +0 tie; gaps are NaN */
        const double difference = fabs((double)e - (double)v);
        same = same && difference <= 1e30; /* not NaN, not infinite */
        worst = HG_MAX(worst, difference);
    }
    *error = largest > 0 ? worst / largest : worst;
    if (w->indices && memcmp(w->indices, w->expected_indices, w->indices_bytes)) return false;
    return same && *error <= (is_exact(&w->problem) ? 0.0 : TOLERANCE);
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

void hg_runner_free(hg_runner *r)
{
    hg_plan_free(r->plan);
    free(r->workspace);
    r->plan = NULL;
    r->workspace = NULL;
}
