// The C++ header as somebody who embeds Hourglass uses it: results by a formula, owners that are
// moved and outlive each other, and what is thrown.
#include <cstdio>
#include <hourglass/hourglass.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace hg = hourglass;

static int failures;

static void expect(bool ok, const char *what)
{
    if (ok) return;
    failures++;
    std::fprintf(stderr, "FAILED: %s\n", what);
}

// What calling it throws, in words; empty: nothing.
template <class Call> static std::string thrown(const Call &call, hg_status *status)
{
    try {
        call();
    } catch (const hg::Error &error) {
        *status = error.status();
        return error.what();
    }
    return "";
}

// Every output of a 3 x 3 convolution of ones without padding is the sum of its weights; the filter
// and the context are gone before the plan runs.
static hg::Plan sum_of_window()
{
    const hg::Context context;
    hg_filter_desc desc{};
    desc.out_channels = desc.in_channels = 1;
    desc.height = desc.width = 3;
    const std::vector<float> weights{1, 2, 3, 4, 5, 6, 7, 8, 9};
    hg::Filter first(context, desc, weights.data());
    const hg::Filter filter(std::move(first));
    hg_conv2d op{};
    op.input = hg_tensor_nhwc(HG_F32, 1, 5, 7, 1);
    expect(hg::output_of(op, desc).w == 5, "output_of, with a filter");
    hg::Plan plan(context, op, filter);
    return plan;
}

static void convolution()
{
    std::optional<hg::Plan> plan;
    plan.emplace(sum_of_window());
    const hg_tensor output = plan->output();
    expect(output.h == 3 && output.w == 5, "the output's size");
    const std::vector<float> x(5 * 7, 1.0f);
    std::vector<float> y(3 * 5);
    hg::Workspace workspace;
    workspace.grow(*plan);
    plan->run(x.data(), y.data(), workspace);
    for (const float v : y) expect(v == 45.0f, "the sum of the weights");
    expect(std::string(plan->key()).find("conv2d f32 nhwc n1 c1 h5 w7") == 0, "the key");
    expect(*plan->kernel() && *plan->explain(), "words");
}

static void pooling()
{
    const hg::Context context;
    hg_max_pool2d op{};
    op.input = hg_tensor_nchw(HG_F32, 1, 1, 2, 4);
    op.pool.window = {2, 2};
    op.indices = true;
    expect(hg::output_of(op).w == 2, "output_of, without a filter");
    const hg::Plan plan(context, op);
    const std::vector<float> x{0, 1, 2, 3, 9, 5, 6, 7};
    std::vector<float> y(2);
    std::vector<std::int64_t> indices(2);
    hg_io io{};
    io.input = x.data(), io.output = y.data(), io.indices = indices.data();
    hg::Workspace workspace(plan);
    plan.run(io, workspace);
    expect(y[0] == 9 && y[1] == 7 && indices[0] == 4 && indices[1] == 7,
           "maxima and where they are");

    hg_max_unpool2d back{};
    back.input = hg_tensor_nchw(HG_F32, 1, 1, 1, 2);
    back.window = {2, 2};
    const hg::Plan unpool(context, back);
    std::vector<float> z(8);
    io = hg_io{};
    indices[1] = 8;
    io.input = y.data(), io.output = z.data(), io.input_indices = indices.data();
    workspace.grow(unpool);
    hg_status status = HG_OK;
    expect(thrown([&] { unpool.run(io, workspace); }, &status).find("index") != std::string::npos,
           "an index's sentence");
    expect(status == HG_INDEX, "an index's status");
}

static void mistakes()
{
    const hg::Context context;
    hg_status status = HG_OK;
    hg_avg_pool2d op{};
    op.input = hg_tensor_nhwc(HG_F32, 1, 4, 4, 1);
    op.pool.window = {2, 2};
    op.pool.stride = {-1, 1};
    const std::string sentence = thrown([&] { hg::Plan(context, op); }, &status);
    expect(status == HG_INVALID && sentence.find("stride") != std::string::npos,
           "the sentence names the field");
    expect(thrown([&] { hg::output_of(op); }, &status) == hg_status_string(HG_INVALID),
           "the status in words");

    hg_context_options options{};
    options.threads = -1;
    expect(thrown([&] { hg::Context c(options); }, &status).find("threads") != std::string::npos,
           "of a context");

    hg_lp_pool2d fine{};
    fine.input = op.input;
    fine.pool.window = {2, 2};
    const hg::Plan plan(context, fine);
    hg::Workspace none;
    if (plan.workspace_size() > 0)
        expect(thrown([&] { plan.run(nullptr, nullptr, none); }, &status).find("workspace") !=
                   std::string::npos,
               "a workspace that is too small");
    hg::Workspace workspace(plan);
    expect(thrown([&] { plan.run(nullptr, nullptr, workspace); }, &status).find("input is NULL") !=
               std::string::npos,
           "a missing input");
}

int main()
{
    static_assert(!std::is_copy_constructible_v<hg::Context> &&
                  std::is_nothrow_move_constructible_v<hg::Context>);
    static_assert(!std::is_copy_constructible_v<hg::Filter> &&
                  std::is_nothrow_move_constructible_v<hg::Filter>);
    static_assert(!std::is_copy_constructible_v<hg::Plan> &&
                  std::is_nothrow_move_assignable_v<hg::Plan>);
    static_assert(!std::is_copy_constructible_v<hg::Workspace>);
    convolution();
    pooling();
    mistakes();
    std::printf("C++: %d failed\n", failures);
    return failures > 0;
}
