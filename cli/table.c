/* hourglass table */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "tuner/journal.h"

/* How many of the records this machine and these kernels can use. */
static void print_use(const hg_lines *lines)
{
    hg_context *context = NULL;
    const hg_context_options options = {
        .table = lines->text, .table_size = lines->size, .ignore_environment = true};
    if (!lines->text || hg_context_create(&options, &context)) return;
    hg_table_counts counts;
    hg_context_tables(context, &counts);
    printf("  %zu usable here, %zu for other machines or kernel revisions\n", counts.usable,
           counts.foreign);
    hg_context_free(context);
}

int cli_table(int argc, char **argv)
{
    const hg_option options[] = {{NULL, HG_OPTION_FLAG, NULL}};
    hg_operands operands;
    if (!hg_options_read(argc, argv, options, &operands)) return CLI_USAGE;
    if (operands.count != 2 || strcmp(operands.word[0], "check")) return CLI_USAGE;
    const char *path = operands.word[1];
    if (access(path, R_OK)) {
        fprintf(stderr, "hourglass: ");
        perror(path);
        return CLI_FAILED;
    }
    hg_lines lines;
    hg_reason why = {""};
    if (hg_lines_read(path, &lines, &why)) {
        fprintf(stderr, "hourglass: %s\n", why.text);
        return CLI_FAILED;
    }
    printf("%s: %zu good line%s, %zu bad line%s\n", path, lines.count, cli_plural(lines.count),
           lines.bad, cli_plural(lines.bad));
    print_use(&lines);
    const int code = lines.bad ? CLI_FAILED : CLI_OK;
    hg_lines_free(&lines);
    return code;
}
