/* Bicubic doubling for any ISA; included after resize_ops_<isa>.h. */

/* n channels of both outputs between the middle ones of four pixels, or rows of pixels; out0 has
 * the weights as they are, out1 the other way round. Either may be NULL. */
HG_INLINE void two_outputs(const float *const in[4], const vec vk[4], float *out0, float *out1,
                           size_t n)
{
    const vec v0 = load(in[0], n), v1 = load(in[1], n), v2 = load(in[2], n), v3 = load(in[3], n);
    if (out0) {
        const vec vsum = fma_to(fma_to(mul(vk[0], v0), vk[1], v1), vk[2], v2);
        store(out0, fma_to(vsum, vk[3], v3), n);
    }
    if (out1) {
        const vec vsum = fma_to(fma_to(mul(vk[3], v0), vk[2], v1), vk[1], v2);
        store(out1, fma_to(vsum, vk[0], v3), n);
    }
}

/* n floats; the last vector overlaps the one before it. */
HG_INLINE void two_runs(const float *const in[4], const vec vk[4], float *out0, float *out1,
                        int64_t n)
{
    const float *const in0 = in[0], *const in1 = in[1], *const in2 = in[2], *const in3 = in[3];
    int64_t c = 0;
    for (; c + VL <= n; c += VL) {
        const float *const at[4] = {in0 + c, in1 + c, in2 + c, in3 + c};
        two_outputs(at, vk, out0 ? out0 + c : NULL, out1 ? out1 + c : NULL, VL);
    }
    if (c == n) return;
    c = n >= VL ? n - VL : 0;
    const float *const at[4] = {in0 + c, in1 + c, in2 + c, in3 + c};
    two_outputs(at, vk, out0 ? out0 + c : NULL, out1 ? out1 + c : NULL, (size_t)HG_MIN(n, VL));
}

/* Columns [begin, end) of the input, along y, into both rows of scratch. */
HG_INLINE void along_y(const hg_resize_cubic_args *a, const vec vk[4], float *upper, float *lower,
                       int64_t begin, int64_t end)
{
    const bool dense = a->in_pixel == a->channels;
    const int64_t runs = dense ? 1 : end - begin;
    const int64_t n = dense ? (end - begin) * a->channels : a->channels;
    for (int64_t i = 0; i < runs; i++) {
        const int64_t at = (begin + i) * a->in_pixel;
        const float *const in[4] = {a->rows[0] + at, a->rows[1] + at, a->rows[2] + at,
                                    a->rows[3] + at};
        two_runs(in, vk, upper + i * a->channels, lower + i * a->channels, n);
    }
}

/* Copies of one pixel of scratch, `count` of them from `to` on. */
HG_INLINE void repeat(const float *pixel, float *to, int64_t count, int64_t channels)
{
    for (; count > 0; count--, to += channels)
        for (int64_t c = 0; c < channels; c += VL)
            store(to + c, load(pixel + c, (size_t)(channels - c)), (size_t)(channels - c));
}

/* Gaps [x, end); row begins with the first source of x. */
HG_INLINE void along_x(const hg_resize_cubic_args *a, const vec vk[4], const float *row, float *out,
                       int64_t x, int64_t end)
{
    const int64_t n = a->channels, next = a->out_pixel;
    for (; x < end; x++, row += n) {
        const float *const in[4] = {row, row + n, row + 2 * n, row + 3 * n};
        float *const at = out + 2 * x * next;
        if (x > 0 && x < a->width)
            two_runs(in, vk, at - next, at, n);
        else if (x > 0)
            two_runs(in, vk, at - next, NULL, n);
        else
            two_runs(in, vk, NULL, at, n);
    }
}

/* The same past the caches, away from the border. */
static void along_x_past(const hg_resize_cubic_args *a, const float *row, float *out, int64_t x,
                         int64_t end)
{
    const int64_t n = a->channels, next = a->out_pixel;
    vec vk[4];
    HG_UNROLL for (int k = 0; k < 4; k++) vk[k] = broadcast(a->weight + k);
    for (; x < end; x++, row += n) {
        float *const at = out + 2 * x * next;
        for (int64_t c = 0; c < n; c += VL) {
            const vec v0 = load(row + c, VL), v1 = load(row + n + c, VL);
            const vec v2 = load(row + 2 * n + c, VL), v3 = load(row + 3 * n + c, VL);
            const vec v10 = fma_to(fma_to(mul(vk[0], v0), vk[1], v1), vk[2], v2);
            const vec v01 = fma_to(fma_to(mul(vk[3], v0), vk[2], v1), vk[1], v2);
            store_past(at - next + c, fma_to(v10, vk[3], v3));
            store_past(at + c, fma_to(v01, vk[0], v3));
        }
    }
    drain();
}

static void cubic(const hg_resize_cubic_args *args)
{
    const hg_resize_cubic_args copy = *args, *a = &copy; /* stores cannot change it: no reloading */
    const int64_t n = a->channels, before = 2, columns = a->end - a->begin + 3;
    const int64_t from = a->begin - before, to = from + columns; /* columns of the input */
    const int64_t begin = HG_MAX(from, 0), end = HG_MIN(to, a->width);
    float *rows[2] = {a->scratch, a->scratch + columns * n};
    vec vk[4];
    HG_UNROLL for (int k = 0; k < 4; k++) vk[k] = broadcast(a->weight + k);
    along_y(a, vk, rows[0] + (begin - from) * n, rows[1] + (begin - from) * n, begin, end);
    for (int i = 0; i < 2; i++) {
        float *first = rows[i] + (begin - from) * n, *last = rows[i] + (end - 1 - from) * n;
        repeat(first, rows[i], begin - from, n);
        repeat(last, last + n, to - end, n);
    }
    for (int i = 0; i < 2; i++) {
        float *const out = i == 0 ? a->upper : a->lower;
        int64_t x = a->begin;
        if (!out) continue;
        if (a->past) { /* gaps at the border, of one output, are left */
            const int64_t last = HG_MIN(a->end, a->width);
            if (x == 0) along_x(a, vk, rows[i], out, 0, 1), x = 1;
            along_x_past(a, rows[i] + (x - a->begin) * n, out, x, last);
            x = HG_MAX(x, last);
        }
        along_x(a, vk, rows[i] + (x - a->begin) * n, out, x, a->end);
    }
}

static const hg_resize_steps steps = {.cubic = cubic};
