/* Interruption. Contract: interrupt.h. */
#include "cli/interrupt.h"

#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

volatile sig_atomic_t cli_interrupted;

static void say(const char *text)
{
    const ssize_t n = write(STDERR_FILENO, text, strlen(text));
    (void)n;
}

static void on_alarm(int number)
{
    (void)number;
    say("interrupted; the same command continues\n");
    _exit(CLI_INTERRUPTED);
}

static void on_signal(int number)
{
    (void)number;
    cli_interrupted = 1;
    say("\nstopping...\n");
    alarm(1);
}

void cli_catch_signals(void)
{
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    const struct sigaction late = {.sa_handler = on_alarm};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGALRM, &late, NULL);
}
