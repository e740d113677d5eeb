// oneDNN: every layout it may prefer is planned and timed, the fastest is kept.
#include <omp.h>

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <vector>

#include <dnnl.hpp>

#include "bench/peers/peer.h"

namespace
{

using dnnl::memory;
using Tag = memory::format_tag;
using Arguments = std::unordered_map<int, memory>;

constexpr auto kF32 = memory::data_type::f32;
constexpr auto kInference = dnnl::prop_kind::forward_inference;

dnnl::engine &engine()
{
    static dnnl::engine e(dnnl::engine::kind::cpu, 0);
    return e;
}

memory::dims dims(const hg_tensor &t)
{
    return {t.n, t.c, t.h, t.w};
}

// What the kinds of operators share: a primitive, its memory in its own layout, and its result.
class OneDnn : public Peer
{
  public:
    OneDnn(const PeerTask &t, Tag tag) : stream_(engine()), tag_(tag), task_(t)
    {
    }
    void run() override
    {
        omp_set_num_threads(task_.threads);
        primitive_.execute(stream_, arguments_);
        stream_.wait();
    }
    void fetch(float *nhwc) override
    {
        memory out({dims(task_.problem->out), kF32, Tag::nhwc}, engine(), nhwc);
        dnnl::reorder(arguments_.at(DNNL_ARG_DST), out)
            .execute(stream_, arguments_.at(DNNL_ARG_DST), out);
        stream_.wait();
    }
    std::string label() const override
    {
        return implementation_;
    }

  protected:
    memory::desc wanted(const hg_tensor &t) const
    {
        return {dims(t), kF32, tag_};
    }
    // The user's data in the layout that the primitive wants.
    memory adapted(memory::desc from, const float *data, const memory::desc &to)
    {
        memory user(from, engine(), const_cast<float *>(data)), own(to, engine());
        dnnl::reorder(user, own).execute(stream_, user, own);
        stream_.wait();
        return own;
    }
    template <class Description> void keep(const Description &d)
    {
        implementation_ = d.impl_info_str();
        arguments_[DNNL_ARG_SRC] =
            adapted({dims(task_.problem->in), kF32, Tag::nhwc}, task_.input, d.src_desc());
        arguments_[DNNL_ARG_DST] = memory(d.dst_desc(), engine());
    }

    dnnl::stream stream_;
    Tag tag_;
    PeerTask task_;
    dnnl::primitive primitive_;
    Arguments arguments_;
    std::string implementation_;
};

class Convolution : public OneDnn
{
  public:
    Convolution(const PeerTask &t, Tag tag) : OneDnn(t, tag)
    {
        const hg_problem &p = *t.problem;
        const memory::dims s = {p.stride.h, p.stride.w};
        const memory::dims d = {p.dilation.h - 1, p.dilation.w - 1};
        const memory::dims begin = {p.pad.top, p.pad.left};
        const memory::dims end = {p.pad.bottom, p.pad.right};
        const int64_t k = p.out.c / p.groups, c = p.in.c / p.groups;
        const bool grouped = p.groups > 1;
        const memory::dims w = grouped ? memory::dims{p.groups, k, c, p.kernel.h, p.kernel.w}
                                       : memory::dims{k, c, p.kernel.h, p.kernel.w};
        const memory::desc any(w, kF32, Tag::any), bias({p.out.c}, kF32, Tag::a);
        const memory::desc given(w, kF32, grouped ? Tag::goihw : Tag::oihw);
        if (p.op == HG_OP_CONV2D)
            take<dnnl::convolution_forward>({kInference, dnnl::algorithm::convolution_direct,
                                             wanted(p.in), any, bias, wanted(p.out), s, d, begin,
                                             end},
                                            given, bias);
        else
            take<dnnl::deconvolution_forward>({kInference, dnnl::algorithm::deconvolution_direct,
                                               wanted(p.in), any, bias, wanted(p.out), s, d, begin,
                                               end},
                                              given, bias);
    }

  private:
    template <class Forward>
    void take(const typename Forward::desc &description, const memory::desc &given,
              const memory::desc &bias)
    {
        const typename Forward::primitive_desc d(description, engine());
        keep(d);
        arguments_[DNNL_ARG_WEIGHTS] = adapted(given, task_.weights, d.weights_desc());
        arguments_[DNNL_ARG_BIAS] = adapted(bias, task_.bias, d.bias_desc());
        primitive_ = Forward(d);
    }
};

class Pooling : public OneDnn
{
  public:
    Pooling(const PeerTask &t, Tag tag) : OneDnn(t, tag)
    {
        const hg_problem &p = *t.problem;
        const auto algorithm = p.op == HG_OP_MAX_POOL2D ? dnnl::algorithm::pooling_max
                               : p.pool.include_pad ? dnnl::algorithm::pooling_avg_include_padding
                                                    : dnnl::algorithm::pooling_avg_exclude_padding;
        // What the ceiling rule adds at the end is padding to oneDNN.
        const auto end = [](int64_t in, int64_t out, int64_t k, int64_t s, int64_t begin) {
            return std::max<int64_t>((out - 1) * s + k - in - begin, 0);
        };
        const dnnl::pooling_forward::primitive_desc d(
            {kInference,
             algorithm,
             wanted(p.in),
             wanted(p.out),
             {p.stride.h, p.stride.w},
             {p.kernel.h, p.kernel.w},
             {p.pad.top, p.pad.left},
             {end(p.in.h, p.out.h, p.kernel.h, p.stride.h, p.pad.top),
              end(p.in.w, p.out.w, p.kernel.w, p.stride.w, p.pad.left)}},
            engine());
        keep(d);
        primitive_ = dnnl::pooling_forward(d);
    }
};

class Resampling : public OneDnn
{
  public:
    Resampling(const PeerTask &t, Tag tag) : OneDnn(t, tag)
    {
        const bool nearest = t.problem->resize.mode == HG_RESIZE_NEAREST;
        const dnnl::resampling_forward::primitive_desc d(
            {kInference,
             nearest ? dnnl::algorithm::resampling_nearest : dnnl::algorithm::resampling_linear,
             wanted(t.problem->in), wanted(t.problem->out)},
            engine());
        keep(d);
        primitive_ = dnnl::resampling_forward(d);
    }
};

template <class Kind> std::unique_ptr<Peer> fastest(const PeerTask &t, const std::vector<Tag> &tags)
{
    std::unique_ptr<Peer> best;
    double least = std::numeric_limits<double>::infinity();
    for (const Tag tag : tags) {
        try {
            std::unique_ptr<Peer> peer(new Kind(t, tag));
            const double ns = leastTime(*peer);
            if (ns >= least) continue;
            least = ns;
            best = std::move(peer);
        } catch (const dnnl::error &) {
            // no implementation for this layout
        }
    }
    return best;
}

} // namespace

bool capOneDnn()
{
#if defined(__x86_64__)
    return dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx2) == dnnl::status::success;
#else
    return true;
#endif
}

std::unique_ptr<Peer> makeOneDnn(const PeerTask &t)
{
    const hg_problem &p = *t.problem;
    omp_set_num_threads(t.threads);
    switch (p.op) {
    case HG_OP_CONV2D:
    case HG_OP_CONV_TRANSPOSE2D:
        return fastest<Convolution>(t, {Tag::nhwc, Tag::any, Tag::nchw});
    case HG_OP_MAX_POOL2D:
    case HG_OP_AVG_POOL2D:
        if (p.pool.adaptive || p.pool.indices || p.pool.divisor || p.dilation.h * p.dilation.w > 1)
            return nullptr;
        return fastest<Pooling>(t, {Tag::nhwc, Tag::nChw8c, Tag::nChw16c, Tag::nchw});
    case HG_OP_RESIZE2D: {
        const bool known = p.resize.mode <= HG_RESIZE_BILINEAR && !p.resize.antialias &&
                           p.resize.coordinates <= HG_ASYMMETRIC && p.resize.scale_h == 0;
        const bool bilinear = p.resize.mode == HG_RESIZE_BILINEAR;
        if (!known || (bilinear && p.resize.coordinates != HG_HALF_PIXEL)) return nullptr;
        return fastest<Resampling>(t, {Tag::nhwc, Tag::nChw8c, Tag::nChw16c, Tag::nchw});
    }
    default:
        return nullptr;
    }
}
