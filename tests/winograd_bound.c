#include "tests/winograd_bound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/common/attr.h"
#include "tests/descriptor.h"

static const double u = 0x1p-24;

enum { MOST = WINOGRAD_MOST, BLOCK = 512 /* channels summed in one accumulator */ };

const winograd_class winograd_classes[] = {
    {"winograd_f2", 2, 3, 1, false, true, 1, 2, 3, {0, 1, -1}},
    {"winograd_f4", 4, 3, 1, false, false, 2, 3, 5, {0, 1, -1, 2, -2}},
    {"winograd_f6", 6, 3, 1, true, false, 3, 4, 7, {0, 1, -1, 2, -2, .5, -.5}},
    {"winograd_f2s2", 2, 3, 2, false, true, 1, 2, 2, {0, 1}},
    {"winograd_f4s2", 4, 3, 2, false, false, 2, 4, 4, {0, 1, -1, 2}},
    {"winograd_f2r5", 2, 5, 1, false, false, 2, 3, 5, {0, 1, -1, 2, -2}},
    {"winograd_f2r2", 2, 2, 1, false, true, 1, 1, 2, {0, 1}},
    {"winograd_f3r2", 3, 2, 1, false, true, 1, 2, 3, {0, 1, -1}},
    {"winograd_f4r2", 4, 2, 1, false, false, 2, 3, 4, {0, 1, -1, 2}},
    {"winograd_f5r2", 5, 2, 1, false, false, 2, 3, 5, {0, 1, -1, 2, -2}},
    {"winograd_f4r5", 4, 5, 1, true, false, 3, 4, 7, {0, 1, -1, 2, -2, .5, -.5}},
    {.word = NULL}};

const winograd_class *winograd_class_of(const char *kernel)
{
    const char *word = strstr(kernel, "winograd_");
    for (const winograd_class *w = winograd_classes; word && w->word; w++)
        if (strcspn(word, " ") == strlen(w->word) && strncmp(word, w->word, strlen(w->word)) == 0)
            return w;
    return NULL;
}

/* ---- Matrices ---- */

/* Coefficients of the product of (x - point) over all points but one, times `apart` apart. */
static void polynomial(const winograd_class *w, int but, int apart, double *row)
{
    double c[MOST + 1] = {1};
    int degree = 0;
    for (int i = 0; i < w->count; i++) {
        if (i == but) continue;
        for (int j = ++degree; j >= 0; j--) c[j] = (j ? c[j - 1] : 0) - w->points[i] * c[j];
    }
    for (int j = 0; j <= degree; j++) row[j * apart] = c[j];
}

/* Cook and Toom: evaluate the filter at the points, multiply, and interpolate; transposed. */
winograd_matrices winograd_matrices_of(const winograd_class *w)
{
    const int s = w->stride, taps = HG_CEIL_DIV(w->r, s), infinity = w->count;
    winograd_matrices t = {.a = s * (w->m - 1) + w->r};
    for (int i = 0; i < infinity; i++) {
        double others = 1;
        for (int j = 0; j < infinity; j++) others *= j == i ? 1 : w->points[i] - w->points[j];
        polynomial(w, i, s, t.b[i]);
        for (int j = 0; j < taps; j++) t.g[i][j * s] = pow(w->points[i], j) / others;
        for (int k = 0; k < w->m; k++) t.y[i][k] = pow(w->points[i], k);
    }
    polynomial(w, -1, s, t.b[infinity]);
    t.g[infinity][(taps - 1) * s] = t.y[infinity][w->m - 1] = 1;
    for (int i = infinity + 1, k = 0; i < t.a; i++, k++) /* stride 2: the odd pixels */
        t.b[i][2 * k + 1] = t.g[i][1] = t.y[i][k] = 1;
    return t;
}

/* The norm of a row of B^T: sum of magnitudes, or the root of the sum of squares. */
static double norm(const double *row, bool squares)
{
    double sum = 0;
    for (int i = 0; i < MOST; i++) sum += squares ? row[i] * row[i] : fabs(row[i]);
    return squares ? sqrt(sum) : sum;
}

/* How far a term x*w can grow on its way, over what it is in the end. */
static double growth(const winograd_class *w, const winograd_matrices *t, bool squares)
{
    double most = 0;
    for (int k = 0; k < w->m; k++)
        for (int tap = 0; tap < w->r; tap++) {
            double terms[MOST] = {0};
            for (int i = 0; i < t->a; i++)
                terms[i] = norm(t->b[i], squares) * t->g[i][tap] * t->y[i][k];
            most = fmax(most, norm(terms, squares));
        }
    return most * most; /* two axes */
}

/* Of depth: two axes of each transform; two for the weights, two for bias and residual. */
winograd_constants winograd_constants_of(const winograd_class *w)
{
    const winograd_matrices t = winograd_matrices_of(w);
    double most = 0;
    for (int i = 0; i < t.a; i++) most = fmax(most, norm(t.b[i], false));
    return (winograd_constants){.beta = growth(w, &t, false),
                                .likely = growth(w, &t, true),
                                .rho = most * most,
                                .depth = 2 * w->input + 2 * w->output + 4};
}

double winograd_sums(int64_t channels)
{
    return (double)(HG_MIN(channels, BLOCK) + HG_CEIL_DIV(channels, BLOCK) - 1);
}

/* ---- Norms ---- */

/* |x| and |w| below count as this: what is made of them may be denormal. */
static const double least = 0x1p-100;

/* One output along one axis: the pixels that tiles which contain it may read, and the taps that
 * reach it: first, first + period, ... */
typedef struct reach {
    int64_t from, pixels, apart, first, period;
} reach;

static reach reach_of(const winograd_class *w, const hg_problem *p, bool vertical, int64_t o)
{
    const int64_t stride = vertical ? p->stride.h : p->stride.w;
    const int64_t apart = vertical ? p->dilation.h : p->dilation.w;
    const int64_t begin = vertical ? p->pad.top : p->pad.left;
    const int64_t kernel = vertical ? p->kernel.h : p->kernel.w;
    const int64_t beside = (w->m - 1) * w->stride; /* to either side of the window */
    if (p->op == HG_OP_CONV2D)
        return (reach){o * stride - begin - beside * apart, 2 * beside + w->r, apart, .period = 1};
    /* Every `stride`th output is of one convolution of stride 1. Its taps may be one fewer than r:
     * they then lie at either end of a window of r. */
    const int64_t at = o + begin, first = (at % stride + stride) % stride;
    const int64_t taps = (kernel - first + stride - 1) / stride;
    return (reach){(at - first) / stride - (w->r - 1 + beside) * apart,
                   2 * beside + w->r + (taps < w->r), apart, first, stride};
}

/* The largest |x| of one channel under the tiles that may contain each output. */
static void largest(const winograd_class *w, const hg_problem *p, const float *x, double *rows,
                    double *most)
{
    const int64_t oh = p->out.h, ow = p->out.w;
    for (int64_t y = 0; y < p->in.h; y++)
        for (int64_t o = 0; o < ow; o++) {
            const reach q = reach_of(w, p, false, o);
            double *to = &rows[y * ow + o];
            *to = least;
            for (int64_t i = 0, at = q.from; i < q.pixels; i++, at += q.apart)
                if (at >= 0 && at < p->in.w) *to = fmax(*to, fabs((double)x[y * p->in.w + at]));
        }
    for (int64_t o = 0; o < oh * ow; o++) {
        const reach q = reach_of(w, p, true, o / ow);
        most[o] = least;
        for (int64_t i = 0, at = q.from; i < q.pixels; i++, at += q.apart)
            if (at >= 0 && at < p->in.h) most[o] = fmax(most[o], rows[at * ow + o % ow]);
    }
}

typedef struct norms {
    double *sum;     /* sum over c of X_c * sum |w_c|; infinite where the promise ends */
    double *squares; /* sum over c of X_c^2 * sum w_c^2 */
} norms;

/* Sums over the taps of one filter that reach output (y, x). */
static void add_taps(const winograd_class *w, const hg_problem *p, const float *weights, int64_t y,
                     int64_t x, double *sum, double *squares)
{
    const reach ry = reach_of(w, p, true, y), rx = reach_of(w, p, false, x);
    for (int64_t i = ry.first; i < p->kernel.h; i += ry.period)
        for (int64_t j = rx.first; j < p->kernel.w; j += rx.period) {
            const double v = fmax(fabs((double)weights[i * p->kernel.w + j]), least);
            *sum += v;
            *squares += v * v;
        }
}

static void add_channel(const winograd_class *w, double highest, const hg_problem *p,
                        const oracle_input *in, int64_t n, int64_t c, const double *most, norms *to)
{
    const int64_t taps = p->kernel.h * p->kernel.w, pixels = p->out.h * p->out.w;
    /* Outputs of one phase have the same taps: those of the first of each are summed. */
    const bool transposed = p->op == HG_OP_CONV_TRANSPOSE2D;
    const int64_t every = transposed ? p->stride.h : 1, along = transposed ? p->stride.w : 1;
    const int64_t channels = p->in.c / p->groups, outputs = p->out.c / p->groups;
    const int64_t group = c / channels;
    for (int64_t k = group * outputs; k < (group + 1) * outputs; k++)
        for (int64_t phase = 0; phase < every * along; phase++) {
            double sum = 0, squares = 0;
            add_taps(w, p, &in->weights[(k * channels + c % channels) * taps], phase / along,
                     phase % along, &sum, &squares);
            for (int64_t y = phase / along; y < p->out.h; y += every)
                for (int64_t x = phase % along; x < p->out.w; x += along) {
                    const int64_t o = y * p->out.w + x, i = (n * p->out.c + k) * pixels + o;
                    to->sum[i] += most[o] < highest && sum < 0x1p127 ? most[o] * sum : INFINITY;
                    to->squares[i] += most[o] * most[o] * squares;
                }
        }
}

static void pool(const hg_problem *p, double *values)
{
    const int64_t row = 2 * p->out.w;
    for (int64_t i = 0; i < tensor_count(&p->out); i++) {
        const double *v = &values[i / p->out.w * 2 * row + 2 * (i % p->out.w)];
        values[i] = fmax(fmax(v[0], v[1]), fmax(v[row], v[row + 1]));
    }
}

/* ---- Bounds ---- */

static double bound(const winograd_constants *k, const hg_problem *p, data_kind kind, double sum,
                    double squares)
{
    const int64_t channels = p->in.c / p->groups;
    const double n = winograd_sums(channels) + k->depth, tiny = (double)channels * 0x1p-136;
    if (k->beta * sum >= 0x1p127) return INFINITY;
    const double promised = k->beta * n * u / (1 - n * u) * sum;
    const double size = kind == DATA_POSITIVE ? sum : sqrt(squares);
    const double likely = 2 * sqrt(n) * u * k->likely * size;
    return (kind == DATA_OTHER ? promised : fmin(promised, likely)) + tiny;
}

bool winograd_bounds(const char *kernel, const hg_problem *p, const oracle_input *in,
                     data_kind kind, double **bounds)
{
    const winograd_class *w = winograd_class_of(kernel);
    *bounds = NULL;
    if (!w || (w->exact && kind == DATA_INTEGERS)) return true;
    const winograd_constants k = winograd_constants_of(w);
    const hg_problem conv = hg_problem_unfused(p);
    const int64_t total = tensor_count(&conv.out), image = conv.in.h * conv.in.w;
    float *resized = p->resized.h ? oracle_resized(p, in) : NULL;
    const float *x = resized ? resized : in->x;
    double *rows = calloc((size_t)(conv.in.h * conv.out.w) + 1, sizeof *rows);
    double *most = calloc((size_t)(conv.out.h * conv.out.w) + 1, sizeof *most);
    norms s = {calloc((size_t)total + 1, sizeof(double)),
               calloc((size_t)total + 1, sizeof(double))};
    const bool ok = rows && most && s.sum && s.squares;
    for (int64_t i = 0; ok && i < p->in.n * p->in.c; i++) {
        largest(w, &conv, &x[i * image], rows, most);
        add_channel(w, 0x1p127 / k.rho, &conv, in, i / p->in.c, i % p->in.c, most, &s);
    }
    for (int64_t i = 0; ok && i < total; i++) s.sum[i] = bound(&k, p, kind, s.sum[i], s.squares[i]);
    if (ok && p->post_pool) pool(p, s.sum);
    free(resized);
    free(rows);
    free(most);
    free(s.squares);
    if (ok)
        *bounds = s.sum;
    else
        free(s.sum);
    return ok;
}
