/* Attributes and constants of nodes. Contract: graph.h. */
#include <stdlib.h>
#include <string.h>

#include "runtimes/onnxruntime/graph.h"

/* What the runtime refuses to tell is not there. */
static bool good(const ep_graph *g, OrtStatus *status)
{
    if (!status) return true;
    g->api->ort->ReleaseStatus(status);
    return false;
}

bool ep_has_input(const ep_node *n, int i)
{
    return i < n->input_count && n->inputs[i] != EP_NONE;
}

bool ep_has_output(const ep_node *n, int i)
{
    return i < n->output_count && n->outputs[i] != EP_NONE;
}

/* ---- Attributes ---- */

/* Reads an attribute of a type into room bytes; how many it takes, above room unread, or 0. */
static size_t read(const ep_graph *g, const ep_node *n, const char *name, OrtOpAttrType type,
                   void *to, size_t room)
{
    const OrtApi *ort = g->api->ort;
    const OrtOpAttr *attribute = NULL;
    OrtOpAttrType found = ORT_OP_ATTR_UNDEFINED;
    size_t size = 0;
    if (!good(g, ort->Node_GetAttributeByName(n->node, name, &attribute)) || !attribute) return 0;
    if (!good(g, ort->OpAttr_GetType(attribute, &found)) || found != type) return 0;
    return good(g, ort->ReadOpAttr(attribute, type, to, room, &size)) || size > room ? size : 0;
}

bool ep_number(const ep_graph *g, const ep_node *n, const char *name, double *value)
{
    float f;
    if (!read(g, n, name, ORT_OP_ATTR_FLOAT, &f, sizeof f)) return false;
    *value = (double)f;
    return true;
}

bool ep_integer(const ep_graph *g, const ep_node *n, const char *name, int64_t *value)
{
    return read(g, n, name, ORT_OP_ATTR_INT, value, sizeof *value) > 0;
}

/* Of a list: -1, longer than EP_AXES. */
static int count_of(size_t bytes, size_t element)
{
    return bytes > EP_AXES * element ? -1 : (int)(bytes / element);
}

void ep_integers(const ep_graph *g, const ep_node *n, const char *name, int64_t *values, int *count)
{
    const size_t room = EP_AXES * sizeof *values;
    *count = count_of(read(g, n, name, ORT_OP_ATTR_INTS, values, room), sizeof *values);
}

void ep_numbers(const ep_graph *g, const ep_node *n, const char *name, double *values, int *count)
{
    float floats[EP_AXES];
    *count = count_of(read(g, n, name, ORT_OP_ATTR_FLOATS, floats, sizeof floats), sizeof *floats);
    for (int i = 0; i < *count; i++) values[i] = (double)floats[i];
}

void ep_word(const ep_graph *g, const ep_node *n, const char *name, char *word, size_t room)
{
    const size_t size = read(g, n, name, ORT_OP_ATTR_STRING, word, room - 1);
    word[size < room ? size : 0] = 0;
}

/* ---- Constants ---- */

typedef struct constant {
    const void *data;
    ONNXTensorElementDataType type;
    size_t count;
} constant;

static bool read_constant(const ep_graph *g, const ep_node *n, int input, constant *c)
{
    const OrtApi *ort = g->api->ort;
    const OrtValue *value = NULL;
    OrtTensorTypeAndShapeInfo *shape = NULL;
    c->data = NULL;
    if (!ep_has_input(n, input)) return false;
    const ep_value *v = &g->values[n->inputs[input]];
    if (!v->constant || !good(g, ort->ValueInfo_GetInitializerValue(v->info, &value)) || !value)
        return false;
    if (!good(g, ort->GetTensorTypeAndShape(value, &shape))) return false;
    const bool known = good(g, ort->GetTensorElementType(shape, &c->type)) &&
                       good(g, ort->GetTensorShapeElementCount(shape, &c->count));
    ort->ReleaseTensorTypeAndShapeInfo(shape);
    return known && good(g, ort->GetTensorData(value, &c->data)) && c->data;
}

const float *ep_floats(const ep_graph *g, const ep_node *n, int input, int64_t *count)
{
    constant c;
    if (!read_constant(g, n, input, &c) || c.type != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT)
        return NULL;
    *count = (int64_t)c.count;
    return c.data;
}

bool ep_whole_constant(const ep_graph *g, const ep_node *n, int input, int64_t *values, int *count)
{
    constant c;
    if (!read_constant(g, n, input, &c) || c.count > EP_AXES) return false;
    *count = (int)c.count;
    if (c.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64)
        return memcpy(values, c.data, c.count * sizeof *values), true;
    for (size_t i = 0; i < c.count && c.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32; i++)
        values[i] = ((const int32_t *)c.data)[i];
    return c.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32;
}
