/* The report. Contract: report.h. */
#include "cli/report.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/record_text.h"
#include "dispatch/registry.h"
#include "kernels/common/attr.h"

static const char style[] =
    ":root{--bg:#fff;--fg:#1c2128;--dim:#667080;--line:#d5dae1;--bar:#aab4c2;--gain:#0a7d4f;"
    "--doubt:#b36b00;--c0:#2563eb;--c1:#9333ea;--c2:#0a7d4f;--c3:#c2410c}"
    "@media(prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e3e8ee;--dim:#93a0b0;"
    "--line:#333c47;--bar:#56626f;--gain:#43c78b;--doubt:#e5a54a;--c0:#7aa5ff;--c1:#c792ff;"
    "--c2:#43c78b;--c3:#ff9a5c}}"
    "body{background:var(--bg);color:var(--fg);font:15px/1.45 system-ui,sans-serif;max-width:60rem;"
    "margin:0 auto;padding:1rem}h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.1rem;"
    "margin:1.6rem 0 .4rem}p{margin:.4rem 0}.dim{color:var(--dim);overflow-wrap:anywhere}"
    ".gain{color:var(--gain)}.undecided{color:var(--doubt)}svg{width:100%;height:auto;display:"
    "block}"
    "svg text{fill:var(--dim);font-size:12px;paint-order:stroke;stroke:var(--bg);stroke-width:3px}"
    ".legend{display:flex;flex-wrap:wrap;gap:0 1.2rem;color:var(--dim);font-size:.8rem}.legend i{"
    "display:inline-block;width:.6rem;height:.6rem;border-radius:50%;margin-right:.4rem}section{"
    "border-top:1px solid var(--line);"
    "padding:.5rem 0}section h3{font-size:.95rem;margin:0;overflow-wrap:anywhere}"
    ".row{display:grid;grid-template-columns:minmax(8rem,27rem) 1fr 5.5rem;gap:.5rem;"
    "align-items:center;font-size:.8rem}.row>:first-child{overflow-wrap:anywhere}.row>:last-child{"
    "text-align:right;font-variant-numeric:tabular-nums}.track{height:.6rem;position:relative}"
    ".bar{height:100%;background:var(--bar);border-radius:2px}.bar.first{background:var(--c0)}"
    ".bar.gain{background:var(--gain)}.mark{position:absolute;top:-.15rem;bottom:-.15rem;"
    "border-left:2px solid var(--fg)}"
    /* A phone: the drawing is half as large, its words are not; bars go below their names. */
    "@media(max-width:34rem){svg text{font-size:22px}circle{r:6px}.row{grid-template-columns:1fr "
    "5.5rem;gap:.1rem .5rem;margin:.5rem 0}.row .track{grid-column:1/3;grid-row:2}}";

/* Operators of one colour. */
static const struct family {
    const char *name;
    unsigned ops;
} families[] = {
    {"convolution", 1u << HG_OP_CONV2D},
    {"transposed", 1u << HG_OP_CONV_TRANSPOSE2D},
    {"pooling", 1u << HG_OP_MAX_POOL2D | 1u << HG_OP_AVG_POOL2D | 1u << HG_OP_LP_POOL2D},
    {"resize and others", 1u << HG_OP_RESIZE2D | 1u << HG_OP_RESIZE_ARGMAX2D |
                              1u << HG_OP_MAX_UNPOOL2D | 1u << HG_OP_BINARY |
                              1u << HG_OP_SOFTMAX2D | 1u << HG_OP_ACTIVATION2D |
                              1u << HG_OP_PAD2D}};

/* Labels and names hold nothing that HTML gives a meaning, but for what a shapes file says. */
static void put_text(FILE *f, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", f);
        else if (*text == '&')
            fputs("&amp;", f);
        else
            fputc(*text, f);
    }
}

/* A kernel's name, which may be broken behind its points. */
static void put_kernel(FILE *f, const char *name)
{
    for (; *name; name++) {
        fputc(*name, f);
        if (*name == '.') fputs("<wbr>", f);
    }
}

static bool is_told(const report *r, const hg_record *record)
{
    return record->threads == r->context->threads &&
           !strcmp(record->machine, r->context->machine.key) &&
           hg_lines_find(r->lines, record->key, record->threads, record->machine) == record;
}

static const char *label_of(const report *r, const hg_record *record)
{
    for (size_t i = 0; i < r->job_count; i++)
        if (!strcmp(r->jobs[i].key, record->key)) return r->jobs[i].label;
    return record->key;
}

static double gain_of(const hg_record *r)
{
    return r->default_ns > 0 && r->ranks[0].ns > 0 ? r->default_ns / r->ranks[0].ns : 1;
}

/* ---- Summary ---- */

static void put_summary(FILE *f, const report *r)
{
    size_t n = 0, measured = 0, of[4] = {0};
    double sum = 0, before = 0, after = 0, noise = 0; /* the mean of those that were measured */
    for (size_t i = 0; i < r->lines->count; i++) {
        const hg_record *record = &r->lines->records[i];
        if (!is_told(r, record)) continue;
        n++;
        of[record->verdict]++;
        sum += log(gain_of(record));
        before += record->default_ns > 0 ? record->default_ns : record->ranks[0].ns;
        after += record->ranks[0].ns;
        noise += HG_MIN(record->noise, 1);
        measured += record->rounds > 0;
    }
    const hg_machine *m = &r->context->machine;
    const size_t kept = of[HG_VERDICT_DEFAULT] + of[HG_VERDICT_NONE];
    fprintf(f, "<h1>Hourglass, tuned</h1><p class=dim>");
    put_text(f, m->name);
    fprintf(f, " &middot; %s &middot; %s &middot; %d thread%s &middot; version %s &middot; ",
            m->key, hg_isa_name(m->isa), r->context->threads,
            cli_plural((size_t)r->context->threads), hg_version());
    put_text(f, r->table);
    fprintf(
        f,
        "</p><p><b>%zu problem%s</b>: <b class=gain>%zu gained</b>, %zu keep%s the untuned choice, "
        "<span class=%s>%zu undecided</span>.</p>",
        n, cli_plural(n), of[HG_VERDICT_GAIN], kept, kept == 1 ? "s" : "",
        of[HG_VERDICT_UNDECIDED] ? "undecided" : "dim", of[HG_VERDICT_UNDECIDED]);
    if (n == 0) return;
    fprintf(f,
            "<p>Run once each, they take %.4g ms instead of %.4g ms; a geometric mean of "
            "<b>%.3f</b> of the untuned times. Noise %.1f %%.</p><p>",
            after * 1e-6, before * 1e-6, exp(-sum / (double)n),
            100 * noise / (double)HG_MAX(measured, 1));
    if (of[HG_VERDICT_UNDECIDED] * 5 > n)
        fprintf(f, "Next: much is undecided. On a quieter machine the same command with "
                   "<code>--noisy</code> measures it again.");
    else
        fprintf(f, "Next: nothing; programs that read this table use it from their next plan on.");
    fprintf(f, "</p>");
}

/* ---- Roofline ---- */

enum { WIDTH = 720, HEIGHT = 376, LEFT = 66, BOTTOM = 56, TOP = 30 };
static const double LEAST_X = 0.125, MOST_X = 1024; /* operations a byte */
static const double RANGE = 32768;                  /* of the other axis */

static double x_of(double intensity)
{
    const double v = HG_MIN(HG_MAX(intensity, LEAST_X), MOST_X);
    return LEFT + (WIDTH - LEFT - 12) * log2(v / LEAST_X) / log2(MOST_X / LEAST_X);
}

static double y_of(double gflops, double most)
{
    const double least = most / RANGE, v = HG_MIN(HG_MAX(gflops, least), most);
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * log2(v / least) / log2(most / least);
}

static void put_axes(FILE *f, const report *r, double most)
{
    for (double v = LEAST_X; v <= MOST_X; v *= 8)
        fprintf(f,
                "<line x1=\"%.0f\" x2=\"%.0f\" y1=\"%d\" y2=\"%d\" stroke=\"var(--line)\"/><text "
                "x=\"%.0f\" y=\"%d\" "
                "text-anchor=\"middle\">%.4g</text>",
                x_of(v), x_of(v), TOP, HEIGHT - BOTTOM, x_of(v), HEIGHT - BOTTOM + 22, v);
    for (double v = exp2(floor(log2(most))); v > most / RANGE; v /= 8)
        fprintf(f,
                "<line x1=\"%d\" x2=\"%d\" y1=\"%.0f\" y2=\"%.0f\" stroke=\"var(--line)\"/><text "
                "x=\"%d\" y=\"%.0f\" "
                "text-anchor=\"end\">%.3g</text>",
                LEFT, WIDTH - 12, y_of(v, most), y_of(v, most), LEFT - 5, y_of(v, most) + 4, v);
    const double knee = r->gflops / r->gbps;
    fprintf(
        f,
        "<polyline fill=\"none\" stroke=\"var(--fg)\" points=\"%.0f,%.0f %.0f,%.0f %.0f,%.0f\"/>",
        x_of(LEAST_X), y_of(LEAST_X * r->gbps, most), x_of(knee), y_of(r->gflops, most),
        x_of(MOST_X), y_of(r->gflops, most));
    fprintf(f, "<text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">%.0f GFLOP/s in L1</text>",
            WIDTH - 14, y_of(r->gflops, most) - 5, r->gflops);
    fprintf(f, "<text x=\"%.0f\" y=\"%.0f\">memory %.0f GB/s</text>", x_of(0.2),
            y_of(0.2 * r->gbps, most) + 22, r->gbps);
    fprintf(f,
            "<text x=\"%d\" y=\"%d\">GFLOP/s</text><text x=\"%d\" y=\"%d\" "
            "text-anchor=\"end\">operations per byte "
            "of input and output</text>",
            4, TOP - 10, WIDTH - 12, HEIGHT - 8);
}

static double operations(const hg_problem *p)
{
    const double outputs =
        (double)p->out.n * (double)p->out.h * (double)p->out.w * (double)p->out.c;
    return hg_problem_has_filter(p) ? hg_problem_flops(p)
                                    : outputs * (double)HG_MAX(p->kernel.h * p->kernel.w, 1);
}

static void put_points(FILE *f, const report *r)
{
    const double most = 4 * r->gflops; /* of the direct form: Winograd needs fewer */
    put_axes(f, r, most);
    for (size_t i = 0; i < r->lines->count; i++) {
        const hg_record *record = &r->lines->records[i];
        hg_problem p;
        if (!is_told(r, record) || hg_problem_parse(record->key, &p, NULL)) continue;
        size_t family = 0;
        while (family + 1 < HG_COUNT(families) && !(families[family].ops & 1u << p.op)) family++;
        fprintf(f,
                "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"var(--c%zu)\" "
                "fill-opacity=\".7\"><title>",
                x_of(operations(&p) / hg_problem_bytes(&p)),
                y_of(operations(&p) / record->ranks[0].ns, most), family);
        put_text(f, label_of(r, record));
        fprintf(f, ": %.1f GFLOP/s, %.1f us</title></circle>", operations(&p) / record->ranks[0].ns,
                record->ranks[0].ns * 1e-3);
    }
}

static void put_roofline(FILE *f, const report *r)
{
    fprintf(f, "<h2>Every problem against the machine</h2><div class=legend>");
    for (size_t i = 0; i < HG_COUNT(families); i++)
        fprintf(f, "<span><i style=\"background:var(--c%zu)\"></i>%s</span>", i, families[i].name);
    fprintf(f, "</div><svg viewBox=\"0 0 %d %d\" role=img aria-label=roofline>", WIDTH, HEIGHT);
    put_points(f, r);
    fprintf(f, "</svg><p class=dim>Convolutions count the operations of the direct form: Winograd "
               "may lie above the limit. Windows count one operation an element. Tensors that fit "
               "into a cache lie above the line of the memory.</p>");
}

/* The same as a drawing of its own. */
static void put_drawing(FILE *f, const report *r)
{
    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
            "font-family=\"system-ui, sans-serif\"><style>%s</style>"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"var(--bg)\"/>",
            WIDTH, HEIGHT, style);
    for (size_t i = 0; i < HG_COUNT(families); i++)
        fprintf(f, "<text x=\"%zu\" y=\"%d\" style=\"fill:var(--c%zu)\">%s</text>",
                LEFT + 90 + 130 * i, TOP - 10, i, families[i].name);
    put_points(f, r);
    fprintf(f, "</svg>\n");
}

/* ---- Problems ---- */

static void put_record(FILE *f, const report *r, const hg_record *record)
{
    static const char *const classes[] = {"dim", "gain", "dim", "undecided"};
    char verdict[RECORD_VERDICT_SIZE];
    double slowest = record->default_ns;
    for (int i = 0; i < record->count; i++) slowest = HG_MAX(slowest, record->ranks[i].ns);
    fprintf(f, "<section><h3>");
    put_text(f, label_of(r, record));
    fprintf(f, "</h3>");
    if (strcmp(label_of(r, record), record->key)) fprintf(f, "<p class=dim>%s</p>", record->key);
    record_verdict(record, verdict);
    fprintf(f, "<p class=%s>%s", classes[record->verdict], verdict);
    if (record->verdict == HG_VERDICT_DEFAULT && record->low > 0)
        fprintf(f, "; who came nearest takes %.3f to %.3f of its time", record->low, record->high);
    if (record->rounds > 0)
        fprintf(f, "; %d round%s", record->rounds, cli_plural((size_t)record->rounds));
    fprintf(f, "</p>");
    for (int i = 0; i < record->count; i++) {
        const hg_ranked *rank = &record->ranks[i];
        char config[HG_CONFIG_SIZE];
        hg_config_format(&rank->config, config);
        const char *kind = i ? "" : record->verdict == HG_VERDICT_GAIN ? " gain" : " first";
        fprintf(f, "<div class=row><span>");
        put_kernel(f, rank->kernel);
        fprintf(f,
                " %s</span><span class=track><span class=\"bar%s\" "
                "style=\"display:block;width:%.1f%%\"></span>",
                config, kind, 100 * rank->ns / slowest);
        if (record->default_ns > 0)
            fprintf(f, "<span class=mark style=\"left:%.1f%%\" title=\"untuned\"></span>",
                    100 * record->default_ns / slowest);
        fprintf(f, "</span><span>%.1f us</span></div>", rank->ns * 1e-3);
    }
    fprintf(f, "</section>");
}

/* Those that gained most come first. */
static int by_gain(const void *a, const void *b)
{
    const double x = gain_of(*(const hg_record *const *)a),
                 y = gain_of(*(const hg_record *const *)b);
    return (x < y) - (x > y);
}

static void put_records(FILE *f, const report *r)
{
    const hg_record **told = malloc((r->lines->count + 1) * sizeof *told);
    size_t n = 0;
    for (size_t i = 0; told && i < r->lines->count; i++)
        if (is_told(r, &r->lines->records[i])) told[n++] = &r->lines->records[i];
    if (told) qsort(told, n, sizeof *told, by_gain);
    fprintf(f, "<h2>Problems</h2><p class=dim>Times of the candidates that came closest; the line "
               "marks the untuned choice.</p>");
    for (size_t i = 0; i < n; i++) put_record(f, r, told[i]);
    free(told);
}

static void put_page(FILE *f, const report *r)
{
    fprintf(f,
            "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
            "content=\"width=device-width\"><title>Hourglass, tuned</title><style>%s</style>",
            style);
    put_summary(f, r);
    put_roofline(f, r);
    put_records(f, r);
    fprintf(f, "</html>\n");
}

bool report_write(const report *r, const char *path)
{
    FILE *f = fopen(path, "w");
    bool good = f != NULL;
    const size_t n = strlen(path);
    if (f) {
        n > 4 && !strcmp(path + n - 4, ".svg") ? put_drawing(f, r) : put_page(f, r);
        good = !ferror(f);
        good = fclose(f) == 0 && good;
    }
    if (!good) fprintf(stderr, "hourglass: %s: %s\n", path, strerror(errno));
    return good;
}
