#include "dispatch/filter.h"

#include <string.h>

#include "kernels/conv2d/conv2d.h"
#include "kernels/conv_transpose2d/upsample_conv2d.h"

/* Element strides of the caller's order, per output channel, input channel, row and column. For
 * transposed orders the output channel counts within its group and the input channel overall. */
typedef struct order_strides {
    int64_t o, i, y, x;
} order_strides;

static order_strides strides_of(const hg_filter_desc *d)
{
    const int64_t h = d->height, w = d->width, groups = d->groups;
    const int64_t in = d->in_channels / groups, out = d->out_channels;
    switch (d->order) {
    case HG_OHWI:
        return (order_strides){h * w * in, 1, w * in, in};
    case HG_HWIO:
        return (order_strides){1, out, w * in * out, in * out};
    case HG_IOHW:
        return (order_strides){h * w, out / groups * h * w, w, 1};
    case HG_HWOI:
        return (order_strides){d->in_channels, 1, w * out * d->in_channels, out * d->in_channels};
    case HG_OIHW:
        break; /* the canonical order */
    }
    return (order_strides){in * h * w, h * w, w, 1};
}

static void copy_canonical(const hg_filter_desc *d, const float *from, float *to, size_t count)
{
    if (d->order == HG_OIHW) {
        memcpy(to, from, count * sizeof *to);
        return;
    }
    const order_strides s = strides_of(d);
    const bool transposed = d->order == HG_IOHW || d->order == HG_HWOI;
    const int64_t in = d->in_channels / d->groups, out = d->out_channels / d->groups;
    for (int64_t k = 0; k < d->out_channels; k++)
        for (int64_t c = 0; c < in; c++) {
            const int64_t o = transposed ? k % out : k, i = transposed ? k / out * in + c : c;
            for (int64_t y = 0; y < d->height; y++)
                for (int64_t x = 0; x < d->width; x++)
                    *to++ = from[o * s.o + i * s.i + y * s.y + x * s.x];
        }
}

static size_t count_of(const hg_filter_desc *d)
{
    return (size_t)(d->out_channels * (d->in_channels / d->groups) * d->height * d->width);
}

/* A filter whose weights are still to be written, or NULL: out of memory. */
static hg_filter *allocate(hg_context *context, const hg_filter_desc *desc)
{
    hg_filter *filter = hg_allocate(&context->host, sizeof *filter);
    float *weights = filter ? hg_allocate(&context->host, count_of(desc) * sizeof *weights) : NULL;
    if (!weights || !hg_os_lock_create(&filter->lock)) {
        hg_release(&context->host, weights);
        hg_release(&context->host, filter);
        return NULL;
    }
    filter->references = 1;
    filter->context = context;
    filter->desc = *desc;
    filter->weights = weights;
    filter->forms = NULL;
    filter->upsampled = filter->next = NULL;
    hg_context_retain(context);
    return filter;
}

hg_status hg_filter_create(hg_context *context, const hg_filter_desc *desc, const void *weights,
                           hg_filter **out)
{
    hg_reason why;
    if (!out)
        return hg_report(hg_context_host(context), HG_INVALID, "hg_filter_create: filter is NULL");
    *out = NULL;
    if (!context || !desc || !weights)
        return hg_report(hg_context_host(context), HG_INVALID,
                         !desc ? "hg_filter_create: desc is NULL"
                               : "hg_filter_create: weights is NULL");
    hg_filter_desc d = *desc;
    const hg_status status = hg_check_filter_desc(desc, &d, &why);
    if (status) return hg_report(&context->host, status, why.text);
    hg_filter *filter = allocate(context, &d);
    if (!filter) return hg_report(&context->host, HG_NO_MEMORY, "hg_filter_create: out of memory");
    copy_canonical(&d, weights, filter->weights, count_of(&d));
    *out = filter;
    return HG_OK;
}

void hg_filter_retain(hg_filter *filter)
{
    __atomic_add_fetch(&filter->references, 1, __ATOMIC_RELAXED);
}

void hg_filter_free(hg_filter *filter)
{
    if (!filter || __atomic_sub_fetch(&filter->references, 1, __ATOMIC_ACQ_REL) != 0) return;
    hg_context *context = filter->context;
    for (hg_packed *form = filter->forms, *next; form; form = next) {
        next = form->next;
        hg_release(&context->host, form->data);
        hg_release(&context->host, form);
    }
    for (hg_filter *one = filter->upsampled, *next; one; one = next) {
        next = one->next;
        hg_filter_free(one);
    }
    hg_os_lock_destroy(&filter->lock);
    hg_release(&context->host, filter->weights);
    hg_release(&context->host, filter);
    hg_context_free(context);
}

static hg_packed *find(const hg_filter *filter, const hg_packed *like)
{
    for (hg_packed *f = filter->forms; f; f = f->next)
        if (f->algorithm == like->algorithm && f->op == like->op && f->turned == like->turned &&
            memcmp(f->form, like->form, sizeof f->form) == 0)
            return f;
    return NULL;
}

/* A copy with the taps of each filter from the last to the first. NULL: out of memory. */
static float *turn(const hg_filter *filter)
{
    const int64_t taps = filter->desc.height * filter->desc.width;
    const int64_t count = (int64_t)count_of(&filter->desc);
    float *copy = hg_allocate(&filter->context->host, (size_t)count * sizeof *copy);
    for (int64_t i = 0; copy && i < count; i++)
        copy[i] = filter->weights[i - i % taps + (taps - 1 - i % taps)];
    return copy;
}

static hg_packed *pack(hg_filter *filter, const hg_problem *p, const hg_kernel *k,
                       const hg_packed *like, size_t bytes)
{
    const hg_host *host = &filter->context->host;
    float *turned = like->turned ? turn(filter) : NULL;
    hg_packed *packed = hg_allocate(host, sizeof *packed);
    float *data = packed && (turned || !like->turned) ? hg_allocate(host, bytes) : NULL;
    if (data) {
        k->algorithm->pack(p, k, like->turned ? turned : filter->weights, data);
        *packed = *like;
        packed->data = data;
    } else {
        hg_release(host, packed);
        packed = NULL;
    }
    hg_release(host, turned);
    return packed;
}

const float *hg_filter_packed(hg_filter *filter, const hg_problem *p, const hg_kernel *k,
                              bool turned, size_t bytes)
{
    hg_packed like = {.algorithm = k->algorithm, .op = p->op, .turned = turned};
    if (k->algorithm->form) k->algorithm->form(p, k, like.form);
    hg_os_lock_take(&filter->lock);
    hg_packed *packed = find(filter, &like);
    if (!packed && (packed = pack(filter, p, k, &like, bytes)) != NULL) {
        packed->next = filter->forms;
        filter->forms = packed;
    }
    hg_os_lock_drop(&filter->lock);
    return packed ? packed->data : NULL;
}

static hg_filter *upsample(const hg_filter *filter, hg_size2 factor)
{
    const hg_filter_desc desc = hg_upsampled_filter(&filter->desc, factor);
    hg_filter *summed = allocate(filter->context, &desc);
    if (!summed) return NULL;
    hg_upsampled_weights(&filter->desc, factor, filter->weights, summed->weights);
    summed->factor = factor;
    return summed;
}

hg_filter *hg_filter_upsampled(hg_filter *filter, hg_size2 factor)
{
    hg_os_lock_take(&filter->lock);
    hg_filter *summed = filter->upsampled;
    while (summed && (summed->factor.h != factor.h || summed->factor.w != factor.w))
        summed = summed->next;
    if (!summed && (summed = upsample(filter, factor)) != NULL) {
        summed->next = filter->upsampled;
        filter->upsampled = summed;
    }
    hg_os_lock_drop(&filter->lock);
    return summed;
}
