/* Networks whose weights are packed in a file: the same bits without the weights themselves, what
 * is refused, memory held. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/net.h"

/* Files of a test, and a context that counts what it holds. */
typedef struct place {
    char folder[32], net[64], packed[64];
    hg_context *context;
    size_t held;
} place;

enum { BEFORE = 64 };

static void *allocate(void *self, size_t alignment, size_t size)
{
    (void)alignment;
    char *block = aligned_alloc(64, BEFORE + (size + 63) / 64 * 64);
    if (!block) return NULL;
    memcpy(block, &size, sizeof size);
    ((place *)self)->held += size;
    return block + BEFORE;
}

static void release(void *self, void *memory)
{
    size_t size;
    char *block = (char *)memory - BEFORE;
    memcpy(&size, block, sizeof size);
    ((place *)self)->held -= size;
    free(block);
}

static hg_allocator allocator_of(place *at)
{
    return (hg_allocator){allocate, release, at};
}

static bool write_text(const place *at, const char *text)
{
    FILE *file = fopen(at->net, "wb");
    const bool good = file && fputs(text, file) >= 0;
    if (file) fclose(file);
    return good;
}

/* The first output of a run on numbers that depend on their place; NULL: it failed. */
static float *run(const hg_net_plan *plan, size_t *size)
{
    hg_tensor t;
    float *inputs[16] = {NULL}, *outputs[16] = {NULL};
    for (int i = 0; hg_net_input(plan, i, NULL, &t) == HG_OK; i++) {
        const size_t count = (size_t)(t.n * t.h * t.w * t.c);
        inputs[i] = malloc(count * sizeof(float));
        for (size_t j = 0; j < count; j++) inputs[i][j] = (float)(j * 37 % 101) / 50.0f - 1.0f;
    }
    for (int i = 0; hg_net_output(plan, i, NULL, &t) == HG_OK; i++) {
        const size_t bytes = (size_t)(t.n * t.h * t.w * t.c) * sizeof(float);
        outputs[i] = calloc(1, bytes);
        if (i == 0) *size = t.dtype == HG_U8 ? bytes / sizeof(float) : bytes;
    }
    void *memory = aligned_alloc(64, hg_net_memory_size(plan) + 64);
    const hg_status status =
        hg_net_run(plan, (const void *const *)inputs, (void *const *)outputs, memory);
    free(memory);
    for (int i = 0; i < 16; i++) free(inputs[i]), i ? free(outputs[i]) : (void)0;
    if (status == HG_OK) return outputs[0];
    free(outputs[0]);
    return NULL;
}

typedef hg_status loader(const char *path, const hg_allocator *allocator, hg_net **net,
                         hg_net_error *error);

static hg_status plan_by(place *at, loader *load, hg_weights *packed, bool unfused,
                         hg_net_plan **plan, hg_net_error *e)
{
    const hg_allocator allocator = allocator_of(at);
    const hg_net_options options = {.unfused = unfused, .packed = packed};
    hg_net *net;
    *plan = NULL;
    hg_status status = load(at->net, &allocator, &net, e);
    if (!status) status = hg_net_plan_create(at->context, net, &options, plan, e);
    hg_net_free(net);
    return status;
}

/* Once as ever, once while packing, and once of what was packed and saved. */
static void check_case(place *at, const net_text_case *c, bool unfused)
{
    static const char *const words[] = {"alone", "while packing", "mapped"};
    hg_weights *packed[3] = {NULL};
    float *want = NULL;
    write_text(at, c->text);
    hg_weights_create(at->context, &packed[1]);
    for (int i = 0; i < 3; i++) {
        hg_net_plan *plan;
        hg_net_error e = {0};
        size_t size = 0;
        if (i == 2)
            NET_EXPECT(!hg_weights_save(packed[1], at->packed) &&
                           !hg_weights_open(at->context, at->packed, &packed[2]),
                       "%s: saved and opened", c->name);
        const hg_status status =
            plan_by(at, i == 2 ? hg_net_load_text : hg_net_load, packed[i], unfused, &plan, &e);
        float *got = status ? NULL : run(plan, &size);
        if (i == 0) want = got;
        NET_EXPECT(got && want && memcmp(got, want, size) == 0, "%s%s, %s: %s", c->name,
                   unfused ? ", unfused" : "", words[i], e.text);
        if (i) free(got);
        hg_net_plan_free(plan);
    }
    free(want);
    for (int i = 0; i < 3; i++) hg_weights_free(packed[i]);
}

static void check_refused(place *at)
{
    static const char text[] = "hgnet 1\nweights random=1\ninput x c=8 h=8 w=8\n"
                               "a = conv2d x k=8 window=3 bias=next\noutput a\n";
    hg_net_plan *plan;
    hg_net_error e;
    hg_weights *packed;
    write_text(at, text);
    hg_status status = plan_by(at, hg_net_load_text, NULL, false, &plan, &e);
    NET_EXPECT(status == HG_UNSUPPORTED && strstr(e.text, "packed is NULL"), "bare: %s", e.text);
    hg_weights_create(at->context, &packed);
    status = plan_by(at, hg_net_load_text, packed, false, &plan, &e);
    NET_EXPECT(status == HG_UNSUPPORTED && strstr(e.text, "load the network with its weights") &&
                   e.line == 4,
               "nothing packed: %s", e.text);
    status = plan_by(at, hg_net_load, packed, false, &plan, &e);
    NET_EXPECT(status == HG_OK, "packed: %s", e.text);
    hg_net_plan_free(plan);
    status = plan_by(at, hg_net_load_text, packed, true, &plan, &e);
    NET_EXPECT(status == HG_OK, "the lines are the same, unfused: %s", e.text);
    hg_net_plan_free(plan);
    char other[sizeof text];
    memcpy(other, text, sizeof text);
    strstr(other, "=1")[1] = '2';
    write_text(at, other);
    status = plan_by(at, hg_net_load_text, packed, false, &plan, &e);
    NET_EXPECT(status == HG_UNSUPPORTED, "another seed: %s", e.text);
    hg_weights_free(packed);
}

/* Four layers of 1 MB of weights: planned, and mapped. */
static void check_held(place *at)
{
    static const double bytes = 4 * 512 * 512 * 4;
    write_text(at, "hgnet 1\nweights random=1\ninput x c=512 h=4 w=4\n"
                   "a = conv2d x k=512 window=1 bias=next\nb = batch_norm a\n"
                   "c = conv2d b k=512 window=1\nd = relu c\ne = conv2d d k=512 window=1\n"
                   "f = conv2d e k=512 window=1 bias=next\noutput f\n");
    hg_net_plan *plan;
    hg_net_error e;
    hg_weights *packed;
    hg_weights_create(at->context, &packed);
    const size_t before = at->held;
    NET_EXPECT(!plan_by(at, hg_net_load, packed, false, &plan, &e), "planned: %s", e.text);
    const double held = (double)(at->held - before);
    NET_EXPECT(held <= 1.1 * bytes, "%g bytes are held for weights of %g", held, bytes);
    hg_weights_save(packed, at->packed);
    hg_net_plan_free(plan);
    hg_weights_free(packed);
    const size_t empty = at->held;
    NET_EXPECT(!hg_weights_open(at->context, at->packed, &packed) &&
                   !plan_by(at, hg_net_load_text, packed, false, &plan, &e),
               "mapped: %s", e.text);
    const double mapped = (double)(at->held - empty);
    NET_EXPECT(mapped <= 0.05 * bytes, "%g bytes are held, %g mapped", mapped, bytes);
    hg_net_plan_free(plan);
    hg_weights_free(packed);
}

void net_test_packed(void)
{
    place at = {.folder = "/tmp/hgpackedXXXXXX"};
    const hg_context_options options = {.allocator = allocator_of(&at), .ignore_environment = true};
    if (!NET_EXPECT(mkdtemp(at.folder) && !hg_context_create(&options, &at.context), "a folder"))
        return;
    snprintf(at.net, sizeof at.net, "%s/a.hgnet", at.folder);
    snprintf(at.packed, sizeof at.packed, "%s/a.packed", at.folder);
    for (const net_text_case *c = net_cases; c->name; c++) {
        check_case(&at, c, false);
        check_case(&at, c, true);
    }
    check_refused(&at);
    check_held(&at);
    hg_context_free(at.context);
    NET_EXPECT(at.held == 0, "%zu bytes leaked", at.held);
    unlink(at.net), unlink(at.packed);
    NET_EXPECT(rmdir(at.folder) == 0, "files are left in %s", at.folder);
}
