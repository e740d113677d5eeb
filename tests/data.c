#include "tests/data.h"

#include <math.h>
#include <stdlib.h>

#include "dispatch/plan.h"
#include "tests/descriptor.h"

static float value(data_kind kind, rng *r)
{
    if (kind == DATA_INTEGERS) return (float)rng_in(r, -8, 8);
    const float v = rng_unit(r);
    return kind == DATA_POSITIVE ? v : 2 * v - 1;
}

static float *values(int64_t count, data_kind kind, rng *r)
{
    float *v = calloc((size_t)count + 1, sizeof *v);
    for (int64_t i = 0; v && i < count; i++) v[i] = value(kind, r);
    return v;
}

static bool is_exact(const hg_problem *p)
{
    return p->op == HG_OP_MAX_POOL2D || p->op == HG_OP_MAX_UNPOOL2D || p->op == HG_OP_PAD2D ||
           (p->op == HG_OP_RESIZE2D && p->resize.mode == HG_RESIZE_NEAREST);
}

/* Interpolation: NaN and infinities anywhere, more often at the border, where taps are clamped. */
static void plant_pixels(const hg_problem *p, rng *r, float *x)
{
    static const float strange[] = {NAN, INFINITY, -INFINITY, INFINITY, -INFINITY};
    const int64_t h = p->in.h, w = p->in.w, planes = p->in.n * p->in.c, all = planes * h * w;
    const bool one_kind = rng_percent(r, 50);
    const int64_t kind = rng_in(r, 0, 4),
                  count = rng_in(r, 1, rng_percent(r, 70) ? 4 : all / 6 + 1);
    for (int64_t i = 0; i < count; i++) {
        int64_t at_y = rng_in(r, 0, h - 1), at_x = rng_in(r, 0, w - 1);
        if (rng_percent(r, 30)) at_y = rng_percent(r, 50) ? 0 : h - 1;
        if (rng_percent(r, 30)) at_x = rng_percent(r, 50) ? 0 : w - 1;
        x[(rng_in(r, 0, planes - 1) * h + at_y) * w + at_x] =
            strange[one_kind ? kind : rng_in(r, 0, 4)];
    }
}

/* An element; often of a row's first or last column, which kernels may reach by another way. */
static int64_t spot(const hg_problem *p, rng *r)
{
    const int64_t at = rng_in(r, 0, tensor_count(&p->in) - 1), row = at / p->in.w * p->in.w;
    if (rng_percent(r, 60)) return at;
    return rng_percent(r, 50) ? row : row + p->in.w - 1;
}

/* NaN and infinities; zeros of both signs; denormals: alone or in crowds. A sum of a window gets
 * one NaN or infinity at most, so that it is clear what it must become; `contained`: it reaches
 * exactly the outputs whose window covers it. */
static void plant(const hg_problem *p, bool contained, rng *r, float *x)
{
    static const float groups[3][5] = {{NAN, NAN, -INFINITY, INFINITY, -0.0f},
                                       {0.0f, -0.0f, -INFINITY, 0.0f, -0.0f},
                                       {0x1p-149f, -0x1p-149f, 0x1.8p-130f, -0x1p-127f, -0.0f}};
    const int64_t count = tensor_count(&p->in);
    const bool resizes = p->op == HG_OP_RESIZE2D || p->op == HG_OP_RESIZE_ARGMAX2D;
    const bool exact = is_exact(p), blends = !exact && resizes;
    if (count == 0 || !rng_percent(r, blends ? 50 : exact ? 25 : 15)) return;
    const int64_t roll = rng_in(r, 0, 99), crowd = rng_percent(r, 50) ? count / 2 + 1 : 1;
    if (!exact && roll < (blends ? 85 : 60)) {
        if (blends)
            plant_pixels(p, r, x);
        else if (contained)
            x[spot(p, r)] = groups[0][rng_in(r, 0, 3)];
        return;
    }
    const int group = !exact ? 2 : roll < 45 ? 0 : roll < 75 ? 1 : 2;
    for (int64_t i = 0; i < crowd; i++) x[spot(p, r)] = groups[group][rng_in(r, 0, 4)];
}

/* Many sums leave the range of float. */
static void enlarge(const hg_problem *p, rng *r, float *x)
{
    const bool squares = p->op == HG_OP_LP_POOL2D && p->pool.p == 2;
    const int64_t count = tensor_count(&p->in);
    if (!rng_percent(r, 15)) return;
    for (int64_t i = 0; i < count; i++) x[i] *= squares ? 0x1p64f : 0x1p127f;
}

/* Where one input element of an unpooling goes. */
typedef enum place { PLACE_WINDOW, PLACE_ANYWHERE, PLACE_DUPLICATES, PLACE_REFUSED } place;

static int64_t inside(int64_t v, int64_t size)
{
    return v < 0 ? 0 : v >= size ? size - 1 : v;
}

static int64_t draw_index(const hg_problem *p, place where, rng *r, const int64_t at[4])
{
    const hg_size2 s = p->pool.index_size;
    int64_t y = rng_in(r, 0, s.h - 1), x = rng_in(r, 0, s.w - 1);
    if (where == PLACE_DUPLICATES) y = inside(y, 2), x = inside(x, 2);
    if (where == PLACE_WINDOW) {
        y = inside(at[2] * p->stride.h - p->pad.top + rng_in(r, 0, p->kernel.h - 1), s.h);
        x = inside(at[3] * p->stride.w - p->pad.left + rng_in(r, 0, p->kernel.w - 1), s.w);
    }
    return oracle_encode(p->pool.convention, p->in.c, s, at[0], at[1], y, x);
}

/* One index out of range, of another image or channel, or right but for its upper half. */
static void spoil(const hg_problem *p, rng *r, int64_t *indices)
{
    const hg_size2 s = p->pool.index_size;
    const int64_t size = s.h * s.w, count = tensor_count(&p->in), plane = p->in.h * p->in.w;
    if (count == 0) return;
    int64_t *one = &indices[rng_in(r, 0, count - 1)];
    const int64_t channel = (one - indices) / plane, c = channel % p->in.c, n = channel / p->in.c;
    const bool wide = p->pool.index_type == HG_INDEX_I64;
    const int64_t bad[] = {
        -1,
        size * p->in.c * p->in.n,
        INT32_MAX,
        INT32_MIN,
        size + 1,
        wide ? INT64_MIN : -2,
        wide ? *one + ((int64_t)1 << 32) : *one ^ INT32_MIN,
        wide ? *one - ((int64_t)1 << 32) : -*one,
        oracle_encode(p->pool.convention, p->in.c, s, n, (c + 1) % p->in.c, 0, 0),
        oracle_encode(p->pool.convention, p->in.c, s, (n + 1) % p->in.n, c, 0, 0)};
    *one = bad[rng_in(r, 0, 9)];
}

static int64_t *draw_indices(const hg_problem *p, rng *r)
{
    int64_t *indices = calloc((size_t)tensor_count(&p->in) + 1, sizeof *indices), *i = indices;
    const int64_t roll = rng_in(r, 0, 99);
    const place where = roll < 45   ? PLACE_WINDOW
                        : roll < 75 ? PLACE_ANYWHERE
                        : roll < 85 ? PLACE_DUPLICATES
                                    : PLACE_REFUSED;
    int64_t at[4];
    for (at[0] = 0; indices && at[0] < p->in.n; at[0]++)
        for (at[1] = 0; at[1] < p->in.c; at[1]++)
            for (at[2] = 0; at[2] < p->in.h; at[2]++)
                for (at[3] = 0; at[3] < p->in.w; at[3]++)
                    *i++ = draw_index(p, where == PLACE_REFUSED ? PLACE_WINDOW : where, r, at);
    if (indices && where == PLACE_REFUSED) spoil(p, r, indices);
    return indices;
}

bool data_draw(const hg_problem *p, data_kind kind, bool contained, rng *r, case_data *d)
{
    *d = (case_data){.kind = kind, .x = values(tensor_count(&p->in), kind, r)};
    bool ok = d->x != NULL;
    const bool pools = p->op == HG_OP_AVG_POOL2D || p->op == HG_OP_LP_POOL2D;
    if (ok && kind == DATA_SIGNED) plant(p, contained, r, d->x);
    if (ok && kind == DATA_POSITIVE && pools) enlarge(p, r, d->x);
    if (ok && hg_problem_has_filter(p)) {
        d->weights = values(hg_problem_reduction(p) * p->out.c, kind, r);
        if (rng_percent(r, 75)) d->bias = values(p->out.c, kind, r);
        ok = d->weights != NULL;
    }
    if (ok && p->post.function == HG_PRELU)
        ok = (d->slopes = values(p->out.c, DATA_SIGNED, r)) != NULL;
    if (ok && p->post.residual) ok = (d->residual = values(tensor_count(&p->out), kind, r)) != NULL;
    if (ok && p->op == HG_OP_BINARY)
        ok = (d->other = values(tensor_count(&p->binary.other), kind, r)) != NULL;
    if (ok && p->op == HG_OP_MAX_UNPOOL2D) ok = (d->indices = draw_indices(p, r)) != NULL;
    if (!ok) data_free(d);
    return ok;
}

oracle_input data_for_oracle(const case_data *d)
{
    return (oracle_input){d->x, d->weights, d->bias, d->residual, d->other, d->slopes, d->indices};
}

void data_free(case_data *d)
{
    free(d->x);
    free(d->weights);
    free(d->bias);
    free(d->residual);
    free(d->other);
    free(d->slopes);
    free(d->indices);
    *d = (case_data){0};
}

hg_status data_plan(hg_context *context, const char *key, hg_filter *filter, const void *bias,
                    const float *slopes, const char *kernel, hg_plan **plan)
{
    hg_problem p;
    if (!slopes || hg_problem_parse(key, &p, NULL))
        return hg_plan_from_key(context, key, filter, bias, kernel, plan);
    const hg_channel_data data = {bias, slopes};
    return hg_plan_create(context, &p, filter, &data, kernel, plan);
}
