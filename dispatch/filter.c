#include "dispatch/filter.h"

#include <string.h>

#include "dispatch/hash.h"
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

enum { AT_ONCE = 16 }; /* floats of a cache line */

static void copy_kernel(const hg_filter_desc *d, const order_strides *s, const float *from,
                        float *to)
{
    if (s->x == 1 && s->y == d->width) {
        memcpy(to, from, (size_t)(d->height * d->width) * sizeof *to);
        return;
    }
    for (int64_t y = 0; y < d->height; y++)
        for (int64_t x = 0; x < d->width; x++) *to++ = from[y * s->y + x * s->x];
}

/* A few output channels at a time: in most orders theirs are neighbours. */
static void copy_canonical(const hg_filter_desc *d, const float *from, float *to, size_t count)
{
    if (d->order == HG_OIHW) {
        memcpy(to, from, count * sizeof *to);
        return;
    }
    const order_strides s = strides_of(d);
    const bool transposed = d->order == HG_IOHW || d->order == HG_HWOI;
    const int64_t in = d->in_channels / d->groups, out = d->out_channels / d->groups;
    for (int64_t first = 0; first < d->out_channels; first += AT_ONCE)
        for (int64_t c = 0; c < in; c++)
            for (int64_t k = first; k < HG_MIN(first + AT_ONCE, d->out_channels); k++) {
                const int64_t o = transposed ? k % out : k, i = transposed ? k / out * in + c : c;
                copy_kernel(d, &s, from + o * s.o + i * s.i,
                            to + (k * in + c) * d->height * d->width);
            }
}

static size_t count_of(const hg_filter_desc *d)
{
    return (size_t)(d->out_channels * (d->in_channels / d->groups) * d->height * d->width);
}

/* A filter whose weights, if it is to have any, are still to be written, or NULL: out of memory. */
static hg_filter *allocate(hg_context *context, const hg_filter_desc *desc, bool weighted)
{
    const size_t bytes = count_of(desc) * sizeof(float);
    hg_filter *filter = hg_allocate(&context->host, sizeof *filter);
    float *weights = filter && weighted ? hg_allocate(&context->host, bytes) : NULL;
    if (!filter || (weighted && !weights) || !hg_os_lock_create(&filter->lock)) {
        hg_release(&context->host, weights);
        hg_release(&context->host, filter);
        return NULL;
    }
    filter->references = 1;
    filter->context = context;
    filter->desc = *desc;
    filter->source = 0;
    filter->weights = weights;
    filter->forms = NULL;
    filter->upsampled = filter->next = NULL;
    hg_context_retain(context);
    if (desc->packed) hg_weights_retain(desc->packed);
    return filter;
}

static hg_status check(hg_context *context, const hg_filter_desc *desc, const void *weights,
                       hg_filter_desc *d, hg_reason *why)
{
    if (!context) return HG_INVALID;
    if (!desc) return hg_fail(why, HG_INVALID, "hg_filter_create: desc is NULL");
    const hg_status status = hg_check_filter_desc(desc, d, why);
    if (status) return status;
    if (d->id && !d->packed)
        return hg_fail(why, HG_INVALID, "filter.id is given, but filter.packed is NULL");
    if (!weights && !d->id)
        return hg_fail(
            why, HG_INVALID,
            "hg_filter_create: weights is NULL, and filter.id does not name packed ones");
    return HG_OK;
}

hg_status hg_filter_create(hg_context *context, const hg_filter_desc *desc, const void *weights,
                           hg_filter **out)
{
    hg_reason why = {""};
    if (!out)
        return hg_report(hg_context_host(context), HG_INVALID, "hg_filter_create: filter is NULL");
    *out = NULL;
    hg_filter_desc d;
    const hg_status status = check(context, desc, weights, &d, &why);
    if (status) return hg_report(hg_context_host(context), status, why.text);
    hg_filter *filter = allocate(context, &d, weights != NULL);
    if (!filter) return hg_report(&context->host, HG_NO_MEMORY, "hg_filter_create: out of memory");
    if (weights) copy_canonical(&d, weights, filter->weights, count_of(&d));
    if (weights && d.packed)
        filter->source = hg_hash(filter->weights, count_of(&d) * sizeof *filter->weights);
    if (weights && d.id && hg_weights_contradict(d.packed, d.id, filter->source)) {
        hg_filter_free(filter);
        return hg_report(&context->host, HG_INVALID,
                         "filter.id: filter.packed has other weights by this id");
    }
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
        hg_release(&context->host, form->owned);
        hg_release(&context->host, form);
    }
    for (hg_filter *one = filter->upsampled, *next; one; one = next) {
        next = one->next;
        hg_filter_free(one);
    }
    hg_os_lock_destroy(&filter->lock);
    hg_weights_free(filter->desc.packed);
    hg_release(&context->host, filter->weights);
    hg_release(&context->host, filter);
    hg_context_free(context);
}

void hg_filter_drop_weights(hg_filter *filter)
{
    if (!filter) return;
    hg_os_lock_take(&filter->lock);
    hg_release(&filter->context->host, filter->weights);
    filter->weights = NULL;
    for (hg_filter *one = filter->upsampled; one; one = one->next) hg_filter_drop_weights(one);
    hg_os_lock_drop(&filter->lock);
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

/* Who holds what is packed: the filter, or what other filters share, of another context perhaps. */
static const hg_host *holder(const hg_filter *filter)
{
    const hg_weights *shared = filter->desc.packed;
    return shared ? &shared->context->host : &filter->context->host;
}

/* What the kernel packs for the problem, from the holder's allocator; NULL: out of memory. Gaps
 * between its parts are left as they come, but zero where a file may be made of it. */
static float *pack(const hg_filter *filter, const hg_problem *p, const hg_kernel *k, bool turned,
                   size_t bytes)
{
    float *copy = turned ? turn(filter) : NULL;
    float *data = copy || !turned ? hg_allocate(holder(filter), bytes) : NULL;
    if (data && filter->desc.packed) memset(data, 0, bytes);
    if (data) k->algorithm->pack(p, k, turned ? copy : filter->weights, data);
    hg_release(&filter->context->host, copy);
    return data;
}

/* As desc.packed lists it. */
static hg_packing packing_of(const hg_filter *filter, const hg_packed *like, const hg_kernel *k,
                             size_t bytes)
{
    const hg_filter_desc *d = &filter->desc;
    hg_packing is = {.id = d->id,
                     .source = filter->source,
                     .sizes = {d->out_channels, d->in_channels, d->height, d->width, d->groups},
                     .op = (int32_t)like->op,
                     .turned = like->turned,
                     .rev = k->rev,
                     .bytes = bytes};
    memcpy(is.form, like->form, sizeof is.form);
    memcpy(is.kernel, k->name, HG_MIN(strlen(k->name), sizeof is.kernel - 1));
    return is;
}

/* Finds or makes the data of a form. */
static hg_status provide(hg_filter *filter, const hg_problem *p, const hg_kernel *k,
                         hg_packed *form, size_t bytes, hg_reason *why)
{
    hg_weights *shared = filter->desc.packed;
    const hg_packing is = packing_of(filter, form, k, bytes);
    if (shared && (form->data = hg_weights_packed(shared, &is, k)) != NULL) return HG_OK;
    if (!filter->weights)
        return hg_fail(why, HG_UNSUPPORTED,
                       "the filter's weights are not there, dropped or never given, and were not "
                       "packed before as %s wants them",
                       k->name);
    float *data = pack(filter, p, k, form->turned, bytes);
    if (!data) return hg_fail(why, HG_NO_MEMORY, "out of memory for packed weights");
    if (!shared) {
        form->data = form->owned = data;
        return HG_OK;
    }
    const hg_status status = hg_weights_take(shared, &is, k, data, &form->data);
    if (status == HG_INVALID)
        return hg_fail(why, status, "filter.id: filter.packed has other weights by this id");
    return status ? hg_fail(why, status, "out of memory for packed weights") : HG_OK;
}

/* Adds a form to the filter; the caller holds the lock. */
static hg_status add(hg_filter *filter, const hg_problem *p, const hg_kernel *k,
                     const hg_packed *like, size_t bytes, hg_packed **added, hg_reason *why)
{
    const hg_host *host = &filter->context->host;
    hg_packed *form = hg_allocate(host, sizeof *form);
    if (!form) return hg_fail(why, HG_NO_MEMORY, "out of memory for packed weights");
    *form = *like;
    const hg_status status = provide(filter, p, k, form, bytes, why);
    if (status) {
        hg_release(host, form);
        return status;
    }
    form->next = filter->forms;
    *added = filter->forms = form;
    return HG_OK;
}

hg_status hg_filter_packed(hg_filter *filter, const hg_problem *p, const hg_kernel *k, bool turned,
                           size_t bytes, const float **data, hg_reason *why)
{
    hg_packed like = {.algorithm = k->algorithm, .op = p->op, .turned = turned};
    if (k->algorithm->form) k->algorithm->form(p, k, like.form);
    hg_os_lock_take(&filter->lock);
    hg_packed *form = find(filter, &like);
    const hg_status status = form ? HG_OK : add(filter, p, k, &like, bytes, &form, why);
    hg_os_lock_drop(&filter->lock);
    *data = form ? form->data : NULL;
    return status;
}

/* Of weights that are not there, none. What is packed of it is another filter's: its id, too, is of
 * the factor. */
static hg_filter *upsample(const hg_filter *filter, hg_size2 factor)
{
    const uint64_t by = (uint64_t)factor.h << 32 | (uint64_t)factor.w;
    hg_filter_desc desc = hg_upsampled_filter(&filter->desc, factor);
    if (desc.id) desc.id = hg_hash_mix(desc.id, by);
    hg_filter *summed = allocate(filter->context, &desc, filter->weights != NULL);
    if (!summed) return NULL;
    if (summed->weights)
        hg_upsampled_weights(&filter->desc, factor, filter->weights, summed->weights);
    if (filter->source) summed->source = hg_hash_mix(filter->source, by);
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
