/* Threads that start each repetition of a piece of work together. */
#ifndef HG_BENCH_CREW_H
#define HG_BENCH_CREW_H

enum { HG_CREW_MOST = 256 };

typedef struct hg_crew {
    int threads;     /* at most HG_CREW_MOST */
    int repeats;     /* after the first, which is not timed */
    double least_ns; /* repeat at least this long, too */
    void (*work)(void *argument, int thread, int threads);
    void *argument;
} hg_crew;

/* Least time of a repetition, in ns; 0 if the threads cannot be had. */
double hg_crew_time(const hg_crew *crew);

#endif
