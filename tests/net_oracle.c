/* Networks in double, line by line. Contract: net_oracle.h. */
#include "tests/net_oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/oracle.h"
#include "tests/random.h"

static double *at(const net_image *t, int64_t n, int64_t c, int64_t y, int64_t x)
{
    return &t->v[((n * t->c + c) * t->h + y) * t->w + x];
}

#define FOR_EACH(t)                                                                                \
    for (int64_t n = 0; n < (t)->n; n++)                                                           \
        for (int64_t c = 0; c < (t)->c; c++)                                                       \
            for (int64_t y = 0; y < (t)->h; y++)                                                   \
                for (int64_t x = 0; x < (t)->w; x++)

static int64_t or_one(int64_t v)
{
    return v ? v : 1;
}

static float *floats(const hg_net *net, const net_parameter *p, float centre, float spread)
{
    float *f = calloc((size_t)p->count + 1, sizeof *f);
    if (p->given) net_parameter_copy(net, p, centre, spread, f);
    return f;
}

/* ---- Convolutions ---- */

static float *weights_of(const hg_net *net, const net_line *l)
{
    const double products = (double)l->a.weight.count / (double)l->a.k;
    return floats(net, &l->a.weight, 0, (float)sqrt(6 / products));
}

static void conv2d(const hg_net *net, const net_line *l, const net_image *in, net_image *out)
{
    const net_attributes *a = &l->a;
    float *w = weights_of(net, l), *b = floats(net, &a->bias, 0, 0.1f);
    const int64_t cg = in->c / a->groups, kg = a->k / a->groups;
    const int64_t sh = or_one(a->stride.h), sw = or_one(a->stride.w);
    const int64_t dh = or_one(a->dilation.h), dw = or_one(a->dilation.w);
    FOR_EACH(out)
    {
        double sum = a->bias.given ? (double)b[c] : 0;
        for (int64_t i = 0; i < cg; i++)
            for (int64_t r = 0; r < a->window.h; r++)
                for (int64_t s = 0; s < a->window.w; s++) {
                    const int64_t iy = y * sh - a->padding.top + r * dh;
                    const int64_t ix = x * sw - a->padding.left + s * dw;
                    if (iy < 0 || ix < 0 || iy >= in->h || ix >= in->w) continue;
                    sum += *at(in, n, c / kg * cg + i, iy, ix) *
                           (double)w[((c * cg + i) * a->window.h + r) * a->window.w + s];
                }
        *at(out, n, c, y, x) = sum;
    }
    free(w), free(b);
}

static void conv_transpose2d(const hg_net *net, const net_line *l, const net_image *in,
                             net_image *out)
{
    const net_attributes *a = &l->a;
    float *w = weights_of(net, l), *b = floats(net, &a->bias, 0, 0.1f);
    const int64_t cg = in->c / a->groups, kg = a->k / a->groups;
    FOR_EACH(out) * at(out, n, c, y, x) = a->bias.given ? (double)b[c] : 0;
    FOR_EACH(in)
    for (int64_t k = 0; k < kg; k++)
        for (int64_t r = 0; r < a->window.h; r++)
            for (int64_t s = 0; s < a->window.w; s++) {
                const int64_t oy =
                    y * or_one(a->stride.h) + r * or_one(a->dilation.h) - a->padding.top;
                const int64_t ox =
                    x * or_one(a->stride.w) + s * or_one(a->dilation.w) - a->padding.left;
                if (oy < 0 || ox < 0 || oy >= out->h || ox >= out->w) continue;
                *at(out, n, c / cg * kg + k, oy, ox) +=
                    *at(in, n, c, y, x) *
                    (double)w[((c * kg + k) * a->window.h + r) * a->window.w + s];
            }
    free(w), free(b);
}

/* ---- Pooling: windows without padding, or global ---- */

static void pool2d(const net_line *l, const net_image *in, net_image *out)
{
    const net_attributes *a = &l->a;
    const int64_t wh = a->global ? in->h : a->window.h, ww = a->global ? in->w : a->window.w;
    const int64_t sh = a->stride.h ? a->stride.h : wh, sw = a->stride.w ? a->stride.w : ww;
    FOR_EACH(out)
    {
        double max = -HUGE_VAL, sum = 0, power = 0;
        int64_t count = 0, where = 0;
        for (int64_t r = 0; r < wh; r++)
            for (int64_t s = 0; s < ww; s++) {
                const int64_t iy = y * sh - a->padding.top + r, ix = x * sw - a->padding.left + s;
                if (iy < 0 || ix < 0 || iy >= in->h || ix >= in->w) continue;
                const double v = *at(in, n, c, iy, ix);
                if (v > max) where = iy * in->w + ix;
                max = fmax(max, v);
                sum += v;
                power += pow(fabs(v), a->p);
                count++;
            }
        out->indices[((n * out->c + c) * out->h + y) * out->w + x] = where;
        *at(out, n, c, y, x) = l->op->kind == NET_MAX_POOL2D   ? max
                               : l->op->kind == NET_AVG_POOL2D ? sum / (double)count
                                                               : pow(power, 1 / a->p);
    }
}

/* In the image's plane, and as the line counts them. */
static void indices(const net_attributes *a, const net_image *in, const net_image *pooled,
                    net_image *out)
{
    const int64_t whole = a->convention == HG_INDEX_ONNX ? in->h * in->w : 0;
    FOR_EACH(out)
    {
        const int64_t i = ((n * out->c + c) * out->h + y) * out->w + x;
        out->indices[i] = pooled->indices[i];
        out->v[i] = (double)(pooled->indices[i] + (n * in->c + c) * whole);
    }
}

static void unpool(const net_image *in, const net_image *indices, net_image *out)
{
    FOR_EACH(out) * at(out, n, c, y, x) = 0;
    FOR_EACH(in)
    {
        const int64_t i = indices->indices[((n * in->c + c) * in->h + y) * in->w + x];
        *at(out, n, c, i / out->w, i % out->w) = *at(in, n, c, y, x);
    }
}

/* ---- Pointwise ---- */

static void pointwise(const hg_net *net, const net_line *l, const net_image *in, net_image *out)
{
    const net_attributes *a = &l->a;
    const bool prelu = a->activation == HG_PRELU;
    float *w = floats(net, &a->weight, prelu ? 0.25f : 1, prelu ? 0.25f : 0.5f);
    float *b = floats(net, &a->bias, 0, 0.1f);
    hg_post post = {.min = -INFINITY, .max = INFINITY, .slope = 1};
    const hg_activation f = (hg_activation)a->activation;
    if (f == HG_RELU || f == HG_RELU6) post.min = 0;
    if (f == HG_RELU6) post.max = 6;
    if (f == HG_CLAMP) post.min = (float)a->min, post.max = (float)a->max;
    if (f == HG_LEAKY_RELU) post.slope = (float)a->slope;
    if (f >= HG_SIGMOID) post.function = f, post.factor = (float)a->slope;
    post.offset = (float)a->offset;
    FOR_EACH(out)
    {
        const double v = *at(in, n, c, y, x);
        double *to = at(out, n, c, y, x);
        if (l->op->kind == NET_BATCH_NORM)
            *to = (v - (double)w[2 * in->c + c]) / sqrt((double)w[3 * in->c + c] + a->eps) *
                      (double)w[c] +
                  (double)w[in->c + c];
        else if (l->op->kind == NET_ACTIVATION)
            *to = oracle_activation(&post, v, prelu ? (double)w[c] : 0);
        else
            *to = v * a->factor * (a->weight.given ? (double)w[c] : 1) + a->term +
                  (a->bias.given ? (double)b[c] : 0);
    }
    free(w), free(b);
}

/* Either value may be repeated. */
static void binary(int op, const net_image *a, const net_image *b, net_image *out)
{
    FOR_EACH(out)
    {
        const double v = *at(a, n % a->n, c % a->c, y % a->h, x % a->w);
        const double w = *at(b, n % b->n, c % b->c, y % b->h, x % b->w);
        const double results[] = {v + w, v - w, v * w, fmin(v, w), fmax(v, w)};
        *at(out, n, c, y, x) = results[op];
    }
}

static void softmax(const net_image *in, net_image *out)
{
    FOR_EACH(out)
    {
        double sum = 0; /* of shares of this one */
        for (int64_t i = 0; i < in->c; i++) sum += exp(*at(in, n, i, y, x) - *at(in, n, c, y, x));
        *at(out, n, c, y, x) = 1 / sum;
    }
}

static int64_t source(int border, int64_t i, int64_t size)
{
    for (; i < 0 || i >= size; i = i < 0 ? -i : 2 * (size - 1) - i) {
        if (border == HG_PAD_CONSTANT) return -1;
        if (border == HG_PAD_EDGE || size == 1) return i < 0 ? 0 : size - 1;
        if (border == HG_PAD_WRAP) return (i + size * 1000) % size;
    }
    return i;
}

static void pad(const net_attributes *a, const net_image *in, net_image *out)
{
    FOR_EACH(out)
    {
        const int64_t iy = source(a->border, y - a->sides[0], in->h);
        const int64_t ix = source(a->border, x - a->sides[1], in->w);
        *at(out, n, c, y, x) = iy < 0 || ix < 0 ? a->value : *at(in, n, c, iy, ix);
    }
}

/* ---- Places ---- */

static void concat(const net_line *l, const net_image *images, net_image *out)
{
    int64_t first = 0;
    for (int i = 0; i < l->input_count; i++) {
        const net_image *part = &images[l->inputs[i]];
        FOR_EACH(part) * at(out, n, first + c, y, x) = *at(part, n, c, y, x);
        first += part->c;
    }
}

static void argmax(const net_image *in, net_image *out)
{
    FOR_EACH(in)
    {
        double *best = at(out, n, 0, y, x);
        if (c == 0) *best = 0;
        if (*at(in, n, c, y, x) > *at(in, n, (int64_t)*best, y, x)) *best = (double)c;
    }
}

/* Bilinear with half-pixel coordinates. */
static void bilinear(const net_image *in, net_image *out)
{
    FOR_EACH(out)
    {
        const double fy = ((double)y + 0.5) * (double)in->h / (double)out->h - 0.5;
        const double fx = ((double)x + 0.5) * (double)in->w / (double)out->w - 0.5;
        double sum = 0;
        for (int i = 0; i < 4; i++) {
            const double ty = floor(fy) + i / 2, tx = floor(fx) + i % 2;
            sum += (1 - fabs(fy - ty)) * (1 - fabs(fx - tx)) *
                   *at(in, n, c, (int64_t)fmin(fmax(ty, 0), (double)in->h - 1),
                       (int64_t)fmin(fmax(tx, 0), (double)in->w - 1));
        }
        *at(out, n, c, y, x) = sum;
    }
}

static void run_line(const hg_net *net, const net_line *l, net_image *images)
{
    const net_attributes *a = &l->a;
    const net_image *in = &images[l->inputs[0]];
    net_image *out = &images[l->outputs[0]];
    switch (l->op->kind) {
    case NET_CONV2D:
        conv2d(net, l, in, out);
        break;
    case NET_CONV_TRANSPOSE2D:
        conv_transpose2d(net, l, in, out);
        break;
    case NET_MAX_POOL2D:
    case NET_AVG_POOL2D:
    case NET_LP_POOL2D:
        pool2d(l, in, out);
        if (l->output_count == 2) indices(a, in, out, &images[l->outputs[1]]);
        break;
    case NET_MAX_UNPOOL2D:
        unpool(in, &images[l->inputs[1]], out);
        break;
    case NET_UPSAMPLE:
        FOR_EACH(out)
        *at(out, n, c, y, x) = *at(in, n, c, y / a->scale_by.h, x / a->scale_by.w);
        break;
    case NET_RESIZE2D:
        bilinear(in, out);
        break;
    case NET_ARGMAX:
        argmax(in, out);
        break;
    case NET_CONCAT:
        concat(l, images, out);
        break;
    case NET_SLICE:
        FOR_EACH(out)
        *at(out, n, c, y, x) =
            *at(in, n, c + a->channels.from, y + a->rows.from, x + a->columns.from);
        break;
    case NET_BINARY:
        binary(a->binary, in, &images[l->inputs[1]], out);
        break;
    case NET_SOFTMAX2D:
        softmax(in, out);
        break;
    case NET_PAD2D:
        pad(a, in, out);
        break;
    default:
        pointwise(net, l, in, out);
    }
}

net_image *net_oracle_run(const hg_net *net, uint64_t seed)
{
    net_image *images = calloc((size_t)net->value_count, sizeof *images);
    for (int i = 0; i < net->value_count; i++) {
        const hg_tensor *t = &net->values[i].tensor;
        const size_t count = (size_t)(t->n * t->c * t->h * t->w);
        images[i] = (net_image){
            t->n, t->c, t->h, t->w, calloc(count, sizeof(double)), calloc(count, sizeof(int64_t))};
    }
    for (int i = 0; i < net->input_count; i++) {
        net_image *in = &images[net->inputs[i]];
        rng r = rng_for(seed, "input", (uint64_t)i);
        FOR_EACH(in) * at(in, n, c, y, x) = (double)(2 * rng_unit(&r) - 1);
    }
    for (int i = 0; i < net->line_count; i++) run_line(net, &net->lines[i], images);
    return images;
}

void net_oracle_free(const hg_net *net, net_image *images)
{
    for (int i = 0; i < net->value_count; i++) free(images[i].v), free(images[i].indices);
    free(images);
}
