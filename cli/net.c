/* hourglass net */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/yardsticks.h"
#include "hourglass/net.h"
#include "tuner/clock.h"

typedef struct net_options {
    int threads, n, h, w;
    bool run, time, unfused, nchw;
    double seconds;
    const char *keys, *input, *output, *packed;
} net_options;

/* A network with all that a run needs. */
typedef struct loaded {
    hg_context *context;
    hg_net *net;
    hg_net_plan *plan;
    void *memory;
    float *inputs[64];
    void *outputs[64];
    double start; /* ns that the context, reading and planning took */
} loaded;

/* ---- Life ---- */

static void *allocate(size_t size)
{
    return aligned_alloc(64, (size + 63) / 64 * 64 + 64);
}

static size_t bytes_of(const hg_tensor *t)
{
    return (size_t)(t->n * t->h * t->w * t->c) * (t->dtype == HG_U8 ? 1 : sizeof(float));
}

/* "FILE:LINE:COLUMN: sentence", as compilers do. */
static void print_error(const char *file, const hg_net_error *e)
{
    if (e->line)
        fprintf(stderr, "%s:%d:%d: %s\n", file, e->line, e->column, e->text);
    else
        fprintf(stderr, "hourglass: %s: %s\n", file, e->text);
}

/* How a net is loaded: with its weights, or the description alone. */
typedef hg_status loader(const char *path, const hg_allocator *allocator, hg_net **net,
                         hg_net_error *error);

static hg_status load_and_plan(loaded *l, loader *by, const char *file, hg_weights *packed,
                               const net_options *o, hg_net_error *error)
{
    const hg_layout layout = o->nchw ? HG_NCHW : HG_NHWC;
    const hg_net_options options = {.n = o->n,
                                    .size = {o->h, o->w},
                                    .input = layout,
                                    .output = layout,
                                    .unfused = o->unfused,
                                    .packed = packed};
    hg_net_free(l->net);
    const hg_status status = by(file, NULL, &l->net, error);
    return status ? status : hg_net_plan_create(l->context, l->net, &options, &l->plan, error);
}

/* Of a file that is to be written: is it something else than packed weights, which is to stay? */
static bool is_foreign(const char *path)
{
    char magic[8];
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    const size_t size = fread(magic, 1, sizeof magic, file);
    fclose(file);
    return size > 0 && (size < sizeof magic || memcmp(magic, "hgpacked", sizeof magic) != 0);
}

static bool exists(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file) fclose(file);
    return file != NULL;
}

/* Everything from the file of packed weights, if it has all: then the others are not read. */
static bool load_packed(loaded *l, const char *file, const net_options *o)
{
    hg_net_error error;
    hg_weights *packed;
    if (!exists(o->packed) || hg_weights_open(l->context, o->packed, &packed)) return false;
    const hg_status status = load_and_plan(l, hg_net_load_text, file, packed, o, &error);
    hg_weights_free(packed); /* the plan keeps it */
    if (status) fprintf(stderr, "hourglass: %s: packed anew\n", o->packed);
    return status == HG_OK;
}

static bool load(loaded *l, const char *file, const net_options *o)
{
    hg_net_error error;
    hg_weights *packed = NULL;
    if (o->packed && is_foreign(o->packed)) {
        fprintf(stderr, "hourglass: %s is no file of packed weights, and stays as it is\n",
                o->packed);
        return false;
    }
    l->context = cli_context(o->threads);
    if (!l->context) return false;
    if (o->packed && load_packed(l, file, o)) return true;
    if (o->packed && hg_weights_create(l->context, &packed)) return false;
    hg_status status = load_and_plan(l, hg_net_load, file, packed, o, &error);
    if (status) print_error(file, &error);
    if (!status && packed) status = hg_weights_save(packed, o->packed);
    hg_weights_free(packed);
    return status == HG_OK;
}

static bool allocate_tensors(loaded *l)
{
    hg_tensor t;
    bool good = (l->memory = allocate(hg_net_memory_size(l->plan))) != NULL;
    for (int i = 0; hg_net_input(l->plan, i, NULL, &t) == HG_OK; i++)
        good = (l->inputs[i] = allocate(bytes_of(&t))) != NULL && good;
    for (int i = 0; hg_net_output(l->plan, i, NULL, &t) == HG_OK; i++)
        good = (l->outputs[i] = allocate(bytes_of(&t))) != NULL && good;
    if (!good) fprintf(stderr, "hourglass: out of memory\n");
    return good;
}

static void release(loaded *l)
{
    for (int i = 0; i < 64; i++) free(l->inputs[i]), free(l->outputs[i]);
    free(l->memory);
    hg_net_plan_free(l->plan);
    hg_net_free(l->net);
    hg_context_free(l->context);
}

/* ---- The plan ---- */

static void print_end(const char *word, const char *name, const hg_tensor *t)
{
    printf("%-7s %s  n=%lld c=%lld h=%lld w=%lld\n", word, name, (long long)t->n, (long long)t->c,
           (long long)t->h, (long long)t->w);
}

static void print_plan(const loaded *l)
{
    hg_net_step s;
    hg_tensor t;
    const char *name;
    for (int i = 0; hg_net_input(l->plan, i, &name, &t) == HG_OK; i++) print_end("input", name, &t);
    for (int i = 0; hg_net_step_get(l->plan, i, &s) == HG_OK; i++) {
        const hg_tensor *o = &s.output;
        printf("%3d %-12s %lldx%lldx%lld  %s\n", i + 1, s.name, (long long)o->c, (long long)o->h,
               (long long)o->w, s.lines);
        printf("                 %s\n", *s.kernel ? s.kernel : "a copy");
    }
    for (int i = 0; hg_net_output(l->plan, i, &name, &t) == HG_OK; i++)
        print_end("output", name, &t);
    printf("arena %.2f MB for values of %.2f MB, workspace %.2f MB\n",
           (double)hg_net_arena_size(l->plan) * 1e-6, (double)hg_net_values_size(l->plan) * 1e-6,
           (double)(hg_net_memory_size(l->plan) - hg_net_arena_size(l->plan)) * 1e-6);
    printf("context, reading and plans took %.2f ms\n", l->start * 1e-6);
}

static bool write_keys(const loaded *l, const char *path)
{
    hg_net_step s;
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        return false;
    }
    for (int i = 0; hg_net_step_get(l->plan, i, &s) == HG_OK; i++)
        fprintf(file, "%s%s%s", s.key, *s.key ? "\n" : "", hg_net_step_weighed(l->plan, i));
    const bool good = !ferror(file) && fclose(file) == 0;
    if (!good) perror(path);
    return good;
}

/* ---- Data ---- */

static void fill(float *data, size_t count)
{
    uint32_t state = 1;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        data[i] = (float)(state >> 8) * 0x1p-23f - 1.0f;
    }
}

/* The first input from a file of raw float32, the others drawn. */
static bool make_inputs(loaded *l, const char *path)
{
    hg_tensor t;
    for (int i = 0; hg_net_input(l->plan, i, NULL, &t) == HG_OK; i++)
        fill(l->inputs[i], bytes_of(&t) / sizeof(float));
    if (!path) return true;
    hg_net_input(l->plan, 0, NULL, &t);
    FILE *file = fopen(path, "rb");
    const size_t size = bytes_of(&t), got = file ? fread(l->inputs[0], 1, size, file) : 0;
    const bool whole = got == size && fgetc(file) == EOF;
    if (!file) perror(path);
    if (file && !whole)
        fprintf(stderr, "hourglass: %s does not have the input's %zu bytes\n", path, size);
    if (file) fclose(file);
    return whole;
}

static bool write_output(const loaded *l, const char *path)
{
    hg_tensor t;
    FILE *file = fopen(path, "wb");
    hg_net_output(l->plan, 0, NULL, &t);
    bool good = file && fwrite(l->outputs[0], 1, bytes_of(&t), file) == bytes_of(&t);
    if (file) good = fclose(file) == 0 && good;
    if (!good) perror(path);
    return good;
}

static const void *const *inputs_of(const loaded *l)
{
    return (const void *const *)l->inputs;
}

static bool run_once(loaded *l)
{
    const hg_status status = hg_net_run(l->plan, inputs_of(l), l->outputs, l->memory);
    if (status) fprintf(stderr, "hourglass: the run failed: %s\n", hg_status_string(status));
    return status == HG_OK;
}

static void print_outputs(const loaded *l)
{
    hg_tensor t;
    const char *name;
    for (int i = 0; hg_net_output(l->plan, i, &name, &t) == HG_OK; i++) {
        const size_t count = bytes_of(&t) / sizeof(float);
        const float *data = l->outputs[i];
        double sum = 0, least = 0, most = 0;
        if (t.dtype != HG_F32) continue;
        for (size_t j = 0; j < count; j++) {
            const double v = (double)data[j];
            sum += v;
            least = j == 0 || v < least ? v : least;
            most = j == 0 || v > most ? v : most;
        }
        printf("%s: %zu values from %g to %g, mean %g\n", name, count, least, most,
               sum / (double)count);
    }
}

/* ---- Times ---- */

static double least_of(double *times, int count, double sample)
{
    times[0] = count == 0 || sample < times[0] ? sample : times[0];
    return times[0];
}

/* Every step's least time, over whole runs; what a run takes as a whole is timed beside. */
static void print_times(loaded *l, double seconds)
{
    const int count = hg_net_step_count(l->plan);
    double *times = calloc((size_t)count + 1, sizeof *times), sum = 0, whole = 0;
    const double deadline = hg_clock_ns() + seconds * 1e9;
    int rounds = 0;
    for (; times && (rounds < 3 || hg_clock_ns() < deadline); rounds++) {
        double before = hg_clock_ns();
        hg_net_run(l->plan, inputs_of(l), l->outputs, l->memory);
        least_of(&whole, rounds, hg_clock_ns() - before);
        for (int i = 0; i < count; i++) {
            before = hg_clock_ns();
            hg_net_step_run(l->plan, i, inputs_of(l), l->outputs, l->memory);
            least_of(&times[i], rounds, hg_clock_ns() - before);
        }
    }
    if (!times) return;
    const yardsticks y = yardsticks_of(l->context);
    for (int i = 0; i < count; i++) sum += times[i];
    printf("  step              us  share   GFLOP/s    GB/s  of limit  kernel\n");
    for (int i = 0; i < count; i++) {
        hg_net_step s;
        hg_net_step_get(l->plan, i, &s);
        printf("%3d %-12s %9.1f  %4.1f%% %9.1f %7.1f    %5.2f   %s\n", i + 1, s.name,
               times[i] * 1e-3, 100 * times[i] / sum, s.flops / times[i], s.bytes / times[i],
               yardsticks_ns(&y, s.flops, s.bytes) / times[i], *s.kernel ? s.kernel : "a copy");
    }
    printf("whole run: least %.1f us of %d; its steps together %.1f us\n", whole * 1e-3, rounds,
           sum * 1e-3);
    free(times);
}

/* ---- The command ---- */

static bool act(loaded *l, const char *file, const net_options *o)
{
    const double begin = hg_clock_ns();
    if (!load(l, file, o)) return false;
    l->start = hg_clock_ns() - begin;
    if (!o->run && !o->time && !o->keys) print_plan(l);
    if (o->keys && !write_keys(l, o->keys)) return false;
    if (!o->run && !o->time) return true;
    if (!allocate_tensors(l) || !make_inputs(l, o->input) || !run_once(l)) return false;
    if (o->run) print_outputs(l);
    if (o->output && !write_output(l, o->output)) return false;
    if (o->time) print_times(l, o->seconds);
    return true;
}

int cli_net(int argc, char **argv)
{
    net_options o = {.threads = 1, .seconds = 1};
    const hg_option options[] = {{"--run", HG_OPTION_FLAG, &o.run},
                                 {"--time", HG_OPTION_FLAG, &o.time},
                                 {"--unfused", HG_OPTION_FLAG, &o.unfused},
                                 {"--nchw", HG_OPTION_FLAG, &o.nchw},
                                 {"--keys", HG_OPTION_TEXT, &o.keys},
                                 {"--input", HG_OPTION_TEXT, &o.input},
                                 {"--output", HG_OPTION_TEXT, &o.output},
                                 {"--packed", HG_OPTION_TEXT, &o.packed},
                                 {"--seconds", HG_OPTION_NUMBER, &o.seconds},
                                 {"--threads", HG_OPTION_COUNT, &o.threads},
                                 {"--n", HG_OPTION_COUNT, &o.n},
                                 {"--h", HG_OPTION_COUNT, &o.h},
                                 {"--w", HG_OPTION_COUNT, &o.w},
                                 {NULL, HG_OPTION_FLAG, NULL}};
    hg_operands operands;
    if (!hg_options_read(argc, argv, options, &operands)) return CLI_USAGE;
    if (operands.count != 1) {
        fprintf(stderr, "hourglass: one file, please\n");
        return CLI_USAGE;
    }
    o.run = o.run || o.output;
    loaded l = {0};
    const bool good = act(&l, operands.word[0], &o);
    release(&l);
    return good ? CLI_OK : CLI_FAILED;
}
