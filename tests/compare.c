#include "tests/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/descriptor.h"
#include "tests/guard.h"

static const double u = 0x1p-24;

/* n roundings; gamma(n) is proved, 4*sqrt(n)*u holds for random data and sees a lost tap where
 * gamma(n) no longer does. */
static double roundings(double n)
{
    return fmin(n * u / (1 - n * u), 4 * sqrt(n) * u);
}

/* How much an activation may enlarge an error of its argument: the most of its derivative. */
static double steepest(const hg_post *e)
{
    const double factor = fmax(1, fabs((double)e->factor));
    switch (e->function) {
    case HG_SILU:
        return 1.1;
    case HG_HARD_SWISH:
        return 1.5;
    case HG_GELU:
    case HG_GELU_TANH:
        return 1.13;
    case HG_ELU:
    case HG_HARD_SIGMOID:
        return factor;
    default: /* slopes drawn for HG_PRELU are below 1 */
        return fmax(1, fabs((double)e->slope));
    }
}

/* A norm-wise bound has the roundings of the sum in it. */
static double conv_tolerance(const hg_problem *p, const oracle_output *want,
                             const double *norm_bounds, int64_t i)
{
    const double sum = norm_bounds ? 1 : want->count[i];
    const double n = sum + 1 + (p->post.residual ? 1 : 0) + (p->post_pool ? 4 : 0);
    const double error =
        roundings(n) * want->magnitude[i] + n * 0x1p-149 + (norm_bounds ? norm_bounds[i] : 0);
    if (p->post.function) { /* values of both signs may have a small mean */
        const double most = steepest(&p->post) * want->magnitude[i] + 1;
        const double y = p->post_pool == HG_POOL_AVG_2X2 ? most : fabs(want->y[i]);
        return steepest(&p->post) * error + 4 * u * y + 0x1p-148;
    }
    return p->post.slope == 1 ? error : steepest(&p->post) * error + u * fabs(want->y[i]);
}

double resize_slack(const hg_problem *p, const oracle_output *want, int64_t i)
{
    const double most = want->magnitude[i];
    if (p->resize.mode == HG_RESIZE_NEAREST) return 0;
    if (p->resize.mode == HG_RESIZE_AREA || p->resize.antialias)
        return 2 * (want->count[i] + 4) * (u * most + 0x1p-149);
    static const double factors[] = {[HG_RESIZE_BILINEAR] = 8,
                                     [HG_RESIZE_BICUBIC] = 32,
                                     [HG_RESIZE_LANCZOS3] = 64,
                                     [HG_RESIZE_LANCZOS5] = 128};
    return factors[p->resize.mode] * (u * most + 0x1p-149);
}

/* Output i is a class whose score, as far as f32 knows it, may be the largest, and is the first of
 * those that f32 cannot tell from it by more than nothing. */
static bool compare_class(const hg_problem *p, const oracle_output *want, int64_t i, double got)
{
    const int64_t plane = p->out.h * p->out.w, first = i / plane * p->in.c * plane + i % plane;
    if (!(got >= 0 && got < (double)p->in.c)) return false;
    const int64_t at = first + (int64_t)got * plane;
    if (isnan(want->scores[first + (int64_t)want->y[i] * plane])) return got == want->y[i];
    for (int64_t c = 0, other = first; c < p->in.c; c++, other += plane) {
        const double ahead = want->scores[other] - want->scores[at];
        if (ahead > want->slack[other] + want->slack[at]) return false;
        const bool exact = want->slack[other] == 0 && want->slack[at] == 0;
        if ((double)c < got && exact && want->scores[other] == want->scores[at]) return false;
    }
    return true;
}

/* Whether a value between these leaves the range of float, where it becomes infinite. */
typedef enum leaving { STAYS, MAY_LEAVE, LEAVES } leaving;

static leaving leaves_range(double low, double high)
{
    const double end = 0x1.ffffffp127; /* what rounds to infinity */
    return low >= end ? LEAVES : high >= end ? MAY_LEAVE : STAYS;
}

static double root(double sum, double p)
{
    return p == 1 ? sum : pow(sum, 1 / p);
}

/* The sum is known up to `slack`; any root of a sum within it is right, and NaN where a signed sum
 * may have been negative. */
static bool compare_lp(const hg_problem *p, const oracle_output *want, int64_t i, double got)
{
    const double power = (double)p->pool.p;
    if (!isfinite(want->sum[i])) return isnan(want->y[i]) ? isnan(got) : got == want->y[i];
    const double slack = (want->count[i] + 16) * u * want->magnitude[i] + 0x1p-140;
    const double low = want->sum[i] - slack, high = want->sum[i] + slack;
    if (isnan(want->y[i]) && power != 1) return isnan(got) || high >= 0;
    if (isnan(got)) return power != 1 && low < 0 && p->pool.form == HG_LP_SIGNED;
    const double least = power == 1 ? low : root(fmax(low, 0), power), most = root(high, power);
    /* Other powers are summed in double. */
    const bool narrow = power == 1 || power == 2;
    const leaving leaves = leaves_range(narrow ? low : least, narrow ? high : most);
    if (leaves == LEAVES || (leaves == MAY_LEAVE && isinf(got))) return got == INFINITY;
    return got >= least - 16 * u * fabs(least) && got <= most + 16 * u * fabs(most);
}

/* Sums of both signs that leave the range on their way are not drawn. */
static bool compare_average(const oracle_output *want, int64_t i, double got)
{
    const double sum = fabs(want->sum[i]), n = want->count[i] + 2;
    const leaving leaves = leaves_range(sum - n * u * sum, sum + n * u * sum);
    if (leaves == LEAVES || (leaves == MAY_LEAVE && isinf(got)))
        return got == copysign(INFINITY, want->sum[i]);
    return fabs(got - want->y[i]) <= n * (u * want->magnitude[i] + 0x1p-149);
}

/* The bits: copies keep the sign of zero and the NaN they were given, maxima those of the first. */
static bool same_bits(double want, float got)
{
    const float w = (float)want;
    return memcmp(&w, &got, sizeof w) == 0;
}

bool compare_value(const hg_problem *p, data_kind kind, const oracle_output *want,
                   const double *norm_bounds, int64_t i, float got)
{
    uint32_t bits;
    memcpy(&bits, &got, sizeof bits);
    if (bits == guard_canary) return false; /* never written */
    const double y = want->y[i];
    if (p->op == HG_OP_RESIZE_ARGMAX2D) return compare_class(p, want, i, (double)got);
    if (p->op == HG_OP_LP_POOL2D) return compare_lp(p, want, i, (double)got);
    if (p->op == HG_OP_MAX_POOL2D || p->op == HG_OP_MAX_UNPOOL2D || p->op == HG_OP_PAD2D ||
        (p->op == HG_OP_RESIZE2D && p->resize.mode == HG_RESIZE_NEAREST))
        return same_bits(y, got);
    if (isnan(y)) return isnan(got);
    if (isinf(y)) return (double)got == y;
    if (p->op == HG_OP_AVG_POOL2D) return compare_average(want, i, (double)got);
    const bool conv = hg_problem_has_post(p);
    /* Means of integers by a slope are rounded more than once. */
    const bool rounded =
        p->post.function || (p->post_pool == HG_POOL_AVG_2X2 && p->post.slope != 1.0f);
    if (conv && kind == DATA_INTEGERS && !norm_bounds && !rounded) return got == (float)y;
    double tolerance = conv ? conv_tolerance(p, want, norm_bounds, i) : 0;
    if (p->op == HG_OP_SOFTMAX2D)
        tolerance = (roundings(want->count[i]) + (8 + want->magnitude[i]) * u) * y + 0x1p-124;
    if (p->op == HG_OP_RESIZE2D) tolerance = resize_slack(p, want, i);
    return isinf(tolerance) || fabs((double)got - y) <= tolerance;
}

int64_t compare_all(const hg_problem *p, data_kind kind, const oracle_output *want,
                    const double *norm_bounds, const float *got, const int64_t *indices, char *text,
                    int size)
{
    const int64_t count = tensor_count(&p->out);
    int64_t wrong = 0;
    for (int64_t i = 0; i < count; i++) {
        const bool value = compare_value(p, kind, want, norm_bounds, i, got[i]);
        const bool index = !indices || indices[i] == want->indices[i];
        if (value && index) continue;
        if (wrong++) continue;
        const int64_t x = i % p->out.w, y = i / p->out.w % p->out.h;
        const int64_t c = i / p->out.w / p->out.h % p->out.c,
                      n = i / p->out.w / p->out.h / p->out.c;
        snprintf(text, (size_t)size,
                 "n%" PRId64 " c%" PRId64 " y%" PRId64 " x%" PRId64
                 ": %.9g, expected %.9g (%g u of magnitude %g); index %" PRId64
                 ", expected %" PRId64,
                 n, c, y, x, (double)got[i], want->y[i],
                 fabs((double)got[i] - want->y[i]) / (u * want->magnitude[i]), want->magnitude[i],
                 indices ? indices[i] : 0, indices ? want->indices[i] : 0);
    }
    return wrong;
}
