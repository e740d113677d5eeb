/* Statuses and log lines. */
#include <stdarg.h>
#include <stdio.h>

#include "runtimes/onnxruntime/provider.h"

enum { SENTENCE = 512 };

OrtStatus *ep_fail(const ep_api *api, OrtErrorCode code, const char *format, ...)
{
    char text[SENTENCE];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    return api->ort->CreateStatus(code, text);
}

OrtStatus *ep_fail_net(const ep_api *api, hg_status status, const hg_net_error *error)
{
    static const struct {
        hg_status status;
        OrtErrorCode code;
    } codes[] = {{HG_INVALID, ORT_INVALID_ARGUMENT},
                 {HG_UNSUPPORTED, ORT_NOT_IMPLEMENTED},
                 {HG_RANGE, ORT_INVALID_ARGUMENT}};
    OrtErrorCode code = ORT_FAIL;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].status == status) code = codes[i].code;
    const char *said = error && error->text[0] ? error->text : hg_status_string(status);
    return ep_fail(api, code, "hourglass: %s", said);
}

OrtStatus *ep_no_memory(const ep_api *api)
{
    return api->ort->CreateStatus(ORT_FAIL, "hourglass: out of memory");
}

void ep_log(const ep_provider *p, OrtLoggingLevel severity, const char *format, ...)
{
    char text[SENTENCE];
    va_list values;
    OrtLoggingLevel least;
    OrtStatus *status = p->api.ort->Logger_GetLoggingSeverityLevel(p->logger, &least);
    if (!status && severity >= least) {
        va_start(values, format);
        vsnprintf(text, sizeof text, format, values);
        va_end(values);
        status =
            p->api.ort->Logger_LogMessage(p->logger, severity, text, __FILE__, __LINE__, __func__);
    }
    if (status) p->api.ort->ReleaseStatus(status);
}
