/* Max unpooling with any sizes and any indices: refused, or what the oracle says; nothing outside
 * the tensors; the same bits whatever the number of threads. */
#include <stdlib.h>

#include "kernels/common/attr.h"
#include "tests/descriptor.h"
#include "tests/fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static hg_size2 sizes(bytes *b, int64_t lo, int64_t hi)
{
    const int64_t h = bytes_in(b, lo, hi);
    return (hg_size2){h, bytes_in(b, lo, hi)};
}

/* Distances beyond the dense ones, from the innermost outwards. */
static hg_strides gaps(bytes *b, const hg_tensor *t)
{
    hg_strides s = {0};
    if (bytes_next(b) % 2) return s;
    const bool nhwc = t->layout == HG_NHWC;
    const int64_t inner = nhwc ? t->c : t->w, middle = nhwc ? t->w : t->h;
    const int64_t a = inner + bytes_in(b, 0, 9), m = a * middle + bytes_in(b, 0, 9);
    const int64_t o = m * (nhwc ? t->h : t->c) + bytes_in(b, 0, 9);
    return nhwc ? (hg_strides){o, m, a, 1} : (hg_strides){o, a, 1, m};
}

static descriptor describe(bytes *b)
{
    descriptor d = {.op = HG_OP_MAX_UNPOOL2D};
    hg_max_unpool2d *o = &d.u.max_unpool2d;
    hg_tensor *t = &o->input, out;
    const uint8_t bits = bytes_next(b);
    t->layout = bits & 1 ? HG_NCHW : HG_NHWC;
    o->index_type = bits & 2 ? HG_INDEX_I32 : HG_INDEX_I64;
    o->index_convention = (hg_index_convention)(bits >> 2 & 7);
    t->n = bytes_in(b, 0, 3), t->c = bytes_in(b, 1, 40);
    t->h = bytes_in(b, 1, 9), t->w = bytes_in(b, 1, 40);
    o->window = sizes(b, 1, 4);
    o->stride = sizes(b, 0, 4);
    o->padding.top = bytes_in(b, 0, 3), o->padding.left = bytes_in(b, 0, 3);
    o->padding.bottom = bytes_in(b, 0, 3), o->padding.right = bytes_in(b, 0, 3);
    if (bits & 32) o->output_size = sizes(b, 1, 80);
    if (bits & 64) o->index_size = sizes(b, 1, 80);
    t->strides = gaps(b, t);
    if (bits & 128 && !descriptor_output(&d, &out)) o->output_strides = gaps(b, &out);
    return d;
}

/* Indices as the window would have them, and some replaced: by any word, by a neighbour's, or by
 * one that only the upper half of the word, the image or the channel makes wrong. */
static void draw_indices(bytes *b, const hg_problem *p, int64_t *indices)
{
    const hg_size2 s = p->pool.index_size;
    const int64_t count = tensor_count(&p->in), plane = p->in.h * p->in.w;
    for (int64_t i = 0; i < count; i++) {
        const int64_t c = i / plane % p->in.c, n = i / plane / p->in.c;
        const int64_t y = i / p->in.w % p->in.h * p->stride.h, x = i % p->in.w * p->stride.w;
        indices[i] = oracle_encode(p->pool.convention, p->in.c, s, n, c, HG_MIN(y, s.h - 1),
                                   HG_MIN(x, s.w - 1));
    }
    while (b->left && count) {
        const int kind = bytes_next(b) % 8;
        int64_t *one = &indices[(bytes_next(b) * 256 + bytes_next(b)) % count];
        if (kind == 0) *one = bytes_word(b);
        if (kind == 1) *one += (int64_t)bytes_next(b) << 32;
        if (kind == 2) *one = (int8_t)bytes_next(b);
        if (kind == 3) *one += plane;
        if (kind > 3) *one = indices[(bytes_next(b) * 256 + bytes_next(b)) % count];
        if (kind > 5) *one += (int8_t)bytes_next(b) * (kind == 6 ? 1 : p->in.c);
    }
    if (p->pool.index_type == HG_INDEX_I32)
        for (int64_t i = 0; i < count; i++) indices[i] = (int32_t)indices[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bytes b = {data, size};
    const uint8_t pick = bytes_next(&b);
    const descriptor d = describe(&b);
    hg_problem p;
    if (descriptor_problem(&d, &p, NULL)) return 0;
    const size_t count = (size_t)tensor_count(&p.in);
    case_data c = {.kind = DATA_SIGNED,
                   .x = malloc((count + 1) * sizeof *c.x),
                   .indices = malloc((count + 1) * sizeof *c.indices)};
    if (c.x && c.indices) {
        for (size_t i = 0; i < count; i++) c.x[i] = (float)(i + 1); /* duplicates differ */
        draw_indices(&b, &p, c.indices);
        fuzz_check_key(&p);
        fuzz_check(&p, &c, pick);
    }
    data_free(&c);
    return 0;
}
