/* Classes of cores of the machine that runs the tests, whatever it is. */
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dispatch/cpu.h"
#include "dispatch/os.h"
#include "tests/cores.h"
#include "tests/sanitized.h"

int __real_hg_os_cpu(void);
void __real_hg_cpu_cores(const hg_machine *machine, bool all, hg_cores *cores);

/* Lives through strict seccomp: no system call but exit's. */
static bool without_system_calls(int (*function)(void))
{
    enum { REFUSED = 99 };
    int status = -1;
    const pid_t child = fork();
    if (child == 0) {
        int code = prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) ? REFUSED : 0;
        if (code == 0) function();
        for (;;) syscall(SYS_exit, code);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) return false;
    return WIFEXITED(status); /* where there is no seccomp nothing was tested */
}

static int call_system(void)
{
    return (int)syscall(SYS_getpid);
}

void test_here(void)
{
    hg_machine m;
    hg_cores c;
    static bool allowed[HG_MAX_CPUS], after[HG_MAX_CPUS];
    fake_cpu = 0;
    hg_cpu_detect(&m);
    __real_hg_cpu_cores(&m, false, &c);
    expect(c.count >= 1 && c.count <= HG_MAX_CLASSES, "%d classes", c.count);
    expect(c.count > 1 || strstr(c.classes[0].key, "-core-") ||
               strstr(c.classes[0].key, "-atom-") || !memcmp(&m, &c.classes[0], sizeof m),
           "one class is the machine: %s, not %s", c.classes[0].key, m.key);
    for (int i = 1; i < c.count; i++)
        expect(c.classes[i].isa == c.classes[0].isa, "class %d has another instruction set", i);
    expect(hg_os_allowed(allowed, HG_MAX_CPUS), "the processors that are allowed");
    if (__real_hg_os_cpu() < 0) return;
    expect(allowed[__real_hg_os_cpu()], "the processor under the test is allowed");
    for (int cpu = 0; cpu < HG_MAX_CPUS; cpu++)
        if (allowed[cpu])
            expect(hg_os_move(cpu) && __real_hg_os_cpu() == cpu, "moved to processor %d", cpu);
    expect(!hg_os_move(-1) && !hg_os_move(HG_MAX_CPUS), "moved to no processor");
    __real_hg_cpu_cores(&m, false, &c);
    hg_os_allowed(after, HG_MAX_CPUS);
    int n = 0;
    for (int cpu = 0; cpu < HG_MAX_CPUS; cpu++) n += after[cpu];
    expect(n == 1, "finding the classes moved the caller: %d processors", n);
#if !defined(HG_SANITIZED_THREADS)
    expect(without_system_calls(__real_hg_os_cpu), "hg_os_cpu makes a system call");
    if (without_system_calls(call_system)) printf("skipped: no seccomp here\n");
#endif
}
