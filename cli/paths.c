/* Where `tune` writes and where programs look for tables. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "dispatch/context.h"

bool cli_default_table(const hg_context *context, char *path, size_t size, bool *read)
{
    const char *files = secure_getenv("HG_TABLE");
    *read = !files;
    if (files && *files && strcmp(files, "none") && !strchr(files, ':')) {
        *read = true;
        return snprintf(path, size, "%s", files) < (int)size;
    }
    char folder[CLI_PATH_SIZE];
    hg_machine machine;
    hg_context_machine(context, &machine);
    return hg_table_folder(folder, sizeof folder) &&
           snprintf(path, size, "%s/%s.jsonl", folder, machine.key) < (int)size;
}

bool cli_make_folder(const char *path)
{
    char folder[CLI_PATH_SIZE];
    if (snprintf(folder, sizeof folder, "%s", path) >= (int)sizeof folder) return false;
    for (char *at = strchr(folder + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(folder, 0777) && errno != EEXIST) {
            fprintf(stderr, "hourglass: %s: %s\n", folder, strerror(errno));
            return false;
        }
        *at = '/';
    }
    return true;
}
