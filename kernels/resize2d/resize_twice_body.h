/* Doubling for any ISA; included after resize_ops_<isa>.h. */

enum { MOST_COLUMNS = 3, LINE = 16 / VL /* vectors of a cache line */ };

static const float sixteenths[] = {1.0f / 16, 3.0f / 16}, quarters[] = {0.25f, 0.75f}, three = 3.0f;

/* n channels between columns x0, x0 + 1, ... of the input: `columns` neighbours have columns - 1
 * gaps of two output pixels. Sums along y are a quarter of what they should be, which is exact, so
 * that along x one multiply-add is left of each. */
HG_INLINE void fill(const float *above, const float *below, float *upper, float *lower,
                    int64_t in_pixel, int64_t out_pixel, int columns, size_t n)
{
    const vec vsmall = broadcast(sixteenths), vlarge = broadcast(sixteenths + 1);
    const vec v3 = broadcast(&three);
    vec vu[MOST_COLUMNS], vl[MOST_COLUMNS];
    HG_UNROLL for (int x = 0; x < columns; x++)
    {
        const vec va = load(above + x * in_pixel, n), vb = load(below + x * in_pixel, n);
        vu[x] = fma_to(mul(vlarge, va), vsmall, vb);
        vl[x] = fma_to(mul(vsmall, va), vlarge, vb);
    }
    HG_UNROLL for (int x = 0; x + 1 < columns; x++)
    {
        const int64_t at = 2 * x * out_pixel;
        store(upper + at, fma_to(vu[x + 1], v3, vu[x]), n);
        store(upper + at + out_pixel, fma_to(vu[x], v3, vu[x + 1]), n);
        store(lower + at, fma_to(vl[x + 1], v3, vl[x]), n);
        store(lower + at + out_pixel, fma_to(vl[x], v3, vl[x + 1]), n);
    }
}

/* All channels; the last vector overlaps the one before it. columns is a constant. */
HG_INLINE void fill_channels(const hg_resize_twice_args *a, int64_t x, int columns)
{
    const float *above = a->above + x * a->in_pixel, *below = a->below + x * a->in_pixel;
    float *upper = a->upper + (2 * x + 1) * a->out_pixel;
    float *lower = a->lower + (2 * x + 1) * a->out_pixel;
    const int64_t n = a->channels;
    int64_t c = 0;
    for (; c + VL <= n; c += VL)
        fill(above + c, below + c, upper + c, lower + c, a->in_pixel, a->out_pixel, columns, VL);
    if (c == n) return;
    c = n >= VL ? n - VL : 0;
    fill(above + c, below + c, upper + c, lower + c, a->in_pixel, a->out_pixel, columns,
         (size_t)HG_MIN(n, VL));
}

/* A border column repeats: the output pixel beside it blends rows only. */
static void fill_border(const hg_resize_twice_args *a, int64_t x, int64_t out_x)
{
    const vec vsmall = broadcast(quarters), vlarge = broadcast(quarters + 1);
    const float *above = a->above + x * a->in_pixel, *below = a->below + x * a->in_pixel;
    for (int64_t c = 0; c < a->channels; c += VL) {
        const size_t n = (size_t)(a->channels - c);
        const vec va = load(above + c, n), vb = load(below + c, n);
        const int64_t at = out_x * a->out_pixel + c;
        store(a->upper + at, fma_to(mul(vlarge, va), vsmall, vb), n);
        store(a->lower + at, fma_to(mul(vsmall, va), vlarge, vb), n);
    }
}

static void twice(const hg_resize_twice_args *a)
{
    int64_t x = 0;
    fill_border(a, 0, 0);
    for (; x + 3 <= a->width; x += 2) fill_channels(a, x, 3);
    if (x + 2 <= a->width) fill_channels(a, x, 2);
    fill_border(a, a->width - 1, 2 * a->width - 1);
}

/* ---- By lines of the cache, for output that is far away ---- */

/* past: a constant; beyond the caches. */
HG_INLINE void put(float *p, vec v, bool past)
{
    if (past)
        store_past(p, v);
    else
        store(p, v, VL);
}

/* nv vectors of channels, a line of the cache if there are as many, between two columns. */
HG_INLINE void fill_line(const float *above, const float *below, float *upper, float *lower,
                         int64_t in_pixel, int64_t next, int nv, bool past)
{
    const vec vsmall = broadcast(sixteenths), vlarge = broadcast(sixteenths + 1);
    const vec v3 = broadcast(&three);
    vec vu[2][LINE], vl[2][LINE];
    HG_UNROLL for (int i = 0; i < 2 * nv; i++)
    {
        const int x = i / nv, j = i % nv;
        const int64_t at = x * in_pixel + j * VL;
        const vec va = load(above + at, VL), vb = load(below + at, VL);
        vu[x][j] = fma_to(mul(vlarge, va), vsmall, vb);
        vl[x][j] = fma_to(mul(vsmall, va), vlarge, vb);
    }
    HG_UNROLL for (int i = 0; i < 2 * nv; i++)
    {
        const int x = i / nv, j = i % nv;
        put(upper + x * next + j * VL, fma_to(vu[1 - x][j], v3, vu[x][j]), past);
    }
    HG_UNROLL for (int i = 0; i < 2 * nv; i++)
    {
        const int x = i / nv, j = i % nv;
        put(lower + x * next + j * VL, fma_to(vl[1 - x][j], v3, vl[x][j]), past);
    }
}

HG_INLINE void lines(const hg_resize_twice_args *args, bool past)
{
    const hg_resize_twice_args copy = *args, *a = &copy; /* stores cannot change it: no reloading */
    const int64_t n = a->channels, from = a->in_pixel, to = a->out_pixel;
    const float *above = a->above, *below = a->below;
    float *upper = a->upper + to, *lower = a->lower + to;
    fill_border(a, 0, 0);
    for (int64_t x = 0; x + 2 <= a->width; x++) {
        int64_t c = 0;
        for (; c + LINE * VL <= n; c += LINE * VL)
            fill_line(above + c, below + c, upper + c, lower + c, from, to, LINE, past);
        for (; c < n; c += VL)
            fill_line(above + c, below + c, upper + c, lower + c, from, to, 1, past);
        above += from, below += from, upper += 2 * to, lower += 2 * to;
    }
    fill_border(a, a->width - 1, 2 * a->width - 1);
}

static void twice_lines(const hg_resize_twice_args *a)
{
    lines(a, false);
}

static void twice_past(const hg_resize_twice_args *a)
{
    lines(a, true);
    drain();
}
