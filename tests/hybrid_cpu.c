/* What `hourglass_hybrid` sees instead of the machine's cores: processors with even numbers are of
 * one kind, the others of another. The linker gives it this function for the library's (--wrap,
 * tests/meson.build). */
#include <stdio.h>

#include "dispatch/cpu.h"
#include "dispatch/os.h"
#include "tests/fake_cores.h"

void __wrap_hg_cpu_cores(const hg_machine *machine, bool all, hg_cores *cores);

void __wrap_hg_cpu_cores(const hg_machine *machine, bool all, hg_cores *cores)
{
    char online[16], letters[HG_MAX_CPUS + 1] = "";
    bool allowed[HG_MAX_CPUS];
    for (int i = 0; i < HG_MAX_CPUS; i++) letters[i] = i % 2 ? 'a' : 'c';
    snprintf(online, sizeof online, "0-%d", machine->cores - 1);
    const fake_machine fake = {CLUSTERS, online, letters};
    const hg_core_source source = fake_source(&fake);
    const bool known = hg_os_allowed(allowed, HG_MAX_CPUS);
    hg_cores_find(&source, machine, all || !known ? NULL : allowed, cores);
}
