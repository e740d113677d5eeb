/* The `hourglass` program: what its commands share. */
#ifndef HG_CLI_H
#define HG_CLI_H

#include <stddef.h>

#include "cli/options.h"
#include "hourglass/tuning.h"
#include "kernels/problem.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_INTERRUPTED = 130 };

/* A command gets the words behind its name and returns the exit code. */
int cli_info(int argc, char **argv);
int cli_tune(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_table(int argc, char **argv);
int cli_ab(int argc, char **argv);
int cli_plan(int argc, char **argv);
int cli_run(int argc, char **argv);
int cli_net(int argc, char **argv);

/* A context for `threads` threads whose log goes to stderr; NULL after a message. */
hg_context *cli_context(int threads);

/* Does something that takes time measurements on each class of the machine's cores in turn: with a
 * context of that class alone, while this thread, and those that it starts, may run on no other
 * core. Where there is one class, with `context`, unbound. The last exit code that is not CLI_OK;
 * CLI_INTERRUPTED ends it. */
int cli_each_class(hg_context *context, int (*work)(void *self, hg_context *context), void *self);

/* "1 problem", "2 problems". */
static inline const char *cli_plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* The problem that a command's words name, and its key in one piece; false after a message. */
bool cli_problem(const hg_operands *words, char key[HG_KEY_SIZE], hg_problem *problem);

enum { CLI_PATH_SIZE = 1200 };

/* Where `tune` writes: the file that HG_TABLE names if it names one, else this machine's file among
 * those that are read where HG_TABLE is not set. *read: programs in this environment read it.
 * false: HG_TABLE does not say, and there is no home. */
bool cli_default_table(const hg_context *context, char *path, size_t size, bool *read);
/* Makes the folders that lead to a file; false after a message. */
bool cli_make_folder(const char *path);

#endif
