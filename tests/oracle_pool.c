/* Oracle: pooling and unpooling. */
#include <math.h>

#include "tests/oracle.h"

/* ---- Indices ---- */

int64_t oracle_encode(hg_index_convention convention, int64_t channels, hg_size2 s, int64_t n,
                      int64_t c, int64_t y, int64_t x)
{
    switch (convention) {
    case HG_INDEX_PYTORCH:
        return y * s.w + x;
    case HG_INDEX_ONNX:
        return ((n * channels + c) * s.h + y) * s.w + x;
    case HG_INDEX_ONNX_COLUMNS:
        return (n * channels + c) * s.h * s.w + x * s.h + y;
    case HG_INDEX_TENSORFLOW:
        return (y * s.w + x) * channels + c;
    case HG_INDEX_TENSORFLOW_BATCH:
        return ((n * s.h + y) * s.w + x) * channels + c;
    }
    return -1;
}

bool oracle_decode(hg_index_convention convention, int64_t images, int64_t channels, hg_size2 s,
                   int64_t index, int64_t n, int64_t c, int64_t *y, int64_t *x)
{
    if (index < 0 || index >= images * channels * s.h * s.w) return false;
    const int64_t plane = s.h * s.w;
    int64_t pixel = index, in_n = n, in_c = c;
    switch (convention) {
    case HG_INDEX_PYTORCH:
        break;
    case HG_INDEX_ONNX:
        in_n = index / plane / channels, in_c = index / plane % channels, pixel = index % plane;
        break;
    case HG_INDEX_ONNX_COLUMNS:
        in_n = index / plane / channels, in_c = index / plane % channels, pixel = index % plane;
        pixel = pixel % s.h * s.w + pixel / s.h; /* columns to rows */
        break;
    case HG_INDEX_TENSORFLOW:
        in_c = index % channels, pixel = index / channels;
        break;
    case HG_INDEX_TENSORFLOW_BATCH:
        in_c = index % channels, pixel = index / channels % plane, in_n = index / channels / plane;
        break;
    }
    *y = pixel / s.w;
    *x = pixel % s.w;
    return in_n == n && in_c == c && pixel < plane;
}

void oracle_unpool(const hg_problem *p, const oracle_input *in, oracle_output *out)
{
    const hg_tensor *t = &p->in;
    int64_t e = 0;
    for (int64_t n = 0; n < t->n; n++)
        for (int64_t c = 0; c < t->c; c++)
            for (int64_t i = 0; i < t->h * t->w; i++, e++) {
                int64_t y, x;
                if (!oracle_decode(p->pool.convention, t->n, t->c, p->pool.index_size,
                                   in->indices[e], n, c, &y, &x) ||
                    y >= p->out.h || x >= p->out.w)
                    out->fault = true;
                else
                    out->y[((n * t->c + c) * p->out.h + y) * p->out.w + x] = (double)in->x[e];
            }
}

/* ---- Windows ---- */

/* The taps of one window along one axis: first + i * step for i < taps; `counted` taps lie inside
 * the padded input. Taps outside the input are skipped by the caller. */
typedef struct window {
    int64_t first, step, taps, counted;
} window;

static window window_at(bool adaptive, int64_t o, int64_t in, int64_t out, int64_t kernel,
                        int64_t stride, int64_t dilation, int64_t begin, int64_t end)
{
    if (adaptive) {
        const int64_t first = o * in / out, last = ((o + 1) * in + out - 1) / out;
        return (window){first, 1, last - first, last - first};
    }
    window w = {o * stride - begin, dilation, kernel, 0};
    for (int64_t i = 0; i < kernel; i++) w.counted += w.first + i * dilation < in + end;
    return w;
}

/* The running state of one output. */
typedef struct reduction {
    double max, sum, absolute;
    int64_t taps, index;
} reduction;

static void take(const hg_problem *p, reduction *r, double v, int64_t index)
{
    if (p->op == HG_OP_MAX_POOL2D && (r->taps == 0 || v > r->max || isnan(v))) {
        r->max = v;
        r->index = index;
    }
    if (p->op == HG_OP_LP_POOL2D) {
        const double power = (double)p->pool.p;
        r->absolute += pow(fabs(v), power);
        r->sum += pow(p->pool.form == HG_LP_ABSOLUTE ? fabs(v) : v, power);
    } else {
        r->sum += v;
        r->absolute += fabs(v);
    }
    r->taps++;
}

static void put(const hg_problem *p, const reduction *r, double divisor, oracle_output *out,
                int64_t at)
{
    out->count[at] = (double)r->taps;
    out->indices[at] = r->index;
    out->sum[at] = r->sum;
    out->magnitude[at] = r->absolute;
    if (p->op == HG_OP_MAX_POOL2D) out->y[at] = r->taps ? r->max : -INFINITY;
    /* pow(-inf, 1/p) would be +inf where the sum has no root; at power 1 it is its own. */
    const double power = (double)p->pool.p;
    const double root = power == 1.0 ? r->sum : r->sum < 0.0 ? NAN : pow(r->sum, 1.0 / power);
    if (p->op == HG_OP_LP_POOL2D) out->y[at] = r->taps ? root : 0;
    if (p->op == HG_OP_AVG_POOL2D) {
        out->y[at] = r->taps ? r->sum / divisor : 0;
        out->magnitude[at] = r->taps ? r->absolute / divisor : 0;
    }
}

void oracle_pool(const hg_problem *p, const oracle_input *in, oracle_output *out)
{
    const hg_tensor *t = &p->in;
    int64_t at = 0;
    for (int64_t plane = 0; plane < t->n * t->c; plane++)
        for (int64_t oy = 0; oy < p->out.h; oy++)
            for (int64_t ox = 0; ox < p->out.w; ox++, at++) {
                const window v = window_at(p->pool.adaptive, oy, t->h, p->out.h, p->kernel.h,
                                           p->stride.h, p->dilation.h, p->pad.top, p->pad.bottom);
                const window h = window_at(p->pool.adaptive, ox, t->w, p->out.w, p->kernel.w,
                                           p->stride.w, p->dilation.w, p->pad.left, p->pad.right);
                reduction r = {.index = -1};
                for (int64_t i = 0; i < v.taps; i++)
                    for (int64_t j = 0; j < h.taps; j++) {
                        const int64_t y = v.first + i * v.step, x = h.first + j * h.step;
                        if (y < 0 || y >= t->h || x < 0 || x >= t->w) continue;
                        const hg_size2 size = {t->h, t->w};
                        take(p, &r, (double)in->x[(plane * t->h + y) * t->w + x],
                             oracle_encode(p->pool.convention, t->c, size, plane / t->c,
                                           plane % t->c, y, x));
                    }
                const int64_t counted = p->pool.include_pad ? v.counted * h.counted : r.taps;
                put(p, &r, (double)(p->pool.divisor > 0 ? p->pool.divisor : counted), out, at);
            }
}
