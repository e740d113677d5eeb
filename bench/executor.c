/* What threads gain, and what they cost where the machine is busy with something else.
 *
 *     bench/executor [--threads N] [--busy 0,1,2] [--rounds N] [--shapes FILE --network NAME]
 *
 * Runs 60 small 1x1 convolutions, one after the other as a network would, and the layers of a
 * network (U-Net's, if none is named), on one thread and on N (2) in turn, with 0, 1 and 2
 * processes beside that do nothing but compute. A line per set and per kind of layer: the time on
 * one thread over the time on N, above 1 where threads gain; median, lower quartile and least over
 * the rounds. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernels/common/attr.h"
#include "tuner/clock.h"
#include "tuner/measure.h"
#include "tuner/shapes.h"
#include "tuner/workload.h"

enum { MAX_LAYERS = 128, MAX_BUSY = 16, SMALL_LAYERS = 60 };

typedef struct options {
    int threads, rounds;
    const char *busy, *shapes, *network;
} options;

/* One layer, ready to run on one thread [0] and on many [1]. */
typedef struct layer {
    hg_workload work[2];
    hg_runner runner[2];
    double ns; /* on one thread, undisturbed */
} layer;

typedef struct layers {
    layer at[MAX_LAYERS];
    int count;
} layers;

/* ---- Layers ---- */

static bool add(layers *l, hg_context *const contexts[2], const hg_problem *p)
{
    layer *it = &l->at[l->count];
    hg_reason why = {"too many layers"};
    bool good = l->count < MAX_LAYERS;
    for (int i = 0; i < 2 && good; i++)
        good = !hg_workload_create(contexts[i], p, &it->work[i], &why) &&
               !hg_runner_create(&it->work[i], NULL, &it->runner[i], &why);
    if (good)
        l->count++;
    else
        fprintf(stderr, "executor: %s\n", why.text);
    return good;
}

/* 10 to 200 us each at 100 GFLOP/s: channels and pixels that vary as in the middle of a network. */
static bool add_small(layers *l, hg_context *const contexts[2])
{
    static const int channels[] = {48, 64, 96, 128, 160}, sides[] = {14, 16, 20};
    for (int i = 0; i < SMALL_LAYERS; i++) {
        char key[HG_KEY_SIZE];
        hg_problem p;
        const int side = sides[i % 3];
        snprintf(key, sizeof key, "conv2d f32 nhwc n1 c%d h%d w%d k%d r1x1 s1x1 p0,0,0,0 d1x1 g1",
                 channels[i % 5], side, side, channels[(i / 5 + 1) % 5]);
        if (hg_problem_parse(key, &p, NULL) || !add(l, contexts, &p)) return false;
    }
    return true;
}

static bool add_network(layers *l, hg_context *const contexts[2], const options *o)
{
    hg_shapes shapes = {0};
    hg_reason why = {""};
    bool good = hg_shapes_read(o->shapes, &shapes, &why) == HG_OK;
    for (size_t i = 0; i < shapes.count && good; i++) {
        hg_problem p;
        if (strcmp(shapes.rows[i].network, o->network)) continue;
        good = !hg_shape_problem(&shapes.rows[i], HG_NHWC, &p, &why) && add(l, contexts, &p);
    }
    if (good && l->count == 0) hg_fail(&why, HG_INVALID, "%s: no %s", o->shapes, o->network);
    if (why.text[0]) fprintf(stderr, "executor: %s\n", why.text);
    hg_shapes_free(&shapes);
    return good && l->count > 0;
}

static void free_layers(layers *l)
{
    for (int i = 0; i < l->count; i++)
        for (int t = 0; t < 2; t++) {
            hg_runner_free(&l->at[i].runner[t]);
            hg_workload_free(&l->at[i].work[t]);
        }
    free(l);
}

/* ---- Measuring ---- */

static double run_all(const layers *l, int threads, int times)
{
    const double start = hg_clock_ns();
    for (int t = 0; t < times; t++)
        for (int i = 0; i < l->count; i++)
            hg_runner_run(&l->at[i].runner[threads], &l->at[i].work[threads]);
    return hg_clock_ns() - start;
}

static double run_layer(const layer *l, int threads, int times)
{
    const double start = hg_clock_ns();
    for (int t = 0; t < times; t++) hg_runner_run(&l->runner[threads], &l->work[threads]);
    return hg_clock_ns() - start;
}

static void time_layers(layers *l)
{
    for (int i = 0; i < l->count; i++) {
        l->at[i].ns = run_layer(&l->at[i], 0, 1);
        for (int again = 0; again < 5; again++)
            l->at[i].ns = HG_MIN(l->at[i].ns, run_layer(&l->at[i], 0, 1));
    }
}

static void print(const char *set, int busy, const char *what, const double *gain, int n, double us)
{
    printf("%-10s busy %d  %-24s %10.1f us  gain %5.2f  quartile %5.2f  least %5.2f\n", set, busy,
           what, us, hg_quantile(gain, n, 0.5), hg_quantile(gain, n, 0.25),
           hg_quantile(gain, n, 0));
    fflush(stdout);
}

/* The set as a whole, in pairs whose order alternates; each part lasts about 20 ms. */
static void measure_set(const layers *l, const char *name, int busy, int rounds)
{
    double gain[HG_MAX_SAMPLES], total = 0;
    for (int i = 0; i < l->count; i++) total += l->at[i].ns;
    const int times = hg_batch(total, 20e6);
    for (int r = 0; r < rounds; r++) {
        double ns[2];
        ns[r & 1] = run_all(l, r & 1, times);
        ns[~r & 1] = run_all(l, ~r & 1, times);
        gain[r] = ns[0] / ns[1];
    }
    print(name, busy, "all, in order", gain, rounds, total * 1e-3);
}

/* Each layer by itself; the layers between two times share a line: its gains are their medians. */
static void measure_band(const layers *l, const char *name, int busy, int rounds, double least,
                         double most)
{
    double medians[MAX_LAYERS], gain[HG_MAX_SAMPLES], sum = 0;
    int n = 0;
    for (int i = 0; i < l->count && n < HG_MAX_SAMPLES; i++) {
        const layer *it = &l->at[i];
        if (it->ns < least || it->ns >= most) continue;
        const int times = hg_batch(it->ns, 10e6);
        for (int r = 0; r < rounds; r++) {
            double ns[2];
            ns[r & 1] = run_layer(it, r & 1, times);
            ns[~r & 1] = run_layer(it, ~r & 1, times);
            gain[r] = ns[0] / ns[1];
        }
        medians[n++] = hg_quantile(gain, rounds, 0.5);
        sum += it->ns;
    }
    char what[64];
    snprintf(what, sizeof what, "%d of %.0f to %.0f us", n, least * 1e-3, HG_MIN(most * 1e-3, 1e6));
    if (n > 0) print(name, busy, what, medians, n, sum * 1e-3);
}

static void measure(layers *l, const char *name, int busy, int rounds)
{
    measure_set(l, name, busy, rounds);
    measure_band(l, name, busy, rounds, 0, 15e3);
    measure_band(l, name, busy, rounds, 15e3, 1e6);
    measure_band(l, name, busy, rounds, 1e6, 1e12);
}

/* ---- Processes beside ---- */

static void begin_busy(int count, pid_t pids[MAX_BUSY])
{
    for (int i = 0; i < count; i++) {
        pids[i] = fork();
        if (pids[i] != 0) continue;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (volatile float x = 1;;) x = x * 0.999f + 0.001f;
    }
    if (count > 0) usleep(200000); /* until the system has spread them */
}

static void end_busy(int count, const pid_t pids[MAX_BUSY])
{
    for (int i = 0; i < count; i++)
        if (pids[i] > 0) kill(pids[i], SIGKILL), waitpid(pids[i], NULL, 0);
}

static void measure_beside(layers *small, layers *network, const options *o, int busy)
{
    pid_t pids[MAX_BUSY];
    begin_busy(busy, pids);
    measure(small, "small 1x1", busy, o->rounds);
    measure(network, o->network, busy, o->rounds);
    end_busy(busy, pids);
}

static bool read_options(int argc, char **argv, options *o)
{
    *o = (options){2, 21, "0,1,2", "bench/shapes/decoders.tsv", "unet256"};
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--threads"))
            o->threads = atoi(value);
        else if (!strcmp(argv[i], "--rounds"))
            o->rounds = atoi(value);
        else if (!strcmp(argv[i], "--busy"))
            o->busy = value;
        else if (!strcmp(argv[i], "--shapes"))
            o->shapes = value;
        else if (!strcmp(argv[i], "--network"))
            o->network = value;
        else
            return false;
    }
    return o->threads >= 2 && o->rounds >= 1 && o->rounds <= HG_MAX_SAMPLES && *o->busy;
}

int main(int argc, char **argv)
{
    options o;
    if (!read_options(argc, argv, &o)) {
        fprintf(stderr, "usage: executor [--threads N] [--busy 0,1,2] [--rounds N] [--shapes FILE "
                        "--network NAME]\n");
        return 2;
    }
    hg_context *contexts[2] = {NULL, NULL};
    layers *small = calloc(1, sizeof *small), *network = calloc(1, sizeof *network);
    const hg_context_options many = {.threads = o.threads};
    const bool good = small && network && !hg_context_create(NULL, &contexts[0]) &&
                      !hg_context_create(&many, &contexts[1]) && add_small(small, contexts) &&
                      add_network(network, contexts, &o);
    if (good) {
        time_layers(small);
        time_layers(network);
        for (const char *word = o.busy; word; word = strchr(word, ',')) {
            word += *word == ',';
            measure_beside(small, network, &o, (int)HG_MIN(strtol(word, NULL, 10), MAX_BUSY));
        }
    }
    if (small) free_layers(small);
    if (network) free_layers(network);
    hg_context_free(contexts[0]);
    hg_context_free(contexts[1]);
    return good ? 0 : 1;
}
