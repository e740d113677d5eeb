/* Hourglass: statuses. Every function that can fail returns one; none aborts or prints. */
#ifndef HOURGLASS_STATUS_H
#define HOURGLASS_STATUS_H

/* Before the names of functions. The shared library exports them; who compiles the sources into
 * something else defines HG_API, as nothing to keep the names inside it. On Windows programs need
 * no attribute: the linker finds the functions of a DLL, whose build defines HG_API, all the same.
 */
#ifndef HG_API
#if defined(_WIN32)
#define HG_API
#else
#define HG_API __attribute__((visibility("default")))
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum hg_status {
    HG_OK = 0,
    HG_INVALID,     /* a field or pointer is outside its domain; nothing was changed */
    HG_UNSUPPORTED, /* well formed, but not implemented (element type, reserved word set, ...) */
    HG_RANGE,       /* a size does not fit: an extent, offset or byte count would overflow */
    HG_NO_MEMORY,   /* the allocator returned NULL; nothing is leaked */
    HG_INDEX,       /* max_unpool2d met an index outside its output; see hg_run */
    HG_IO           /* a file could not be read or written */
} hg_status;

/* A static English phrase for a status, e.g. "out of memory"; never NULL. */
HG_API const char *hg_status_string(hg_status status);

#ifdef __cplusplus
}
#endif
#endif
