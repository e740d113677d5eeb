/* Convolutions and pooling as lines. */
#include <string.h>

#include "runtimes/onnxruntime/describe.h"

static bool are_two(int count)
{
    return count == 0 || count == 2;
}

const char *ep_geometry(ep_description *d, const ep_node *n)
{
    static const struct {
        const char *onnx, *word;
    } sizes[] = {{"strides", "stride"}, {"dilations", "dilation"}},
      pads[] = {{"SAME_UPPER", "same_upper"}, {"SAME_LOWER", "same_lower"}, {"VALID", "valid"}};
    int64_t v[EP_AXES];
    char automatic[16];
    int count;
    for (size_t i = 0; i < 2; i++) {
        ep_integers(d->graph, n, sizes[i].onnx, v, &count);
        if (!are_two(count)) return "not two-dimensional";
        if (count) ep_write(d, " %s=%lldx%lld", sizes[i].word, (long long)v[0], (long long)v[1]);
    }
    ep_word(d->graph, n, "auto_pad", automatic, sizeof automatic);
    for (size_t i = 0; i < sizeof pads / sizeof *pads; i++)
        if (!strcmp(automatic, pads[i].onnx)) return ep_write(d, " padding=%s", pads[i].word), NULL;
    ep_integers(d->graph, n, "pads", v, &count);
    if (count != 0 && count != 4) return "not two-dimensional";
    if (count)
        ep_write(d, " padding=%lld,%lld,%lld,%lld", (long long)v[0], (long long)v[1],
                 (long long)v[2], (long long)v[3]);
    return NULL;
}

/* Where the runtime's auto_pad makes other sizes than the standard's, or pads other sides: averages
 * of dilated windows, or of windows that leave pixels out; transposed ones that leave them out. */
static const char *check_same(const ep_description *d, const ep_node *n, const int64_t *window)
{
    const bool is_transposed = !strcmp(n->op, "ConvTranspose");
    const bool averages = !strcmp(n->op, "AveragePool") || !strcmp(n->op, "LpPool");
    int64_t stride[EP_AXES] = {1, 1}, dilation[EP_AXES] = {1, 1}, more[EP_AXES] = {0};
    char automatic[16];
    int count;
    ep_word(d->graph, n, "auto_pad", automatic, sizeof automatic);
    if (strncmp(automatic, "SAME_", 5) != 0) return NULL;
    ep_integers(d->graph, n, "strides", stride, &count);
    ep_integers(d->graph, n, "dilations", dilation, &count);
    ep_integers(d->graph, n, "output_padding", more, &count);
    for (int i = 0; i < 2; i++) {
        const int64_t extent = (window[i] - 1) * dilation[i] + 1;
        const bool skips = stride[i] > window[i] && !strcmp(automatic, "SAME_UPPER");
        if (is_transposed ? extent + more[i] < stride[i] : averages && (dilation[i] > 1 || skips))
            return "with auto_pad that the runtime has of its own";
    }
    return NULL;
}

/* What a transposed convolution says besides. */
static const char *transposed(ep_description *d, const ep_node *n)
{
    int64_t v[EP_AXES];
    int count;
    ep_integers(d->graph, n, "output_padding", v, &count);
    if (!are_two(count)) return "not two-dimensional";
    if (count && (v[0] || v[1]))
        ep_write(d, " output_padding=%lldx%lld", (long long)v[0], (long long)v[1]);
    ep_integers(d->graph, n, "output_shape", v, &count);
    return count ? "with output_shape" : NULL;
}

const char *ep_conv(ep_description *d, const ep_node *n, const char *word)
{
    const bool is_transposed = !strcmp(n->op, "ConvTranspose");
    int64_t groups = 1, weights = 0, biases = 0;
    const float *w = ep_floats(d->graph, n, 1, &weights);
    const float *b = ep_floats(d->graph, n, 2, &biases);
    if (!w) return "weights that are not constant, or not float32";
    if (ep_has_input(n, 2) && !b) return "a bias that is not constant, or not float32";
    const ep_value *filter = ep_input(d, n, 1);
    if (filter->rank != 4) return "not two-dimensional";
    ep_integer(d->graph, n, "group", &groups);
    const int64_t *dims = filter->dims, k = is_transposed ? dims[1] * groups : dims[0];
    if (ep_input(d, n, 0)->dims[1] != (is_transposed ? dims[0] : dims[1] * groups))
        return "channels that are not the weights'";
    if (b && biases != k) return "a bias of another size";
    ep_write(d, "v%d = %s v%d k=%lld window=%lldx%lld groups=%lld", n->outputs[0], word,
             n->inputs[0], (long long)k, (long long)dims[2], (long long)dims[3], (long long)groups);
    const char *why = ep_geometry(d, n);
    if (!why) why = check_same(d, n, dims + 2);
    if (!why && is_transposed) why = transposed(d, n);
    if (why) return why;
    ep_write(d, "%s\n", b ? " bias=next" : "");
    ep_put(d, w, weights);
    if (b) ep_put(d, b, biases);
    return NULL;
}

/* The operator, its image and its window, which moves by 1 where the node does not say. */
static const char *window_of(ep_description *d, const ep_node *n, const char *word, int64_t *window)
{
    int64_t v[EP_AXES];
    int count;
    ep_integers(d->graph, n, "kernel_shape", v, &count);
    if (count != 2) return "not two-dimensional";
    window[0] = v[0], window[1] = v[1];
    ep_write(d, " = %s v%d", word, n->inputs[0]);
    if (!strcmp(n->op, "MaxUnpool")) ep_write(d, " v%d", n->inputs[1]);
    ep_write(d, " window=%lldx%lld", (long long)window[0], (long long)window[1]);
    const char *why = ep_geometry(d, n);
    if (!why) why = check_same(d, n, window);
    ep_integers(d->graph, n, "strides", v, &count);
    if (!why && !count) ep_write(d, " stride=1");
    return why;
}

const char *ep_pool(ep_description *d, const ep_node *n, const char *word)
{
    static const struct {
        const char *onnx, *op, *word;
    } flags[] = {{"ceil_mode", NULL, "ceil=yes"},
                 {"count_include_pad", "AveragePool", "include_pad=yes"}};
    int64_t window[2], flag, p = 2;
    ep_write(d, "v%d", n->outputs[0]);
    if (ep_has_output(n, 1)) ep_write(d, ", v%d", n->outputs[1]);
    const char *why = window_of(d, n, word, window);
    if (why) return why;
    if (ep_has_output(n, 1))
        ep_write(d, ep_integer(d->graph, n, "storage_order", &flag) && flag
                        ? " indices=onnx_columns"
                        : " indices=onnx");
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if ((!flags[i].op || !strcmp(n->op, flags[i].op)) &&
            ep_integer(d->graph, n, flags[i].onnx, &flag) && flag)
            ep_write(d, " %s", flags[i].word);
    if (!strcmp(n->op, "LpPool") && ep_integer(d->graph, n, "p", &p))
        ep_write(d, " p=%lld", (long long)p);
    ep_write(d, "\n");
    return NULL;
}

const char *ep_unpool(ep_description *d, const ep_node *n, const char *word)
{
    int64_t window[2];
    if (ep_has_input(n, 2)) return "with output_shape";
    if (!ep_has_input(n, 1) || ep_input(d, n, 1)->constant) return "of indices that are constant";
    ep_write(d, "v%d", n->outputs[0]);
    const char *why = window_of(d, n, word, window);
    if (why) return why;
    ep_write(d, " indices=onnx\n");
    return NULL;
}

const char *ep_global_pool(ep_description *d, const ep_node *n, const char *word)
{
    ep_write(d, "v%d = %s v%d\n", n->outputs[0], word, n->inputs[0]);
    return NULL;
}

/* Over rows and columns, which stay as axes of size 1: a global pooling. */
const char *ep_reduce(ep_description *d, const ep_node *n, const char *word)
{
    int64_t axes[EP_AXES], keep = 1;
    int count = 0;
    bool over[4] = {false};
    ep_integers(d->graph, n, "axes", axes, &count); /* an input since version 18 */
    if (ep_has_input(n, 1) && !ep_whole_constant(d->graph, n, 1, axes, &count))
        return "over axes that are not constant";
    ep_integer(d->graph, n, "keepdims", &keep);
    for (int i = 0; i < count; i++) {
        const int64_t axis = axes[i] < 0 ? axes[i] + 4 : axes[i];
        if (axis < 2 || axis > 3) return "over other axes";
        over[axis] = true;
    }
    if (!over[2] || !over[3] || !keep) return "not over rows and columns";
    return ep_global_pool(d, n, word);
}
