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

/* ---- Indices as an input ---- */

typedef struct unpooling {
    float x[8], y[32], want[32];
    int32_t i[8];
} unpooling;

/* Two channels of 2x2 values; places[1] counts the whole tensor, as ONNX does. */
static unpooling unpooling_of(bool nchw, bool onnx)
{
    static const int32_t places[2][8] = {{1, 2, 8, 15, 0, 3, 9, 14}, {1, 2, 8, 15, 16, 19, 25, 30}};
    unpooling u = {.want = {0}};
    for (int j = 0; j < 8; j++) {
        const int at = nchw ? j : j % 4 * 2 + j / 4, place = places[0][j];
        u.x[at] = (float)(j + 1);
        u.i[at] = places[onnx][j];
        u.want[nchw ? j / 4 * 16 + place : place * 2 + j / 4] = (float)(j + 1);
    }
    return u;
}

static hg_status unpool(unpooling *u, bool nchw, const char *convention, hg_net_error *e)
{
    char text[256];
    hg_net *net = NULL;
    hg_net_plan *plan = NULL;
    hg_context *context;
    const hg_layout layout = nchw ? HG_NCHW : HG_NHWC;
    const int size = snprintf(text, sizeof text,
                              "hgnet 1\ninput x c=2 h=2 w=2\ninput i c=2 h=2 w=2 type=indices\n"
                              "y = max_unpool2d x i window=2 indices=%s\noutput y\n",
                              convention);
    hg_context_create(NULL, &context);
    hg_status status = hg_net_read(text, (size_t)size, NULL, 0, NULL, &net, e);
    const hg_net_options options = {.input = layout, .output = layout};
    if (!status) status = hg_net_plan_create(context, net, &options, &plan, e);
    if (!status) {
        void *memory = aligned_alloc(64, hg_net_memory_size(plan) + 64);
        status = hg_net_run(plan, (const void *[]){u->x, u->i}, (void *[]){u->y}, memory);
        free(memory);
    }
    hg_net_plan_free(plan);
    hg_net_free(net);
    hg_context_free(context);
    return status;
}

void net_test_indices(void)
{
    for (int way = 0; way < 4; way++) {
        const bool nchw = way & 1, onnx = way & 2;
        hg_net_error e = {0};
        unpooling u = unpooling_of(nchw, onnx);
        const hg_status status = unpool(&u, nchw, onnx ? "onnx" : "pytorch", &e);
        NET_EXPECT(status == HG_OK && !memcmp(u.y, u.want, sizeof u.y),
                   "indices of an input, %d: %s %s", way, hg_status_string(status), e.text);
        u.i[3] = 32;
        NET_EXPECT(unpool(&u, nchw, onnx ? "onnx" : "pytorch", &e) == HG_INDEX,
                   "an index outside, %d", way);
    }
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
                 {"weights size=12", HG_INVALID, "in no file"},
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
    const char *memory = "hgnet 1\nweights size=12\ninput x c=2 h=3 w=3\n"
                         "a = conv2d x k=1 window=1 bias=2\noutput a\n";
    NET_EXPECT(hg_net_read(memory, strlen(memory), weights, 12, NULL, &net, &e) == HG_OK,
               "weights from memory: %s", e.text);
    hg_net_free(net);
    NET_EXPECT(hg_net_read(memory, strlen(memory), weights, 8, NULL, &net, &e) == HG_INVALID,
               "too few bytes from memory: %s", e.text);
    NET_EXPECT(hg_net_load(f.path, NULL, &net, &e) == HG_IO, "a folder: %s", e.text);
    NET_EXPECT(hg_net_load("/nowhere", NULL, &net, &e) == HG_IO, "no file: %s", e.text);
    unlink(f.net), unlink(f.weights), rmdir(f.path);
}

/* ---- Sizes ---- */

enum { SIZED = 2 * 2 * 14 * 18 };

/* The network at 2 x 7 x 9: described so (way 0), or another size that options replace. */
static void run_sized(hg_context *context, int way, float *output)
{
    static const char *const body = "a = conv2d x k=3 window=3 padding=1\nb = upsample a by=2\n"
                                    "c = conv2d b k=2 window=3 padding=1\noutput c\n";
    const hg_tensor input = hg_tensor_nhwc(HG_F32, 2, 7, 9, 2);
    const hg_net_options options[] = {{0}, {.n = 2, .size = {7, 9}}, {.inputs = &input}};
    float x[2 * 2 * 7 * 9];
    char text[512];
    hg_net *net;
    hg_net_plan *plan;
    hg_tensor t;
    for (int j = 0; j < 2 * 2 * 7 * 9; j++) x[j] = (float)(j % 17) - 8;
    snprintf(text, sizeof text, "hgnet 1\nweights random=3\ninput x c=2 %s\n%s",
             way ? "h=4 w=4" : "h=7 w=9 n=2", body);
    NET_EXPECT(hg_net_read(text, strlen(text), NULL, 0, NULL, &net, NULL) == HG_OK, "sizes");
    NET_EXPECT(hg_net_plan_create(context, net, &options[way], &plan, NULL) == HG_OK, "sizes");
    NET_EXPECT(hg_net_output(plan, 0, NULL, &t) == HG_OK && t.n == 2 && t.h == 14 && t.w == 18,
               "the output's sizes");
    void *memory = aligned_alloc(64, hg_net_memory_size(plan) + 64);
    hg_net_run(plan, (const void *[]){x}, (void *[]){output}, memory);
    free(memory);
    hg_net_plan_free(plan);
    hg_net_free(net);
}

/* Options give what a description of that size gives. */
static void check_sizes(void)
{
    static float outputs[3][SIZED];
    hg_context *context;
    hg_context_create(&(hg_context_options){.ignore_environment = true}, &context);
    for (int way = 0; way < 3; way++) {
        run_sized(context, way, outputs[way]);
        NET_EXPECT(!memcmp(outputs[0], outputs[way], sizeof *outputs), "way %d: other bits", way);
    }
    hg_context_free(context);
}

/* ---- Executors ---- */

static void count_calls(void *self, size_t count, void (*task)(void *argument, size_t i),
                        void *argument)
{
    ++*(int *)self;
    for (size_t i = count; i-- > 0;) task(argument, i);
}

/* A run's executor takes the place of the context's. */
static void check_executors(void)
{
    static const char *const text = "hgnet 1\nweights random=1\ninput x c=32 h=64 w=64\n"
                                    "a = conv2d x k=32 window=3 padding=1\noutput a\n";
    int own = 0, given = 0;
    const hg_executor executor = {count_calls, &given};
    hg_net *net;
    hg_net_plan *plan;
    hg_context *context;
    hg_context_create(&(hg_context_options){.threads = 2,
                                            .executor = {count_calls, &own},
                                            .ignore_environment = true},
                      &context);
    NET_EXPECT(hg_net_read(text, strlen(text), NULL, 0, NULL, &net, NULL) == HG_OK, "a net");
    NET_EXPECT(hg_net_plan_create(context, net, NULL, &plan, NULL) == HG_OK, "a plan");
    const size_t size = 32 * 64 * 64 * sizeof(float);
    float *x = calloc(1, size), *y = calloc(1, size);
    void *memory = aligned_alloc(64, hg_net_memory_size(plan) + 64);
    const void *const in[] = {x};
    void *const out[] = {y};
    NET_EXPECT(hg_net_run_on(plan, &executor, in, out, memory) == HG_OK && given && !own,
               "%d calls of the run's executor, %d of the context's", given, own);
    NET_EXPECT(hg_net_run(plan, in, out, memory) == HG_OK && own, "the context's is not used");
    NET_EXPECT(hg_net_run_on(plan, &(hg_executor){0}, in, out, memory) == HG_INVALID,
               "an executor without a function");
    free(memory), free(y), free(x);
    hg_net_plan_free(plan);
    hg_net_free(net);
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
    check_executors();
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
