/* A program of somebody who embeds Hourglass: public headers alone, ISO C11 alone. Down by a
 * convolution and by pooling with indices, up by unpooling, a transposed convolution and bilinear
 * doubling; every result is compared with its formula in double. With two threads where the library
 * has them. Prints the kernels. */
#include <hourglass/hourglass.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { H = 12, W = 20, C = 8, K = 12 };

static float x[H][W][C], y[H][W][K], weights[K][C][3][3], bias[K];
static float pooled[H / 2][W / 2][K], unpooled[H][W][K], up_weights[K][C][2][2],
    up[2 * H][2 * W][C];
static float small[3][5][C], doubled[6][10][C];
static int64_t indices[H / 2][W / 2][K];
static int failures;

static void fill(float *p, size_t n)
{
    static uint32_t state = 1;
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        p[i] = (float)(state >> 8) / (1 << 23) - 1;
    }
}

static void write_log(void *self, hg_status status, const char *sentence)
{
    (void)self;
    fprintf(stderr, "%s: %s\n", hg_status_string(status), sentence);
}

static void expect(const char *what, double got, double wanted)
{
    if (fabs(got - wanted) <= 1e-5 * (1 + fabs(wanted))) return;
    if (failures++ < 5) fprintf(stderr, "%s is %.9g instead of %.9g\n", what, got, wanted);
}

/* ISO C has no aligned memory that every system knows. */
static void run(hg_status status, hg_plan *plan, const hg_io *io)
{
    char *memory = status ? NULL : malloc(hg_plan_workspace_size(plan) + 64);
    if (memory) {
        status = hg_run(plan, io, memory + 64 - (uintptr_t)memory % 64);
        printf("%s\n", hg_plan_kernel(plan));
    }
    if (status || !memory) failures++;
    free(memory);
    hg_plan_free(plan);
}

static double conv_at(int oy, int ox, int k)
{
    double sum = bias[k];
    for (int c = 0; c < C; c++)
        for (int ky = 0; ky < 3; ky++)
            for (int kx = 0; kx < 3; kx++) {
                const int iy = oy + ky - 1, ix = ox + kx - 1;
                if (iy >= 0 && iy < H && ix >= 0 && ix < W)
                    sum += (double)x[iy][ix][c] * (double)weights[k][c][ky][kx];
            }
    return sum > 0 ? sum : 0;
}

static void convolution(hg_context *context)
{
    const hg_filter_desc desc = {
        .order = HG_OIHW, .out_channels = K, .in_channels = C, .height = 3, .width = 3};
    const hg_conv2d op = {.input = hg_tensor_nhwc(HG_F32, 1, H, W, C),
                          .padding = {.mode = HG_PADDING_SAME_UPPER},
                          .epilogue = {.activation = HG_RELU}};
    hg_filter *filter = NULL;
    hg_plan *plan = NULL;
    hg_status status = hg_filter_create(context, &desc, weights, &filter);
    if (!status) status = hg_plan_conv2d(context, &op, filter, bias, &plan);
    hg_filter_free(filter);
    run(status, plan, &(hg_io){.input = x, .output = y});
    for (int oy = 0; oy < H; oy++)
        for (int ox = 0; ox < W; ox++)
            for (int k = 0; k < K; k++) expect("conv2d", (double)y[oy][ox][k], conv_at(oy, ox, k));
}

static void pooling_and_back(hg_context *context)
{
    const hg_max_pool2d down = {
        .input = hg_tensor_nhwc(HG_F32, 1, H, W, K), .pool = {.window = {2, 2}}, .indices = true};
    const hg_max_unpool2d back = {.input = hg_tensor_nhwc(HG_F32, 1, H / 2, W / 2, K),
                                  .window = {2, 2}};
    hg_plan *plan = NULL;
    hg_status status = hg_plan_max_pool2d(context, &down, &plan);
    run(status, plan, &(hg_io){.input = y, .output = pooled, .indices = indices});
    plan = NULL;
    status = hg_plan_max_unpool2d(context, &back, &plan);
    run(status, plan, &(hg_io){.input = pooled, .output = unpooled, .input_indices = indices});
    for (int oy = 0; oy < H; oy++)
        for (int ox = 0; ox < W; ox++)
            for (int k = 0; k < K; k++) {
                const bool top = indices[oy / 2][ox / 2][k] == oy * W + ox;
                expect("max_unpool2d", (double)unpooled[oy][ox][k], top ? (double)y[oy][ox][k] : 0);
                if (y[oy][ox][k] > pooled[oy / 2][ox / 2][k]) failures++;
            }
}

/* Windows of 2 x 2 at stride 2 do not overlap: every output has one tap of each channel. */
static void transposed(hg_context *context)
{
    const hg_filter_desc desc = {
        .order = HG_IOHW, .out_channels = C, .in_channels = K, .height = 2, .width = 2};
    const hg_conv_transpose2d op = {.input = hg_tensor_nhwc(HG_F32, 1, H, W, K), .stride = {2, 2}};
    hg_filter *filter = NULL;
    hg_plan *plan = NULL;
    hg_status status = hg_filter_create(context, &desc, up_weights, &filter);
    if (!status) status = hg_plan_conv_transpose2d(context, &op, filter, NULL, &plan);
    hg_filter_free(filter);
    run(status, plan, &(hg_io){.input = y, .output = up});
    for (int oy = 0; oy < 2 * H; oy++)
        for (int ox = 0; ox < 2 * W; ox++)
            for (int c = 0; c < C; c++) {
                double sum = 0;
                for (int k = 0; k < K; k++)
                    sum += (double)y[oy / 2][ox / 2][k] * (double)up_weights[k][c][oy % 2][ox % 2];
                expect("conv_transpose2d", (double)up[oy][ox][c], sum);
            }
}

static double bilinear_at(double sy, double sx, int c)
{
    sy = fmin(fmax(sy, 0), 2), sx = fmin(fmax(sx, 0), 4);
    const int y0 = (int)sy, x0 = (int)sx, y1 = y0 < 2 ? y0 + 1 : y0, x1 = x0 < 4 ? x0 + 1 : x0;
    const double v = sy - y0, u = sx - x0;
    return (1 - v) * ((1 - u) * (double)small[y0][x0][c] + u * (double)small[y0][x1][c]) +
           v * ((1 - u) * (double)small[y1][x0][c] + u * (double)small[y1][x1][c]);
}

static void resizing(hg_context *context)
{
    const hg_tensor from = hg_tensor_nhwc(HG_F32, 1, 3, 5, C);
    hg_resize2d op;
    hg_plan *plan = NULL;
    hg_status status = hg_resize2d_keras(&from, (hg_size2){2, 2}, "bilinear", &op);
    if (!status) status = hg_plan_resize2d(context, &op, &plan);
    run(status, plan, &(hg_io){.input = small, .output = doubled});
    for (int oy = 0; oy < 6; oy++)
        for (int ox = 0; ox < 10; ox++)
            for (int c = 0; c < C; c++)
                expect("resize2d", (double)doubled[oy][ox][c],
                       bilinear_at((oy + 0.5) / 2 - 0.5, (ox + 0.5) / 2 - 0.5, c));
}

static void all(int threads)
{
    const hg_context_options options = {.threads = threads, .log = {.write = write_log}};
    hg_context *context = NULL;
    hg_machine machine;
    const hg_status status = hg_context_create(&options, &context);
    if (status == HG_UNSUPPORTED && threads > 1) return; /* built without threads */
    if (status) {
        failures++;
        return;
    }
    hg_context_machine(context, &machine);
    printf("%s, by %s, %d threads\n", machine.key, machine.source, threads);
    convolution(context);
    pooling_and_back(context);
    transposed(context);
    resizing(context);
    hg_context_free(context);
}

int main(void)
{
    fill(&x[0][0][0], sizeof x / sizeof(float));
    fill(&weights[0][0][0][0], sizeof weights / sizeof(float));
    fill(bias, K);
    fill(&up_weights[0][0][0][0], sizeof up_weights / sizeof(float));
    fill(&small[0][0][0], sizeof small / sizeof(float));
    all(1);
    all(2);
    printf("Hourglass %s: %d failed\n", hg_version(), failures);
    return failures > 0;
}
