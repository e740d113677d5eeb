/* One 3x3 convolution with ReLU on a 56 x 56 x 64 tensor. */
#include <hourglass/hourglass.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    static float x[56][56][64], weights[64][64][3][3], bias[64], y[56][56][64];
    const hg_filter_desc desc = {
        .order = HG_OIHW, .out_channels = 64, .in_channels = 64, .height = 3, .width = 3};
    const hg_conv2d op = {.input = hg_tensor_nhwc(HG_F32, 1, 56, 56, 64),
                          .padding = {HG_PADDING_SAME_UPPER, 0, 0, 0, 0},
                          .epilogue = {.activation = HG_RELU}};
    const hg_io io = {.input = x, .output = y};
    hg_context *context = NULL;
    hg_filter *filter = NULL;
    hg_plan *plan = NULL;
    hg_status status = hg_context_create(NULL, &context);
    if (!status) status = hg_filter_create(context, &desc, weights, &filter);
    if (!status) status = hg_plan_conv2d(context, &op, filter, bias, &plan);
    if (!status) {
        const size_t size = hg_plan_workspace_size(plan);
        void *workspace = size ? aligned_alloc(64, size) : NULL;
        status = hg_run(plan, &io, workspace);
        free(workspace);
        printf("%s", hg_plan_explain(plan));
    }
    puts(hg_status_string(status));
    hg_plan_free(plan);
    hg_filter_free(filter);
    hg_context_free(context);
    return status != HG_OK;
}
