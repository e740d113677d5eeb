/* HG_SANITIZED: whether a sanitizer, with its own malloc and reports, is part of this program;
 * HG_SANITIZED_THREADS: whether it is ThreadSanitizer. */
#ifndef HG_TEST_SANITIZED_H
#define HG_TEST_SANITIZED_H

#if defined(__SANITIZE_THREAD__)
#define HG_SANITIZED_THREADS
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HG_SANITIZED_THREADS
#endif
#endif

#if defined(HG_SANITIZED_THREADS) || defined(__SANITIZE_ADDRESS__)
#define HG_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HG_SANITIZED
#endif
#endif

#if defined(HG_SANITIZED)
#include <sanitizer/allocator_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#endif
