#include "kernels/resize2d/resize2d.h"

hg_resize_images hg_resize_images_of(const hg_problem *p)
{
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    if (p->in.layout == HG_NHWC) return (hg_resize_images){p->in.n, p->in.c, 1, si->w, so->w};
    return (hg_resize_images){p->in.n * p->in.c, 1, p->in.c, 1, 1};
}

int64_t hg_resize_image_offset(const hg_resize_images *m, const hg_strides *s, int64_t i)
{
    return i / m->per_n * s->n + i % m->per_n * s->c;
}

bool hg_resize_has_factor(const hg_problem *p)
{
    const hg_resize_attr *r = &p->resize;
    return r->mode == HG_RESIZE_NEAREST && r->coordinates == HG_ASYMMETRIC &&
           r->rounding == HG_ROUND_FLOOR && r->scale_h == 0.0 && r->scale_w == 0.0 &&
           p->out.h % p->in.h == 0 && p->out.w % p->in.w == 0;
}

int hg_resize_nontemporal_configs(const hg_problem *p, const hg_kernel *k,
                                  hg_config list[HG_MAX_CONFIGS])
{
    (void)p, (void)k;
    list[0] = (hg_config){0};
    list[1] = (hg_config){.nontemporal = 1};
    return 2;
}

bool hg_resize_nontemporal(const hg_task *t)
{
    const hg_strides *so = &t->problem->out.strides;
    const int64_t lanes = hg_lanes(t->kernel);
    const int64_t all = so->n | so->h | so->w | t->problem->out.c; /* lanes are a power of 2 */
    return t->config.nontemporal == 1 && all % lanes == 0 &&
           (uintptr_t)t->output % (sizeof(float) * (size_t)lanes) == 0;
}

hg_span hg_resize_rows_under(const void *tables, int64_t begin, int64_t end)
{
    const hg_resize_axis *v = &((const hg_resize_axes *)tables)->v;
    hg_span under = {INT64_MAX, 0};
    for (int64_t o = begin; o < end; o++) {
        under.begin = HG_MIN(under.begin, (int64_t)v->first[o]);
        under.end = HG_MAX(under.end, (int64_t)v->first[o] + v->count[o]);
    }
    return under;
}
