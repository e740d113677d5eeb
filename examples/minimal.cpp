// One 3x3 convolution with ReLU on a 56 x 56 x 64 tensor, in C++17.
#include <cstdio>
#include <hourglass/hourglass.hpp>
#include <vector>

int main()
try {
    const std::vector<float> x(56 * 56 * 64), weights(64 * 64 * 3 * 3), bias(64);
    const hourglass::Context context;

    hg_filter_desc desc{};
    desc.order = HG_OIHW;
    desc.out_channels = desc.in_channels = 64;
    desc.height = desc.width = 3;
    const hourglass::Filter filter(context, desc, weights.data());

    hg_conv2d op{};
    op.input = hg_tensor_nhwc(HG_F32, 1, 56, 56, 64);
    op.padding.mode = HG_PADDING_SAME_UPPER;
    op.epilogue.activation = HG_RELU;
    const hourglass::Plan plan(context, op, filter, bias.data());
    const hg_tensor output = plan.output();

    std::vector<float> y(static_cast<std::size_t>(output.n * output.h * output.w * output.c));
    hourglass::Workspace workspace(plan);
    plan.run(x.data(), y.data(), workspace);
    std::printf("%s", plan.explain());
    return 0;
} catch (const hourglass::Error &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
