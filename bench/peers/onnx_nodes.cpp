#include "bench/peers/onnx_nodes.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string>

namespace
{

// Windows as ONNX has them. What a ceiling rule adds at the end is padding; a negative crop is
// output padding.
void addWindows(OnnxModel &m, const hg_problem &p, bool pools, bool dilates)
{
    const auto end = [&](int64_t in, int64_t out, int64_t k, int64_t s, int64_t d, int64_t before,
                         int64_t behind) {
        const int64_t reach = (out - 1) * s + (k - 1) * d + 1 - in - before;
        return pools ? std::max<int64_t>(reach, 0) : std::max<int64_t>(behind, 0);
    };
    m.attribute("kernel_shape", {p.kernel.h, p.kernel.w});
    m.attribute("strides", {p.stride.h, p.stride.w});
    if (dilates) m.attribute("dilations", {p.dilation.h, p.dilation.w});
    m.attribute(
        "pads",
        {p.pad.top, p.pad.left,
         end(p.in.h, p.out.h, p.kernel.h, p.stride.h, p.dilation.h, p.pad.top, p.pad.bottom),
         end(p.in.w, p.out.w, p.kernel.w, p.stride.w, p.dilation.w, p.pad.left, p.pad.right)});
}

// [in][out / groups][h][w] of [out][in / groups][h][w].
std::vector<float> turned(const hg_problem &p, const float *weights)
{
    const int64_t taps = p.kernel.h * p.kernel.w, ins = p.in.c / p.groups,
                  outs = p.out.c / p.groups;
    std::vector<float> to(static_cast<size_t>(p.out.c * ins * taps));
    for (int64_t g = 0; g < p.groups; g++)
        for (int64_t k = 0; k < outs; k++)
            for (int64_t c = 0; c < ins; c++)
                std::memcpy(&to[static_cast<size_t>(((g * ins + c) * outs + k) * taps)],
                            weights + ((g * outs + k) * ins + c) * taps,
                            static_cast<size_t>(taps) * sizeof *weights);
    return to;
}

OnnxModel convolution(const PeerTask &t)
{
    const hg_problem &p = *t.problem;
    const bool transposed = p.op == HG_OP_CONV_TRANSPOSE2D;
    OnnxModel m(transposed ? "ConvTranspose" : "Conv");
    m.input("X", shapeOf(p.in));
    const int64_t ins = p.in.c / p.groups, outs = p.out.c / p.groups;
    if (transposed)
        m.constant("W", {p.in.c, outs, p.kernel.h, p.kernel.w}, turned(p, t.weights).data());
    else
        m.constant("W", {p.out.c, ins, p.kernel.h, p.kernel.w}, t.weights);
    m.constant("B", {p.out.c}, t.bias);
    addWindows(m, p, false, true);
    m.attribute("group", p.groups);
    if (transposed)
        m.attribute("output_padding",
                    {std::max<int64_t>(-p.pad.bottom, 0), std::max<int64_t>(-p.pad.right, 0)});
    return m;
}

OnnxModel pooling(const PeerTask &t)
{
    const hg_problem &p = *t.problem;
    const std::map<hg_op, std::string> names = {{HG_OP_MAX_POOL2D, "MaxPool"},
                                                {HG_OP_AVG_POOL2D, "AveragePool"},
                                                {HG_OP_LP_POOL2D, "LpPool"}};
    const bool global = p.kernel.h == p.in.h && p.kernel.w == p.in.w && p.out.h == 1 &&
                        p.out.w == 1 && !p.pool.indices && p.op != HG_OP_LP_POOL2D;
    OnnxModel m((global ? "Global" : "") + names.at(p.op));
    m.input("X", shapeOf(p.in));
    if (global) return m;
    addWindows(m, p, true, p.op != HG_OP_AVG_POOL2D);
    if (p.pool.include_pad) m.attribute("count_include_pad", int64_t{1});
    if (p.op == HG_OP_LP_POOL2D) m.attribute("p", static_cast<int64_t>(p.pool.p));
    return m;
}

OnnxModel unpooling(const PeerTask &t)
{
    const hg_problem &p = *t.problem;
    OnnxModel m("MaxUnpool");
    m.input("X", shapeOf(p.in));
    m.input("I", shapeOf(p.in), true);
    m.constant("S", shapeOf(p.out));
    m.attribute("kernel_shape", {p.kernel.h, p.kernel.w});
    m.attribute("strides", {p.stride.h, p.stride.w});
    return m;
}

OnnxModel resizing(const PeerTask &t)
{
    const hg_problem &p = *t.problem;
    const char *const modes[] = {"nearest", "linear", "cubic"};
    const char *const coordinates[] = {"half_pixel", "asymmetric", "pytorch_half_pixel",
                                       "half_pixel_symmetric", "align_corners"};
    const char *const roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
    OnnxModel m("Resize");
    m.input("X", shapeOf(p.in));
    m.noInput();
    m.noInput();
    m.constant("S", shapeOf(p.out));
    m.attribute("mode", modes[p.resize.mode]);
    m.attribute("coordinate_transformation_mode", coordinates[p.resize.coordinates]);
    if (p.resize.mode == HG_RESIZE_NEAREST)
        m.attribute("nearest_mode", roundings[p.resize.rounding]);
    if (p.resize.mode == HG_RESIZE_BICUBIC)
        m.attribute("cubic_coeff_a", static_cast<float>(p.resize.cubic_a));
    if (p.resize.exclude_outside) m.attribute("exclude_outside", int64_t{1});
    if (p.resize.antialias) m.attribute("antialias", int64_t{1});
    return m;
}

} // namespace

OnnxModel::Shape shapeOf(const hg_tensor &t)
{
    return {t.n, t.c, t.h, t.w};
}

bool onnxKnows(const hg_problem &p)
{
    switch (p.op) {
    case HG_OP_CONV2D:
        return true;
    case HG_OP_CONV_TRANSPOSE2D:
        return p.pad.top >= 0 && p.pad.left >= 0;
    case HG_OP_LP_POOL2D:
        return !p.pool.adaptive && p.pool.form == HG_LP_ABSOLUTE &&
               p.pool.p == static_cast<float>(static_cast<int>(p.pool.p));
    case HG_OP_MAX_POOL2D:
        return !p.pool.adaptive;
    case HG_OP_AVG_POOL2D:
        return !p.pool.adaptive && !p.pool.divisor && p.dilation.h * p.dilation.w == 1;
    case HG_OP_MAX_UNPOOL2D:
        return p.pool.convention == HG_INDEX_PYTORCH && p.pool.index_size.h == p.out.h &&
               p.pool.index_size.w == p.out.w && p.pad.top == 0 && p.pad.left == 0;
    default:
        return p.resize.mode <= HG_RESIZE_BICUBIC && p.resize.coordinates <= HG_ALIGN_CORNERS &&
               p.resize.coordinates != HG_HALF_PIXEL_SYMMETRIC && p.resize.scale_h == 0;
    }
}

OnnxModel onnxModelOf(const PeerTask &t)
{
    switch (t.problem->op) {
    case HG_OP_CONV2D:
    case HG_OP_CONV_TRANSPOSE2D:
        return convolution(t);
    case HG_OP_MAX_UNPOOL2D:
        return unpooling(t);
    case HG_OP_RESIZE2D:
        return resizing(t);
    default:
        return pooling(t);
    }
}
