/* What each kind of step is: its shape, its plan, its weights, as one table. */
#include "net/descriptors.h"

static const hg_tensor *input_of(const net_graph *g, const net_step *s)
{
    return &g->values[s->inputs[0]].tensor;
}

/* ---- Operators of the library ---- */

static hg_status conv2d_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    const hg_conv2d op = net_conv2d_of(g, s);
    const hg_filter_desc filter = net_filter_of(g, s);
    return hg_conv2d_output(&op, &filter, out);
}

static hg_status conv2d_plan(const net_graph *g, const net_step *s, hg_context *context,
                             hg_filter *filter, hg_plan **plan)
{
    const hg_conv2d op = net_conv2d_of(g, s);
    return hg_plan_conv2d(context, &op, filter, s->bias, plan);
}

static hg_status conv_transpose2d_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    const hg_conv_transpose2d op = net_conv_transpose2d_of(g, s);
    const hg_filter_desc filter = net_filter_of(g, s);
    return hg_conv_transpose2d_output(&op, &filter, out);
}

static hg_status conv_transpose2d_plan(const net_graph *g, const net_step *s, hg_context *context,
                                       hg_filter *filter, hg_plan **plan)
{
    const hg_conv_transpose2d op = net_conv_transpose2d_of(g, s);
    return hg_plan_conv_transpose2d(context, &op, filter, s->bias, plan);
}

static hg_status upsample_conv2d_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    const hg_upsample_conv2d op = net_upsample_conv2d_of(g, s);
    const hg_filter_desc filter = net_filter_of(g, s);
    return hg_upsample_conv2d_output(&op, &filter, out);
}

static hg_status upsample_conv2d_plan(const net_graph *g, const net_step *s, hg_context *context,
                                      hg_filter *filter, hg_plan **plan)
{
    const hg_upsample_conv2d op = net_upsample_conv2d_of(g, s);
    return hg_plan_upsample_conv2d(context, &op, filter, s->bias, plan);
}

static hg_status max_pool2d_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    const hg_max_pool2d op = net_max_pool2d_of(g, s);
    return hg_max_pool2d_output(&op, out);
}

static hg_status max_pool2d_plan(const net_graph *g, const net_step *s, hg_context *context,
                                 hg_filter *filter, hg_plan **plan)
{
    const hg_max_pool2d op = net_max_pool2d_of(g, s);
    (void)filter;
    return hg_plan_max_pool2d(context, &op, plan);
}

static hg_status avg_pool2d_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    const hg_avg_pool2d op = net_avg_pool2d_of(g, s);
    return hg_avg_pool2d_output(&op, out);
}

static hg_status avg_pool2d_plan(const net_graph *g, const net_step *s, hg_context *context,
                                 hg_filter *filter, hg_plan **plan)
{
    const hg_avg_pool2d op = net_avg_pool2d_of(g, s);
    (void)filter;
    return hg_plan_avg_pool2d(context, &op, plan);
}

static hg_status lp_pool2d_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    const hg_lp_pool2d op = net_lp_pool2d_of(g, s);
    return hg_lp_pool2d_output(&op, out);
}

static hg_status lp_pool2d_plan(const net_graph *g, const net_step *s, hg_context *context,
                                hg_filter *filter, hg_plan **plan)
{
    const hg_lp_pool2d op = net_lp_pool2d_of(g, s);
    (void)filter;
    return hg_plan_lp_pool2d(context, &op, plan);
}

static hg_status max_unpool2d_plan(const net_graph *g, const net_step *s, hg_context *context,
                                   hg_filter *filter, hg_plan **plan)
{
    const hg_max_unpool2d op = net_max_unpool2d_of(g, s);
    (void)filter;
    return hg_plan_max_unpool2d(context, &op, plan);
}

static hg_status resize2d_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    const hg_resize2d op = net_resize2d_of(g, s);
    return hg_resize2d_output(&op, out);
}

static hg_status resize2d_plan(const net_graph *g, const net_step *s, hg_context *context,
                               hg_filter *filter, hg_plan **plan)
{
    const hg_resize2d op = net_resize2d_of(g, s);
    (void)filter;
    return hg_plan_resize2d(context, &op, plan);
}

static hg_status upsample_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    const hg_resize2d op = net_upsample_of(g, s);
    return hg_resize2d_output(&op, out);
}

static hg_status upsample_plan(const net_graph *g, const net_step *s, hg_context *context,
                               hg_filter *filter, hg_plan **plan)
{
    const hg_resize2d op = net_upsample_of(g, s);
    (void)filter;
    return hg_plan_resize2d(context, &op, plan);
}

static hg_status resize_argmax2d_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    const hg_resize_argmax2d op = net_resize_argmax2d_of(g, s);
    return hg_resize_argmax2d_output(&op, out);
}

static hg_status resize_argmax2d_plan(const net_graph *g, const net_step *s, hg_context *context,
                                      hg_filter *filter, hg_plan **plan)
{
    const hg_resize_argmax2d op = net_resize_argmax2d_of(g, s);
    (void)filter;
    return hg_plan_resize_argmax2d(context, &op, plan);
}

static hg_status argmax_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    const hg_resize_argmax2d op = net_argmax_of(g, s);
    return hg_resize_argmax2d_output(&op, out);
}

static hg_status argmax_plan(const net_graph *g, const net_step *s, hg_context *context,
                             hg_filter *filter, hg_plan **plan)
{
    const hg_resize_argmax2d op = net_argmax_of(g, s);
    (void)filter;
    return hg_plan_resize_argmax2d(context, &op, plan);
}

/* Slopes are not there while shapes are inferred, which they have no part in. */
static hg_status activation_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    const hg_activation2d op = net_activation2d_of(g, s);
    return hg_activation2d_output(&op, out);
}

static hg_status activation_plan(const net_graph *g, const net_step *s, hg_context *context,
                                 hg_filter *filter, hg_plan **plan)
{
    const hg_activation2d op = net_activation2d_of(g, s);
    (void)filter;
    return hg_plan_activation2d(context, &op, plan);
}

static hg_status binary_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    const hg_binary op = net_binary_of(g, s);
    return hg_binary_output(&op, out);
}

static hg_status binary_plan(const net_graph *g, const net_step *s, hg_context *context,
                             hg_filter *filter, hg_plan **plan)
{
    const hg_binary op = net_binary_of(g, s);
    (void)filter;
    return hg_plan_binary(context, &op, plan);
}

static hg_status softmax2d_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    const hg_softmax2d op = net_softmax2d_of(g, s);
    return hg_softmax2d_output(&op, out);
}

static hg_status softmax2d_plan(const net_graph *g, const net_step *s, hg_context *context,
                                hg_filter *filter, hg_plan **plan)
{
    const hg_softmax2d op = net_softmax2d_of(g, s);
    (void)filter;
    return hg_plan_softmax2d(context, &op, plan);
}

static hg_status pad2d_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    const hg_pad2d op = net_pad2d_of(g, s);
    return hg_pad2d_output(&op, out);
}

static hg_status pad2d_plan(const net_graph *g, const net_step *s, hg_context *context,
                            hg_filter *filter, hg_plan **plan)
{
    const hg_pad2d op = net_pad2d_of(g, s);
    (void)filter;
    return hg_plan_pad2d(context, &op, plan);
}

/* ---- Shapes without the library ---- */

static hg_status concat_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    for (int i = 1; i < s->input_count; i++) {
        const hg_tensor *t = &g->values[s->inputs[i]].tensor;
        if (t->n != out->n || t->h != out->h || t->w != out->w) return HG_INVALID;
        out->c += t->c;
    }
    return out->c <= INT32_MAX ? HG_OK : HG_RANGE;
}

static bool cut(net_range r, int64_t *size)
{
    const bool fits = r.to <= *size;
    if (r.to) *size = r.to - r.from;
    return fits;
}

static hg_status slice_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    const net_attributes *a = &s->a;
    (void)g;
    return cut(a->channels, &out->c) && cut(a->rows, &out->h) && cut(a->columns, &out->w)
               ? HG_OK
               : HG_INVALID;
}

static bool same_sizes(const hg_tensor *a, const hg_tensor *b)
{
    return a->n == b->n && a->h == b->h && a->w == b->w && a->c == b->c;
}

static hg_status max_unpool2d_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    const hg_max_unpool2d op = net_max_unpool2d_of(g, s);
    if (!same_sizes(out, &g->values[s->inputs[1]].tensor)) return HG_INVALID;
    return hg_max_unpool2d_output(&op, out);
}

static hg_status same_output(const net_graph *g, const net_step *s, hg_tensor *out)
{
    (void)g, (void)s, (void)out;
    return HG_OK;
}

/* ---- Weights ---- */

static int64_t filter_weights(const net_graph *g, const net_step *s)
{
    return s->a.k * (input_of(g, s)->c / s->a.groups) * s->a.window.h * s->a.window.w;
}

static int64_t filter_biases(const net_graph *g, const net_step *s)
{
    (void)g;
    return s->a.k;
}

static int64_t channels(const net_graph *g, const net_step *s)
{
    return input_of(g, s)->c;
}

/* scale, shift, mean and variance */
static int64_t four_channels(const net_graph *g, const net_step *s)
{
    return 4 * input_of(g, s)->c;
}

static int64_t slopes(const net_graph *g, const net_step *s)
{
    return s->a.activation == HG_PRELU ? input_of(g, s)->c : 0;
}

/* ---- The table ---- */

typedef int64_t counter(const net_graph *g, const net_step *s);

static const struct {
    hg_status (*output)(const net_graph *g, const net_step *s, hg_tensor *out);
    hg_status (*plan)(const net_graph *g, const net_step *s, hg_context *context, hg_filter *filter,
                      hg_plan **plan); /* NULL: a copy, or no step's */
    counter *weights, *biases;
} kinds[NET_KINDS] = {
    [NET_CONV2D] = {conv2d_output, conv2d_plan, filter_weights, filter_biases},
    [NET_CONV_TRANSPOSE2D] = {conv_transpose2d_output, conv_transpose2d_plan, filter_weights,
                              filter_biases},
    [NET_UPSAMPLE_CONV2D] = {upsample_conv2d_output, upsample_conv2d_plan, filter_weights,
                             filter_biases},
    [NET_MAX_POOL2D] = {max_pool2d_output, max_pool2d_plan, NULL, NULL},
    [NET_AVG_POOL2D] = {avg_pool2d_output, avg_pool2d_plan, NULL, NULL},
    [NET_LP_POOL2D] = {lp_pool2d_output, lp_pool2d_plan, NULL, NULL},
    [NET_MAX_UNPOOL2D] = {max_unpool2d_output, max_unpool2d_plan, NULL, NULL},
    [NET_RESIZE2D] = {resize2d_output, resize2d_plan, NULL, NULL},
    [NET_UPSAMPLE] = {upsample_output, upsample_plan, NULL, NULL},
    [NET_RESIZE_ARGMAX2D] = {resize_argmax2d_output, resize_argmax2d_plan, NULL, NULL},
    [NET_ARGMAX] = {argmax_output, argmax_plan, NULL, NULL},
    [NET_CONCAT] = {concat_output, NULL, NULL, NULL},
    [NET_SLICE] = {slice_output, NULL, NULL, NULL},
    [NET_BINARY] = {binary_output, binary_plan, NULL, NULL},
    [NET_SOFTMAX2D] = {softmax2d_output, softmax2d_plan, NULL, NULL},
    [NET_PAD2D] = {pad2d_output, pad2d_plan, NULL, NULL},
    [NET_BATCH_NORM] = {same_output, NULL, four_channels, NULL},
    [NET_SCALE] = {same_output, NULL, channels, channels},
    [NET_BIAS] = {same_output, NULL, NULL, channels},
    [NET_LINEAR] = {same_output, NULL, NULL, NULL},
    [NET_ACTIVATION] = {activation_output, activation_plan, slopes, NULL},
    [NET_AFFINE] = {same_output, NULL, channels, channels},
    [NET_COPY] = {same_output, NULL, NULL, NULL},
};

hg_status net_infer(const net_graph *g, const net_step *s, hg_tensor *out)
{
    *out = *input_of(g, s);
    return kinds[s->kind].output(g, s, out);
}

int64_t net_weight_count(const net_graph *g, const net_step *s)
{
    return kinds[s->kind].weights ? kinds[s->kind].weights(g, s) : 0;
}

int64_t net_bias_count(const net_graph *g, const net_step *s)
{
    return kinds[s->kind].biases ? kinds[s->kind].biases(g, s) : 0;
}

bool net_has_epilogue(const net_step *s)
{
    return kinds[s->kind].weights == filter_weights;
}

bool net_takes_activation(const net_step *s, int activation)
{
    return net_has_epilogue(s) || (s->kind == NET_BINARY && activation != HG_PRELU);
}

hg_status net_plan_step(const net_graph *g, const net_step *s, hg_context *context, hg_plan **plan)
{
    hg_filter *filter = NULL;
    hg_status status = HG_OK;
    if (!kinds[s->kind].plan) return HG_OK;
    if (net_has_epilogue(s)) {
        hg_filter_desc desc = net_filter_of(g, s);
        desc.packed = g->options.packed;
        desc.id = desc.packed ? net_packed_id(g, s) : 0;
        status = hg_filter_create(context, &desc, g->net->bare ? NULL : s->weight, &filter);
    }
    if (!status) status = kinds[s->kind].plan(g, s, context, filter, plan);
    if (!status) hg_filter_drop_weights(filter); /* nobody else plans with it */
    hg_filter_free(filter);
    return status;
}

/* As the lines say, whatever algorithm runs: an upsampled image's pixels count each. */
double net_flops(const net_graph *g, const net_step *s)
{
    if (!net_has_epilogue(s)) return 0;
    const hg_tensor *t =
        s->kind == NET_CONV_TRANSPOSE2D ? input_of(g, s) : &g->values[s->output].tensor;
    const double pooled = s->pool ? 4 : 1;
    const double channels =
        s->kind == NET_CONV_TRANSPOSE2D ? (double)s->a.k : (double)input_of(g, s)->c;
    return 2 * pooled * (double)(t->n * t->h * t->w) * (double)t->c * channels *
           (double)(s->a.window.h * s->a.window.w) / (double)s->a.groups;
}
