// Hourglass for C++17: owners of contexts, filters and plans that free themselves, and failures as
// exceptions. Header-only, above hourglass.h; descriptors, promises and statuses are those of the C
// headers.
//
//     hourglass::Context context;
//     hourglass::Filter filter(context, desc, weights);
//     hourglass::Plan plan(context, op, filter, bias);    // op: hg_conv2d, hg_resize2d, ...
//     hourglass::Workspace workspace(plan);               // one for each thread that runs the plan
//     plan.run(x, y, workspace);
//
// Owners are moved, never copied; an owner that was moved from is empty, and may only be destroyed
// or assigned to. They keep alive what they are made of: a plan outlives its filter and context.
#ifndef HOURGLASS_HOURGLASS_HPP
#define HOURGLASS_HOURGLASS_HPP

#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "hourglass/hourglass.h"

namespace hourglass
{

// A call of the C library that failed. what() is the library's sentence, which names the field at
// fault; without it, where the context has a log of the caller's, the status in words. Lack of
// memory is std::bad_alloc.
class Error : public std::runtime_error
{
  public:
    Error(hg_status status, const std::string &sentence)
        : std::runtime_error(sentence), status_(status)
    {
    }
    hg_status status() const noexcept
    {
        return status_;
    }

  private:
    hg_status status_;
};

namespace detail
{

// The last sentence of this thread; the library writes it before the call that fails returns.
struct Sentence {
    char text[512];
};

inline Sentence &last_sentence() noexcept
{
    thread_local Sentence sentence{};
    return sentence;
}

inline void keep_sentence(void *, hg_status, const char *sentence) noexcept
{
    char *to = last_sentence().text;
    const char *const end = to + sizeof(Sentence) - 1;
    while (*sentence && to != end) *to++ = *sentence++;
    *to = '\0';
}

template <class Call> void check(const Call &call)
{
    last_sentence().text[0] = '\0';
    const hg_status status = call();
    if (status == HG_OK) return;
    if (status == HG_NO_MEMORY) throw std::bad_alloc();
    const char *const sentence = last_sentence().text;
    throw Error(status, *sentence ? sentence : hg_status_string(status));
}

template <class T, void (*free)(T *)> struct Free {
    void operator()(T *p) const noexcept
    {
        free(p);
    }
};

// The planning function and the function of output sizes of each operator without weights.
inline hg_status plan_of(hg_context *c, const hg_max_pool2d &op, hg_plan **p)
{
    return hg_plan_max_pool2d(c, &op, p);
}
inline hg_status plan_of(hg_context *c, const hg_avg_pool2d &op, hg_plan **p)
{
    return hg_plan_avg_pool2d(c, &op, p);
}
inline hg_status plan_of(hg_context *c, const hg_lp_pool2d &op, hg_plan **p)
{
    return hg_plan_lp_pool2d(c, &op, p);
}
inline hg_status plan_of(hg_context *c, const hg_max_unpool2d &op, hg_plan **p)
{
    return hg_plan_max_unpool2d(c, &op, p);
}
inline hg_status plan_of(hg_context *c, const hg_resize2d &op, hg_plan **p)
{
    return hg_plan_resize2d(c, &op, p);
}
inline hg_status plan_of(hg_context *c, const hg_resize_argmax2d &op, hg_plan **p)
{
    return hg_plan_resize_argmax2d(c, &op, p);
}
inline hg_status plan_of(hg_context *c, const hg_binary &op, hg_plan **p)
{
    return hg_plan_binary(c, &op, p);
}
inline hg_status plan_of(hg_context *c, const hg_softmax2d &op, hg_plan **p)
{
    return hg_plan_softmax2d(c, &op, p);
}
inline hg_status plan_of(hg_context *c, const hg_activation2d &op, hg_plan **p)
{
    return hg_plan_activation2d(c, &op, p);
}
inline hg_status plan_of(hg_context *c, const hg_pad2d &op, hg_plan **p)
{
    return hg_plan_pad2d(c, &op, p);
}
inline hg_status output_of(const hg_max_pool2d &op, hg_tensor *t)
{
    return hg_max_pool2d_output(&op, t);
}
inline hg_status output_of(const hg_avg_pool2d &op, hg_tensor *t)
{
    return hg_avg_pool2d_output(&op, t);
}
inline hg_status output_of(const hg_lp_pool2d &op, hg_tensor *t)
{
    return hg_lp_pool2d_output(&op, t);
}
inline hg_status output_of(const hg_max_unpool2d &op, hg_tensor *t)
{
    return hg_max_unpool2d_output(&op, t);
}
inline hg_status output_of(const hg_resize2d &op, hg_tensor *t)
{
    return hg_resize2d_output(&op, t);
}
inline hg_status output_of(const hg_resize_argmax2d &op, hg_tensor *t)
{
    return hg_resize_argmax2d_output(&op, t);
}
inline hg_status output_of(const hg_binary &op, hg_tensor *t)
{
    return hg_binary_output(&op, t);
}
inline hg_status output_of(const hg_softmax2d &op, hg_tensor *t)
{
    return hg_softmax2d_output(&op, t);
}
inline hg_status output_of(const hg_activation2d &op, hg_tensor *t)
{
    return hg_activation2d_output(&op, t);
}
inline hg_status output_of(const hg_pad2d &op, hg_tensor *t)
{
    return hg_pad2d_output(&op, t);
}
// ... and with them.
inline hg_status plan_of(hg_context *c, const hg_conv2d &op, hg_filter *f, const void *bias,
                         hg_plan **p)
{
    return hg_plan_conv2d(c, &op, f, bias, p);
}
inline hg_status plan_of(hg_context *c, const hg_conv_transpose2d &op, hg_filter *f,
                         const void *bias, hg_plan **p)
{
    return hg_plan_conv_transpose2d(c, &op, f, bias, p);
}
inline hg_status plan_of(hg_context *c, const hg_upsample_conv2d &op, hg_filter *f,
                         const void *bias, hg_plan **p)
{
    return hg_plan_upsample_conv2d(c, &op, f, bias, p);
}
inline hg_status output_of(const hg_conv2d &op, const hg_filter_desc &f, hg_tensor *t)
{
    return hg_conv2d_output(&op, &f, t);
}
inline hg_status output_of(const hg_conv_transpose2d &op, const hg_filter_desc &f, hg_tensor *t)
{
    return hg_conv_transpose2d_output(&op, &f, t);
}
inline hg_status output_of(const hg_upsample_conv2d &op, const hg_filter_desc &f, hg_tensor *t)
{
    return hg_upsample_conv2d_output(&op, &f, t);
}

} // namespace detail

// The output's descriptor, strides resolved, before anything is planned. op: any descriptor of an
// operator; those with weights take the filter's as second argument. Throws Error, whose sentence
// is the status in words.
template <class Op, class... Desc> hg_tensor output_of(const Op &op, const Desc &...filter)
{
    hg_tensor output{};
    detail::check([&] { return detail::output_of(op, filter..., &output); });
    return output;
}

// See hg_context_create. options.log, where it is empty, keeps sentences for Error.
class Context
{
  public:
    explicit Context(hg_context_options options = hg_context_options{})
    {
        if (!options.log.write) options.log.write = detail::keep_sentence;
        hg_context *made = nullptr;
        detail::check([&] { return hg_context_create(&options, &made); });
        context_.reset(made);
    }
    hg_context *get() const noexcept
    {
        return context_.get();
    }
    hg_machine machine() const
    {
        hg_machine machine{};
        hg_context_machine(get(), &machine);
        return machine;
    }

  private:
    std::unique_ptr<hg_context, detail::Free<hg_context, hg_context_free>> context_;
};

// See weights.h. Filters whose descriptor names get() keep it.
class Weights
{
  public:
    explicit Weights(const Context &context)
    {
        hg_weights *made = nullptr;
        detail::check([&] { return hg_weights_create(context.get(), &made); });
        weights_.reset(made);
    }
    Weights(const Context &context, const char *path)
    {
        hg_weights *made = nullptr;
        detail::check([&] { return hg_weights_open(context.get(), path, &made); });
        weights_.reset(made);
    }
    void save(const char *path) const
    {
        detail::check([&] { return hg_weights_save(get(), path); });
    }
    hg_weights *get() const noexcept
    {
        return weights_.get();
    }

  private:
    std::unique_ptr<hg_weights, detail::Free<hg_weights, hg_weights_free>> weights_;
};

// See hg_filter_create; the weights are copied.
class Filter
{
  public:
    Filter(const Context &context, const hg_filter_desc &desc, const float *weights)
    {
        hg_filter *made = nullptr;
        detail::check([&] { return hg_filter_create(context.get(), &desc, weights, &made); });
        filter_.reset(made);
    }
    void drop_weights() noexcept
    {
        hg_filter_drop_weights(get());
    }
    hg_filter *get() const noexcept
    {
        return filter_.get();
    }

  private:
    std::unique_ptr<hg_filter, detail::Free<hg_filter, hg_filter_free>> filter_;
};

class Workspace;

// One operator at one size. Immutable: any number of threads run it at once, each with its own
// workspace.
class Plan
{
  public:
    // hg_conv2d, hg_conv_transpose2d, hg_upsample_conv2d; bias: out_channels floats, or nullptr for
    // zeros.
    template <class Op>
    Plan(const Context &context, const Op &op, const Filter &filter, const float *bias = nullptr)
    {
        make([&](hg_plan **made) {
            return detail::plan_of(context.get(), op, filter.get(), bias, made);
        });
    }
    // The operators without weights.
    template <class Op> Plan(const Context &context, const Op &op)
    {
        make([&](hg_plan **made) { return detail::plan_of(context.get(), op, made); });
    }

    // See hg_run. Throws Error: HG_INVALID for arguments, HG_INDEX for indices of max_unpool2d.
    void run(const hg_io &io, Workspace &workspace) const;
    void run(const float *input, float *output, Workspace &workspace) const
    {
        hg_io io{};
        io.input = input;
        io.output = output;
        run(io, workspace);
    }

    hg_plan *get() const noexcept
    {
        return plan_.get();
    }
    std::size_t workspace_size() const noexcept
    {
        return hg_plan_workspace_size(get());
    }
    const char *key() const noexcept
    {
        return hg_plan_key(get());
    }
    const char *kernel() const noexcept
    {
        return hg_plan_kernel(get());
    }
    const char *explain() const noexcept
    {
        return hg_plan_explain(get());
    }
    hg_tensor output() const noexcept
    {
        hg_tensor output{};
        hg_plan_output(get(), &output);
        return output;
    }

  private:
    template <class Make> void make(const Make &make)
    {
        hg_plan *made = nullptr;
        detail::check([&] { return make(&made); });
        plan_.reset(made);
    }
    std::unique_ptr<hg_plan, detail::Free<hg_plan, hg_plan_free>> plan_;
};

// Aligned memory for the runs of a plan, or of several: the largest serves all.
class Workspace
{
  public:
    explicit Workspace(std::size_t size = 0) : size_(size)
    {
        if (size > 0) memory_.reset(new (alignment) char[size]);
    }
    explicit Workspace(const Plan &plan) : Workspace(plan.workspace_size())
    {
    }
    // Makes it large enough for another plan; what it held is lost.
    void grow(const Plan &plan)
    {
        if (plan.workspace_size() > size_) *this = Workspace(plan);
    }
    std::size_t size() const noexcept
    {
        return size_;
    }
    void *get() const noexcept
    {
        return memory_.get();
    }

  private:
    static constexpr std::align_val_t alignment{64};
    struct Release {
        void operator()(char *p) const noexcept
        {
            ::operator delete[](p, alignment);
        }
    };
    std::size_t size_;
    std::unique_ptr<char, Release> memory_;
};

inline void Plan::run(const hg_io &io, Workspace &workspace) const
{
    if (workspace.size() < workspace_size())
        throw Error(HG_INVALID, "Plan::run: the workspace was made for a smaller plan");
    detail::check([&] { return hg_run(get(), &io, workspace.get()); });
}

} // namespace hourglass
#endif
