/* Activations against the C library's functions in double: every kernel's instruction set, on all
 * floats coarsely and on dense random ranges.
 *
 *     test_activations [--step BITS]       every 2^BITS-th pattern of bits; 0 is all floats */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/registry.h"
#include "hourglass/hourglass.h"
#include "kernels/activation/activation.h"
#include "tests/oracle.h"
#include "tests/random.h"

enum { BLOCK = 1021, RANGES = 3000 }; /* no whole number of vectors */

typedef struct tested {
    const char *name;
    hg_post post;
    double bound; /* ULP */
} tested;

static const tested functions[] = {
    {"sigmoid", {.function = HG_SIGMOID}, 2},
    {"hard_sigmoid", {.function = HG_HARD_SIGMOID, .factor = 1 / 6.0f, .offset = 0.5f}, 0.5},
    {"hard_sigmoid", {.function = HG_HARD_SIGMOID, .factor = -0.2f, .offset = 0.5f}, 0.5},
    {"silu", {.function = HG_SILU}, 2},
    {"hard_swish", {.function = HG_HARD_SWISH}, 2},
    {"tanh", {.function = HG_TANH}, 2},
    {"gelu", {.function = HG_GELU}, 2},
    {"gelu_tanh", {.function = HG_GELU_TANH}, 2},
    {"elu", {.function = HG_ELU, .factor = 1}, 2},
    {"elu", {.function = HG_ELU, .factor = 1.6732632f}, 2},
    {"prelu", {.function = HG_PRELU}, 0.5}};

static const float slope = 0.3f;

typedef struct worst {
    double ulp;
    float x, y;
    int64_t wrong;
} worst;

/* Distance in units of the last digit that a float of the exact value's size has. */
static double ulps(float y, double exact)
{
    if (isnan(exact)) return isnan(y) ? 0 : INFINITY;
    if (isinf(y) || isinf((float)exact)) return y == (float)exact ? 0 : INFINITY;
    if (exact == 0 && y == 0) return 0;
    const int exponent = exact == 0 ? -149 : ilogb(exact);
    return fabs((double)y - exact) / ldexp(1, (exponent < -126 ? -126 : exponent) - 23);
}

static void check_block(const tested *f, hg_activate_fn *activate, const float *x, int64_t n,
                        worst *w)
{
    float y[BLOCK], slopes[BLOCK];
    for (int i = 0; i < BLOCK; i++) slopes[i] = slope;
    const hg_activation_args args = {f->post.factor, f->post.offset, slopes, n % 2 == 0};
    activate(x, y, n, &args);
    for (int64_t i = 0; i < n; i++) {
        const double exact = oracle_activation(&f->post, (double)x[i], (double)slope);
        const double ulp = ulps(y[i], exact);
        /* Zeros have the sign of the argument, or of the limit. */
        const bool sign = exact == 0 && x[i] == 0 && !signbit(y[i]) != !signbit(exact);
        if (ulp > f->bound || sign) w->wrong++;
        if (ulp > w->ulp) w->ulp = ulp, w->x = x[i], w->y = y[i];
    }
}

static float float_of(uint32_t bits)
{
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static void sweep(const tested *f, hg_activate_fn *activate, int bits, worst *w)
{
    float x[BLOCK];
    int64_t n = 0;
    const uint64_t step = 1ull << bits;
    for (uint64_t i = 0; i < 1ull << 32; i += step) {
        x[n++] = float_of((uint32_t)(i + (i >> bits) % step)); /* all last bits */
        if (n == BLOCK) check_block(f, activate, x, n, w), n = 0;
    }
    if (n) check_block(f, activate, x, n, w);
}

/* Neighbouring floats from a random one on, most of them where functions bend. */
static void ranges(const tested *f, hg_activate_fn *activate, worst *w)
{
    rng r = rng_for(1, f->name, 0);
    float x[BLOCK];
    for (int i = 0; i < RANGES; i++) {
        const float wide = i % 4 == 0 ? 120.0f : i % 4 == 1 ? 20.0f : 4.0f;
        const float first = (2 * rng_unit(&r) - 1) * wide;
        uint32_t bits;
        memcpy(&bits, &first, sizeof bits);
        const int64_t n = rng_in(&r, 1, BLOCK);
        for (int64_t j = 0; j < n; j++) x[j] = float_of(bits + (uint32_t)j);
        check_block(f, activate, x, n, w);
    }
}

int main(int count, char **words)
{
    int bits = 12, failed = 0, passed = 0;
    if (count == 3 && strcmp(words[1], "--step") == 0) bits = atoi(words[2]);
    hg_context *context;
    hg_machine machine;
    if (hg_context_create(&(hg_context_options){.ignore_environment = true}, &context)) return 1;
    hg_context_machine(context, &machine);
    hg_context_free(context);
    for (hg_isa isa = HG_ISA_SCALAR; isa <= HG_ISA_AVX512; isa++) {
        const hg_activations *a = hg_activations_of(isa);
        if (!hg_isa_usable(isa, machine.isa, true)) continue;
        if (isa > HG_ISA_SCALAR && a == &hg_activations_ref) continue; /* not built */
        for (size_t i = 0; i < HG_COUNT(functions); i++) {
            const tested *f = &functions[i];
            worst w = {0};
            sweep(f, a->of[f->post.function], bits, &w);
            ranges(f, a->of[f->post.function], &w);
            *(w.wrong ? &failed : &passed) += 1;
            printf("%-7s %-13s %6.3f ULP at %.9g (%a): %.9g%s\n", hg_isa_name(isa), f->name, w.ulp,
                   (double)w.x, (double)w.x, (double)w.y, w.wrong ? "  FAILED" : "");
        }
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed ? 1 : 0;
}
