/* Descriptions that are wrong: the status, the place, and a word of the sentence. */
#include <stdlib.h>
#include <string.h>

#include "tests/net.h"
#include "tests/random.h"

#define START "hgnet 1\nweights random=1\ninput x c=4 h=8 w=8\n"

static const struct {
    const char *text;
    int line, column;
    const char *says;
} wrong[] = {
    {"", 0, 0, "empty"},
    {"# nothing\n\n", 0, 0, "empty"},
    {"input x c=1 h=1 w=1\n", 1, 1, "hgnet 1"},
    {"hgnet 2\n", 1, 7, "version"},
    {"hgnet 1\noutput x\n", 2, 8, "x is not defined"},
    {"hgnet 1\n", 0, 0, "input"},
    {START, 0, 0, "output"},
    {"hgnet 1\ninput x c=0 h=1 w=1\n", 2, 9, "c=0"},
    {"hgnet 1\ninput x c=1 h=1\n", 2, 7, "needs c=, h= and w="},
    {"hgnet 1\ninput 3x c=1 h=1 w=1\n", 2, 7, "no name"},
    {START "x = relu x\n", 4, 1, "defined already, in line 3"},
    {START "a = relu x\na = relu x\n", 5, 1, "defined already, in line 4"},
    {START "a = relu b\nb = relu a\n", 4, 10, "b is defined only in line 5"},
    {START "a = relu a\n", 4, 10, "a is not defined"},
    {START "a = relux x\n", 4, 5, "no operator \"relux\""},
    {START "a = \n", 4, 1, "begins no statement"},
    {START "a relu x\n", 4, 1, "begins no statement"},
    {START "a = relu\n", 4, 5, "needs 1 value"},
    {START "a = relu x x\n", 4, 12, "takes 1 value at most"},
    {START "a = add x\n", 4, 5, "needs 2 values"},
    {START "a, b = relu x\n", 4, 1, "one value"},
    {START "a = relu x slope=1\n", 4, 12, "no attribute \"slope\""},
    {START "a = conv2d x window=3\n", 4, 5, "needs k="},
    {START "a = conv2d x k=1 window=0\n", 4, 25, "\"0\" is no value for window"},
    {START "a = conv2d x k=1 window=3x3x3\n", 4, 25, "no value for window"},
    {START "a = conv2d x k=1 k=1 window=3\n", 4, 18, "k is given twice"},
    {START "a = conv2d x k=99999999999999999999 window=3\n", 4, 16, "no value for k"},
    {START "a = conv2d x k=1 window=3 padding=1,2,3\n", 4, 35, "no value for padding"},
    {START "a = conv2d x k=1 x window=3\n", 4, 18, "values come before"},
    {START "a = conv2d x k=1 window=9\noutput a\n", 4, 5, "c=4 h=8 w=8"},
    {START "a = conv2d x k=4 window=1 groups=3\noutput a\n", 4, 5, "conv2d"},
    {START "a = slice x channels=2:5\noutput a\n", 4, 5, "slice"},
    {START "a = slice x channels=2:2\noutput a\n", 4, 22, "no value for channels"},
    {START "a = max_pool2d x window=2\nb = add x a\noutput b\n", 5, 5, "c=4 h=4 w=4"},
    {START "a = max_pool2d x window=2\nb = concat x a\noutput b\n", 5, 5, "concat"},
    {START "a, i = max_pool2d x window=2\nb = relu i\noutput b\n", 5, 5, "i are indices"},
    {START "a, i = max_pool2d x window=2\nb = max_unpool2d a x window=2\noutput b\n", 5, 5,
     "x is not the indices"},
    {START "a = max_pool2d x window=2 indices=caffe\noutput a\n", 4, 35, "no value for indices"},
    {START "input i c=2 h=4 w=4 type=indices\na = relu i\noutput a\n", 5, 5, "i are indices"},
    {START "input i c=2 h=4 w=4 type=i32\noutput x\n", 4, 21, "type=indices"},
    {START "a = argmax x\nb = relu a\noutput b\n", 5, 5, "a are classes"},
    {START "output x x\n", 4, 10, "output already"},
    {START "a = clamp x min=2 max=1\noutput a\n", 4, 5, "clamp"},
    {START "a = leaky_relu x slope=1e\noutput a\n", 4, 24, "no value for slope"},
    {START "a = resize2d x size=4 mode=cubic\noutput a\n", 4, 28, "no value for mode"},
    {START "a = resize2d x\noutput a\n", 4, 5, "resize2d"},
    {START "a = relu x\x01\n", 4, 11, "byte 0x01"},
    {"hgnet 1\nweights random=1 file=x\n", 2, 1, "weights need"},
    {"hgnet 1\nweights file=../x size=1 crc32=00000000\n", 2, 9, "file=NAME"},
    {"hgnet 1\nweights file=x size=1 crc32=0000000\n", 2, 23, "HEX"},
    {"hgnet 1\nweights file=x crc32=00000000\n", 2, 1, "size= alone"},
    {START "weights random=2\n", 4, 1, "named already, in line 2"},
    {"hgnet 1\ninput x c=1 h=1 w=1\na = scale x\noutput a\n", 3, 5, "no line \"weights\""},
};

static void check_wrong(size_t i)
{
    hg_net_error e;
    hg_net *net = NULL;
    const hg_status status =
        hg_net_read(wrong[i].text, strlen(wrong[i].text), NULL, 0, NULL, &net, &e);
    NET_EXPECT(status && !net && e.line == wrong[i].line && e.column == wrong[i].column &&
                   strstr(e.text, wrong[i].says),
               "%d:%d \"%s\" expected, %d:%d \"%s\" said (%s), of\n%s", wrong[i].line,
               wrong[i].column, wrong[i].says, e.line, e.column, e.text, hg_status_string(status),
               wrong[i].text);
    hg_net_free(net);
}

static void check_options(void)
{
    const char *text = START "a = relu x\noutput a\n";
    static const hg_tensor empty = {.n = 1, .h = 0, .w = 4, .c = 4};
    static const hg_tensor other = {.n = 1, .h = 4, .w = 4, .c = 5};
    static const hg_tensor same = {.n = 1, .h = 4, .w = 4, .c = 4};
    static const hg_net_options bad[] = {
        {.reserved = {1}},  {.n = -1},          {.size = {4, 0}},          {.size = {-4, 4}},
        {.inputs = &empty}, {.inputs = &other}, {.n = 1, .inputs = &same}, {.input = 7}};
    hg_context *context;
    hg_net *net;
    hg_net_plan *plan;
    hg_context_create(&(hg_context_options){.ignore_environment = true}, &context);
    NET_EXPECT(hg_net_read(text, strlen(text), NULL, 0, NULL, &net, NULL) == HG_OK, "a net");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        NET_EXPECT(hg_net_plan_create(context, net, &bad[i], &plan, NULL) && !plan, "options %zu",
                   i);
    NET_EXPECT(hg_net_plan_create(context, net, NULL, &plan, NULL) == HG_OK, "a plan");
    NET_EXPECT(hg_net_run(plan, NULL, NULL, NULL) == HG_INVALID, "no inputs");
    NET_EXPECT(hg_net_step_run(NULL, 0, NULL, NULL, NULL) == HG_INVALID, "no plan");
    NET_EXPECT(hg_net_input(plan, 1, NULL, NULL) == HG_INVALID, "no such input");
    hg_net_plan_free(plan);
    hg_net_free(net);
    hg_context_free(context);
}

void net_test_errors(void)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) check_wrong(i);
    check_options();
}

/* ---- Damage ---- */

static bool is_small(const hg_net *net)
{
    double floats = (double)net->next;
    for (int i = 0; i < net->value_count; i++) {
        const hg_tensor *t = &net->values[i].tensor;
        floats += (double)t->n * (double)t->c * (double)t->h * (double)t->w;
    }
    return floats < 1e5;
}

/* A text is refused with a sentence, or planned. */
static void try_text(hg_context *context, const char *text, size_t size)
{
    hg_net *net;
    hg_net_plan *plan = NULL;
    hg_net_error e;
    const hg_status status = hg_net_read(text, size, NULL, 0, NULL, &net, &e);
    if (status) {
        NET_EXPECT(!net && e.text[0] && e.line >= 0, "a refusal without a sentence");
        return;
    }
    if (is_small(net)) {
        const hg_status planned = hg_net_plan_create(context, net, NULL, &plan, &e);
        NET_EXPECT(planned == HG_OK || e.text[0], "no plan, and no sentence, of %.*s", (int)size,
                   text);
    }
    hg_net_plan_free(plan);
    hg_net_free(net);
}

static void damage(rng *r, char *text, size_t *size)
{
    static const char bytes[] = "0123456789=,x:-. \nabnk#\x80\x00";
    for (int64_t n = rng_in(r, 1, 3); n > 0; n--) {
        const size_t at = (size_t)rng_in(r, 0, (int64_t)*size - 1);
        if (rng_percent(r, 40)) text[at] ^= (char)(1 << rng_in(r, 0, 7));
        if (rng_percent(r, 40)) text[at] = bytes[rng_in(r, 0, sizeof bytes - 2)];
        if (rng_percent(r, 20)) memmove(text + at, text + at + 1, --*size - at);
    }
    if (rng_percent(r, 10)) *size = (size_t)rng_in(r, 0, (int64_t)*size);
}

void net_test_damage(uint64_t seed)
{
    hg_context *context;
    hg_context_create(&(hg_context_options){.ignore_environment = true}, &context);
    for (const net_text_case *c = net_cases; c->name; c++) {
        const size_t length = strlen(c->text);
        for (size_t size = 0; size <= length; size++) try_text(context, c->text, size);
        for (uint64_t i = 0; i < 300; i++) {
            rng r = rng_for(seed, c->name, i);
            char *text = malloc(length);
            size_t size = length;
            memcpy(text, c->text, length);
            damage(&r, text, &size);
            try_text(context, text, size);
            free(text);
        }
    }
    hg_context_free(context);
}
