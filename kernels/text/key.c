/* Keys: a problem as one line of text. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "kernels/common/attr.h"
#include "kernels/text/words.h"

const char *hg_op_name(hg_op op)
{
    return (unsigned)op < HG_OP_COUNT ? op_names[op] : "unknown";
}

const char *hg_layout_name(hg_layout layout)
{
    return (unsigned)layout < HG_COUNT(layout_names) ? layout_names[layout] : "unknown";
}

typedef struct text {
    char *at;
    size_t left;
} text;

__attribute__((format(printf, 2, 3))) static void add(text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(t->at, t->left, format, arguments);
    va_end(arguments);
    const size_t used = n < 0 ? 0 : HG_MIN((size_t)n, t->left - 1);
    t->at += used;
    t->left -= used;
}

static void add_size(text *t, const char *prefix, int64_t h, int64_t w)
{
    add(t, " %s%" PRId64 "x%" PRId64, prefix, h, w);
}

static void add_sides(text *t, const hg_pad *p)
{
    add(t, " p%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64, p->top, p->left, p->bottom, p->right);
}

static void add_border(text *t, const hg_border *b)
{
    add(t, " %s", pad_names[b->mode]);
    if (b->mode == HG_PAD_CONSTANT) add(t, " fill=%.9g", (double)b->value);
}

static void add_strides(text *t, const char *prefix, const hg_tensor *sizes, const hg_strides *s)
{
    const hg_strides d = hg_dense_strides(sizes);
    if (d.n == s->n && d.h == s->h && d.w == s->w && d.c == s->c) return;
    add(t, " %s%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64, prefix, s->n, s->h, s->w, s->c);
}

static void add_post(text *t, const hg_post *post)
{
    const bool unbounded = post->min == -INFINITY && post->max == INFINITY;
    if (post->function == HG_ELU)
        add(t, " elu=%.9g", (double)post->factor);
    else if (post->function == HG_HARD_SIGMOID)
        add(t, " hard_sigmoid=%.9g,%.9g", (double)post->factor, (double)post->offset);
    else if (post->function != HG_IDENTITY)
        add(t, " %s", activation_names[post->function]);
    else if (post->slope != 1.0f)
        add(t, " leaky=%.9g", (double)post->slope);
    else if (!unbounded)
        add(t, " clamp=%.9g,%.9g", (double)post->min, (double)post->max);
    if (post->residual) add(t, " residual");
}

static void add_pool(text *t, const hg_problem *p)
{
    const hg_pool_attr *a = &p->pool;
    if (a->adaptive) add(t, " adaptive");
    if (a->include_pad) add(t, " include_pad");
    if (a->divisor) add(t, " divisor=%" PRId64, a->divisor);
    if (p->op == HG_OP_LP_POOL2D) add(t, " power=%.9g", (double)a->p);
    if (p->op == HG_OP_LP_POOL2D && a->form == HG_LP_SIGNED) add(t, " signed");
    if (a->indices || p->op == HG_OP_MAX_UNPOOL2D)
        add(t, " index=%s:%s", convention_names[a->convention], index_type_names[a->index_type]);
    if (p->op == HG_OP_MAX_UNPOOL2D && (a->index_size.h != p->out.h || a->index_size.w != p->out.w))
        add_size(t, "image=", a->index_size.h, a->index_size.w);
}

static void add_resize(text *t, const hg_resize_attr *a)
{
    add(t, " %s", mode_names[a->mode]);
    if (a->mode != HG_RESIZE_AREA) add(t, " %s", coordinate_names[a->coordinates]);
    if (a->mode == HG_RESIZE_NEAREST) add(t, " round=%s", rounding_names[a->rounding]);
    if (a->mode == HG_RESIZE_BICUBIC) add(t, " a=%.17g", a->cubic_a);
    if (a->exclude_outside) add(t, " exclude_outside");
    if (a->antialias) add(t, " antialias");
    if (a->scale_h != 0 || a->scale_w != 0) add(t, " scale=%.17g,%.17g", a->scale_h, a->scale_w);
    if (a->coordinates == HG_TF_CROP_AND_RESIZE)
        add(t, " roi=%.17g,%.17g,%.17g,%.17g fill=%.9g", a->roi.top, a->roi.left, a->roi.bottom,
            a->roi.right, (double)a->extrapolation);
}

/* The sizes of the second tensor, where they are not the input's. */
static void add_binary(text *t, const hg_problem *p)
{
    const hg_tensor *b = &p->binary.other, *a = &p->in;
    add(t, " %s", binary_names[p->binary.op]);
    if (b->n != a->n || b->h != a->h || b->w != a->w || b->c != a->c)
        add(t, " with=%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64, b->n, b->h, b->w, b->c);
}

/* Of each pixel one, made of it alone: the key has no sizes but the input's. */
static bool maps_pixels(hg_op op)
{
    return op == HG_OP_BINARY || op == HG_OP_SOFTMAX2D || op == HG_OP_ACTIVATION2D;
}

void hg_problem_key(const hg_problem *p, char key[HG_KEY_SIZE])
{
    hg_numbers numbers;
    hg_plain_numbers(&numbers);
    text out = {key, HG_KEY_SIZE}, *t = &out;
    const bool conv = hg_problem_has_filter(p), classes = p->op == HG_OP_RESIZE_ARGMAX2D;
    const bool resize = p->op == HG_OP_RESIZE2D || classes, binary = p->op == HG_OP_BINARY;
    const bool pixels = maps_pixels(p->op), pad = p->op == HG_OP_PAD2D;
    const bool windows = !resize && !pixels && !pad;
    add(t, "%s f32 %s n%" PRId64 " c%" PRId64 " h%" PRId64 " w%" PRId64, hg_op_name(p->op),
        hg_layout_name(p->in.layout), p->in.n, p->in.c, p->in.h, p->in.w);
    if (conv) add(t, " k%" PRId64, p->out.c);
    if (windows && !p->pool.adaptive) {
        add_size(t, "r", p->kernel.h, p->kernel.w);
        add_size(t, "s", p->stride.h, p->stride.w);
        add_sides(t, &p->pad);
        if (p->op != HG_OP_MAX_UNPOOL2D) add_size(t, "d", p->dilation.h, p->dilation.w);
    }
    if (pad) add_sides(t, &p->pad);
    if (conv) add(t, " g%" PRId64, p->groups);
    if (p->op != HG_OP_CONV2D && !pixels) add_size(t, "o", p->out.h, p->out.w);
    if (binary) add_binary(t, p);
    if (pad) add_border(t, &p->border);
    if (hg_problem_has_post(p)) add_post(t, &p->post);
    if (p->post_pool) add(t, " pool=%s", post_pool_names[p->post_pool]);
    if (p->resized.h) add_size(t, "resized=", p->resized.h, p->resized.w);
    if (conv && p->accuracy != HG_DEFAULT) add(t, " %s", accuracy_names[p->accuracy]);
    if (windows && !conv) add_pool(t, p);
    if (resize || p->resized.h) add_resize(t, &p->resize);
    if (classes)
        add(t, " %s", class_type_names[p->out.dtype == HG_U8 ? HG_CLASS_U8 : HG_CLASS_I32]);
    add_strides(t, "in=", &p->in, &p->in.strides);
    add_strides(t, "out=", &p->out, &p->out.strides);
    if (binary) add_strides(t, "other=", &p->binary.other, &p->binary.other.strides);
    if (p->post.residual) add_strides(t, "res=", &p->out, &p->residual_strides);
    hg_restore_numbers(&numbers);
}
