/* Reports of A/B runs. Contract: ab_report.h. */
#include "cli/ab_report.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kernels/common/attr.h"

static bool is_compared(const hg_ab_row *row)
{
    return row->last.quads > 0;
}

int hg_ab_count(const hg_ab_report *report, hg_ab_verdict verdict)
{
    int count = 0;
    for (int i = 0; i < report->count; i++)
        count += is_compared(&report->rows[i]) && report->rows[i].judgement.verdict == verdict;
    return count;
}

int hg_ab_incomparable(const hg_ab_report *report)
{
    int count = 0;
    for (int i = 0; i < report->count; i++) count += !is_compared(&report->rows[i]);
    return count;
}

/* ---- Words ---- */

static const char *verdict_of(const hg_ab_row *row)
{
    static const char *const words[] = {[HG_AB_INCONCLUSIVE] = "INCONCLUSIVE",
                                        [HG_AB_SAME] = "SAME",
                                        [HG_AB_FASTER] = "FASTER",
                                        [HG_AB_SLOWER] = "SLOWER"};
    if (is_compared(row)) return words[row->judgement.verdict];
    return row->last.work == HG_AB_DIFFERENT ? "DIFFERENT WORK" : "NOT COMPARED";
}

static bool has_other_kernel(const hg_ab_row *row)
{
    return strcmp(row->last.kernel[0], row->last.kernel[1]) != 0;
}

/* What else there is to say of a row, "" if nothing. */
static void remark(const hg_ab_row *row, char *text, size_t size)
{
    const hg_ab_result *r = &row->last;
    text[0] = '\0';
    if (r->work == HG_AB_NO_PLAN)
        snprintf(text, size, "%s", r->reason);
    else if (r->work == HG_AB_DIFFERENT)
        snprintf(text, size, "outputs differ by %.2g of the largest value", r->error);
    else if (row->unconfirmed)
        snprintf(text, size, "a difference at first, but not in a further process");
    else if (has_other_kernel(row))
        snprintf(text, size, "%s -> %s", r->kernel[0], r->kernel[1]);
    else if (r->work == HG_AB_CLOSE)
        snprintf(text, size, "outputs differ by %.2g of the largest value", r->error);
}

static double percent(double log_ratio)
{
    return 100 * (exp(log_ratio) - 1);
}

/* "4 slower, 1 faster, 33 the same, 2 inconclusive, 0 not compared; ..." */
static void summarise(FILE *to, const hg_ab_report *report)
{
    double sum = 0;
    int n = 0, changed = 0;
    for (int i = 0; i < report->count; i++)
        if (is_compared(&report->rows[i])) {
            sum += report->rows[i].judgement.median;
            changed += has_other_kernel(&report->rows[i]);
            n++;
        }
    fprintf(to, "%d slower, %d faster, %d the same, %d inconclusive, %d not compared",
            hg_ab_count(report, HG_AB_SLOWER), hg_ab_count(report, HG_AB_FASTER),
            hg_ab_count(report, HG_AB_SAME), hg_ab_count(report, HG_AB_INCONCLUSIVE),
            hg_ab_incomparable(report));
    if (n > 0)
        fprintf(to, "; geometric mean of B / A %.4f, noise floor %.2f %%, %d with another kernel",
                exp(sum / n), percent(report->floor), changed);
    fprintf(to, "\n");
}

/* ---- Table ---- */

void hg_ab_print(const hg_ab_report *report)
{
    printf("%-44s %10s %10s %7s %16s  %s\n", "network/layer", "A us", "B us", "B / A",
           "99 % interval", "verdict");
    for (int i = 0; i < report->count; i++) {
        const hg_ab_row *row = &report->rows[i];
        const hg_ab_judgement *j = &row->judgement;
        char text[2 * HG_AB_NAME + 8];
        remark(row, text, sizeof text);
        printf("%-44s ", row->layer->label);
        if (is_compared(row))
            printf("%10.2f %10.2f %7.3f  %6.3f .. %6.3f  ", row->last.ns[0] * 1e-3,
                   row->last.ns[1] * 1e-3, exp(j->median), exp(j->low), exp(j->high));
        else
            printf("%10s %10s %7s  %6s    %6s  ", "", "", "", "", "");
        printf("%s%s%s\n", verdict_of(row), *text ? ": " : "", text);
    }
    summarise(stdout, report);
}

/* ---- Markdown ---- */

static void write_markdown(FILE *to, const hg_ab_report *report)
{
    fprintf(to, "**hourglass ab**, %s, %s: ", report->processor, report->machine);
    summarise(to, report);
    fprintf(to, "\n| layer | A µs | B µs | B / A | 99 %% interval | verdict | |\n"
                "|---|--:|--:|--:|---|---|---|\n");
    for (int i = 0; i < report->count; i++) {
        const hg_ab_row *row = &report->rows[i];
        const hg_ab_judgement *j = &row->judgement;
        char text[2 * HG_AB_NAME + 8];
        remark(row, text, sizeof text);
        if (is_compared(row))
            fprintf(to, "| %s | %.2f | %.2f | %.3f | %.3f .. %.3f | %s | %s |\n", row->layer->label,
                    row->last.ns[0] * 1e-3, row->last.ns[1] * 1e-3, exp(j->median), exp(j->low),
                    exp(j->high), verdict_of(row), text);
        else
            fprintf(to, "| %s | | | | | %s | %s |\n", row->layer->label, verdict_of(row), text);
    }
}

/* ---- JSON ---- */

static void write_string(FILE *to, const char *text)
{
    fputc('"', to);
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(to, "\\%c", c);
        else if (c < 0x20)
            fprintf(to, "\\u%04x", c);
        else
            fputc(c, to);
    }
    fputc('"', to);
}

static void write_member(FILE *to, const char *name, const char *text)
{
    fprintf(to, "\"%s\": ", name);
    write_string(to, text);
}

/* Ratios, not their logarithms. */
static void write_ratios(FILE *to, const char *name, const double *v, int n)
{
    fprintf(to, ", \"%s\": [", name);
    for (int i = 0; i < n; i++) fprintf(to, "%s%.5f", i ? ", " : "", exp(v[i]));
    fprintf(to, "]");
}

static void write_json_row(FILE *to, const hg_ab_row *row)
{
    static const char *const works[] = {[HG_AB_SAME_BITS] = "same bits",
                                        [HG_AB_CLOSE] = "close",
                                        [HG_AB_DIFFERENT] = "different",
                                        [HG_AB_NO_PLAN] = "none"};
    const hg_ab_judgement *j = &row->judgement;
    char text[2 * HG_AB_NAME + 8];
    remark(row, text, sizeof text);
    fprintf(to, "  {");
    write_member(to, "layer", row->layer->label);
    fprintf(to, ", ");
    write_member(to, "key", row->layer->key);
    fprintf(to, ", ");
    write_member(to, "verdict", verdict_of(row));
    fprintf(to, ", ");
    write_member(to, "outputs", works[row->last.work]);
    fprintf(to, ", ");
    write_member(to, "remark", text);
    if (is_compared(row)) {
        fprintf(to, ",\n   ");
        write_member(to, "kernel_a", row->last.kernel[0]);
        fprintf(to, ", ");
        write_member(to, "kernel_b", row->last.kernel[1]);
        fprintf(to,
                ",\n   \"a_us\": %.4f, \"b_us\": %.4f, \"ratio\": %.5f, \"low\": %.5f, "
                "\"high\": %.5f, \"threshold\": %.5f, \"chance\": %.3g, \"quads\": %d, "
                "\"sweeps\": %d,\n   \"outputs_differ\": %.3g",
                row->last.ns[0] * 1e-3, row->last.ns[1] * 1e-3, exp(j->median),
                isfinite(j->low) ? exp(j->low) : 0.0, isfinite(j->high) ? exp(j->high) : 1e9,
                exp(j->threshold), j->chance, row->series.quads, row->series.sweeps,
                row->last.error);
        write_ratios(to, "ratios", row->series.ratio, row->series.quads);
        write_ratios(to, "control_ratios", row->series.control, row->series.controls);
    }
    fprintf(to, "}");
}

static void write_json(FILE *to, const hg_ab_report *report)
{
    fprintf(to, "{");
    for (int i = 0; i < 2; i++) {
        write_member(to, i ? "b" : "a", report->settings->path[i]);
        fprintf(to, ", ");
        write_member(to, i ? "version_b" : "version_a", report->version[i]);
        fprintf(to, ",\n ");
    }
    write_member(to, "machine", report->machine);
    fprintf(to, ", ");
    write_member(to, "processor", report->processor);
    fprintf(to,
            ", \"threads\": %d, \"same_kernel\": %s, \"noise_floor\": %.5f,\n \"slower\": %d, "
            "\"faster\": %d, \"same\": %d, \"inconclusive\": %d, \"not_compared\": %d,\n "
            "\"layers\": [\n",
            report->settings->threads, report->settings->same_kernel ? "true" : "false",
            exp(report->floor), hg_ab_count(report, HG_AB_SLOWER),
            hg_ab_count(report, HG_AB_FASTER), hg_ab_count(report, HG_AB_SAME),
            hg_ab_count(report, HG_AB_INCONCLUSIVE), hg_ab_incomparable(report));
    for (int i = 0; i < report->count; i++) {
        write_json_row(to, &report->rows[i]);
        fprintf(to, "%s\n", i + 1 < report->count ? "," : "");
    }
    fprintf(to, "]}\n");
}

/* ---- JUnit ---- */

static void write_xml(FILE *to, const char *text)
{
    for (; *text; text++) switch (*text) {
        case '<':
            fputs("&lt;", to);
            break;
        case '>':
            fputs("&gt;", to);
            break;
        case '&':
            fputs("&amp;", to);
            break;
        case '"':
            fputs("&quot;", to);
            break;
        default:
            fputc((unsigned char)*text < 0x20 ? ' ' : *text, to);
        }
}

/* SLOWER and DIFFERENT WORK are failures; what could not be told is skipped; NULL: passed. */
static const char *element_of(const hg_ab_row *row)
{
    if (row->last.work == HG_AB_DIFFERENT) return "failure";
    if (!is_compared(row) || row->judgement.verdict == HG_AB_INCONCLUSIVE) return "skipped";
    return row->judgement.verdict == HG_AB_SLOWER ? "failure" : NULL;
}

static int count_elements(const hg_ab_report *report, const char *element)
{
    int count = 0;
    for (int i = 0; i < report->count; i++) {
        const char *it = element_of(&report->rows[i]);
        count += it && strcmp(it, element) == 0;
    }
    return count;
}

static void write_test_case(FILE *to, const hg_ab_row *row)
{
    const char *element = element_of(row);
    char text[2 * HG_AB_NAME + 8];
    remark(row, text, sizeof text);
    fprintf(to, " <testcase classname=\"ab\" name=\"");
    write_xml(to, row->layer->label);
    fprintf(to, "\">");
    if (element) {
        fprintf(to, "<%s message=\"%s", element, verdict_of(row));
        if (is_compared(row)) fprintf(to, " %.3f", exp(row->judgement.median));
        fprintf(to, "%s", *text ? ": " : "");
        write_xml(to, text);
        fprintf(to, "\"/>");
    }
    fprintf(to, "</testcase>\n");
}

static void write_junit(FILE *to, const hg_ab_report *report)
{
    fprintf(to,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"hourglass ab\" "
            "tests=\"%d\" failures=\"%d\" skipped=\"%d\">\n",
            report->count, count_elements(report, "failure"), count_elements(report, "skipped"));
    for (int i = 0; i < report->count; i++) write_test_case(to, &report->rows[i]);
    fprintf(to, "</testsuite>\n");
}

bool hg_ab_write(const hg_ab_report *report, hg_ab_format format, const char *path)
{
    static void (*const writers[])(FILE * to, const hg_ab_report *report) = {
        [HG_AB_JSON] = write_json, [HG_AB_MARKDOWN] = write_markdown, [HG_AB_JUNIT] = write_junit};
    FILE *to = fopen(path, "w");
    if (to) writers[format](to, report);
    const bool lost = !to || ferror(to);
    const bool good = to && fclose(to) == 0 && !lost;
    if (!good) fprintf(stderr, "hourglass: %s: %s\n", path, strerror(errno));
    return good;
}
