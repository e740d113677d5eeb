/* Whether a measurement was left alone. */
#ifndef HG_BENCH_WAITING_H
#define HG_BENCH_WAITING_H

#ifdef __cplusplus
extern "C" {
#endif

/* How long the threads of this process, all together, have been ready to run and had no core, in
 * ns; counted when a thread gets its core at last. Where the system does not tell, each time that a
 * thread lost its core counts as a millisecond. */
double hg_waited_ns(void);

#ifdef __cplusplus
}
#endif
#endif
