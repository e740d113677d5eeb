/* Direct convolution on NCHW tensors. Contract: direct.h. */
#include "kernels/conv2d/nchw/direct.h"

#include "kernels/simd/post.h"
#include "kernels/simd/simd.h"

enum { MAX_V = 8, MAX_N = HG_DIRECT_NCHW_CHANNELS };

/* Each instruction set has TILES(X), the columns of a tile for 1, 2, ... channels, WIDEST(X), the
 * last of them, and multiply(): one tap of V vectors and N channels, vectors at input[v] + tap
 * bytes. V and N are constants. */
#include HG_TEXT(HG_JOIN(direct, HG_SIMD).h)

/* whole is a constant: otherwise only the first lanes are written. */
HG_INLINE void store(const hg_direct_nchw_args *a, const hg_direct_nchw_vector *const *at,
                     vfloat vacc[MAX_V][MAX_N], vtail tail, bool whole, int V, int N)
{
    HG_UNROLL
    for (int v = 0; v < V; v++) {
        float *out = a->output + at[v]->output;
        HG_UNROLL
        for (int n = 0; n < N; n++, out += a->output_plane)
            v_store_partial(out, vacc[v][n], tail, whole);
    }
}

HG_INLINE void finish(const hg_direct_nchw_args *a, const hg_direct_nchw_vector *const *at,
                      vfloat vacc[MAX_V][MAX_N], int V, int N)
{
    const bool whole = a->lanes == VL;
    const vtail tail = v_tail((size_t)a->lanes % VL);
    if (a->residual) {
        HG_UNROLL
        for (int v = 0; v < V; v++) {
            const float *added = a->residual + at[v]->residual;
            HG_UNROLL
            for (int n = 0; n < N; n++, added += a->residual_plane)
                vacc[v][n] = v_add(vacc[v][n], v_load_partial(added, tail, whole));
        }
    }
    v_post_tile(vacc[0], V, N, MAX_N, a->post.slope != 1.0f, &a->post, V_POST_STEPS);
    if (whole)
        store(a, at, vacc, tail, true, V, N);
    else
        store(a, at, vacc, tail, false, V, N);
}

/* V vectors of N channels from vector i on; past the last one it is repeated. V and N are
 * constants. */
HG_INLINE void tile(const hg_direct_nchw_args *a, int64_t i, int V, int N)
{
    const hg_direct_nchw_vector *at[MAX_V];
    const char *input[MAX_V];
    HG_UNROLL
    for (int v = 0; v < V; v++) {
        at[v] = a->vectors + HG_MIN(i + v, a->count - 1);
        input[v] = (const char *)(a->input + at[v]->input);
    }
    vfloat vacc[MAX_V][MAX_N];
    HG_UNROLL
    for (int n = 0; n < N; n++) {
        const vfloat vbias = v_splat(a->bias + n);
        HG_UNROLL
        for (int v = 0; v < V; v++) vacc[v][n] = vbias;
    }
    const float *weights = a->weights;
    const int32_t *const end = a->taps + a->depth;
    for (const int32_t *tap = a->taps; tap < end; tap++, weights += N)
        multiply(vacc, input, *tap, weights, V, N);
    finish(a, at, vacc, V, N);
}

/* Whole tiles, and halves (2 of 3 vectors) where those leave fewer vectors idle. */
HG_INLINE void run(const hg_direct_nchw_args *args, int V, int N)
{
    const hg_direct_nchw_args copy = *args, *a = &copy; /* stores cannot change it: no reloading */
    const int64_t half = (V + 1) / 2;
    for (int64_t i = 0, left; (left = a->count - i) > 0;) {
        const bool whole = left > 2 * half || (left > half && left <= V);
        if (whole)
            tile(a, i, V, N);
        else
            tile(a, i, (V + 1) / 2, N);
        i += whole ? V : half;
    }
}

/* ---- Strips ---- */

/* Whole vectors: up to VL - 1 floats after the end become zero, too. */
HG_INLINE void zeros(float *to, int64_t begin, int64_t end)
{
    const vfloat vzero = v_keep(v_zero()); /* no call of memset for a vector or two */
    for (int64_t i = begin; i < end; i += VL) v_store(to + i, vzero);
}

HG_INLINE void copy(const float *from, int64_t n, float *to)
{
    for (int64_t i = 0; i < n - VL; i += VL) v_store(to + i, v_load(from + i));
    if (n >= VL)
        v_store(to + n - VL, v_load(from + n - VL));
    else
        for (int64_t i = 0; i < n; i++) to[i] = from[i];
}

/* The even and the odd ones of 2 * VL floats. */
HG_INLINE void deinterleave_pair(const float *from, float *even, float *odd)
{
    vfloat veven, vodd;
    v_load_deinterleaved(from, &veven, &vodd);
    v_store(even, v_in_order(veven));
    v_store(odd, v_in_order(vodd));
}

HG_INLINE void deinterleave(const float *from, int64_t n, float *even, float *odd)
{
    enum { PAIR = 2 * VL };
    for (int64_t i = 0; i < n - PAIR; i += PAIR)
        deinterleave_pair(from + i, even + i / 2, odd + i / 2);
    const int64_t last = n - PAIR; /* even and odd change places where it is odd */
    if (last >= 0)
        deinterleave_pair(from + last, (last % 2 ? odd : even) + last / 2,
                          (last % 2 ? even : odd) + (last + 1) / 2);
    else
        for (int64_t i = 0; i < n; i++) (i % 2 ? odd : even)[i / 2] = from[i];
}

/* Columns [0, count) of residue i that lie before column `end`. */
HG_INLINE int64_t columns_before(int64_t end, int64_t i, int64_t stride)
{
    return end > i ? (end - i - 1) / stride + 1 : 0;
}

/* What is written too much, as odd columns that are not wanted, lies before what is still to be
 * written. S: the stride, or 0 = any. */
HG_INLINE void copy_rows_by(const hg_direct_nchw_rows *args, int S)
{
    const hg_direct_nchw_rows rows = *args, *r = &rows; /* stores cannot change it */
    const int64_t stride = S ? S : r->stride, left = r->left, end = left + r->inside;
    const int64_t pitch = r->pitch, step = r->residues * pitch;
    int64_t before[2] = {0}, after[2] = {0};
    for (int i = 0; i < S; i++)
        before[i] = columns_before(left, i, S), after[i] = columns_before(end, i, S);
    float *to = r->strips;
    const int64_t last = r->first + r->rows * r->every;
    for (int64_t y = r->first; y < last; y += r->every, to += step) {
        if (y < 0 || y >= r->height || r->inside == 0) {
            zeros(to, 0, step);
            continue;
        }
        const float *from = r->input + y * r->row + r->skip;
        for (int64_t i = 0; i < r->residues; i++) {
            zeros(to + i * pitch, 0, S ? before[i] : columns_before(left, i, stride));
            zeros(to + i * pitch, S ? after[i] : columns_before(end, i, stride), pitch);
        }
        if (S == 1)
            copy(from, r->inside, to + left);
        else if (S == 2)
            deinterleave(from, r->inside, to + left % 2 * pitch + left / 2,
                         to + (left + 1) % 2 * pitch + (left + 1) / 2);
        else
            for (int64_t i = 0; i < r->residues; i++) {
                const int64_t columns = columns_before(end, i, stride);
                for (int64_t x = columns_before(left, i, stride); x < columns; x++)
                    to[i * pitch + x] = from[x * stride + i - left];
            }
    }
}

static void copy_rows(const hg_direct_nchw_rows *r)
{
    if (r->stride == 1)
        copy_rows_by(r, 1);
    else if (r->stride == 2)
        copy_rows_by(r, 2);
    else
        copy_rows_by(r, 0);
}

/* ---- Rows ---- */

#define FUNCTION(columns, n)                                                                       \
    static void tile_##columns##x##n(const hg_direct_nchw_args *a)                                 \
    {                                                                                              \
        run(a, columns / VL, n);                                                                   \
    }
TILES(FUNCTION)

#define POINTER(columns, n) tile_##columns##x##n,
#define VECTORS(columns, n) columns / VL,
static const hg_direct_nchw_ukernels ukernels = {{TILES(POINTER)}, {TILES(VECTORS)}, copy_rows};

#define ROW(columns, n)                                                                            \
    {HG_ROW(conv2d, nchw, "direct" #columns "x" #n), .rev = 1,                                     \
     .algorithm = &hg_conv2d_nchw_direct, .tile = {columns, n}, .run.direct_nchw = &ukernels},

const hg_kernel HG_ROWS(conv2d_nchw_direct)[] = {WIDEST(ROW){.name = NULL}};
