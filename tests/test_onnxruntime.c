/* Models by ONNX Runtime, with the provider and without. The models come from
 * tests/onnxruntime_models.py, which writes a list of them:
 *
 *     test_onnxruntime RUNTIME PROVIDER FAILING FOLDER [--time]
 *
 * A line of FOLDER/models: MODEL CLAIMED SHAPE..., with one shape for each run; "+" between those
 * of several inputs, and "!" before one that the provider alone refuses. CLAIMED: nodes that the
 * provider does, -1: all. "= FILE" at the end: what the first run gives, in float32; else the
 * runtime alone says it. FAILING: the provider once more, whose memory can be made to fail. --time:
 * prints how long runs take, and checks nothing. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/onnxruntime_host.h"
#include "tests/random.h"

enum { RUNS = 16, THREADS = 4 };

typedef struct model {
    char file[HOST_NAME], expected[HOST_NAME]; /* "": none */
    int claimed, runs, inputs;
    host_shape shapes[RUNS][HOST_ENDS];
    bool refused[RUNS];
} model;

static int passed, failed;

#define EXPECT(condition, ...)                                                                     \
    ((condition) ? (passed++, true)                                                                \
                 : (failed++, printf("FAILED: " __VA_ARGS__), printf("\n"), false))

/* ---- The list ---- */

static void read_run(model *m, char *word)
{
    host_shape *shapes = m->shapes[m->runs];
    m->refused[m->runs++] = *word == '!';
    word += *word == '!';
    char *rest = NULL;
    m->inputs = 0;
    for (char *w = strtok_r(word, "+", &rest); w; w = strtok_r(NULL, "+", &rest)) {
        int64_t *d = shapes[m->inputs++].dims;
        for (int i = 0; i < 4; i++) d[i] = strtoll(w + (i > 0), &w, 10);
    }
}

static bool read_model(model *m, const char *folder, char *line)
{
    char *rest = NULL, *word = strtok_r(line, " \n", &rest);
    *m = (model){0};
    if (!word) return false;
    snprintf(m->file, sizeof m->file, "%s/%s", folder, word);
    m->claimed = atoi(strtok_r(NULL, " \n", &rest));
    while ((word = strtok_r(NULL, " \n", &rest)) != NULL) {
        if (!strcmp(word, "="))
            snprintf(m->expected, sizeof m->expected, "%s/%s", folder,
                     strtok_r(NULL, " \n", &rest));
        else
            read_run(m, word);
    }
    return true;
}

/* ---- Data ---- */

static int64_t elements(const host_shape *s)
{
    return s->dims[0] * s->dims[1] * s->dims[2] * s->dims[3];
}

/* A file beside the model has the inputs of a case, one after another; else they are drawn. */
static void fill(const model *m, int run, float **inputs)
{
    char name[HOST_NAME + 8];
    rng r = {7};
    snprintf(name, sizeof name, "%s.in", m->file);
    FILE *file = fopen(name, "rb");
    for (int i = 0; i < m->inputs; i++) {
        const int64_t count = elements(&m->shapes[run][i]);
        inputs[i] = malloc((size_t)(count + 1) * sizeof(float));
        for (int64_t j = 0; j < count; j++) inputs[i][j] = 2 * rng_unit(&r) - 1;
        if (file && fread(inputs[i], sizeof(float), (size_t)count, file) != (size_t)count)
            printf("%s is too short\n", name);
    }
    if (file) fclose(file);
}

static float *read_expected(const model *m, int64_t count)
{
    float *values = malloc((size_t)(count + 1) * sizeof(float));
    FILE *file = fopen(m->expected, "rb");
    const size_t found = file ? fread(values, sizeof(float), (size_t)count + 1, file) : 0;
    if (file) fclose(file);
    EXPECT(found == (size_t)count, "%s: %zu floats, not %lld", m->expected, found,
           (long long)count);
    return values;
}

/* Of values above 1 the difference to their size. */
static double difference(const float *a, const float *b, int64_t count)
{
    double most = 0;
    for (int64_t i = 0; i < count; i++) {
        if (a[i] == b[i] || (isnan(a[i]) && isnan(b[i]))) continue; /* also of infinity */
        const double off = fabs((double)a[i] - (double)b[i]) / fmax(1, fabs((double)b[i]));
        most = off > most || isnan(off) ? off : most;
    }
    return most;
}

/* ---- Models ---- */

static void compare_run(const host *h, const model *m, int run, OrtSession *plain, OrtSession *ours)
{
    char text[HOST_NAME] = "";
    float *inputs[HOST_ENDS], *want = NULL, *got = NULL;
    int64_t wanted = 0, size = 0;
    fill(m, run, inputs);
    const host_shape *shapes = m->shapes[run];
    EXPECT(
        host_run(h, plain, m->inputs, shapes, (const float *const *)inputs, &want, &wanted, text),
        "%s without: %s", m->file, text);
    const bool ran =
        host_run(h, ours, m->inputs, shapes, (const float *const *)inputs, &got, &size, text);
    EXPECT(m->refused[run] ? !ran && strstr(text, "hourglass: ") : ran, "%s with: %s", m->file,
           text);
    if (got && *m->expected && !run) free(want), want = read_expected(m, wanted = size);
    if (want && got &&
        EXPECT(size == wanted, "%s: %lld elements, not %lld", m->file, (long long)size,
               (long long)wanted)) {
        const double off = difference(got, want, size);
        EXPECT(off <= 1e-4, "%s, run %d: off by %g", m->file, run, off);
    }
    for (int i = 0; i < m->inputs; i++) free(inputs[i]);
    free(want), free(got);
}

static void check_model(const host *h, const model *m, int threads)
{
    char text[HOST_NAME] = "";
    OrtSession *plain = host_session(h, m->file, &(host_options){.threads = threads}, text);
    OrtSession *ours =
        host_session(h, m->file, &(host_options){.provider = true, .threads = threads}, text);
    if (EXPECT(plain && ours, "%s: %s", m->file, text)) {
        int others = 0;
        const int claimed = host_claimed(h, ours, &others);
        EXPECT(m->claimed < 0 ? claimed > 0 && !others : claimed == m->claimed,
               "%s: %d nodes claimed, not %d; %d are left", m->file, claimed, m->claimed, others);
        for (int i = 0; i < m->runs; i++) compare_run(h, m, i, plain, ours);
    }
    if (plain) h->ort->ReleaseSession(plain);
    if (ours) h->ort->ReleaseSession(ours);
}

/* ---- Many threads: one session, and one for each ---- */

typedef struct worker {
    const host *h;
    const model *m;
    OrtSession *shared;
    int number;
    bool same;
} worker;

static bool run_again(const worker *w, OrtSession *session, int run)
{
    float *inputs[HOST_ENDS], *first = NULL, *again = NULL;
    int64_t size = 0, size_again = -1;
    fill(w->m, run, inputs);
    const host_shape *s = w->m->shapes[run];
    const float *const *in = (const float *const *)inputs;
    const bool good = host_run(w->h, session, w->m->inputs, s, in, &first, &size, NULL) &&
                      host_run(w->h, w->shared, w->m->inputs, s, in, &again, &size_again, NULL) &&
                      size == size_again && !memcmp(first, again, (size_t)size * sizeof *first);
    for (int i = 0; i < w->m->inputs; i++) free(inputs[i]);
    free(first), free(again);
    return good;
}

static void *work(void *argument)
{
    worker *w = argument;
    const host_options options = {.provider = true, .threads = 2};
    OrtSession *own = host_session(w->h, w->m->file, &options, NULL);
    w->same = own != NULL;
    for (int i = 0; own && i < 2 * w->m->runs; i++)
        w->same = run_again(w, own, (i + w->number) % w->m->runs) && w->same;
    if (own) w->h->ort->ReleaseSession(own);
    return NULL;
}

static void check_threads(const host *h, const model *m)
{
    pthread_t threads[THREADS];
    worker workers[THREADS];
    char text[HOST_NAME] = "";
    OrtSession *shared =
        host_session(h, m->file, &(host_options){.provider = true, .threads = 2}, text);
    if (!EXPECT(shared != NULL, "%s: %s", m->file, text)) return;
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){h, m, shared, i, false};
        pthread_create(&threads[i], NULL, work, &workers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        EXPECT(workers[i].same, "%s: thread %d has other results", m->file, i);
    }
    h->ort->ReleaseSession(shared);
}

/* ---- Mistakes ---- */

static void check_options(const host *h, const model *m)
{
    static const struct {
        const char *key, *value, *says; /* NULL: good */
    } cases[] = {{"accuracy", "strict", NULL},
                 {"accuracy", "exact", "default, strict or relaxed"},
                 {"reproducible", "yes", NULL},
                 {"threads", "2", NULL},
                 {"threads", "0", "a number from 1 to 256"},
                 {"table", "/nowhere", "a file of tunings"},
                 {"speed", "high", "no option \"speed\""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[HOST_NAME] = "";
        const host_options o = {.provider = true, .key = cases[i].key, .value = cases[i].value};
        OrtSession *session = host_session(h, m->file, &o, text);
        EXPECT(cases[i].says ? !session && strstr(text, cases[i].says) : session != NULL,
               "%s=%s: %s", cases[i].key, cases[i].value, text);
        if (session) h->ort->ReleaseSession(session);
    }
}

/* A shape that the network cannot have is an error, and the next run is none. */
static void check_shapes(const host *h, const model *m)
{
    char text[HOST_NAME] = "";
    float *inputs[HOST_ENDS], *output = NULL;
    int64_t size = 0;
    const host_options options = {.provider = true};
    OrtSession *session = host_session(h, m->file, &options, text);
    if (!EXPECT(session != NULL, "%s: %s", m->file, text)) return;
    fill(m, 0, inputs);
    const float *const *in = (const float *const *)inputs;
    host_shape wrong[HOST_ENDS];
    memcpy(wrong, m->shapes[0], sizeof wrong);
    wrong[0].dims[2] = wrong[0].dims[3] = 1;
    EXPECT(!host_run(h, session, m->inputs, wrong, in, &output, &size, text) && !output &&
               strstr(text, "hourglass"),
           "%s takes an image of 1 x 1: %s", m->file, text);
    EXPECT(host_run(h, session, m->inputs, m->shapes[0], in, &output, &size, text),
           "%s after an error: %s", m->file, text);
    free(output);
    wrong[0] = m->shapes[0][0], wrong[0].dims[0] = 0;
    EXPECT(host_run(h, session, m->inputs, wrong, in, &output, &size, text) && size == 0,
           "%s of no image: %s", m->file, text);
    free(output);
    for (int i = 0; i < m->inputs; i++) free(inputs[i]);
    h->ort->ReleaseSession(session);
}

static void check_registration(const host *h, const model *m)
{
    char text[HOST_NAME] = "";
    const OrtApi *o = h->ort;
    EXPECT(host_good(h, o->RegisterExecutionProviderLibrary(h->env, "second", h->provider), text),
           "registered twice: %s", text);
    check_model(h, m, 1);
    EXPECT(host_good(h, o->UnregisterExecutionProviderLibrary(h->env, "second"), text), "%s", text);
    check_model(h, m, 1);
    EXPECT(!host_good(h, o->RegisterExecutionProviderLibrary(h->env, "first", h->provider), text),
           "the same name twice");
    OrtSession *few =
        host_session(h, m->file, &(host_options){.provider = true, .choosy = true}, text);
    EXPECT(few && (host_claimed(h, few, NULL) > 0) == (m->claimed >= 4), "%s: small subgraphs",
           m->file);
    if (few) o->ReleaseSession(few);
}

/* ---- Memory ---- */

/* Every allocation fails once: the session or the run fails with a sentence, or the runtime does
 * the work itself; nothing is lost. */
static void check_memory(host *h, const char *failing, const model *m)
{
    char text[HOST_NAME] = "";
    OrtSession *plain = host_session(h, m->file, &(host_options){0}, text);
    counted_memory *memory = host_replace(h, failing, text);
    if (!EXPECT(plain && memory, "%s: %s", failing, text)) return;
    const long held = memory->live;
    for (long n = 0, all = 1; n <= all; n++) {
        float *inputs[HOST_ENDS], *want = NULL, *got = NULL;
        int64_t size = 0, wanted = 0;
        fill(m, 0, inputs);
        *text = 0, memory->calls = 0, memory->fail = n;
        OrtSession *session = host_session(h, m->file, &(host_options){.provider = true}, text);
        const float *const *in = (const float *const *)inputs;
        const bool ran =
            session && host_run(h, session, m->inputs, m->shapes[0], in, &got, &size, text);
        host_run(h, plain, m->inputs, m->shapes[0], in, &want, &wanted, NULL);
        if (session) h->ort->ReleaseSession(session);
        if (!n) all = memory->calls;
        EXPECT(ran ? size == wanted && difference(got, want, size) <= 1e-4 : n && *text,
               "allocation %ld of %ld: %s", n, all, text);
        EXPECT(memory->live == held, "allocation %ld of %ld: %ld are left", n, all,
               memory->live - held);
        for (int i = 0; i < m->inputs; i++) free(inputs[i]);
        free(want), free(got);
    }
    memory->fail = 0;
    h->ort->ReleaseSession(plain);
}

/* ---- Time ---- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* The least of interleaved runs, without and with the provider. */
static void time_model(const host *h, const model *m, int threads)
{
    float *inputs[HOST_ENDS], *output;
    int64_t size;
    char text[HOST_NAME] = "", number[8];
    double least[2] = {HUGE_VAL, HUGE_VAL};
    OrtSession *sessions[2];
    snprintf(number, sizeof number, "%d", threads);
    for (int i = 0; i < 2; i++)
        sessions[i] = host_session(h, m->file,
                                   &(host_options){.provider = i,
                                                   .threads = threads,
                                                   .key = "threads",
                                                   .value = number,
                                                   .choosy = true},
                                   text);
    fill(m, 0, inputs);
    for (int i = 0; sessions[0] && sessions[1] && i < 40; i++) {
        const double start = now();
        if (host_run(h, sessions[i % 2], m->inputs, m->shapes[0], (const float *const *)inputs,
                     &output, &size, text))
            least[i % 2] = fmin(least[i % 2], now() - start);
        free(output);
    }
    printf("%s, threads %d: %.2f ms without, %.2f with, %.2f times as fast %s\n", m->file, threads,
           least[0], least[1], least[0] / least[1], text);
    for (int i = 0; i < m->inputs; i++) free(inputs[i]);
    for (int i = 0; i < 2; i++)
        if (sessions[i]) h->ort->ReleaseSession(sessions[i]);
}

int main(int count, char **words)
{
    host h = {0};
    char line[1024], name[HOST_NAME];
    if (count < 5)
        return puts("usage: test_onnxruntime RUNTIME PROVIDER FAILING FOLDER [--time]"), 2;
    if (!host_open(&h, words[1], words[2])) return 1;
    snprintf(name, sizeof name, "%s/models", words[4]);
    FILE *list = fopen(name, "r");
    model *m = calloc(1, sizeof *m);
    if (!list || !m) return printf("%s cannot be opened\n", name), 1;
    for (int i = 0; fgets(line, sizeof line, list); i++) {
        if (!read_model(m, words[4], line)) continue;
        if (count > 5) {
            time_model(&h, m, 1);
            time_model(&h, m, 2);
            continue;
        }
        check_model(&h, m, 1);
        if (i > 0) continue; /* the first one is the one for all of these */
        check_model(&h, m, 2);
        check_threads(&h, m);
        check_options(&h, m);
        check_shapes(&h, m);
        check_registration(&h, m);
    }
    rewind(list);
    if (count == 5 && fgets(line, sizeof line, list) && read_model(m, words[4], line))
        check_memory(&h, words[3], m);
    fclose(list);
    free(m);
    host_close(&h);
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
