/* A job is `count` slices. One 64-bit word says which job is open and how many of its slices are
 * unclaimed:
 *
 *     open = | number of the job : 32 | unclaimed slices : 32 |
 *
 * A claim is a compare-and-swap that takes one off. It fails if the job has been closed in between,
 * so whoever succeeds may read the job: the caller keeps it until every claimed slice is done. */
#include "dispatch/workers.h"

#include "dispatch/os.h"
#include "kernels/common/attr.h"

enum {
    SPIN_NS = 10000,      /* waiting without sleeping: less than what waking a thread takes */
    PATIENCE_NS = 100000, /* lost before the caller gives up: waking takes its time, then pays */
    WAKING_NS = 20000,    /* shorter work, by estimate, is over before a sleeper is awake */
    LEAST_PATIENCE = 16,  /* alone for so many times what was lost: at most 1/16 is lost */
    MOST_PATIENCE = 1024, /* doubled each time workers are of no use */
    MOST_ALONE_NS = 100000000 /* machines become idle, too */
};

struct hg_workers {
    /* The job. `taken` keeps callers apart; the rest of the job is written while it is closed. */
    bool taken; /* atomic */
    void (*task)(void *argument, size_t i);
    void *argument;
    uint32_t number;
    uint64_t open;       /* atomic */
    uint64_t unfinished; /* atomic: slices of the open job that are not done */
    int64_t helped;      /* atomic: ns of processor time that workers have spent on them */
    /* Sleep. Who sleeps says so before it looks for the last time; who has news looks for sleepers
     * after it has told them: one of the two sees the other. */
    hg_os_lock lock;
    hg_os_signal work, done;
    int sleepers;       /* atomic: workers on `work` */
    bool caller_sleeps; /* atomic: the caller on `done` */
    bool stopping;      /* atomic */
    /* The caller's experience. Only who has taken the workers reads and writes it. */
    int64_t lost;        /* ns, since workers were last of use */
    int64_t alone_until; /* ns; atomic: others look whether workers are of use */
    int64_t patience;
    int count; /* of threads */
    hg_os_thread threads[];
};

static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* ---- Slices ---- */

static bool is_open(const hg_workers *w)
{
    return (uint32_t)__atomic_load_n(&w->open, __ATOMIC_SEQ_CST) > 0;
}

static bool is_finished(const hg_workers *w)
{
    return __atomic_load_n(&w->unfinished, __ATOMIC_SEQ_CST) == 0;
}

/* The slices are numbered from the last down. */
static bool claim(hg_workers *w, size_t *slice)
{
    uint64_t open = __atomic_load_n(&w->open, __ATOMIC_ACQUIRE);
    while ((uint32_t)open > 0)
        if (__atomic_compare_exchange_n(&w->open, &open, open - 1, true, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            *slice = (uint32_t)open - 1;
            return true;
        }
    return false;
}

static void finish_slice(hg_workers *w)
{
    if (__atomic_sub_fetch(&w->unfinished, 1, __ATOMIC_SEQ_CST) > 0 ||
        !__atomic_load_n(&w->caller_sleeps, __ATOMIC_SEQ_CST))
        return;
    hg_os_lock_take(&w->lock);
    hg_os_signal_one(&w->done);
    hg_os_lock_drop(&w->lock);
}

/* ---- Workers ---- */

/* false if no slice was left. Processor time, because a worker that is put aside helps nobody. */
static bool help(hg_workers *w)
{
    bool helped = false;
    for (size_t slice; claim(w, &slice); helped = true) {
        const int64_t start = hg_os_thread_time();
        w->task(w->argument, slice);
        const int64_t ns = hg_os_thread_time() - start;
        __atomic_fetch_add(&w->helped, ns, __ATOMIC_RELAXED);
        finish_slice(w);
    }
    return helped;
}

static void sleep_until_open(hg_workers *w)
{
    hg_os_lock_take(&w->lock);
    __atomic_add_fetch(&w->sleepers, 1, __ATOMIC_SEQ_CST);
    while (!is_open(w) && !__atomic_load_n(&w->stopping, __ATOMIC_SEQ_CST))
        hg_os_signal_wait(&w->work, &w->lock);
    __atomic_sub_fetch(&w->sleepers, 1, __ATOMIC_SEQ_CST);
    hg_os_lock_drop(&w->lock);
}

/* The layers of a network follow each other closely: who has worked waits a moment for more. */
static bool more_comes_soon(const hg_workers *w)
{
    const int64_t deadline = hg_os_now() + SPIN_NS;
    do {
        if (is_open(w)) return true;
        relax();
    } while (hg_os_now() < deadline);
    return false;
}

static void *work(void *argument)
{
    hg_workers *w = argument;
    while (!__atomic_load_n(&w->stopping, __ATOMIC_SEQ_CST))
        if (!help(w) || !more_comes_soon(w)) sleep_until_open(w);
    return NULL;
}

/* ---- The caller ---- */

static void run_alone(size_t count, void (*task)(void *argument, size_t i), void *argument)
{
    while (count-- > 0) task(argument, count); /* in the order in which slices are claimed */
}

static void open_job(hg_workers *w, size_t count, void (*task)(void *argument, size_t i),
                     void *argument)
{
    w->task = task;
    w->argument = argument;
    w->unfinished = count;
    w->helped = 0;
    w->number++;
    __atomic_store_n(&w->open, (uint64_t)w->number << 32 | count, __ATOMIC_SEQ_CST);
}

static void wake_workers(hg_workers *w, size_t wanted)
{
    if (__atomic_load_n(&w->sleepers, __ATOMIC_SEQ_CST) == 0) return;
    hg_os_lock_take(&w->lock);
    size_t sleepers = (size_t)__atomic_load_n(&w->sleepers, __ATOMIC_SEQ_CST);
    hg_os_lock_drop(&w->lock);
    for (; sleepers > 0 && wanted > 0; sleepers--, wanted--) hg_os_signal_one(&w->work);
}

static void wait_for_workers(hg_workers *w)
{
    for (int64_t deadline = hg_os_now() + SPIN_NS; hg_os_now() < deadline; relax())
        if (is_finished(w)) return;
    hg_os_lock_take(&w->lock);
    __atomic_store_n(&w->caller_sleeps, true, __ATOMIC_SEQ_CST);
    while (!is_finished(w)) hg_os_signal_wait(&w->done, &w->lock);
    __atomic_store_n(&w->caller_sleeps, false, __ATOMIC_SEQ_CST);
    hg_os_lock_drop(&w->lock);
}

/* What the workers took off the caller, less what waking them and waiting for them took. */
static void learn(hg_workers *w, int64_t gain)
{
    w->lost = HG_MAX(w->lost - gain, 0);
    if (w->lost == 0) w->patience = LEAST_PATIENCE;
    if (w->lost < PATIENCE_NS) return;
    const int64_t alone = HG_MIN(w->lost * w->patience, (int64_t)MOST_ALONE_NS);
    __atomic_store_n(&w->alone_until, hg_os_now() + alone, __ATOMIC_RELAXED);
    w->patience = HG_MIN(2 * w->patience, (int64_t)MOST_PATIENCE);
    w->lost = 0;
}

static void run_together(hg_workers *w, size_t count, void (*task)(void *argument, size_t i),
                         void *argument)
{
    const int64_t start = hg_os_now();
    open_job(w, count, task, argument);
    wake_workers(w, count - 1);
    const int64_t awake = hg_os_now();
    for (size_t slice; claim(w, &slice);) {
        task(argument, slice);
        finish_slice(w);
    }
    const int64_t ran = hg_os_now();
    if (!is_finished(w)) wait_for_workers(w);
    const int64_t lost = awake - start + hg_os_now() - ran;
    learn(w, __atomic_load_n(&w->helped, __ATOMIC_RELAXED) - lost);
}

static bool is_alone(const hg_workers *w)
{
    return hg_os_now() < __atomic_load_n(&w->alone_until, __ATOMIC_RELAXED);
}

bool hg_workers_worth(const hg_workers *w, double ns)
{
    const bool asleep = __atomic_load_n(&w->sleepers, __ATOMIC_RELAXED) == w->count;
    return !(asleep && ns < WAKING_NS) && !is_alone(w);
}

void hg_workers_run(void *self, size_t count, void (*task)(void *argument, size_t i),
                    void *argument)
{
    hg_workers *w = self;
    if (count < 2 || __atomic_exchange_n(&w->taken, true, __ATOMIC_ACQUIRE)) {
        run_alone(count, task, argument);
        return;
    }
    if (is_alone(w))
        run_alone(count, task, argument);
    else
        run_together(w, count, task, argument);
    __atomic_store_n(&w->taken, false, __ATOMIC_RELEASE);
}

/* ---- Life ---- */

static void join(hg_workers *w)
{
    hg_os_lock_take(&w->lock);
    __atomic_store_n(&w->stopping, true, __ATOMIC_SEQ_CST);
    hg_os_signal_all(&w->work);
    hg_os_lock_drop(&w->lock);
    for (int i = 0; i < w->count; i++) hg_os_thread_join(&w->threads[i]);
}

static bool start(hg_workers *w, int count)
{
    while (w->count < count && hg_os_thread_start(&w->threads[w->count], work, w)) w->count++;
    return w->count == count;
}

static bool create_signals(hg_workers *w)
{
    if (!hg_os_lock_create(&w->lock)) return false;
    if (hg_os_signal_create(&w->work)) {
        if (hg_os_signal_create(&w->done)) return true;
        hg_os_signal_destroy(&w->work);
    }
    hg_os_lock_destroy(&w->lock);
    return false;
}

hg_workers *hg_workers_create(const hg_host *host, int threads)
{
    const size_t size = sizeof(hg_workers) + (size_t)(threads - 1) * sizeof(hg_os_thread);
    hg_workers *w = hg_allocate(host, size);
    if (!w) return NULL;
    *w = (hg_workers){.patience = LEAST_PATIENCE};
    if (!create_signals(w)) {
        hg_release(host, w);
        return NULL;
    }
    if (start(w, threads - 1)) return w;
    hg_workers_free(host, w);
    return NULL;
}

void hg_workers_free(const hg_host *host, hg_workers *workers)
{
    if (!workers) return;
    join(workers);
    hg_os_signal_destroy(&workers->work);
    hg_os_signal_destroy(&workers->done);
    hg_os_lock_destroy(&workers->lock);
    hg_release(host, workers);
}
