/* The traffic roof: which loop moves a layer's bytes fastest. Contract: limits.h.
 *
 * What is fastest depends on where the buffers lie: past the caches, several rows side by side keep
 * more lines on their way than one, and stores that do not read their lines first, or prefetches,
 * may help; in the caches they hurt. So all are tried, on the layer's own memory. */
#include <stdlib.h>
#include <string.h>

#include "bench/crew.h"
#include "bench/limits.h"
#include "kernels/common/attr.h"

enum { LINE_BYTES = HG_LINE_FLOATS * sizeof(float) };
enum { MOST_TRIALS = 32, FINALISTS = 4, MOST_ROUNDS = 40, UNCHANGED_ROUNDS = 4 };
enum { LONG_ROW = 512, LEAST_STREAMED = 1 << 18 }; /* bytes */
static const double PASS_NS = 2e4, FIRST_NS = 1e6, ROUND_NS = 4e6, RISE = 0.003;

/* How the bytes are moved. */
typedef struct form {
    bool rows; /* several rows of each tensor side by side, as windows take them; else one */
    size_t step_lines; /* of the largest stream, before it is another's turn */
    bool nontemporal;
    size_t ahead; /* lines */
    bool library; /* memcpy and memset instead */
} form;

static const form forms[] = {
    {false, 4, false, 0, false},  {false, 64, false, 0, false}, {false, 4, true, 0, false},
    {false, 64, true, 0, false},  {false, 4, false, 32, false}, {false, 64, true, 32, false},
    {false, 16, true, 16, false}, {true, 1, false, 0, false},   {true, 4, false, 0, false},
    {true, 16, false, 0, false},  {true, 64, false, 0, false},  {true, 1, true, 0, false},
    {true, 4, true, 0, false},    {true, 16, true, 0, false},   {true, 64, true, 0, false},
    {true, 4, false, 32, false},  {true, 16, false, 32, false}, {true, 4, true, 32, false},
    {true, 16, true, 32, false},  {true, 64, true, 32, false},  {false, 0, false, 0, true},
};

typedef struct trial {
    const hg_limit_loops *loops;
    const hg_traffic *traffic;
    const form *form;
    size_t bands;
    long passes;
    double ns; /* of a pass, least so far */
} trial;

static volatile float sink;

static size_t lines_of(const hg_traffic_tensor *t)
{
    return t->bytes / LINE_BYTES;
}

/* The lines of a tensor under one band of rows, cut into streams. */
static void add_streams(const trial *t, const hg_traffic_tensor *tensor, size_t first, size_t last,
                        hg_walk *w)
{
    const size_t lines = lines_of(tensor), rows = HG_MAX(tensor->rows, 1);
    const size_t begin = lines * first / t->bands, end = lines * last / t->bands;
    size_t streams = 1;
    if (t->form->rows)
        streams = HG_MIN(HG_MAX((rows + t->bands / 2) / t->bands, 1), HG_STREAMS / 2);
    for (size_t i = 0; i < streams; i++) {
        const size_t from = begin + (end - begin) * i / streams;
        const size_t to = begin + (end - begin) * (i + 1) / streams;
        hg_stream *s = tensor->written ? &w->out[w->outs++] : &w->in[w->ins++];
        *s = (hg_stream){.data = (float *)tensor->data + from * HG_LINE_FLOATS, .lines = to - from};
    }
}

static void set_steps(const form *f, hg_walk *w)
{
    size_t most = 1;
    for (int i = 0; i < w->ins; i++) most = HG_MAX(most, w->in[i].lines);
    for (int i = 0; i < w->outs; i++) most = HG_MAX(most, w->out[i].lines);
    w->steps = HG_CEIL_DIV(most, f->step_lines);
    for (int i = 0; i < w->ins; i++) w->in[i].step_lines = HG_CEIL_DIV(w->in[i].lines, w->steps);
    for (int i = 0; i < w->outs; i++) w->out[i].step_lines = HG_CEIL_DIV(w->out[i].lines, w->steps);
}

/* Bands first .. last - 1 as one walk. */
static void walk_bands(const trial *t, size_t first, size_t last)
{
    hg_walk w = {.ahead = t->form->ahead};
    for (int i = 0; i < t->traffic->count; i++)
        add_streams(t, &t->traffic->tensors[i], first, last, &w);
    set_steps(t->form, &w);
    sink = (t->form->nontemporal ? t->loops->walk_nontemporal : t->loops->walk)(&w);
}

/* Copies the inputs over the outputs; what has no counterpart is read, or set. */
static void copy_bands(const trial *t, size_t first, size_t last)
{
    hg_walk w = {0};
    for (int i = 0; i < t->traffic->count; i++)
        add_streams(t, &t->traffic->tensors[i], first, last, &w);
    for (int i = 0; i < HG_MAX(w.ins, w.outs); i++) {
        const size_t in = i < w.ins ? w.in[i].lines : 0, out = i < w.outs ? w.out[i].lines : 0;
        const size_t both = HG_MIN(in, out);
        if (both) memcpy(w.out[i].data, w.in[i].data, both * LINE_BYTES);
        if (out > both)
            memset(w.out[i].data + both * HG_LINE_FLOATS, 0x3f, (out - both) * LINE_BYTES);
        if (in == both) continue;
        hg_walk rest = {.in = {{w.in[i].data + both * HG_LINE_FLOATS, in - both, in - both}},
                        .ins = 1,
                        .steps = 1};
        sink = t->loops->walk(&rest);
    }
}

static void run_trial(void *argument, int thread, int threads)
{
    const trial *t = argument;
    const size_t first = t->bands * (size_t)thread / (size_t)threads;
    const size_t last = t->bands * (size_t)(thread + 1) / (size_t)threads;
    for (long pass = 0; pass < t->passes; pass++) {
        if (t->form->library)
            copy_bands(t, first, last);
        else if (!t->form->rows)
            walk_bands(t, first, last);
        else
            for (size_t band = first; band < last; band++) walk_bands(t, band, band + 1);
    }
}

/* false if there is no thread for it. */
static bool time_trial(trial *t, int threads, double least_ns)
{
    const hg_crew crew = {
        .threads = threads, .repeats = 1, .least_ns = least_ns, .work = run_trial, .argument = t};
    const double ns = hg_crew_time(&crew) / (double)t->passes;
    if (ns > 0) t->ns = t->ns > 0 ? HG_MIN(t->ns, ns) : ns;
    return ns > 0;
}

static int by_time(const void *a, const void *b)
{
    const double x = ((const trial *)a)->ns, y = ((const trial *)b)->ns;
    return (x > y) - (x < y);
}

static int make_trials(const hg_limit_loops *loops, int threads, const hg_traffic *traffic,
                       trial trials[MOST_TRIALS])
{
    size_t bytes = 0, least_rows = SIZE_MAX, shortest = SIZE_MAX;
    for (int i = 0; i < traffic->count; i++) {
        const hg_traffic_tensor *t = &traffic->tensors[i];
        bytes += t->bytes;
        least_rows = HG_MIN(least_rows, HG_MAX(t->rows, 1));
        shortest = HG_MIN(shortest, t->bytes / HG_MAX(t->rows, 1));
    }
    int count = 0;
    for (size_t i = 0; i < HG_COUNT(forms); i++) {
        const form *f = &forms[i];
        if ((f->nontemporal || f->ahead) && bytes < LEAST_STREAMED) continue;
        if (f->nontemporal && !loops->walk_nontemporal) continue;
        if (f->rows && (shortest < LONG_ROW || least_rows < (size_t)threads)) continue;
        trials[count++] = (trial){.loops = loops,
                                  .traffic = traffic,
                                  .form = f,
                                  .bands = f->rows ? least_rows : (size_t)threads,
                                  .passes = 1};
    }
    return count;
}

double hg_limit_traffic_ns(hg_isa isa, int threads, const hg_traffic *traffic)
{
    trial trials[MOST_TRIALS];
    const int count = make_trials(hg_limit_loops_of(isa), threads, traffic, trials);
    for (int i = 0; i < count; i++) {
        trial *t = &trials[i];
        if (!time_trial(t, threads, 0)) return 0;
        t->passes = (long)HG_MAX(PASS_NS / t->ns, 1.0);
        t->ns = 0;
        time_trial(t, threads, FIRST_NS);
    }
    qsort(trials, (size_t)count, sizeof *trials, by_time);
    double best = trials[0].ns;
    for (int round = 0, unchanged = 0; round < MOST_ROUNDS && unchanged < UNCHANGED_ROUNDS;
         round++) {
        const double before = best;
        for (int i = 0; i < HG_MIN(count, FINALISTS); i++) {
            time_trial(&trials[i], threads, ROUND_NS);
            best = HG_MIN(best, trials[i].ns);
        }
        unchanged = best < before * (1 - RISE) ? 0 : unchanged + 1;
    }
    return best;
}
