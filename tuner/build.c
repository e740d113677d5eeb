/* Builds of the library. Contract: build.h. */
#include "tuner/build.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernels/common/attr.h"

static const struct symbol {
    const char *name;
    size_t offset; /* of the pointer in hg_build */
} symbols[] = {
    {"hg_version", offsetof(hg_build, version)},
    {"hg_context_create", offsetof(hg_build, context_create)},
    {"hg_context_free", offsetof(hg_build, context_free)},
    {"hg_filter_create", offsetof(hg_build, filter_create)},
    {"hg_filter_free", offsetof(hg_build, filter_free)},
    {"hg_plan_from_key", offsetof(hg_build, plan_from_key)},
    {"hg_plan_free", offsetof(hg_build, plan_free)},
    {"hg_plan_kernel", offsetof(hg_build, plan_kernel)},
    {"hg_plan_workspace_size", offsetof(hg_build, plan_workspace_size)},
    {"hg_run", offsetof(hg_build, run)},
};

static bool copy_all(int from, int to)
{
    struct stat status;
    if (fstat(from, &status)) return false;
    for (off_t left = status.st_size; left > 0;) {
        const ssize_t sent = sendfile(to, from, NULL, (size_t)left);
        if (sent <= 0) return false;
        left -= sent;
    }
    return true;
}

/* The loader takes two names of one file for one library: each time it gets a copy in memory. */
static int copy_of(const char *path, hg_reason *why)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    const int copy = file < 0 ? -1 : memfd_create("hourglass", MFD_CLOEXEC);
    const bool good = copy >= 0 && copy_all(file, copy);
    if (!good) hg_fail(why, HG_IO, "%.120s: %s", path, strerror(errno));
    if (file >= 0) close(file);
    if (good || copy < 0) return copy;
    close(copy);
    return -1;
}

static hg_status load(const char *path, hg_build *build, hg_reason *why)
{
    char name[64];
    const int copy = copy_of(path, why);
    if (copy < 0) return HG_IO;
    snprintf(name, sizeof name, "/proc/self/fd/%d", copy);
    build->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!build->handle) hg_fail(why, HG_IO, "%.60s: %.120s", path, dlerror());
    /* Kept open: a number given to the next copy would look like the same library. */
    for (size_t i = 0; build->handle && i < HG_COUNT(symbols); i++) {
        void *const address = dlsym(build->handle, symbols[i].name);
        if (!address) return hg_fail(why, HG_IO, "%.120s has no %s", path, symbols[i].name);
        memcpy((char *)build + symbols[i].offset, &address, sizeof address);
    }
    return build->handle ? HG_OK : HG_IO;
}

static void hear(void *self, hg_status status, const char *sentence)
{
    hg_build *build = self;
    (void)status;
    snprintf(build->said, sizeof build->said, "%s", sentence);
}

hg_status hg_build_open(const char *path, int threads, hg_build *build, hg_reason *why)
{
    *build = (hg_build){.handle = NULL};
    hg_status status = load(path, build, why);
    if (status) return status;
    const hg_context_options options = {.threads = threads, .log = {hear, build}};
    status = build->context_create(&options, &build->context);
    return status ? hg_fail(why, status, "%.60s: %.120s", path, build->said) : HG_OK;
}

void hg_build_close(hg_build *build)
{
    if (build->context) build->context_free(build->context);
    if (build->handle) dlclose(build->handle);
    *build = (hg_build){.handle = NULL};
}
