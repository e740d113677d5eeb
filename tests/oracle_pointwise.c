/* Oracle: operators that work element by element. */
#include <math.h>

#include "tests/oracle.h"

static double combine(hg_binary_op op, double a, double b)
{
    if (op == HG_ADD) return a + b;
    if (op == HG_SUBTRACT) return a - b;
    if (op == HG_MULTIPLY) return a * b;
    if (isnan(a) || isnan(b)) return (double)NAN;
    return op == HG_MINIMUM ? fmin(a, b) : fmax(a, b);
}

/* Of a dense tensor: the element that stands for (n, c, y, x). */
static double at(const float *dense, const hg_tensor *t, int64_t n, int64_t c, int64_t y, int64_t x)
{
    const int64_t own[] = {n % t->n, c % t->c, y % t->h, x % t->w};
    return (double)dense[((own[0] * t->c + own[1]) * t->h + own[2]) * t->w + own[3]];
}

void oracle_binary(const hg_problem *p, const oracle_input *in, oracle_output *out)
{
    const hg_tensor *t = &p->out;
    int64_t i = 0;
    for (int64_t n = 0; n < t->n; n++)
        for (int64_t c = 0; c < t->c; c++)
            for (int64_t y = 0; y < t->h; y++)
                for (int64_t x = 0; x < t->w; x++, i++) {
                    const double b = at(in->other, &p->binary.other, n, c, y, x);
                    out->sum[i] = combine(p->binary.op, (double)in->x[i], b);
                    out->magnitude[i] = fabs(out->sum[i]);
                    out->count[i] = 1;
                    out->y[i] = oracle_activation(&p->post, out->sum[i], 0);
                }
}

void oracle_activation2d(const hg_problem *p, const oracle_input *in, oracle_output *out)
{
    const int64_t plane = p->out.h * p->out.w, all = p->out.n * p->out.c * plane;
    for (int64_t i = 0; i < all; i++) {
        const double slope = in->slopes ? (double)in->slopes[i / plane % p->out.c] : 0;
        out->sum[i] = (double)in->x[i];
        out->y[i] = oracle_activation(&p->post, out->sum[i], slope);
    }
}

/* Steps from the outside to the inside, one mirror or copy at a time; -1: there is none. */
static int64_t source(hg_pad_mode mode, int64_t i, int64_t size)
{
    while (i < 0 || i >= size) {
        if (mode == HG_PAD_CONSTANT) return -1;
        if (mode == HG_PAD_EDGE || size == 1)
            i = i < 0 ? 0 : size - 1;
        else if (mode == HG_PAD_WRAP)
            i += i < 0 ? size : -size;
        else
            i = i < 0 ? -i : 2 * (size - 1) - i;
    }
    return i;
}

void oracle_pad(const hg_problem *p, const oracle_input *in, oracle_output *out)
{
    const hg_tensor *t = &p->out;
    int64_t i = 0;
    for (int64_t plane = 0; plane < t->n * t->c; plane++)
        for (int64_t y = 0; y < t->h; y++)
            for (int64_t x = 0; x < t->w; x++, i++) {
                const int64_t iy = source(p->border.mode, y - p->pad.top, p->in.h);
                const int64_t ix = source(p->border.mode, x - p->pad.left, p->in.w);
                const bool none = iy < 0 || ix < 0;
                out->y[i] =
                    (double)(none ? p->border.value : in->x[(plane * p->in.h + iy) * p->in.w + ix]);
            }
}

void oracle_softmax(const hg_problem *p, const oracle_input *in, oracle_output *out)
{
    const int64_t plane = p->in.h * p->in.w, channels = p->in.c;
    for (int64_t i = 0; i < p->in.n * plane; i++) {
        const int64_t first = i / plane * channels * plane + i % plane;
        double most = -(double)INFINITY, sum = 0;
        for (int64_t c = 0; c < channels; c++)
            if ((double)in->x[first + c * plane] > most) most = (double)in->x[first + c * plane];
        for (int64_t c = 0; c < channels; c++) sum += exp((double)in->x[first + c * plane] - most);
        for (int64_t c = 0; c < channels; c++) {
            const int64_t at = first + c * plane;
            out->y[at] = exp((double)in->x[at] - most) / sum;
            out->count[at] = (double)channels;
            out->magnitude[at] = fmin(most - (double)in->x[at], 200);
        }
    }
}
