/* Words of records. Contract: record_text.h. */
#include "cli/record_text.h"

#include <stdio.h>

void record_choice(const hg_record *r, char text[RECORD_CHOICE_SIZE])
{
    char config[HG_CONFIG_SIZE];
    hg_config_format(&r->ranks[0].config, config);
    snprintf(text, RECORD_CHOICE_SIZE, "%s%s%s", r->ranks[0].kernel, *config ? " " : "", config);
}

void record_verdict(const hg_record *r, char text[RECORD_VERDICT_SIZE])
{
    if (r->verdict == HG_VERDICT_GAIN)
        snprintf(text, RECORD_VERDICT_SIZE, "%.3f of the untuned choice's time (%.3f to %.3f)",
                 r->ratio, r->low, r->high);
    else if (r->verdict == HG_VERDICT_UNDECIDED && r->low > 0)
        snprintf(text, RECORD_VERDICT_SIZE,
                 "the untuned choice, undecided: another takes %.2f to %.2f of its time", r->low,
                 r->high);
    else if (r->verdict == HG_VERDICT_UNDECIDED)
        snprintf(text, RECORD_VERDICT_SIZE, "the untuned choice, undecided: too little time");
    else if (r->verdict == HG_VERDICT_DEFAULT)
        snprintf(text, RECORD_VERDICT_SIZE, "the untuned choice");
    else
        snprintf(text, RECORD_VERDICT_SIZE, "not compared with the untuned choice");
}
