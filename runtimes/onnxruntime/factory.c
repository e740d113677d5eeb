/* The two functions that the library exports, and the factory that they make. */
#include <stdlib.h>

#include "runtimes/onnxruntime/provider.h"

typedef struct ep_factory {
    OrtEpFactory base;
    ep_api api;
} ep_factory;

static const ep_factory *factory_of(const OrtEpFactory *base)
{
    return (const ep_factory *)base;
}

static const char *ORT_API_CALL name_of(const OrtEpFactory *base)
{
    (void)base;
    return EP_NAME;
}

static const char *ORT_API_CALL vendor_of(const OrtEpFactory *base)
{
    (void)base;
    return "Hourglass";
}

/* Software on a CPU has no number of the PCI's list. */
static uint32_t ORT_API_CALL vendor_id_of(const OrtEpFactory *base)
{
    (void)base;
    return 0;
}

static const char *ORT_API_CALL version_of(const OrtEpFactory *base)
{
    (void)base;
    return hg_version();
}

/* The CPU, of which the runtime knows one. */
static OrtStatus *ORT_API_CALL supported_devices(OrtEpFactory *base,
                                                 const OrtHardwareDevice *const *devices,
                                                 size_t count, OrtEpDevice **found, size_t room,
                                                 size_t *found_count)
{
    const ep_api *api = &factory_of(base)->api;
    *found_count = 0;
    for (size_t i = 0; i < count && *found_count < room; i++) {
        if (api->ort->HardwareDevice_Type(devices[i]) != OrtHardwareDeviceType_CPU) continue;
        EP_TRY(api->ep->CreateEpDevice(base, devices[i], NULL, NULL, &found[*found_count]));
        ++*found_count;
    }
    return NULL;
}

static OrtStatus *ORT_API_CALL create_ep(OrtEpFactory *base,
                                         const OrtHardwareDevice *const *devices,
                                         const OrtKeyValuePairs *const *metadata, size_t count,
                                         const OrtSessionOptions *session, const OrtLogger *logger,
                                         OrtEp **ep)
{
    (void)devices, (void)metadata, (void)count;
    return ep_provider_create(&factory_of(base)->api, session, logger, ep);
}

static void ORT_API_CALL release_ep(OrtEpFactory *base, OrtEp *ep)
{
    (void)base;
    ep_provider_free(ep);
}

/* The runtime's own allocators serve: the memory is the CPU's. */
static OrtStatus *ORT_API_CALL create_allocator(OrtEpFactory *base, const OrtMemoryInfo *info,
                                                const OrtKeyValuePairs *options,
                                                OrtAllocator **allocator)
{
    (void)base, (void)info, (void)options;
    *allocator = NULL;
    return NULL;
}

static void ORT_API_CALL release_allocator(OrtEpFactory *base, OrtAllocator *allocator)
{
    (void)base, (void)allocator;
}

static OrtStatus *ORT_API_CALL create_data_transfer(OrtEpFactory *base,
                                                    OrtDataTransferImpl **transfer)
{
    (void)base;
    *transfer = NULL;
    return NULL;
}

static bool ORT_API_CALL is_stream_aware(const OrtEpFactory *base)
{
    (void)base;
    return false;
}

#define EXPORTED __attribute__((visibility("default")))

EXPORTED OrtStatus *CreateEpFactories(const char *registered, const OrtApiBase *base,
                                      const OrtLogger *logger, OrtEpFactory **factories,
                                      size_t room, size_t *count);
EXPORTED OrtStatus *ReleaseEpFactory(OrtEpFactory *factory);

OrtStatus *CreateEpFactories(const char *registered, const OrtApiBase *base,
                             const OrtLogger *logger, OrtEpFactory **factories, size_t room,
                             size_t *count)
{
    (void)registered, (void)logger;
    const OrtApi *ort = base->GetApi(EP_API_VERSION);
    const OrtApi *any = ort ? ort : base->GetApi(1);
    *count = 0;
    if (!ort)
        return any->CreateStatus(ORT_NOT_IMPLEMENTED, "hourglass needs ONNX Runtime 1.23 or later");
    if (!room) return ort->CreateStatus(ORT_INVALID_ARGUMENT, "hourglass: no room for a factory");
    ep_factory *f = calloc(1, sizeof *f);
    if (!f) return ort->CreateStatus(ORT_FAIL, "hourglass: out of memory");
    *f = (ep_factory){.base = {.ort_version_supported = EP_API_VERSION,
                               .GetName = name_of,
                               .GetVendor = vendor_of,
                               .GetVendorId = vendor_id_of,
                               .GetVersion = version_of,
                               .GetSupportedDevices = supported_devices,
                               .CreateEp = create_ep,
                               .ReleaseEp = release_ep,
                               .CreateAllocator = create_allocator,
                               .ReleaseAllocator = release_allocator,
                               .CreateDataTransfer = create_data_transfer,
                               .IsStreamAware = is_stream_aware},
                      .api = {ort, ort->GetEpApi()}};
    factories[0] = &f->base;
    *count = 1;
    return NULL;
}

OrtStatus *ReleaseEpFactory(OrtEpFactory *factory)
{
    free(factory);
    return NULL;
}
