/* Resizing and argmax: what its kernels share. */
#ifndef HG_RESIZE_ARGMAX2D_H
#define HG_RESIZE_ARGMAX2D_H

#include "kernels/kernel.h"

/* Writes `count` classes, `step` elements apart, from element `at` of a class map on. */
HG_INLINE void hg_put_classes(hg_dtype type, void *map, int64_t at, int64_t step,
                              const int32_t *classes, int64_t count)
{
    int32_t *const words = (int32_t *)map + (type == HG_I32 ? at : 0);
    uint8_t *const bytes = (uint8_t *)map + (type == HG_I32 ? 0 : at);
    if (type == HG_I32 && step == 1)
        for (int64_t i = 0; i < count; i++) words[i] = classes[i];
    else if (type == HG_I32)
        for (int64_t i = 0; i < count; i++) words[i * step] = classes[i];
    else if (step == 1)
        for (int64_t i = 0; i < count; i++) bytes[i] = (uint8_t)classes[i];
    else
        for (int64_t i = 0; i < count; i++) bytes[i * step] = (uint8_t)classes[i];
}

#endif
