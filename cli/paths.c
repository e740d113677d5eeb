/* Where `tune` writes and where programs look for tables. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"

bool cli_default_table(const hg_context *context, char *path, size_t size)
{
    const char *data = secure_getenv("XDG_DATA_HOME"), *home = secure_getenv("HOME");
    hg_machine machine;
    hg_context_machine(context, &machine);
    int n = 0;
    if (data && data[0])
        n = snprintf(path, size, "%s/hourglass/%s.jsonl", data, machine.key);
    else if (home && home[0])
        n = snprintf(path, size, "%s/.local/share/hourglass/%s.jsonl", home, machine.key);
    return n > 0 && (size_t)n < size;
}

bool cli_make_folder(const char *path)
{
    char folder[1200];
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
