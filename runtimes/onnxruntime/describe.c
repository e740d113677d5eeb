/* Text and weights, and the table of operators. Contract: describe.h. */
#include "runtimes/onnxruntime/describe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Text ---- */

/* Makes room for more elements behind those in use; false: no memory. */
static bool grow(void **memory, size_t *room, size_t used, size_t more, size_t element)
{
    if (used + more <= *room) return true;
    const size_t wanted = used + more + *room / 2 + 256;
    void *larger = realloc(*memory, wanted * element);
    if (!larger) return false;
    *memory = larger;
    *room = wanted;
    return true;
}

void ep_write(ep_description *d, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const int size = vsnprintf(NULL, 0, format, values);
    va_end(values);
    void *text = d->text;
    if (!grow(&text, &d->room, d->length, (size_t)size + 1, 1)) d->no_memory = true;
    d->text = text;
    if (d->no_memory) return;
    va_start(values, format);
    vsnprintf(d->text + d->length, (size_t)size + 1, format, values);
    va_end(values);
    d->length += (size_t)size;
}

/* Room for weights; NULL: they are only counted. */
static float *take(ep_description *d, int64_t count)
{
    const size_t at = d->count;
    void *weights = d->weights;
    d->count += (size_t)count;
    if (d->dry || d->no_memory) return NULL;
    if (!grow(&weights, &d->weight_room, at, (size_t)count, sizeof *d->weights))
        d->no_memory = true;
    d->weights = weights;
    return d->no_memory ? NULL : d->weights + at;
}

void ep_put(ep_description *d, const float *values, int64_t count)
{
    float *to = take(d, count);
    if (to) memcpy(to, values, (size_t)count * sizeof *to);
}

void ep_fill(ep_description *d, float value, int64_t count)
{
    float *to = take(d, count);
    for (int64_t i = 0; to && i < count; i++) to[i] = value;
}

void ep_description_free(ep_description *d)
{
    free(d->text), free(d->weights);
    *d = (ep_description){.graph = d->graph};
}

char *ep_compose(const ep_description *d, const int *inputs, const hg_tensor *sizes,
                 int input_count, const int *outputs, int output_count, bool weights)
{
    ep_description whole = {0};
    ep_write(&whole, "hgnet 1\n");
    if (!weights)
        ep_write(&whole, "weights random=1\n");
    else if (d->count)
        ep_write(&whole, "weights size=%zu\n", d->count * sizeof *d->weights);
    for (int i = 0; i < input_count; i++)
        ep_write(&whole, "input v%d n=%lld c=%lld h=%lld w=%lld%s\n", inputs[i],
                 (long long)sizes[i].n, (long long)sizes[i].c, (long long)sizes[i].h,
                 (long long)sizes[i].w, sizes[i].dtype == HG_I32 ? " type=indices" : "");
    ep_write(&whole, "%s", d->text ? d->text : "");
    for (int i = 0; i < output_count; i++) ep_write(&whole, "output v%d\n", outputs[i]);
    if (d->no_memory || whole.no_memory) free(whole.text), whole.text = NULL;
    return whole.text;
}

/* ---- Operators ---- */

/* Which are claimed, and as what. scripts/onnx2hg has a table of its own (OPERATORS) for models
 * without the runtime; tests hold both to the same results. */
static const struct {
    const char *op;
    int since; /* the first version of ONNX whose node is meant */
    ep_describer *describe;
    const char *word; /* of the text */
} operators[] = {
    {"Conv", 1, ep_conv, "conv2d"},
    {"ConvTranspose", 1, ep_conv, "conv_transpose2d"},
    {"MaxPool", 1, ep_pool, "max_pool2d"},
    {"MaxUnpool", 9, ep_unpool, "max_unpool2d"},
    {"AveragePool", 1, ep_pool, "avg_pool2d"},
    {"LpPool", 2, ep_pool, "lp_pool2d"},
    {"GlobalAveragePool", 1, ep_global_pool, "global_avg_pool2d"},
    {"GlobalMaxPool", 1, ep_global_pool, "global_max_pool2d"},
    {"ReduceMean", 1, ep_reduce, "global_avg_pool2d"},
    {"ReduceMax", 1, ep_reduce, "global_max_pool2d"},
    {"Resize", 10, ep_resize, "resize2d"},
    {"Upsample", 7, ep_resize, "resize2d"},
    {"Concat", 4, ep_concat, "concat"},
    {"Slice", 10, ep_slice, "slice"},
    {"Split", 2, ep_split, "slice"},
    {"Identity", 1, ep_identity, "identity"},
    {"Dropout", 7, ep_identity, "identity"},
    {"BatchNormalization", 9, ep_batch_norm, "batch_norm"},
    {"Relu", 6, ep_plain, "relu"},
    {"Sigmoid", 6, ep_plain, "sigmoid"},
    {"Tanh", 6, ep_plain, "tanh"},
    {"HardSwish", 14, ep_plain, "hard_swish"},
    {"HardSigmoid", 6, ep_plain, "hard_sigmoid"},
    {"LeakyRelu", 6, ep_plain, "leaky_relu"},
    {"Elu", 6, ep_plain, "elu"},
    {"Gelu", 20, ep_gelu, "gelu"},
    {"Clip", 6, ep_clip, "clamp"},
    {"PRelu", 7, ep_prelu, "prelu"},
    {"Add", 7, ep_arithmetic, "add"},
    {"Sub", 7, ep_arithmetic, "subtract"},
    {"Mul", 7, ep_arithmetic, "multiply"},
    {"Div", 7, ep_arithmetic, NULL}, /* by a constant alone */
    {"Sum", 8, ep_values, "add"},
    {"Min", 8, ep_values, "minimum"},
    {"Max", 8, ep_values, "maximum"},
    {"Softmax", 13, ep_softmax, "softmax"},
    {"ArgMax", 1, ep_argmax, "argmax"},
    {"Pad", 11, ep_pad, "pad"},
};

/* What a node gives, or reads, beside one image of float32. */
typedef enum besides { NOTHING, PARTS, CLASSES, INDICES, INDICES_READ } besides;

static besides besides_of(const ep_node *n)
{
    static const struct {
        const char *op;
        besides what;
    } all[] = {
        {"Split", PARTS}, {"ArgMax", CLASSES}, {"MaxPool", INDICES}, {"MaxUnpool", INDICES_READ}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(all[i].op, n->op)) return all[i].what;
    return NOTHING;
}

static bool is_good_input(const ep_value *v, int i, besides but)
{
    return but == INDICES_READ && i == 1 ? ep_is_indices(v) : ep_is_image(v);
}

static bool is_good_output(const ep_value *v, int i, besides but)
{
    const bool whole = but == CLASSES || (but == INDICES && i == 1);
    if (i > 0 && but != PARTS && !whole) return false;
    const ONNXTensorElementDataType type =
        whole ? ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 : ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
    return v->type == type && (v->rank == 4 || (but == CLASSES && v->rank == 3));
}

/* All that is no constant, an image; all that is made, one, or what the operator makes besides. */
static const char *check_values(const ep_description *d, const ep_node *n)
{
    const besides but = besides_of(n);
    const ep_value *values = d->graph->values;
    bool any = false;
    for (int i = 0; i < n->input_count; i++) {
        if (!ep_has_input(n, i) || values[n->inputs[i]].constant) continue;
        if (!is_good_input(&values[n->inputs[i]], i, but))
            return "an input is not float32 of four axes with known channels";
        any = true;
    }
    if (!any || !ep_has_output(n, 0)) return "no input, or no output";
    for (int i = 0; i < n->output_count; i++)
        if (ep_has_output(n, i) && !is_good_output(&values[n->outputs[i]], i, but))
            return "an output of another type, or of other axes than four";
    return NULL;
}

const char *ep_describe(ep_description *d, const ep_node *n)
{
    if (*n->domain && strcmp(n->domain, "ai.onnx")) return "of another domain";
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (strcmp(operators[i].op, n->op)) continue;
        if (n->version < operators[i].since) return "of an old version";
        const char *why = check_values(d, n);
        return why ? why : operators[i].describe(d, n, operators[i].word);
    }
    return "no such operator";
}
