/* What a run promises beside its result: it asks for no memory, serially makes no system call, and
 * leaves the floating-point control words of every thread as they are. */
#include <fenv.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api.h"
#include "tests/api_plans.h"
#include "tests/api_watch.h"
#include "tests/sanitized.h"

static hg_context *context_of(int threads, const hg_executor *executor)
{
    hg_context_options o = quiet_options();
    hg_context *context = NULL;
    o.threads = threads;
    if (executor) o.executor = *executor;
    expect(hg_context_create(&o, &context) == HG_OK, "a context of %d threads: %s", threads,
           last.sentence);
    return context;
}

/* ---- Memory ---- */

static void run_without_memory(const planned *p)
{
    const long before = watch_allocations();
    const hg_status status = hg_run(p->plan, &p->io, p->workspace);
    const long calls = watch_allocations() - before;
    expect(status == HG_OK && calls == 0, "%s: hg_run called malloc or free %ld times", p->name,
           calls);
}

static void memory(void)
{
    const long before = watch_allocations();
    void *volatile block = malloc(1);
    free(block);
    expect(watch_allocations() - before >= 2, "calls of malloc are not seen");
    hg_context *one = context_of(1, NULL);
    if (one) each_plan(one, true, run_without_memory);
    hg_context_free(one);
    hg_context *three = context_of(3, NULL);
    if (three) each_plan(three, false, run_without_memory);
    hg_context_free(three);
}

/* ---- System calls ---- */

/* Runs in a process that dies by SIGKILL at any system call but read, write and exit. The status of
 * that process, as waitpid gives it; -1: there is none. It ends without the C library, which would
 * exit otherwise, and without a function that does not return, before which AddressSanitizer makes
 * a system call. ThreadSanitizer's own thread would outlive the exit. */
static int confined(int (*run)(const planned *p), const planned *p)
{
    enum { REFUSED = 99 };
    int status = -1;
#if defined(HG_SANITIZED_THREADS)
    return -1;
#endif
    const pid_t child = fork();
    if (child == 0) {
        const int code = prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) ? REFUSED : run(p);
        for (;;) syscall(SYS_exit, code);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) return -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == REFUSED ? -1 : status;
}

static int do_nothing(const planned *p)
{
    (void)p;
    return 0;
}

bool confinement_works(void)
{
    return confined(do_nothing, NULL) == 0;
}

static int call_system(const planned *p)
{
    (void)p;
    return (int)syscall(SYS_getpid) * 0;
}

static int run_plan(const planned *p)
{
    return hg_run(p->plan, &p->io, p->workspace);
}

static void run_confined(const planned *p)
{
    const int status = confined(run_plan, p);
    expect(status == 0, "%s: hg_run made a system call, or failed: it ended with %d", p->name,
           status);
}

static void system_calls(void)
{
    if (!confinement_works()) {
        skip("system calls: no seccomp here, or ThreadSanitizer");
        return;
    }
    const int status = confined(call_system, NULL);
    if (!expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "system calls are not seen"))
        return;
    hg_context *context = context_of(1, NULL);
    if (context) each_plan(context, true, run_confined);
    hg_context_free(context);
}

/* ---- Floating point ---- */

static int tasks, tasks_changed; /* given to workers; after which a control word differed */

static void run_at(const planned *p, uint64_t control)
{
    const uint64_t usual = float_control();
    tasks_changed = 0;
    set_float_control(control);
    const hg_status status = hg_run(p->plan, &p->io, p->workspace);
    const uint64_t after = float_control();
    set_float_control(usual);
    expect(status == HG_OK && after == control, "%s: floating-point control was %llx, is %llx",
           p->name, (unsigned long long)control, (unsigned long long)after);
    expect(tasks_changed == 0, "%s: %d workers do not get their control word back", p->name,
           tasks_changed);
}

static void run_upward(const planned *p)
{
    fesetround(FE_UPWARD);
    const uint64_t control = float_control_flushing(float_control());
    fesetround(FE_TONEAREST);
    run_at(p, control);
}

/* Denormals flushed, and not. */
static void run_at_all_modes(const planned *p)
{
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_TOWARDZERO};
    for (size_t i = 0; i < HG_COUNT(modes); i++) {
        fesetround(modes[i]);
        const uint64_t control = float_control();
        fesetround(FE_TONEAREST);
        run_at(p, i ? control : float_control_flushing(control));
    }
}

/* Workers whose rounding and denormals differ from the caller's. */
static void other_workers(void *self, size_t count, void (*task)(void *argument, size_t i),
                          void *argument)
{
    (void)self;
    const uint64_t caller = float_control();
    for (size_t i = 0; i < count; i++) {
        fesetround(i % 2 ? FE_DOWNWARD : FE_TONEAREST);
        const uint64_t own = float_control_flushing(float_control());
        set_float_control(own);
        task(argument, i);
        tasks_changed += float_control() != own;
        tasks++;
    }
    set_float_control(caller);
}

static void floating_point(void)
{
    static const hg_executor workers = {other_workers, NULL};
    hg_context *one = context_of(1, NULL), *three = context_of(3, &workers);
    if (one) each_plan(one, true, run_at_all_modes);
    tasks = 0;
    if (three) each_plan(three, false, run_upward);
    expect(tasks > 100, "only %d tasks were given to workers", tasks);
    hg_context_free(one);
    hg_context_free(three);
}

void test_promises(void)
{
    memory();
    system_calls();
    floating_point();
}
