/* hourglass info */
#include <stdio.h>

#include "cli/cli.h"
#include "dispatch/context.h"
#include "dispatch/registry.h"
#include "hourglass/hourglass.h"

static void print_machine(const hg_context *context)
{
    hg_machine m;
    hg_context_machine(context, &m);
    printf("library   %s\n", hg_version());
    printf("machine   %s\n", m.key);
    printf("processor %s, %d logical (told by %s)\n", m.name, m.cores, m.source);
    printf("isa       %s\n", hg_isa_name(m.isa));
    printf("caches    l1d %lld KiB, l2 %lld KiB, l3 %lld KiB\n", (long long)m.l1d / 1024,
           (long long)m.l2 / 1024, (long long)m.l3 / 1024);
}

/* Of the cores that this process may use, where they are of several kinds. */
static void print_classes(const hg_context *context)
{
    const hg_cores *c = &context->cores;
    for (int i = 0; i < c->count && c->count > 1; i++)
        printf("%s %d of %s, l1d %lld KiB, l2 %lld KiB\n", i ? "         " : "cores    ",
               c->sizes[i], c->classes[i].key, (long long)c->classes[i].l1d / 1024,
               (long long)c->classes[i].l2 / 1024);
}

static void print_tables(const hg_context *context)
{
    hg_table_counts n;
    hg_context_tables(context, &n);
    printf("tables    %zu record%s in use, ", n.usable, cli_plural(n.usable));
    printf("%zu for other machines or kernels, ", n.foreign);
    printf("%zu line%s skipped\n", n.skipped, cli_plural(n.skipped));
    if (context->table.shipped)
        printf("          %zu of them installed with the library\n", context->table.shipped);
    if (n.unreadable)
        printf("          %zu file%s not readable\n", n.unreadable, cli_plural(n.unreadable));
    char path[CLI_PATH_SIZE];
    bool read;
    if (cli_default_table(context, path, sizeof path, &read))
        printf("          tune writes %s%s\n", path,
               read ? "" : ", which is not read: HG_TABLE is set");
}

int cli_info(int argc, char **argv)
{
    int threads = 1;
    const hg_option options[] = {{"--threads", HG_OPTION_COUNT, &threads},
                                 {NULL, HG_OPTION_FLAG, NULL}};
    if (!hg_options_read(argc, argv, options, NULL)) return CLI_USAGE;
    hg_context *context = cli_context(threads);
    if (!context) return CLI_FAILED;
    print_machine(context);
    print_classes(context);
    print_tables(context);
    printf("\n%-52s %-8s %-4s %s\n", "kernel", "isa", "rev", "available");
    hg_kernel_info info;
    size_t usable = 0, count = 0;
    for (; hg_kernel_get(context, count, &info); count++) {
        printf("%-52s %-8s %-4d %s\n", info.name, info.isa, info.revision,
               info.available ? "yes" : "no");
        usable += info.available;
    }
    printf("%zu kernels, %zu available\n", count, usable);
    hg_context_free(context);
    return CLI_OK;
}
