/* What the library has no operator for: copies between layouts. Plain C, on the caller's thread. */
#include "net/plan.h"

void net_copy(const net_action *a, const float *in, float *out)
{
    const hg_tensor *t = &a->out;
    const hg_strides *from = &a->in.strides, *to = &t->strides;
    for (int64_t n = 0; n < t->n; n++)
        for (int64_t y = 0; y < t->h; y++)
            for (int64_t x = 0; x < t->w; x++)
                for (int64_t c = 0; c < t->c; c++)
                    out[n * to->n + y * to->h + x * to->w + c * to->c] =
                        in[n * from->n + y * from->h + x * from->w + c * from->c];
}
