/* hourglass: what this machine is, which kernels it gets, and how fast they are. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "hourglass/hourglass.h"
#include "kernels/common/attr.h"

static int cli_help(int argc, char **argv);

static const hg_option no_options[] = {{NULL, HG_OPTION_FLAG, NULL}};

static int cli_version(int argc, char **argv)
{
    if (!hg_options_read(argc, argv, no_options, NULL)) return CLI_USAGE;
    printf("hourglass %s\n", hg_version());
    return CLI_OK;
}

static const struct command {
    const char *name;
    int (*function)(int argc, char **argv);
    const char *usage, *purpose;
} commands[] = {
    {"info", cli_info, "info [--threads N]",
     "the machine, its instruction sets, the tuning tables in use and all kernels"},
    {"tune", cli_tune,
     "tune --shapes FILE.tsv[,FILE.tsv] [--network NAME] [--layer NAME]\n"
     "            [--layout nhwc|nchw|both] [--keys FILE] [--misses FILE] [--threads N]\n"
     "            [--level quick|normal|thorough] [--budget S | --seconds S]\n"
     "            [--missing] [--noisy] [--out TABLE] [--report FILE.html] [--shard I/N]",
     "times all kernels on the layers of a file (or on the problems of a file of keys, one\n"
     "          per line, or of what programs recorded by HG_RECORD_MISSES) and writes a tuning\n"
     "          table; the same command continues an interrupted run. --budget: seconds for the\n"
     "          whole run; --seconds: for each problem (0.15, 0.5, 1.5 by level); --missing: only\n"
     "          what TABLE lacks; --noisy: that, and what noise left undecided.\n"
     "          TABLE: by default the file that programs read, see info. --report: a page with\n"
     "          every problem's times, or FILE.svg: its picture; --shard: of N machines alike the\n"
     "          I-th one's part"},
    {"explain", cli_explain, "explain KEY [--threads N] [--rejected | --json]",
     "which kernel a plan gets for a problem, and why; --rejected: also which it cannot get"},
    {"run", cli_run, "run KEY [--kernel \"NAME CONFIG\"] [--threads N] [--seconds S]",
     "times one plan"},
    {"plan", cli_plan,
     "plan --shapes FILE.tsv[,FILE.tsv] [--network NAME] [--layer NAME]\n"
     "            [--layout nhwc|nchw|both] [--threads N]",
     "how long it takes to make a plan of each layer, its weights packed or already packed"},
    {"net", cli_net,
     "net FILE [--run | --time] [--input RAW] [--output RAW] [--keys FILE]\n"
     "            [--packed FILE] [--n N] [--h H --w W] [--nchw] [--unfused]\n"
     "            [--threads N] [--seconds S]",
     "a whole network from its description: prints what became of its lines, fused and placed;\n"
     "          --run: runs it on random input, or on --input, raw float32; --time: times every\n"
     "          step; --keys: writes its problems for tune --keys; --packed: weights as kernels\n"
     "          want them are mapped from FILE, which is written where it is missing or does not\n"
     "          fit. docs/networks.md"},
    {"ab", cli_ab,
     "ab --a libA.so --b libB.so [--shapes FILE.tsv[,FILE.tsv]] [--network NAME]\n"
     "            [--layout nhwc|nchw|both] [--filter REGEX] [--threads N] [--same-kernel]\n"
     "            [--json FILE] [--markdown FILE] [--junit FILE]",
     "is build B of the library slower than build A? Times both in one process, layer by layer\n"
     "          (without --shapes: some 40, a minute or two). --filter: what its regular\n"
     "          expression finds in NETWORK/LAYER LAYOUT; --same-kernel: B must use A's kernels.\n"
     "          Exit code: 0 no layer is slower, 1 some are, 2 wrong usage, 3 some cannot be\n"
     "          compared, 4 some cannot be told. docs/ci.md has recipes"},
    {"table", cli_table,
     "table check | lint | prune | verify FILE [--threads N] [--seconds S]\n"
     "  table show FILE\n"
     "  table export-c FILE [--machine KEY] >TABLE.h\n"
     "  table diff FILE FILE\n"
     "  table merge TABLE FILE ...",
     "check counts the readable records of a table; lint names every line that is of no use,\n"
     "          and why; prune drops those; verify times the choices anew against the untuned\n"
     "          ones (exit code 1 if any is slower; --seconds: for each and round, 0.25); show\n"
     "          prints the choices, diff compares those of two tables; merge adds the records\n"
     "          of others to TABLE, of two for one problem the later; export-c prints C that\n"
     "          -Dtable=TABLE.h compiles into a library of the kernels in it, docs/tune.md"},
    {"version", cli_version, "version", "the library's version"},
    {"help", cli_help, "help", "this text"},
};

static void print_command(FILE *to, const struct command *c)
{
    fprintf(to, "  %s\n          %s\n", c->usage, c->purpose);
}

static void print_usage(FILE *to)
{
    fprintf(to, "usage: hourglass COMMAND ...\n\n");
    for (size_t i = 0; i < HG_COUNT(commands); i++) print_command(to, &commands[i]);
    fprintf(to,
            "\nKEY is a problem in one line, for example\n"
            "  conv2d f32 nhwc n1 c64 h56 w56 k64 r3x3 s1x1 p1,1,1,1 d1x1 g1\n"
            "Exit code: 0 done, 1 a file or a run failed, 2 wrong usage, 130 interrupted; ab has\n"
            "its own.\n");
}

static int cli_help(int argc, char **argv)
{
    if (!hg_options_read(argc, argv, no_options, NULL)) return CLI_USAGE;
    print_usage(stdout);
    return CLI_OK;
}

static void write_log(void *self, hg_status status, const char *sentence)
{
    (void)self;
    fprintf(stderr, "hourglass: %s: %s\n", hg_status_string(status), sentence);
}

hg_context *cli_context(int threads)
{
    hg_context *context = NULL;
    const hg_context_options options = {.threads = threads, .log = {.write = write_log}};
    const hg_status status = hg_context_create(&options, &context);
    if (status)
        fprintf(stderr, "hourglass: no context for %d threads: %s\n", threads,
                hg_status_string(status));
    return context;
}

/* Joins a key that the shell cut into words. */
static bool join(const hg_operands *words, char key[HG_KEY_SIZE])
{
    size_t used = 0;
    for (int i = 0; i < words->count && used < HG_KEY_SIZE; i++)
        used +=
            (size_t)snprintf(key + used, HG_KEY_SIZE - used, "%s%s", i ? " " : "", words->word[i]);
    if (words->count > 0 && used < HG_KEY_SIZE) return true;
    fprintf(stderr, words->count ? "hourglass: the key is too long\n"
                                 : "hourglass: a problem's key is missing\n");
    return false;
}

bool cli_problem(const hg_operands *words, char key[HG_KEY_SIZE], hg_problem *problem)
{
    hg_reason why = {""};
    if (!join(words, key)) return false;
    if (!hg_problem_parse(key, problem, &why)) return true;
    fprintf(stderr, "hourglass: bad key: %s\n", why.text);
    return false;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return true;
    return false;
}

static int run_command(const struct command *c, int argc, char **argv)
{
    if (asks_for_help(argc, argv)) {
        print_command(stdout, c);
        return CLI_OK;
    }
    const int code = c->function(argc, argv);
    if (code == CLI_USAGE) fprintf(stderr, "usage: hourglass %s\n", c->usage);
    return code;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (!strcmp(name, "--help") || !strcmp(name, "-h")) name = "help";
    if (!strcmp(name, "--version")) name = "version";
    for (size_t i = 0; i < HG_COUNT(commands); i++) {
        if (strcmp(name, commands[i].name)) continue;
        const int code = run_command(&commands[i], argc - 2, argv + 2);
        /* A full disk or a closed pipe shows at the flush at the latest. */
        const bool lost = fflush(stdout) != 0 || ferror(stdout);
        if (lost) perror("hourglass: standard output");
        return lost && code == CLI_OK ? CLI_FAILED : code;
    }
    if (*name) fprintf(stderr, "hourglass: unknown command %s\n", name);
    print_usage(stderr);
    return CLI_USAGE;
}
