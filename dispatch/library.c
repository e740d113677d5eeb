/* What the library says of itself. */
#include "hourglass/hourglass.h"
#include "kernels/common/attr.h"

static const char *const status_strings[] = {
    [HG_OK] = "success",
    [HG_INVALID] = "invalid argument",
    [HG_UNSUPPORTED] = "not supported",
    [HG_RANGE] = "size out of range",
    [HG_NO_MEMORY] = "out of memory",
    [HG_INDEX] = "index outside the output",
    [HG_IO] = "file cannot be read or written",
};

const char *hg_status_string(hg_status status)
{
    return (unsigned)status < HG_COUNT(status_strings) ? status_strings[status] : "unknown status";
}

#define TEXT(x) #x
#define VERSION(a, b, c) TEXT(a) "." TEXT(b) "." TEXT(c)

const char *hg_version(void)
{
    return VERSION(HG_VERSION_MAJOR, HG_VERSION_MINOR, HG_VERSION_PATCH);
}
