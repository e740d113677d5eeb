/* Progress. Contract: progress.h. */
#include "cli/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kernels/common/attr.h"
#include "tuner/clock.h"

enum { BAR = 10, MAX_WIDTH = 200 };
static const double REDRAW_NS = 1e8;

/* A terminal that understands how to go back and clear a line. */
static bool is_terminal(void)
{
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) == 1 && term && *term && strcmp(term, "dumb") != 0;
}

void hg_progress_begin(hg_progress *p, size_t total, double expected_ns)
{
    *p = (hg_progress){
        .terminal = is_terminal(), .total = total, .start = hg_clock_ns(), .expected = expected_ns};
}

void hg_progress_problem(hg_progress *p, const char *label)
{
    snprintf(p->label, sizeof p->label, "%s", label);
    p->last = 0;
    hg_progress_draw(p, "plan", 0);
    p->last = 0; /* what follows is shown as soon as it begins */
}

static int terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col < 20) return 79;
    return HG_MIN((int)size.ws_col - 1, MAX_WIDTH);
}

void hg_progress_draw(hg_progress *p, const char *stage, double best_ns)
{
    const double now = hg_clock_ns();
    if (!p->terminal || now - p->last < REDRAW_NS) return;
    p->last = now;
    const double each = p->done ? (now - p->start) / (double)p->done : p->expected;
    const double rest =
        p->limit > 0 ? HG_MAX(p->start + p->limit - now, 0) : each * (double)(p->total - p->done);
    const long left = (long)(rest * 1e-9 + 0.5);
    char bar[BAR + 1] = "", best[40] = "", line[320]; /* all of it */
    const size_t full = p->total ? BAR * p->done / p->total : 0;
    for (size_t i = 0; i < BAR; i++) bar[i] = i < full ? '#' : '.';
    if (best_ns > 0) snprintf(best, sizeof best, ", best %.1f us", best_ns * 1e-3);
    /* The label comes last: it is what a narrow terminal may cut. */
    snprintf(line, sizeof line, "[%s] %zu/%zu, %ld:%02ld left; %s%s: %s", bar,
             HG_MIN(p->done + 1, p->total), p->total, left / 60, left % 60, stage, best, p->label);
    fprintf(stderr, "\r\033[K%.*s", terminal_width(), line);
    fflush(stderr);
}

void hg_progress_line(hg_progress *p, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    hg_progress_end(p);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    p->last = 0;
}

void hg_progress_end(hg_progress *p)
{
    if (p->terminal) fputs("\r\033[K", stderr);
}
