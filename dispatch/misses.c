/* Misses. Contract: misses.h. */
#include "dispatch/misses.h"

#include <stdio.h>

#include "dispatch/os.h"

void hg_record_miss(const hg_context *context, const hg_problem *p)
{
    char key[HG_KEY_SIZE], line[HG_KEY_SIZE + 32], sentence[256];
    if (!context->misses[0]) return;
    const hg_problem plain = hg_problem_for_tuning(p);
    hg_problem_key(&plain, key);
    if (context->threads == 1)
        snprintf(line, sizeof line, "%s\n", key);
    else
        snprintf(line, sizeof line, "%s\tthreads=%d\n", key, context->threads);
    if (hg_os_add_line(context->misses, line)) return;
    snprintf(sentence, sizeof sentence, "HG_RECORD_MISSES: %.180s cannot be written",
             context->misses);
    hg_report(&context->host, HG_IO, sentence);
}
