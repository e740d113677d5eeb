/* Spellings that differ between compilers, and small arithmetic. */
#ifndef HG_COMMON_ATTR_H
#define HG_COMMON_ATTR_H

#include <stdint.h>

/* The build puts its own flags behind those of whoever builds; this is for other builds. */
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "NaN, infinities and the order of sums count here: put -fno-fast-math behind -ffast-math"
#endif

#if defined(__has_feature)
#define HG_HAS_FEATURE(name) __has_feature(name)
#else
#define HG_HAS_FEATURE(name) 0
#endif

/* Inlined without optimisation, or instrumented, code keeps every value it ever had in a slot of
 * its own: functions of megabytes with frames of megabytes. */
#if defined(__OPTIMIZE__) && !HG_HAS_FEATURE(address_sanitizer)
#define HG_INLINE static inline __attribute__((always_inline))
#else
#define HG_INLINE static inline
#endif

/* A function for what is rare, as NaN are among maxima: small rather than fast, and not inlined.
 * What it is given may change as far as compilers know: hand over a copy of what loops depend on.
 */
#define HG_COLD __attribute__((cold, noinline))

/* Put before a loop over a constant extent whose body indexes an array of accumulators: without
 * it gcc -O2 keeps the accumulators in memory, four times slower with the same results. */
#if HG_HAS_FEATURE(address_sanitizer) || HG_HAS_FEATURE(thread_sanitizer) || defined(HG_ROLLED)
#define HG_UNROLL /* instrumented or emulated, and unrolled, one file takes minutes to compile */
#elif defined(__clang__)
#define HG_UNROLL _Pragma("clang loop unroll(full)")
#else
#define HG_UNROLL _Pragma("GCC unroll 64")
#endif

enum { HG_CACHELINE = 16 }; /* floats */

/* The cache line so many floats after p, which is read or written soon. Nothing is accessed, so it
 * may lie outside the tensor, where pointers must not be formed. */
HG_INLINE void hg_prefetch(const void *p, int64_t floats)
{
    __builtin_prefetch((const void *)((uintptr_t)p + (uintptr_t)floats * sizeof(float)));
}

/* For a switch among constants: a case for each. */
#define HG_ONE_TO_SEVEN(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

#define HG_MIN(a, b) ((a) < (b) ? (a) : (b))
#define HG_MAX(a, b) ((a) > (b) ? (a) : (b))
#define HG_CEIL_DIV(a, b) (((a) + (b)-1) / (b)) /* a >= 0, b > 0 */
#define HG_ROUND_UP(a, b) (HG_CEIL_DIV(a, b) * (b))
#define HG_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* low, if that is above high. */
HG_INLINE int64_t hg_clamp(int64_t v, int64_t low, int64_t high)
{
    return HG_MAX(low, HG_MIN(v, high));
}

#endif
