/* Two subjects timed against each other, in slots of a quad: A B B A, or B A A B. A drift of the
 * machine falls on both alike, and a canary between the slots tells whether a neighbour came or
 * went. */
#ifndef HG_TUNER_QUAD_H
#define HG_TUNER_QUAD_H

#include <stdbool.h>

enum { HG_TRACK_SUBJECTS = 8 };

/* Who is timed, and how. */
typedef struct hg_track {
    double (*clock)(void);            /* hg_thread_ns where one thread works, else hg_clock_ns */
    void (*run)(void *self, int who); /* one run of a subject */
    void (*canary)(void *self);       /* a fixed piece of work */
    void *self, *canary_self;
    struct {
        int batch, batches; /* runs of a batch, batches of a slot */
    } slots[HG_TRACK_SUBJECTS];
} hg_track;

/* Finds out how many runs make a slot of so many ns; returns the ns of a run. */
double hg_track_slot(hg_track *track, int who, double slot_ns);

/* log(other / base) of a quad; one that was disturbed is repeated, and the calmest counts. ns: of a
 * run of base and of other. */
double hg_track_quad(const hg_track *track, int base, int other, bool inside_out, double ns[2],
                     bool *disturbed);

#endif
