// XNNPACK, NHWC. Debian's build of 2022 keeps one sum of its 5x16 FMA3 tile on the stack, in the
// main loop: dense convolutions stay near 0.4 of the FMA peak. Against AVX2, oneDNN is the harder
// peer.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <vector>

#include <cpuinfo.h>
#include <pthreadpool.h>
#include <xnnpack.h>

#include "bench/peers/peer.h"

namespace
{

constexpr float kInfinity = std::numeric_limits<float>::infinity();

pthreadpool_t poolFor(int threads)
{
    static std::map<int, pthreadpool_t> pools;
    if (threads < 2) return nullptr;
    pthreadpool_t &pool = pools[threads];
    if (!pool) pool = pthreadpool_create(static_cast<size_t>(threads));
    return pool;
}

class Xnnpack : public Peer
{
  public:
    // XNNPACK reads up to XNN_EXTRA_BYTES past its tensors: it gets copies with that room.
    explicit Xnnpack(const PeerTask &t) : task_(t)
    {
        const hg_tensor &in = t.problem->in, &out = t.problem->out;
        const size_t room = XNN_EXTRA_BYTES / sizeof(float) + 1;
        const size_t count = static_cast<size_t>(in.n * in.h * in.w * in.c);
        input_.resize(count + room);
        output_.resize(static_cast<size_t>(out.n * out.h * out.w * out.c) + room);
        std::memcpy(input_.data(), t.input, count * sizeof(float));
        ready_ = create() == xnn_status_success && setup() == xnn_status_success;
    }
    ~Xnnpack() override
    {
        if (operator_) xnn_delete_operator(operator_);
    }
    bool ready() const
    {
        return ready_;
    }
    void run() override
    {
        xnn_run_operator(operator_, poolFor(task_.threads));
    }
    void fetch(float *nhwc) override
    {
        const hg_tensor &out = task_.problem->out;
        std::memcpy(nhwc, output_.data(),
                    sizeof(float) * static_cast<size_t>(out.n * out.h * out.w * out.c));
    }
    std::string label() const override
    {
        return "nhwc";
    }

  private:
    using U = uint32_t;

    // [out][in / groups][h][w] becomes [out][h][w][in / groups].
    std::vector<float> filter() const
    {
        const hg_problem &p = *task_.problem;
        const size_t outs = static_cast<size_t>(p.out.c),
                     ins = static_cast<size_t>(p.in.c / p.groups);
        const size_t taps = static_cast<size_t>(p.kernel.h * p.kernel.w);
        std::vector<float> w(outs * ins * taps);
        for (size_t k = 0; k < outs; k++)
            for (size_t c = 0; c < ins; c++)
                for (size_t t = 0; t < taps; t++)
                    w[(k * taps + t) * ins + c] = task_.weights[(k * ins + c) * taps + t];
        return w;
    }

    bool isGlobal() const
    {
        const hg_problem &p = *task_.problem;
        return p.op == HG_OP_AVG_POOL2D && p.kernel.h == p.in.h && p.kernel.w == p.in.w &&
               p.out.h == 1 && p.out.w == 1;
    }

    // Of a transposed convolution: a negative one is output padding to XNNPACK.
    static int64_t cropped(int64_t pad)
    {
        return std::max<int64_t>(pad, 0);
    }

    // What the ceiling rule adds at the end is padding to XNNPACK; what it drops is none.
    static U end(int64_t in, int64_t out, int64_t k, int64_t s, int64_t d, int64_t begin)
    {
        return U(std::max<int64_t>((out - 1) * s + (k - 1) * d + 1 - in - begin, 0));
    }

    xnn_status create()
    {
        const hg_problem &p = *task_.problem;
        const size_t in = static_cast<size_t>(p.in.c), out = static_cast<size_t>(p.out.c);
        const U top = U(p.pad.top), left = U(p.pad.left), kh = U(p.kernel.h), kw = U(p.kernel.w);
        const bool pools = p.op == HG_OP_MAX_POOL2D || p.op == HG_OP_AVG_POOL2D;
        const U bottom = pools ? end(p.in.h, p.out.h, p.kernel.h, p.stride.h, p.dilation.h, top)
                               : U(cropped(p.pad.bottom));
        const U right = pools ? end(p.in.w, p.out.w, p.kernel.w, p.stride.w, p.dilation.w, left)
                              : U(cropped(p.pad.right));
        const U sh = U(p.stride.h), sw = U(p.stride.w), dh = U(p.dilation.h), dw = U(p.dilation.w);
        const size_t groups = static_cast<size_t>(p.groups);
        switch (p.op) {
        case HG_OP_CONV2D:
            return xnn_create_convolution2d_nhwc_f32(top, right, bottom, left, kh, kw, sh, sw, dh,
                                                     dw, U(groups), in / groups, out / groups, in,
                                                     out, filter().data(), task_.bias, -kInfinity,
                                                     kInfinity, 0, &operator_);
        case HG_OP_CONV_TRANSPOSE2D:
            return xnn_create_deconvolution2d_nhwc_f32(top, right, bottom, left, kh, kw, sh, sw, dh,
                                                       dw, U(groups), in / groups, out / groups, in,
                                                       out, filter().data(), task_.bias, -kInfinity,
                                                       kInfinity, 0, &operator_);
        case HG_OP_MAX_POOL2D:
            return xnn_create_max_pooling2d_nhwc_f32(top, right, bottom, left, kh, kw, sh, sw, dh,
                                                     dw, in, in, in, -kInfinity, kInfinity, 0,
                                                     &operator_);
        case HG_OP_AVG_POOL2D:
            if (isGlobal())
                return xnn_create_global_average_pooling_nwc_f32(in, in, in, -kInfinity, kInfinity,
                                                                 0, &operator_);
            return xnn_create_average_pooling2d_nhwc_f32(top, right, bottom, left, kh, kw, sh, sw,
                                                         in, in, in, -kInfinity, kInfinity, 0,
                                                         &operator_);
        default:
            return xnn_create_resize_bilinear2d_nhwc_f32(
                in, in, in, p.resize.coordinates == HG_ALIGN_CORNERS ? XNN_FLAG_ALIGN_CORNERS : 0,
                &operator_);
        }
    }

    xnn_status setup()
    {
        const hg_problem &p = *task_.problem;
        const size_t n = static_cast<size_t>(p.in.n), h = static_cast<size_t>(p.in.h);
        const size_t w = static_cast<size_t>(p.in.w);
        const float *in = input_.data();
        float *out = output_.data();
        pthreadpool_t pool = poolFor(task_.threads);
        // What lies beyond the scattered kernels is XNNPACK's adjustment.
        const auto adjust = [](int64_t in_, int64_t out_, int64_t k, int64_t s, int64_t d,
                               int64_t pads) {
            return U(out_ - ((in_ - 1) * s + (k - 1) * d + 1 - pads));
        };
        switch (p.op) {
        case HG_OP_CONV2D:
            return xnn_setup_convolution2d_nhwc_f32(operator_, n, h, w, in, out, pool);
        case HG_OP_CONV_TRANSPOSE2D:
            return xnn_setup_deconvolution2d_nhwc_f32(
                operator_, n, h, w,
                adjust(p.in.h, p.out.h, p.kernel.h, p.stride.h, p.dilation.h,
                       p.pad.top + cropped(p.pad.bottom)),
                adjust(p.in.w, p.out.w, p.kernel.w, p.stride.w, p.dilation.w,
                       p.pad.left + cropped(p.pad.right)),
                in, out, pool);
        case HG_OP_MAX_POOL2D:
            return xnn_setup_max_pooling2d_nhwc_f32(operator_, n, h, w, in, out, pool);
        case HG_OP_AVG_POOL2D:
            if (isGlobal())
                return xnn_setup_global_average_pooling_nwc_f32(operator_, n, h * w, in, out, pool);
            return xnn_setup_average_pooling2d_nhwc_f32(operator_, n, h, w, in, out, pool);
        default:
            return xnn_setup_resize_bilinear2d_nhwc_f32(
                operator_, n, h, w, static_cast<size_t>(p.out.h), static_cast<size_t>(p.out.w), in,
                out, pool);
        }
    }

    PeerTask task_;
    std::vector<float> input_, output_;
    xnn_operator_t operator_ = nullptr;
    bool ready_ = false;
};

bool known(const hg_problem &p)
{
    if (p.op == HG_OP_RESIZE2D)
        return p.resize.mode == HG_RESIZE_BILINEAR && !p.resize.antialias &&
               p.resize.scale_h == 0 &&
               (p.resize.coordinates == HG_HALF_PIXEL || p.resize.coordinates == HG_ALIGN_CORNERS);
    if (p.op == HG_OP_AVG_POOL2D && (p.pool.include_pad || p.pool.divisor)) return false;
    if (p.op == HG_OP_LP_POOL2D || p.op == HG_OP_MAX_UNPOOL2D) return false;
    return !p.pool.adaptive && !p.pool.indices && p.pad.top >= 0 && p.pad.left >= 0;
}

} // namespace

// XNNPACK has no switch for this, but asks cpuinfo once, when it is initialised. Hourglass asks it
// for every context, so it is told the truth again.
bool capXnnpack()
{
#if defined(__x86_64__)
    if (!cpuinfo_initialize()) return false;
    const bool had = cpuinfo_isa.avx512f;
    cpuinfo_isa.avx512f = false;
    xnn_initialize(nullptr);
    cpuinfo_isa.avx512f = had;
#endif
    return true;
}

std::unique_ptr<Peer> makeXnnpack(const PeerTask &t)
{
    static const bool initialised = xnn_initialize(nullptr) == xnn_status_success;
    if (!initialised || !known(*t.problem)) return nullptr;
    std::unique_ptr<Xnnpack> peer(new Xnnpack(t));
    if (!peer->ready()) return nullptr;
    return std::unique_ptr<Peer>(peer.release());
}
