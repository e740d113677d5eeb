#include "tests/run_guarded.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/descriptor.h"

/* ---- Faults ---- */

static sigjmp_buf escape;
static volatile sig_atomic_t may_escape;
static char *volatile fault_address;

static void on_fault(int number, siginfo_t *info, void *unused)
{
    (void)unused;
    fault_address = info->si_addr;
    if (may_escape) siglongjmp(escape, number);
    signal(number, SIG_DFL); /* a fault of the test itself */
}

void run_guarded_install(void)
{
    const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
}

/* ---- Buffers ---- */

typedef struct buffers {
    guard input, output, residual, other, indices, workspace;
} buffers;

int64_t strided_extent(const hg_tensor *t, const hg_strides *s)
{
    if (t->n == 0) return 0;
    return (t->n - 1) * s->n + (t->h - 1) * s->h + (t->w - 1) * s->w + (t->c - 1) * s->c + 1;
}

static size_t index_size(const hg_problem *p)
{
    return p->pool.index_type == HG_INDEX_I32 ? sizeof(int32_t) : sizeof(int64_t);
}

static void narrow(const int64_t *from, int64_t count, int32_t *to)
{
    for (int64_t i = 0; i < count; i++) to[i] = (int32_t)from[i];
}

static void put_indices(const hg_problem *p, const case_data *d, const guard *g)
{
    const int64_t count = tensor_count(&p->in);
    int32_t *narrowed = malloc((size_t)count * sizeof *narrowed + 1);
    if (narrowed) narrow(d->indices, count, narrowed);
    const void *dense = p->pool.index_type == HG_INDEX_I32 ? (const void *)narrowed : d->indices;
    if (dense) tensor_scatter(&p->in, &p->in.strides, index_size(p), dense, g->data);
    free(narrowed);
}

static bool open_all(const hg_plan *plan, const hg_problem *p, const case_data *d, guard_side side,
                     buffers *b)
{
    const size_t in = (size_t)strided_extent(&p->in, &p->in.strides);
    const size_t out = (size_t)strided_extent(&p->out, &p->out.strides);
    const size_t element = hg_dtype_bytes(p->out.dtype);
    bool ok = guard_open(&b->input, in * sizeof(float), sizeof(float), side) &&
              guard_open(&b->output, out * element, element, side) &&
              guard_open(&b->workspace, hg_plan_workspace_size(plan), 64, side);
    if (ok) tensor_scatter(&p->in, &p->in.strides, sizeof(float), d->x, b->input.data);
    if (ok && d->residual) {
        const size_t n = (size_t)strided_extent(&p->out, &p->residual_strides);
        ok = guard_open(&b->residual, n * sizeof(float), sizeof(float), side);
        if (ok)
            tensor_scatter(&p->out, &p->residual_strides, sizeof(float), d->residual,
                           b->residual.data);
    }
    if (ok && d->other) {
        const hg_tensor *t = &p->binary.other;
        const size_t n = (size_t)strided_extent(t, &t->strides);
        ok = guard_open(&b->other, n * sizeof(float), sizeof(float), side);
        if (ok) tensor_scatter(t, &t->strides, sizeof(float), d->other, b->other.data);
    }
    if (ok && p->pool.indices)
        ok = guard_open(&b->indices, out * index_size(p), index_size(p), side);
    if (ok && d->indices) {
        ok = guard_open(&b->indices, in * index_size(p), index_size(p), side);
        if (ok) put_indices(p, d, &b->indices);
    }
    return ok;
}

static void close_all(buffers *b)
{
    guard_close(&b->input);
    guard_close(&b->output);
    guard_close(&b->residual);
    guard_close(&b->other);
    guard_close(&b->indices);
    guard_close(&b->workspace);
}

/* Overwrites the elements with canary: whatever then differs was none of the kernel's business. */
static bool only_elements_written(const hg_tensor *t, size_t size, const guard *g)
{
    const hg_strides *s = &t->strides;
    for (int64_t i = 0; i < tensor_count(t); i++) {
        const int64_t x = i % t->w, y = i / t->w % t->h, c = i / t->w / t->h % t->c;
        const int64_t at = i / t->w / t->h / t->c * s->n + c * s->c + y * s->h + x * s->w;
        unsigned char *element = (unsigned char *)g->data + (size_t)at * size;
        for (size_t j = 0; j < size; j++) element[j] = guard_byte(g, element + j);
    }
    const guard all = {.data = g->body, .size = 0, .body = g->body, .body_size = g->body_size};
    return guard_slack_intact(&all);
}

static void collect_indices(const hg_problem *p, const guard *g, run_result *r)
{
    const int64_t count = tensor_count(&p->out);
    tensor_gather(&p->out, &p->out.strides, index_size(p), g->data, r->indices);
    if (p->pool.index_type == HG_INDEX_I32) /* widen in place, from the last */
        for (int64_t i = count; i-- > 0;) {
            int32_t v;
            memcpy(&v, (const char *)r->indices + (size_t)i * sizeof v, sizeof v);
            r->indices[i] = v;
        }
    if (!only_elements_written(&p->out, index_size(p), g))
        snprintf(r->trouble, sizeof r->trouble, "wrote outside the elements of the indices");
}

static void call(const hg_plan *plan, const hg_problem *p, const buffers *b, run_result *r)
{
    const hg_io io = {.input = b->input.data,
                      .output = b->output.data,
                      .residual = b->residual.data,
                      .other = b->other.data,
                      .indices = p->op == HG_OP_MAX_POOL2D ? b->indices.data : NULL,
                      .input_indices = p->op == HG_OP_MAX_UNPOOL2D ? b->indices.data : NULL};
    const int number = sigsetjmp(escape, 0);
    if (number) {
        snprintf(r->trouble, sizeof r->trouble,
                 "signal %d at %p: input %p-%p, output %p-%p, workspace %p-%p", number,
                 (void *)fault_address, b->input.data,
                 (void *)((char *)b->input.data + b->input.size), b->output.data,
                 (void *)((char *)b->output.data + b->output.size), b->workspace.data,
                 (void *)((char *)b->workspace.data + b->workspace.size));
        may_escape = 0;
        return;
    }
    may_escape = 1;
    r->status = hg_run(plan, &io, b->workspace.size ? b->workspace.data : NULL);
    may_escape = 0;
}

void run_guarded(const hg_plan *plan, const hg_problem *p, const case_data *d, guard_side side,
                 run_result *r)
{
    const size_t count = (size_t)tensor_count(&p->out) + 1;
    buffers b = {0};
    *r = (run_result){.y = calloc(count, sizeof(float)), .status = HG_NO_MEMORY};
    if (p->pool.indices) r->indices = calloc(count, sizeof(int64_t));
    if (!r->y || !open_all(plan, p, d, side, &b)) {
        snprintf(r->trouble, sizeof r->trouble, "the test ran out of memory");
        close_all(&b);
        return;
    }
    guard_lock(&b.input);
    guard_lock(&b.residual);
    guard_lock(&b.other);
    if (d->indices) guard_lock(&b.indices);
    call(plan, p, &b, r);
    if (!r->trouble[0]) {
        tensor_gather_values(&p->out, b.output.data, r->y);
        if (!guard_slack_intact(&b.workspace))
            snprintf(r->trouble, sizeof r->trouble, "wrote beside the workspace");
        if (!only_elements_written(&p->out, hg_dtype_bytes(p->out.dtype), &b.output))
            snprintf(r->trouble, sizeof r->trouble, "wrote outside the elements of the output");
        if (r->indices) collect_indices(p, &b.indices, r);
    }
    close_all(&b);
}

bool run_result_same_bits(const hg_problem *p, const run_result *a, const run_result *b)
{
    const size_t count = (size_t)tensor_count(&p->out);
    return a->status == b->status && memcmp(a->y, b->y, count * sizeof *a->y) == 0 &&
           (!a->indices || memcmp(a->indices, b->indices, count * sizeof *a->indices) == 0);
}

void run_result_free(run_result *result)
{
    free(result->y);
    free(result->indices);
    *result = (run_result){0};
}
