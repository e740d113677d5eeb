/* Max-unpooling in gather form, f32, NHWC, AVX2. Contract: hg_unpool_args in unpool2d.h.
 *
 * A vector is 8 channels of one input pixel. Its indices become 32-bit offsets within the block
 * once; each output pixel of the block is then one compare, one and, one store. */
#include "kernels/common/vec_avx2.h"
#include "kernels/unpool2d/unpool2d.h"

enum { VL = 8 }; /* f32 lanes */

/* Offsets 0 .. 2^31-1 of four 64-bit indices to `first` + lane * channel; others become -1. */
HG_INLINE __m256i offsets64(__m256i vindex, __m256i vexpected)
{
    const __m256i voffset = _mm256_sub_epi64(vindex, vexpected);
    const __m256i vinside =
        _mm256_cmpeq_epi64(_mm256_srli_epi64(voffset, 31), _mm256_setzero_si256());
    return _mm256_or_si256(voffset, _mm256_xor_si256(vinside, _mm256_set1_epi64x(-1)));
}

/* Offsets of the n <= 8 indices from element e on. first: the index expected of lane 0 at the
 * block's first pixel. Tails pass through the stack; their spare lanes hold no index. */
HG_INLINE __m256i offsets(const hg_unpool_args *a, int64_t e, int64_t first, size_t n)
{
    const int64_t step = a->index_channel;
    if (a->index_type == HG_INDEX_I32) {
        /* Wrapping is harmless: equal modulo 2^32 and both below 2^31 means equal, and a negative
         * index matches no offset that the block has. */
        const __m256i vlane = _mm256_mullo_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
                                                 _mm256_set1_epi32((int32_t)step));
        const int *from = (const int *)a->indices + e;
        const __m256i vindex = n == VL ? _mm256_loadu_si256((const __m256i *)from)
                                       : _mm256_maskload_epi32(from, hg_tail_mask(n));
        return _mm256_sub_epi32(vindex, _mm256_add_epi32(_mm256_set1_epi32((int32_t)first), vlane));
    }
    const int64_t *from = (const int64_t *)a->indices + e;
    int64_t tail[VL] = {0};
    for (size_t i = 0; n < VL && i < n; i++) tail[i] = from[i];
    const __m256i *indices = (const __m256i *)(n == VL ? from : tail);
    const __m256i vlanes = _mm256_setr_epi64x(0, step, 2 * step, 3 * step);
    const __m256i vlow = _mm256_add_epi64(_mm256_set1_epi64x(first), vlanes);
    const __m256i vhigh = _mm256_add_epi64(vlow, _mm256_set1_epi64x(4 * step));
    const __m256i v0 = offsets64(_mm256_loadu_si256(indices), vlow);
    const __m256i v1 = offsets64(_mm256_loadu_si256(indices + 1), vhigh);
    /* Low halves: 0 1 4 5 | 2 3 6 7, then the 64-bit quarters 0 2 1 3: lanes 0 .. 7. */
    const __m256 vhalves =
        _mm256_shuffle_ps(_mm256_castsi256_ps(v0), _mm256_castsi256_ps(v1), 0x88);
    return _mm256_permute4x64_epi64(_mm256_castps_si256(vhalves), 0xD8);
}

/* The block of n <= 8 channels of input pixel x; n < 8 if masked. */
HG_INLINE __m256i block(const hg_unpool_args *a, hg_size2 window, int64_t x, int64_t c, bool masked,
                        size_t n)
{
    const __m256i vmask = hg_tail_mask(n);
    const int64_t e = x * a->in_pixel + c;
    const float *in = a->input + e;
    const __m256 vi = masked ? _mm256_maskload_ps(in, vmask) : _mm256_loadu_ps(in);
    const int64_t first = a->first + x * a->index_window + c * a->index_channel;
    const __m256i voffset = offsets(a, e, first, n);
    __m256i vfound = _mm256_setzero_si256();
    for (int64_t ky = 0; ky < window.h; ky++) {
        float *out = a->output + ky * a->out_row + x * window.w * a->out_pixel + c;
        int64_t offset = ky * a->index_row;
        for (int64_t kx = 0; kx < window.w; kx++) {
            const __m256i vhere = _mm256_cmpeq_epi32(voffset, _mm256_set1_epi32((int32_t)offset));
            const __m256 vo = _mm256_and_ps(vi, _mm256_castsi256_ps(vhere));
            vfound = _mm256_or_si256(vfound, vhere);
            if (masked)
                _mm256_maskstore_ps(out, vmask, vo);
            else
                _mm256_storeu_ps(out, vo);
            out += a->out_pixel;
            offset += a->index_column;
        }
    }
    return _mm256_andnot_si256(vfound, vmask); /* lanes that matched nowhere */
}

HG_INLINE void gather_row(const hg_unpool_args *a, hg_size2 window)
{
    const int64_t c_vectors = a->channels / VL * VL;
    __m256i vstray = _mm256_setzero_si256();
    for (int64_t x = 0; x < a->width; x++) {
        for (int64_t c = 0; c < c_vectors; c += VL)
            vstray = _mm256_or_si256(vstray, block(a, window, x, c, false, VL));
        if (c_vectors < a->channels) {
            const size_t n = (size_t)(a->channels - c_vectors);
            vstray = _mm256_or_si256(vstray, block(a, window, x, c_vectors, true, n));
        }
    }
    if (!_mm256_testz_si256(vstray, vstray)) *a->stray = true;
}

static void gather(const hg_unpool_args *args)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_unpool_args a = *args;
    gather_row(&a, a.window);
}

static void gather_2x2(const hg_unpool_args *args)
{
    const hg_unpool_args a = *args;
    const hg_size2 window = {2, 2};
    gather_row(&a, window);
}

/* ---- NCHW, 2x2: a vector is 8 neighbouring inputs of a row ---- */

/* Lanes 0 0 1 1 2 2 3 3, and 4 4 5 5 6 6 7 7: what two neighbouring outputs choose from. */
HG_INLINE __m256i twice_low(__m256i v)
{
    return _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3));
}

HG_INLINE __m256i twice_high(__m256i v)
{
    return _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7));
}

/* 2n floats of an output row. */
HG_INLINE void store_pairs(float *out, __m256i vlow, __m256i vhigh, size_t n)
{
    const __m256 v0 = _mm256_castsi256_ps(vlow), v1 = _mm256_castsi256_ps(vhigh);
    if (n == VL) {
        _mm256_storeu_ps(out, v0);
        _mm256_storeu_ps(out + VL, v1);
        return;
    }
    const size_t floats = 2 * n, first = HG_MIN(floats, (size_t)VL);
    _mm256_maskstore_ps(out, hg_tail_mask(first), v0);
    if (floats > VL) _mm256_maskstore_ps(out + VL, hg_tail_mask(floats - first), v1);
}

/* Elements and rows between a prefetch and its load or store. */
enum { AHEAD = 512, ROWS_AHEAD = 4 };

/* Indices expected of inputs x .. x + VL at the first pixel of their blocks, modulo 2^32. */
HG_INLINE __m256i expected(const hg_unpool_args *a, int64_t x, int64_t y)
{
    const int64_t first = a->first + x * a->index_window + 2 * y * a->index_row;
    const __m256i vlane = _mm256_mullo_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
                                             _mm256_set1_epi32((int32_t)a->index_window));
    return _mm256_add_epi32(_mm256_set1_epi32((int32_t)first), vlane);
}

/* Offsets within the block of the n <= 8 inputs from x on. */
HG_INLINE __m256i offsets_of(const hg_unpool_args *a, int64_t x, int64_t y, __m256i vexpected,
                             size_t n)
{
    const int64_t e = y * a->in_down + x;
    if (a->index_type == HG_INDEX_I64 || n < VL)
        return offsets(a, e, a->first + x * a->index_window + 2 * y * a->index_row, n);
    const int32_t *indices = (const int32_t *)a->indices + e;
    return _mm256_sub_epi32(_mm256_loadu_si256((const __m256i *)indices), vexpected);
}

/* Inputs x .. x + n of a row; returns -1 for each that matched, somewhere in the lanes. */
HG_INLINE __m256i blocks(const hg_unpool_args *a, int64_t x, int64_t y, __m256i vexpected, size_t n)
{
    const int64_t e = y * a->in_down + x;
    const float *in = a->input + e;
    const size_t index_size = hg_index_bytes(a->index_type);
    const int64_t index_floats = (int64_t)(index_size / sizeof(float));
    hg_prefetch(in, AHEAD);
    hg_prefetch((const char *)a->indices + (size_t)e * index_size, AHEAD * index_floats);
    float *out = a->output + 2 * (y * a->out_row + x);
    /* Lines to be written come as slowly as those to be read. */
    for (int64_t row = ROWS_AHEAD; row < ROWS_AHEAD + 2; row++) hg_prefetch(out, row * a->out_row);
    const __m256i vi = _mm256_castps_si256(n == VL ? _mm256_loadu_ps(in)
                                                   : _mm256_maskload_ps(in, hg_tail_mask(n)));
    const __m256i voffset = offsets_of(a, x, y, vexpected, n);
    const __m256i vlow = twice_low(vi), vhigh = twice_high(vi);
    const __m256i vto_low = twice_low(voffset), vto_high = twice_high(voffset);
    __m256i vfound_low = _mm256_setzero_si256(), vfound_high = vfound_low;
    HG_UNROLL
    for (int ky = 0; ky < 2; ky++) {
        const int32_t even = (int32_t)(ky * a->index_row), odd = even + (int32_t)a->index_column;
        const __m256i vpixel = _mm256_setr_epi32(even, odd, even, odd, even, odd, even, odd);
        const __m256i vlow_here = _mm256_cmpeq_epi32(vto_low, vpixel);
        const __m256i vhigh_here = _mm256_cmpeq_epi32(vto_high, vpixel);
        vfound_low = _mm256_or_si256(vfound_low, vlow_here);
        vfound_high = _mm256_or_si256(vfound_high, vhigh_here);
        store_pairs(out + ky * a->out_row, _mm256_and_si256(vlow, vlow_here),
                    _mm256_and_si256(vhigh, vhigh_here), n);
    }
    if (n < VL) {
        vfound_low = _mm256_and_si256(vfound_low, hg_tail_mask(HG_MIN(2 * n, (size_t)VL)));
        vfound_high = _mm256_and_si256(vfound_high, hg_tail_mask(HG_MAX(2 * n, (size_t)VL) - VL));
    }
    return _mm256_add_epi32(vfound_low, vfound_high);
}

/* The last vector of a row starts earlier and repeats lanes, unless the row has fewer than 8.
 * Inputs have one place each, so that strays are what the count of matches lacks. */
static void gather_nchw(const hg_unpool_args *args)
{
    hg_unpool_args a = *args;
    a.index_channel = a.index_window; /* lanes are pixels here */
    const int64_t last = a.width - VL;
    const __m256i vstep = _mm256_set1_epi32((int32_t)(VL * a.index_window));
    int64_t missing = 0;
    for (int64_t y = 0; y < a.height; y++) {
        __m256i vexpected = expected(&a, 0, y), vcount = _mm256_setzero_si256();
        for (int64_t x = 0; x < last; x += VL) {
            vcount = _mm256_add_epi32(vcount, blocks(&a, x, y, vexpected, VL));
            vexpected = _mm256_add_epi32(vexpected, vstep);
            missing += VL;
        }
        const __m256i vend = last >= 0 ? blocks(&a, last, y, expected(&a, last, y), VL)
                                       : blocks(&a, 0, y, vexpected, (size_t)a.width);
        missing += HG_MIN(a.width, (int64_t)VL);
        vcount = _mm256_add_epi32(vcount, vend);
        const __m128i vhalf =
            _mm_add_epi32(_mm256_castsi256_si128(vcount), _mm256_extracti128_si256(vcount, 1));
        const __m128i vpair = _mm_add_epi32(vhalf, _mm_unpackhi_epi64(vhalf, vhalf));
        missing += _mm_cvtsi128_si32(vpair) + _mm_extract_epi32(vpair, 1);
    }
    if (missing) *args->stray = true;
}

const hg_kernel hg_unpool2d_avx2[] = {
    {.name = "max_unpool2d.f32.nchw.avx2.gather_2x2",
     .op = HG_OP_MAX_UNPOOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 3,
     .limits = {.kernel = {2, 2}, .stride = {2, 2}},
     .algorithm = &hg_unpool_gather_nchw,
     .run.unpool = gather_nchw},
    {.name = "max_unpool2d.f32.nhwc.avx2.gather_2x2",
     .op = HG_OP_MAX_UNPOOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .limits = {.kernel = {2, 2}, .stride = {2, 2}},
     .algorithm = &hg_unpool_gather,
     .run.unpool = gather_2x2},
    {.name = "max_unpool2d.f32.nhwc.avx2.gather",
     .op = HG_OP_MAX_UNPOOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .algorithm = &hg_unpool_gather,
     .run.unpool = gather},
    {.name = NULL},
};
