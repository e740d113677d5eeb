/* Weights from files, other sizes than the description's, and memory that runs out. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/net.h"

/* ---- Files ---- */

typedef struct folder {
    char net[64], weights[64], path[32];
} folder;

static bool write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    const bool good = file && fwrite(data, 1, size, file) == size;
    if (file) fclose(file);
    return good;
}

static hg_status load(const folder *f, const char *weights_line, hg_net_error *e)
{
    char text[512];
    hg_net *net;
    const int size = snprintf(text, sizeof text,
                              "hgnet 1\n%s\ninput x c=2 h=3 w=3\na = conv2d x k=1 window=1 bias=2\n"
                              "output a\n",
                              weights_line);
    if (!write_file(f->net, text, (size_t)size)) return HG_IO;
    const hg_status status = hg_net_load(f->net, NULL, &net, e);
    hg_net_free(net);
    return status;
}

void net_test_files(void)
{
    /* The checksum is that of Python's zlib.crc32(struct.pack('<3f', 1, 2, 3)). */
    static const struct {
        const char *line;
        hg_status status;
        const char *says;
    } cases[] = {{"weights file=w.bin size=12 crc32=CRC", HG_OK, ""},
                 {"weights file=w.bin size=12 crc32=00000000", HG_INVALID, "checksum"},
                 {"weights file=w.bin size=16 crc32=CRC", HG_INVALID, "12 bytes, not 16"},
                 {"weights file=v.bin size=12 crc32=CRC", HG_IO, "v.bin cannot be opened"}};
    const float weights[] = {1, 2, 3};
    folder f = {.path = "/tmp/hgnetXXXXXX"};
    hg_net_error e;
    hg_net *net;
    if (!NET_EXPECT(mkdtemp(f.path) != NULL, "a folder")) return;
    snprintf(f.net, sizeof f.net, "%s/a.hgnet", f.path);
    snprintf(f.weights, sizeof f.weights, "%s/w.bin", f.path);
    write_file(f.weights, weights, sizeof weights);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[128];
        snprintf(line, sizeof line, "%s", cases[i].line);
        char *crc = strstr(line, "CRC");
        if (crc) strcpy(crc, "b20e96b1");
        const hg_status status = load(&f, line, &e);
        NET_EXPECT(status == cases[i].status && strstr(e.text, cases[i].says), "%s: %s, \"%s\"",
                   line, hg_status_string(status), e.text);
    }
    write_file(f.weights, weights, 8);
    NET_EXPECT(load(&f, "weights file=w.bin size=8 crc32=2e3fa576", &e) == HG_INVALID &&
                   strstr(e.text, "takes floats 2 to 2, but the weights have 2"),
               "too few weights: %s", e.text);
    NET_EXPECT(hg_net_load(f.path, NULL, &net, &e) == HG_IO, "a folder: %s", e.text);
    NET_EXPECT(hg_net_load("/nowhere", NULL, &net, &e) == HG_IO, "no file: %s", e.text);
    unlink(f.net), unlink(f.weights), rmdir(f.path);
}

/* ---- Sizes ---- */

/* Options give what a description of that size gives. */
static void check_sizes(void)
{
    static const char *const body = "a = conv2d x k=3 window=3 padding=1\nb = upsample a by=2\n"
                                    "c = conv2d b k=2 window=3 padding=1\noutput c\n";
    hg_context *context;
    hg_context_create(&(hg_context_options){.ignore_environment = true}, &context);
    float *outputs[2] = {0};
    for (int i = 0; i < 2; i++) {
        char text[512];
        hg_net *net;
        hg_net_plan *plan;
        hg_tensor t;
        snprintf(text, sizeof text, "hgnet 1\nweights random=3\ninput x c=2 %s\n%s",
                 i ? "h=7 w=9 n=2" : "h=4 w=4", body);
        hg_net_options o = {.n = 2, .size = {7, 9}};
        NET_EXPECT(hg_net_read(text, strlen(text), NULL, 0, NULL, &net, NULL) == HG_OK, "sizes");
        NET_EXPECT(hg_net_plan_create(context, net, i ? NULL : &o, &plan, NULL) == HG_OK, "sizes");
        NET_EXPECT(hg_net_output(plan, 0, NULL, &t) == HG_OK && t.n == 2 && t.h == 14 && t.w == 18,
                   "the output's sizes");
        static float x[2 * 2 * 7 * 9];
        for (int j = 0; j < 2 * 2 * 7 * 9; j++) x[j] = (float)(j % 17) - 8;
        outputs[i] = calloc((size_t)(t.n * t.c * t.h * t.w), sizeof(float));
        void *memory = aligned_alloc(64, hg_net_memory_size(plan) + 64);
        hg_net_run(plan, (const void *[]){x}, (void *[]){outputs[i]}, memory);
        free(memory);
        hg_net_plan_free(plan);
        hg_net_free(net);
    }
    NET_EXPECT(!memcmp(outputs[0], outputs[1], 2 * 2 * 14 * 18 * sizeof(float)), "other bits");
    free(outputs[0]), free(outputs[1]);
    hg_context_free(context);
}

/* ---- Memory ---- */

typedef struct counter {
    long calls, live, fail;
} counter;

static void *allocate(void *self, size_t alignment, size_t size)
{
    counter *c = self;
    if (++c->calls == c->fail) return NULL;
    c->live++;
    void *block = aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    return block ? memset(block, 0xA5, size) : NULL;
}

static void release(void *self, void *memory)
{
    ((counter *)self)->live -= memory != NULL;
    free(memory);
}

static hg_status attempt(counter *c, const char *text)
{
    const hg_allocator allocator = {allocate, release, c};
    hg_context *context = NULL;
    hg_net *net = NULL;
    hg_net_plan *plan = NULL;
    hg_net_error e;
    hg_status status = hg_context_create(
        &(hg_context_options){.allocator = allocator, .ignore_environment = true}, &context);
    if (!status) status = hg_net_read(text, strlen(text), NULL, 0, &allocator, &net, &e);
    hg_weights *packed = NULL;
    if (!status) status = hg_weights_create(context, &packed);
    const hg_net_options options = {.packed = packed};
    if (!status) status = hg_net_plan_create(context, net, &options, &plan, &e);
    hg_net_free(net);
    hg_context_free(context);
    hg_weights_free(packed);
    hg_net_plan_free(plan);
    return status;
}

void net_test_memory(void)
{
    check_sizes();
    for (const net_text_case *c = net_cases; c->name; c++) {
        counter all = {0};
        if (!NET_EXPECT(attempt(&all, c->text) == HG_OK && all.live == 0, "%s: %ld blocks leaked",
                        c->name, all.live))
            continue;
        for (long n = 1; n <= all.calls; n++) {
            counter one = {.fail = n};
            const hg_status status = attempt(&one, c->text);
            NET_EXPECT(status == HG_NO_MEMORY && one.live == 0,
                       "%s: allocation %ld of %ld failed: %s, %ld blocks leaked", c->name, n,
                       all.calls, hg_status_string(status), one.live);
        }
    }
}
