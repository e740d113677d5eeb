#include "network.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- The network as data ---- */

typedef enum buffer {
    INPUT,
    ENC1,
    CAT,
    ENC3,
    DW4,
    PW4,
    ENC5,
    POOL,
    MID1,
    MID2,
    UNPOOL,
    DEC1,
    UP2,
    DEC2,
    DEC3,
    LOGITS,
    NO_RESIDUAL = INPUT
} buffer;

/* Channels of each tensor, and how many times smaller than the picture its height and width are. */
static const struct {
    int64_t channels, reduction;
} buffers[NETWORK_BUFFERS] = {
    [INPUT] = {1, 1},  [ENC1] = {16, 2},  [CAT] = {48, 2},    [ENC3] = {32, 4},
    [DW4] = {32, 4},   [PW4] = {64, 4},   [ENC5] = {64, 8},   [POOL] = {64, 16},
    [MID1] = {64, 16}, [MID2] = {64, 16}, [UNPOOL] = {64, 8}, [DEC1] = {48, 8},
    [UP2] = {48, 4},   [DEC2] = {32, 4},  [DEC3] = {16, 2},   [LOGITS] = {NETWORK_CLASSES, 1},
};

typedef enum operation { CONV, MAX_POOL, MAX_UNPOOL, NEAREST, BILINEAR, TCONV, ARGMAX } operation;

/* Channels first .. first + count - 1 of a buffer. */
typedef struct slice {
    buffer buffer;
    int64_t first, count;
} slice;

typedef struct layer {
    const char *name;
    operation operation;
    slice from, to;
    int64_t kernel, stride, pad, groups;
    bool relu;
    buffer residual; /* added before ReLU */
} layer;

/* Concatenation costs nothing: up3 and enc2 write their channels of CAT, which dec3 reads whole.
 * Unpooling and upsampling leave 0 where convolutions have their parameters. The classes are bytes
 * in a buffer of their own. */
static const layer layers[NETWORK_LAYERS] = {
    {"enc1", CONV, {INPUT, 0, 1}, {ENC1, 0, 16}, 3, 2, 1, 1, true, NO_RESIDUAL},
    {"enc2", CONV, {ENC1, 0, 16}, {CAT, 32, 16}, 3, 1, 1, 1, true, NO_RESIDUAL},
    {"enc3", CONV, {CAT, 32, 16}, {ENC3, 0, 32}, 3, 2, 1, 1, true, NO_RESIDUAL},
    {"dw4", CONV, {ENC3, 0, 32}, {DW4, 0, 32}, 3, 1, 1, 32, true, NO_RESIDUAL},
    {"pw4", CONV, {DW4, 0, 32}, {PW4, 0, 64}, 1, 1, 0, 1, true, NO_RESIDUAL},
    {"enc5", CONV, {PW4, 0, 64}, {ENC5, 0, 64}, 3, 2, 1, 1, true, NO_RESIDUAL},
    {"pool", MAX_POOL, {ENC5, 0, 64}, {POOL, 0, 64}, 2, 2, 0, 0, false, NO_RESIDUAL},
    {"mid1", CONV, {POOL, 0, 64}, {MID1, 0, 64}, 3, 1, 1, 1, true, NO_RESIDUAL},
    {"mid2", CONV, {MID1, 0, 64}, {MID2, 0, 64}, 3, 1, 1, 1, true, POOL},
    {"unpool", MAX_UNPOOL, {MID2, 0, 64}, {UNPOOL, 0, 64}, 2, 2, 0, 0, false, NO_RESIDUAL},
    {"dec1", CONV, {UNPOOL, 0, 64}, {DEC1, 0, 48}, 3, 1, 1, 1, true, NO_RESIDUAL},
    {"up2", NEAREST, {DEC1, 0, 48}, {UP2, 0, 48}, 0, 0, 0, 0, false, NO_RESIDUAL},
    {"dec2", CONV, {UP2, 0, 48}, {DEC2, 0, 32}, 3, 1, 1, 1, true, NO_RESIDUAL},
    {"up3", BILINEAR, {DEC2, 0, 32}, {CAT, 0, 32}, 0, 0, 0, 0, false, NO_RESIDUAL},
    {"dec3", CONV, {CAT, 0, 48}, {DEC3, 0, 16}, 3, 1, 1, 1, true, NO_RESIDUAL},
    {"head", TCONV, {DEC3, 0, 16}, {LOGITS, 0, 2}, 4, 2, 1, 1, false, NO_RESIDUAL},
    {"classes", ARGMAX, {LOGITS, 0, 2}, {LOGITS, 0, 1}, 0, 0, 0, 0, false, NO_RESIDUAL},
};

/* ---- Planning ---- */

typedef struct planner {
    network *net;
    hg_context *context;
    const weights *weights;
    bool unfused;
} planner;

static hg_tensor tensor_of(const network *net, slice s)
{
    const int64_t h = net->height / buffers[s.buffer].reduction;
    const int64_t w = net->width / buffers[s.buffer].reduction;
    const int64_t c = buffers[s.buffer].channels;
    hg_tensor t = hg_tensor_nhwc(HG_F32, 1, h, w, s.count);
    t.strides = (hg_strides){h * w * c, w * c, c, 1};
    return t;
}

static hg_epilogue epilogue_of(const layer *l)
{
    return (hg_epilogue){.activation = l->relu ? HG_RELU : HG_IDENTITY,
                         .residual = l->residual != NO_RESIDUAL};
}

static hg_padding padding_of(const layer *l)
{
    return (hg_padding){HG_PADDING_EXPLICIT, l->pad, l->pad, l->pad, l->pad};
}

static hg_filter_desc filter_of(const layer *l)
{
    return (hg_filter_desc){.order = l->operation == TCONV ? HG_IOHW : HG_OIHW,
                            .out_channels = l->to.count,
                            .in_channels = l->from.count,
                            .height = l->kernel,
                            .width = l->kernel,
                            .groups = l->groups};
}

/* The layer's filter and bias from the weights file. */
static hg_status take_weights(const planner *p, const layer *l, network_step *step)
{
    const bool transposed = l->operation == TCONV;
    const int64_t rows = transposed ? l->from.count : l->to.count;
    const int64_t columns = (transposed ? l->to.count : l->from.count) / l->groups;
    const hg_filter_desc desc = filter_of(l);
    const float *data = weights_find(p->weights, l->name, "weight",
                                     (const int64_t[4]){rows, columns, l->kernel, l->kernel});
    step->bias =
        weights_find(p->weights, l->name, "bias", (const int64_t[4]){l->to.count, 1, 1, 1});
    if (!data || !step->bias) return HG_INVALID;
    const hg_tensor from = tensor_of(p->net, l->from), to = tensor_of(p->net, l->to);
    const int64_t pixels = transposed ? from.h * from.w : to.h * to.w;
    step->flops = 2.0 * (double)(pixels * rows * columns * l->kernel * l->kernel);
    return hg_filter_create(p->context, &desc, data, &step->filter);
}

static hg_status plan_conv(const planner *p, const layer *l, network_step *step)
{
    const hg_conv2d op = {.input = tensor_of(p->net, l->from),
                          .output_strides = tensor_of(p->net, l->to).strides,
                          .stride = {l->stride, l->stride},
                          .padding = padding_of(l),
                          .epilogue = epilogue_of(l)};
    const hg_status status = take_weights(p, l, step);
    return status ? status : hg_plan_conv2d(p->context, &op, step->filter, step->bias, &step->plan);
}

static hg_status plan_tconv(const planner *p, const layer *l, network_step *step)
{
    const hg_conv_transpose2d op = {.input = tensor_of(p->net, l->from),
                                    .output_strides = tensor_of(p->net, l->to).strides,
                                    .stride = {l->stride, l->stride},
                                    .padding = padding_of(l),
                                    .epilogue = epilogue_of(l)};
    const hg_status status = take_weights(p, l, step);
    return status
               ? status
               : hg_plan_conv_transpose2d(p->context, &op, step->filter, step->bias, &step->plan);
}

static hg_status plan_max_pool(const planner *p, const layer *l, network_step *step)
{
    const hg_max_pool2d op = {
        .input = tensor_of(p->net, l->from),
        .output_strides = tensor_of(p->net, l->to).strides,
        .pool = {.window = {l->kernel, l->kernel}, .stride = {l->stride, l->stride}},
        .indices = true,
        .index_type = HG_INDEX_I32};
    step->io.indices = p->net->indices;
    return hg_plan_max_pool2d(p->context, &op, &step->plan);
}

static hg_status plan_max_unpool(const planner *p, const layer *l, network_step *step)
{
    const hg_max_unpool2d op = {.input = tensor_of(p->net, l->from),
                                .output_strides = tensor_of(p->net, l->to).strides,
                                .window = {l->kernel, l->kernel},
                                .stride = {l->stride, l->stride},
                                .index_type = HG_INDEX_I32};
    step->io.input_indices = p->net->indices;
    return hg_plan_max_unpool2d(p->context, &op, &step->plan);
}

static hg_status plan_resize(const planner *p, const layer *l, network_step *step)
{
    const hg_tensor from = tensor_of(p->net, l->from), to = tensor_of(p->net, l->to);
    hg_resize2d op;
    const hg_status status =
        hg_resize2d_pytorch(&from, (hg_size2){to.h, to.w},
                            l->operation == NEAREST ? "nearest" : "bilinear", false, false, &op);
    op.output_strides = to.strides;
    return status ? status : hg_plan_resize2d(p->context, &op, &step->plan);
}

/* Argmax over channels is that of a map resized to its own size. */
static hg_status plan_argmax(const planner *p, const layer *l, network_step *step)
{
    const hg_tensor from = tensor_of(p->net, l->from);
    const hg_resize_argmax2d op = {.resize = {.input = from, .output_size = {from.h, from.w}},
                                   .class_type = HG_CLASS_U8};
    step->io.output = p->net->classes;
    return hg_plan_resize_argmax2d(p->context, &op, &step->plan);
}

static hg_status plan_layer(const planner *p, const layer *l, network_step *step)
{
    static hg_status (*const plan[])(const planner *, const layer *, network_step *) = {
        [CONV] = plan_conv,         [TCONV] = plan_tconv,
        [MAX_POOL] = plan_max_pool, [MAX_UNPOOL] = plan_max_unpool,
        [NEAREST] = plan_resize,    [BILINEAR] = plan_resize,
        [ARGMAX] = plan_argmax};
    const hg_tensor from = tensor_of(p->net, l->from), to = tensor_of(p->net, l->to);
    float *const *memory = p->net->buffers;
    step->name = l->name;
    step->io.input = memory[l->from.buffer] + l->from.first;
    step->io.output = memory[l->to.buffer] + l->to.first;
    if (l->residual != NO_RESIDUAL) step->io.residual = memory[l->residual];
    const hg_status status = plan[l->operation](p, l, step);
    const double in = (double)(from.h * from.w * from.c), out = (double)(to.h * to.w * to.c);
    const double out_bytes = (l->operation == ARGMAX ? sizeof(uint8_t) : sizeof(float)) * out;
    step->bytes = sizeof(float) * in + out_bytes + (step->io.residual ? sizeof(float) * out : 0) +
                  (step->io.indices ? sizeof(int32_t) * out : 0) +
                  (step->io.input_indices ? sizeof(int32_t) * in : 0);
    if (status) fprintf(stderr, "layer %s: %s\n", l->name, hg_status_string(status));
    return status;
}

/* ---- Pairs of layers ---- */

/* Nearest upsampling that the next layer alone reads, a convolution of stride 1. */
static bool is_pair(const layer *up)
{
    const layer *conv = up + 1;
    return up->operation == NEAREST && conv->operation == CONV && conv->stride == 1 &&
           conv->from.buffer == up->to.buffer && conv->from.count == up->to.count;
}

static hg_upsample_conv2d upsample_conv2d_of(const network *net, const layer *up)
{
    const layer *conv = up + 1;
    const hg_tensor from = tensor_of(net, up->from), to = tensor_of(net, up->to);
    return (hg_upsample_conv2d){.input = from,
                                .output_strides = tensor_of(net, conv->to).strides,
                                .factor = {to.h / from.h, to.w / from.w},
                                .padding = padding_of(conv),
                                .epilogue = epilogue_of(conv)};
}

/* One plan for both layers, the upsampled tensor never being there, where the library expects that
 * to take no longer: by the records of a tuning table, or its estimates. false: it does not, or
 * the planning failed. */
static bool plan_pair(const planner *p, const layer *up, hg_status *status)
{
    network *net = p->net;
    const layer *conv = up + 1;
    const hg_upsample_conv2d op = upsample_conv2d_of(net, up);
    const hg_filter_desc filter = filter_of(conv);
    network_pair *pair = &net->pairs[net->pair_count++];
    *pair = (network_pair){.first = up->name, .second = conv->name};
    *status = hg_weigh_upsample_conv2d(p->context, &op, &filter, &pair->fusion);
    if (*status || p->unfused || !pair->fusion.pays) return false;
    network_step *step = &net->steps[net->step_count++];
    *step = (network_step){.name = conv->name,
                           .upsample = op,
                           .fused = true,
                           .io = {.input = net->buffers[up->from.buffer] + up->from.first,
                                  .output = net->buffers[conv->to.buffer] + conv->to.first}};
    *status = take_weights(p, conv, step);
    if (!*status)
        *status = hg_plan_upsample_conv2d(p->context, &op, step->filter, step->bias, &step->plan);
    return *status == HG_OK;
}

static hg_status plan_layers(const planner *p)
{
    hg_status status = HG_OK;
    for (int i = 0; !status && i < NETWORK_LAYERS; i++) {
        if (is_pair(&layers[i]) && plan_pair(p, &layers[i], &status))
            i++;
        else if (!status)
            status = plan_layer(p, &layers[i], &p->net->steps[p->net->step_count++]);
    }
    return status;
}

/* ---- Life ---- */

void *network_allocate(size_t size)
{
    return aligned_alloc(64, (size + 63) / 64 * 64 + 64);
}

static size_t elements(const network *net, buffer b)
{
    const hg_tensor t = tensor_of(net, (slice){b, 0, buffers[b].channels});
    return (size_t)(t.h * t.w * t.c);
}

static bool allocate_tensors(network *net)
{
    bool ok = true;
    for (int b = 0; b < NETWORK_BUFFERS; b++) {
        net->buffers[b] = network_allocate(elements(net, (buffer)b) * sizeof(float));
        ok = ok && net->buffers[b];
    }
    net->indices = network_allocate(elements(net, POOL) * sizeof(int32_t));
    net->classes = network_allocate(elements(net, INPUT) * sizeof(uint8_t));
    net->input = net->buffers[INPUT];
    net->logits = net->buffers[LOGITS];
    return ok && net->indices && net->classes;
}

bool network_create(network *net, hg_context *context, const weights *w, int64_t height,
                    int64_t width, bool unfused)
{
    const planner p = {net, context, w, unfused};
    size_t most = 0;
    *net = (network){.height = height, .width = width};
    const bool allocated = allocate_tensors(net);
    if (!allocated) fprintf(stderr, "out of memory\n");
    const bool ok = allocated && plan_layers(&p) == HG_OK;
    for (int i = 0; ok && i < net->step_count; i++) {
        const size_t needed = hg_plan_workspace_size(net->steps[i].plan);
        most = needed > most ? needed : most;
    }
    return ok && (net->workspace = network_allocate(most)) != NULL;
}

void network_free(network *net)
{
    for (int i = 0; i < net->step_count; i++) {
        hg_plan_free(net->steps[i].plan);
        hg_filter_free(net->steps[i].filter);
    }
    for (int b = 0; b < NETWORK_BUFFERS; b++) free(net->buffers[b]);
    free(net->indices);
    free(net->classes);
    free(net->workspace);
}

hg_status network_run(const network *net)
{
    for (int i = 0; i < net->step_count; i++) {
        const hg_status status = hg_run(net->steps[i].plan, &net->steps[i].io, net->workspace);
        if (status) return status;
    }
    return HG_OK;
}
