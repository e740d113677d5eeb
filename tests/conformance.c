/* Cases of other frameworks, through the public face, in both layouts.
 *
 *     conformance [--oracle] [--kernel NAME] [--isa ISA] [--least N] DIR...
 *
 * DIR holds cases/NAME/case.txt, or NAME/case.txt. --oracle checks the oracle instead of the
 * library; --isa caps the instruction set (scalar, neon, avx2, avx512). Fewer than N cases that
 * pass (1) are a failure: cases that are skipped or missing must not go unnoticed. Tolerance: 2e-6
 * * max(1, largest |y|), enough for sums in float of the lengths that occur; max pooling, indices,
 * unpooling, nearest and rearranging are exact. */
#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/case_operator.h"
#include "tests/isa_word.h"
#include "tests/run_guarded.h"

typedef struct totals {
    int passed, failed, skipped;
} totals;

typedef struct settings {
    hg_context *context;
    bool oracle;
    int least; /* cases that must pass */
    char said[256];
} settings;

static void hear(void *self, hg_status status, const char *sentence)
{
    settings *s = self;
    snprintf(s->said, sizeof s->said, "%s: %s", hg_status_string(status), sentence);
}

static double tolerance_of(const case_file *c, hg_op op)
{
    const npy *y = &c->outputs[0].array;
    const bool copies = op == HG_OP_MAX_POOL2D || op == HG_OP_MAX_UNPOOL2D ||
                        strcmp(c->op, "DepthToSpace") == 0 || strcmp(c->op, "SpaceToDepth") == 0 ||
                        (op == HG_OP_RESIZE2D && case_says(c, "mode", "nearest"));
    if (copies) return 0;
    double most = 1;
    for (int64_t i = 0; i < y->count; i++)
        if (isfinite(y->reals[i])) most = fmax(most, fabs((double)y->reals[i]));
    return 2e-6 * most;
}

/* Compares dense results with the case's; writes what differs. */
static bool agrees(const case_file *c, hg_op op, const float *y, const int64_t *indices, char *text,
                   size_t size)
{
    const npy *want = &c->outputs[0].array;
    const double tolerance = tolerance_of(c, op);
    for (int64_t i = 0; i < want->count; i++) {
        const double w = (double)want->reals[i], got = (double)y[i];
        if ((isnan(w) && isnan(got)) || w == got || fabs(w - got) <= tolerance) continue;
        snprintf(text, size, "element %" PRId64 " is %.9g, expected %.9g within %g", i, got, w,
                 tolerance);
        return false;
    }
    for (int64_t i = 0; indices && i < c->outputs[1].array.count; i++) {
        if (indices[i] == c->outputs[1].array.integers[i]) continue;
        snprintf(text, size, "index %" PRId64 " is %" PRId64 ", expected %" PRId64, i, indices[i],
                 c->outputs[1].array.integers[i]);
        return false;
    }
    return true;
}

static bool right_size(const case_file *c, const descriptor *d, char *text, size_t size)
{
    const npy *y = &c->outputs[0].array;
    hg_tensor t;
    const hg_status status = descriptor_output(d, &t);
    const int64_t h = y->rank == 3 ? 1 : y->dims[2], w = y->dims[y->rank - 1];
    if (status) {
        snprintf(text, size, "output size: %s", hg_status_string(status));
        return false;
    }
    snprintf(text, size, "output n%" PRId64 " c%" PRId64 " h%" PRId64 " w%" PRId64, t.n, t.c, t.h,
             t.w);
    return t.n == y->dims[0] && t.c == y->dims[1] && t.h == h && t.w == w;
}

static bool run_library(settings *s, const case_file *c, const descriptor *d, const case_data *data,
                        char *text, size_t size)
{
    hg_problem p;
    hg_reason why;
    hg_filter *filter = NULL;
    hg_plan *plan = NULL;
    hg_status status = descriptor_problem(d, &p, &why);
    snprintf(s->said, sizeof s->said, "%s", status ? why.text : "");
    if (!status && data->weights) {
        const int64_t count = hg_problem_reduction(&p) * p.out.c;
        float *ordered = malloc((size_t)count * sizeof *ordered + 1);
        if (!ordered) return false;
        filter_reorder(&d->filter, data->weights, ordered);
        status = hg_filter_create(s->context, &d->filter, ordered, &filter);
        free(ordered);
    }
    if (!status) status = descriptor_plan(s->context, d, filter, data->bias, &plan);
    hg_filter_free(filter);
    if (status) {
        snprintf(text, size, "planning: %s", s->said);
        return false;
    }
    run_result r;
    run_guarded(plan, &p, data, GUARD_END, &r);
    bool ok = !r.trouble[0] && !r.status;
    if (!ok) snprintf(text, size, "running: %s %s", hg_status_string(r.status), r.trouble);
    ok = ok && agrees(c, d->op, r.y, r.indices, text, size);
    if (!ok) {
        const size_t used = strlen(text);
        snprintf(text + used, size - used, " [%s | %s]", hg_plan_kernel(plan), hg_plan_key(plan));
    }
    run_result_free(&r);
    hg_plan_free(plan);
    return ok;
}

static bool run_oracle(const case_file *c, const descriptor *d, const case_data *data, char *text,
                       size_t size)
{
    hg_problem p;
    hg_reason why;
    oracle_output out;
    const oracle_input in = data_for_oracle(data);
    if (descriptor_problem(d, &p, &why)) {
        snprintf(text, size, "%s", why.text);
        return false;
    }
    const int64_t count = tensor_count(&p.out);
    float *y = malloc((size_t)count * sizeof *y + 1);
    bool ok = y && oracle_run(&p, &in, &out);
    if (ok) {
        for (int64_t i = 0; i < count; i++) y[i] = (float)out.y[i];
        ok = agrees(c, d->op, y, p.pool.indices ? out.indices : NULL, text, size);
        oracle_free(&out);
    }
    free(y);
    return ok;
}

static void run_folder(settings *s, const char *folder, const char *name, totals *t)
{
    case_file c;
    descriptor d;
    case_data data = {0};
    char text[900] = "";
    if (!case_read(folder, &c)) {
        printf("FAILED  %s: case.txt or an array cannot be read\n", name);
        t->failed++;
        return;
    }
    const char *why = case_operator(&c, &d, &data);
    if (why) {
        const bool skipped = strncmp(why, "skipped", 7) == 0;
        printf("%s %s: %s\n", skipped ? "skipped" : "FAILED ", name, why);
        skipped ? t->skipped++ : t->failed++;
        data_free(&data);
        case_free(&c);
        return;
    }
    bool ok = right_size(&c, &d, text, sizeof text);
    for (int layout = HG_NCHW; ok && layout >= HG_NHWC; layout--) {
        descriptor_input(&d)->layout = (hg_layout)layout;
        if (s->oracle)
            ok = run_oracle(&c, &d, &data, text, sizeof text);
        else
            ok = run_library(s, &c, &d, &data, text, sizeof text);
    }
    printf("%s %s%s%s\n", ok ? "passed " : "FAILED ", name, ok ? "" : ": ", ok ? "" : text);
    ok ? t->passed++ : t->failed++;
    data_free(&data);
    case_free(&c);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool is_folder(const char *path)
{
    DIR *d = opendir(path);
    if (d) closedir(d);
    return d != NULL;
}

static void run_all(settings *s, const char *given, totals *t)
{
    char root[1000], path[1300];
    snprintf(root, sizeof root, "%s/cases", given);
    if (!is_folder(root)) snprintf(root, sizeof root, "%s", given);
    struct dirent **names = NULL;
    const int count = scandir(root, &names, visible, alphasort);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", root, names[i]->d_name);
        if (is_folder(path)) run_folder(s, path, names[i]->d_name, t);
        free(names[i]);
    }
    free(names);
}

/* The index of the first folder; 0: the options are wrong. */
static int parse(int argc, char **argv, settings *s, hg_context_options *o)
{
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        char *end = NULL;
        if (strcmp(argv[i], "--oracle") == 0) {
            s->oracle = true;
            continue;
        }
        if (strcmp(argv[i], "--kernel") == 0)
            o->kernel = value;
        else if (strcmp(argv[i], "--least") == 0)
            s->least = (int)strtol(value, &end, 10);
        else if (strcmp(argv[i], "--isa") != 0 || !isa_word(value, &o->isa))
            return 0;
        if (!value[0] || (end && *end)) return 0;
        i++;
    }
    return i < argc ? i : 0;
}

int main(int argc, char **argv)
{
    settings s = {.least = 1};
    totals t = {0};
    hg_context_options o = {.log = {hear, &s}, .ignore_environment = true};
    const int first = parse(argc, argv, &s, &o);
    if (!first) {
        fprintf(stderr, "usage: %s [--oracle] [--kernel NAME] [--isa ISA] [--least N] DIR...\n",
                argv[0]);
        return 2;
    }
    if (hg_context_create(&o, &s.context)) return 1;
    if (!isa_granted(s.context, o.isa)) return 1;
    run_guarded_install();
    for (int i = first; i < argc; i++) run_all(&s, argv[i], &t);
    hg_context_free(s.context);
    if (t.passed < s.least) {
        printf("FAILED  only %d cases passed, %d wanted\n", t.passed, s.least);
        t.failed++;
    }
    printf("%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped);
    return t.failed ? 1 : 0;
}
