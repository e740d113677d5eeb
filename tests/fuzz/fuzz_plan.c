/* Arbitrary descriptors of every operator: refused with a status, or planned and run within the
 * tensors and as the oracle says. Large problems stop after the builder. */
#include <math.h>
#include <stdlib.h>

#include "kernels/common/attr.h"
#include "tests/descriptor.h"
#include "tests/fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Mostly small; sometimes any word at all. */
static int64_t field(bytes *b, int64_t most)
{
    const uint8_t v = bytes_next(b);
    if (v == 255) return bytes_word(b);
    if (v == 254) return (int8_t)bytes_next(b);
    return v % (most + 1);
}

static hg_size2 pair(bytes *b, int64_t most)
{
    const int64_t h = field(b, most);
    return (hg_size2){h, field(b, most)};
}

static hg_strides strides(bytes *b)
{
    hg_strides s = {0};
    if (bytes_next(b) < 200) return s;
    s.n = field(b, 250), s.h = field(b, 250), s.w = field(b, 250), s.c = field(b, 250);
    return s;
}

static hg_tensor tensor(bytes *b)
{
    hg_tensor t = {.layout = (hg_layout)field(b, 1)};
    t.n = field(b, 2), t.h = field(b, 12), t.w = field(b, 40), t.c = field(b, 40);
    t.strides = strides(b);
    return t;
}

static hg_padding padding(bytes *b)
{
    hg_padding p = {.mode = (hg_padding_mode)(bytes_next(b) < 180 ? 0 : field(b, 5))};
    p.top = field(b, 4), p.left = field(b, 4), p.bottom = field(b, 4), p.right = field(b, 4);
    return p;
}

static hg_epilogue epilogue(bytes *b)
{
    hg_epilogue e = {.activation = (hg_activation)field(b, HG_PRELU),
                     .residual = bytes_next(b) % 2};
    e.min = (float)(int8_t)bytes_next(b) / 8, e.max = (float)bytes_next(b) / 8;
    e.slope = (float)(int8_t)bytes_next(b) / 64;
    e.offset = e.max / 2;
    e.residual_strides = strides(b);
    return e;
}

static hg_pool_geometry geometry(bytes *b)
{
    hg_pool_geometry g = {.window = pair(b, 9), .stride = pair(b, 6), .dilation = pair(b, 3)};
    const uint8_t bits = bytes_next(b);
    g.padding = padding(b);
    g.ceil_mode = bits & 1;
    g.global = (bits & 14) == 14;
    if ((bits & 112) == 112) g.adaptive = pair(b, 12);
    return g;
}

static double real(bytes *b)
{
    const uint8_t v = bytes_next(b);
    double x;
    const int64_t word = v == 255 ? bytes_word(b) : 0;
    memcpy(&x, &word, sizeof x);
    return v == 255 ? x : (double)(v % 65) / 16;
}

static void describe_resize(bytes *b, hg_resize2d *o)
{
    const uint8_t bits = bytes_next(b);
    o->mode = (hg_resize_mode)field(b, HG_RESIZE_LANCZOS5);
    o->coordinates = (hg_coordinates)field(b, HG_PYTORCH_NEAREST);
    o->rounding = (hg_rounding)field(b, HG_ROUND_CEIL);
    if (bits & 1) o->output_size = pair(b, 40);
    if (!(bits & 1) || bits & 2) o->scale_h = real(b), o->scale_w = real(b);
    o->antialias = bits & 4, o->exclude_outside = bits & 8;
    if (bits & 16) o->cubic_a = -real(b);
    if (bits & 32) {
        o->roi.top = real(b), o->roi.left = real(b), o->roi.bottom = real(b);
        o->roi.right = real(b), o->extrapolation = (float)real(b);
    }
    o->output_strides = strides(b);
}

static void describe_conv(bytes *b, descriptor *d)
{
    hg_conv2d *o = &d->u.conv2d;
    hg_conv_transpose2d *t = &d->u.conv_transpose2d;
    const bool transposed = d->op == HG_OP_CONV_TRANSPOSE2D;
    hg_filter_desc *f = &d->filter;
    f->order = transposed ? HG_IOHW : HG_OIHW;
    f->height = field(b, 7), f->width = field(b, 7), f->groups = field(b, 3);
    f->in_channels = descriptor_input(d)->c, f->out_channels = field(b, 40);
    if (bytes_next(b) % 4 == 0) f->groups = f->in_channels, f->out_channels = f->in_channels;
    const hg_size2 stride = pair(b, 5), dilation = pair(b, 3);
    const hg_padding pad = padding(b);
    const hg_epilogue post = epilogue(b);
    const hg_accuracy accuracy = (hg_accuracy)field(b, HG_RELAXED);
    const hg_strides out = strides(b);
    if (transposed) {
        t->stride = stride, t->dilation = dilation, t->padding = pad, t->epilogue = post;
        t->accuracy = accuracy, t->output_strides = out, t->output_padding = pair(b, 3);
        t->keras_output_padding = bytes_next(b) % 2;
        if (bytes_next(b) % 4 == 0) t->output_size = pair(b, 60);
        return;
    }
    o->stride = stride, o->dilation = dilation, o->padding = pad, o->epilogue = post;
    o->accuracy = accuracy, o->output_strides = out;
    if (bytes_next(b) % 4 == 0) o->pool = (hg_conv_pool)field(b, HG_POOL_AVG_2X2);
}

static void describe_binary(bytes *b, hg_binary *o)
{
    o->other = o->input;
    o->other.strides = strides(b);
    const uint8_t ones = bytes_next(b);
    if (ones & 1) o->other.n = 1;
    if (ones & 2) o->other.h = 1;
    if (ones & 4) o->other.w = 1;
    if (ones & 8) o->other.c = 1;
    if (ones > 250) o->other = tensor(b);
    o->op = (hg_binary_op)field(b, HG_MAXIMUM);
    o->epilogue = epilogue(b);
    o->output_strides = strides(b);
}

static descriptor describe(bytes *b)
{
    descriptor d = {.op = (hg_op)bytes_in(b, 0, HG_OP_COUNT - 1)};
    *descriptor_input(&d) = tensor(b);
    switch (d.op) {
    case HG_OP_MAX_POOL2D:
        d.u.max_pool2d.pool = geometry(b);
        d.u.max_pool2d.indices = bytes_next(b) % 2;
        d.u.max_pool2d.index_convention = (hg_index_convention)field(b, 4);
        d.u.max_pool2d.index_type = (hg_index_type)field(b, 1);
        d.u.max_pool2d.output_strides = strides(b);
        break;
    case HG_OP_AVG_POOL2D:
        d.u.avg_pool2d.pool = geometry(b);
        d.u.avg_pool2d.count_include_pad = bytes_next(b) % 2;
        d.u.avg_pool2d.divisor_override = field(b, 3);
        d.u.avg_pool2d.output_strides = strides(b);
        break;
    case HG_OP_LP_POOL2D:
        d.u.lp_pool2d.pool = geometry(b);
        d.u.lp_pool2d.p = (float)real(b);
        d.u.lp_pool2d.form = (hg_lp_form)field(b, 1);
        break;
    case HG_OP_MAX_UNPOOL2D:
        d.u.max_unpool2d.window = pair(b, 4), d.u.max_unpool2d.stride = pair(b, 4);
        d.u.max_unpool2d.padding = padding(b);
        if (bytes_next(b) % 2) d.u.max_unpool2d.output_size = pair(b, 60);
        if (bytes_next(b) % 4 == 0) d.u.max_unpool2d.index_size = pair(b, 60);
        d.u.max_unpool2d.index_convention = (hg_index_convention)field(b, 4);
        d.u.max_unpool2d.index_type = (hg_index_type)field(b, 1);
        break;
    case HG_OP_RESIZE2D:
        describe_resize(b, &d.u.resize2d);
        break;
    case HG_OP_RESIZE_ARGMAX2D:
        describe_resize(b, &d.u.resize_argmax2d.resize);
        d.u.resize_argmax2d.class_type = (hg_class_type)field(b, HG_CLASS_U8);
        break;
    case HG_OP_SOFTMAX2D:
        d.u.softmax2d.output_strides = strides(b);
        break;
    case HG_OP_PAD2D:
        d.u.pad2d.mode = (hg_pad_mode)field(b, HG_PAD_WRAP);
        d.u.pad2d.value = 0.5f;
        d.u.pad2d.top = bytes_in(b, -9, 9);
        d.u.pad2d.left = bytes_in(b, -9, 9);
        d.u.pad2d.bottom = bytes_in(b, -9, 9);
        d.u.pad2d.right = bytes_in(b, -9, 9);
        d.u.pad2d.output_strides = strides(b);
        break;
    case HG_OP_ACTIVATION2D:
        d.u.activation2d.epilogue = epilogue(b);
        d.u.activation2d.output_strides = strides(b);
        break;
    case HG_OP_BINARY:
        describe_binary(b, &d.u.binary);
        break;
    default:
        describe_conv(b, &d);
    }
    return d;
}

/* What runs in a millisecond, and what the oracle's fixed tables and power functions can judge. */
static bool judged(const hg_problem *p)
{
    const hg_resize_attr *r = &p->resize;
    const double images = (double)HG_MAX(p->in.n, 1); /* tables grow with the size of one */
    const double in = images * (double)p->in.h * (double)p->in.w * (double)p->in.c;
    const double out = images * (double)p->out.h * (double)p->out.w * (double)p->out.c;
    hg_tensor added = p->out;
    added.strides = p->residual_strides;
    const double reach = (double)hg_tensor_extent(&p->in) + (double)hg_tensor_extent(&p->out) +
                         (double)hg_tensor_extent(&added) +
                         (double)hg_tensor_extent(&p->binary.other);
    if (in > 3e4 || out > 3e4 || reach > 1e6) return false;
    if (hg_problem_has_filter(p) &&
        (double)p->out.c * (double)p->in.c * (double)p->kernel.h * (double)p->kernel.w > 1e5)
        return false;
    if (p->op == HG_OP_LP_POOL2D && p->pool.p > 8) return false;
    if (p->op == HG_OP_RESIZE2D || p->op == HG_OP_RESIZE_ARGMAX2D) {
        const double ratio =
            fmin((double)p->out.h / (double)p->in.h, (double)p->out.w / (double)p->in.w);
        const double least =
            fmin(r->scale_h != 0 ? r->scale_h : 1, r->scale_w != 0 ? r->scale_w : 1);
        return fmin(ratio, least) > 0.01 && fabs(r->cubic_a) <= 4;
    }
    return p->op == HG_OP_MAX_UNPOOL2D || hg_problem_flops(p) <= 2e6;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bytes b = {data, size};
    const uint8_t pick = bytes_next(&b), seed = bytes_next(&b);
    const data_kind kind = (data_kind)(seed % 3);
    const descriptor d = describe(&b);
    hg_tensor out;
    hg_problem p;
    case_data c;
    const hg_status status = descriptor_problem(&d, &p, NULL);
    if (descriptor_output(&d, &out) != status) fuzz_fail("", "hg_..._output judges otherwise");
    if (status) return 0;
    fuzz_check_key(&p);
    if (!judged(&p)) return 0;
    rng r = {seed};
    if (!data_draw(&p, kind, false, &r, &c)) return 0;
    fuzz_check(&p, &c, pick);
    data_free(&c);
    return 0;
}
