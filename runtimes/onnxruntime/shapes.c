/* Resizing, concatenation, slices and what changes nothing as lines. */
#include <math.h>
#include <string.h>

#include "runtimes/onnxruntime/describe.h"

/* ---- Resizing ---- */

typedef struct resizing {
    double scales[4];
    int64_t sizes[4];
    bool has_scales, has_sizes, old; /* old: of versions below 11 */
    const char *mode;
    char coordinates[32], rounding[24];
} resizing;

/* A list of all axes, or of those that `axes` names, as one of all; false: it is not. */
static bool spread(const ep_description *d, const ep_node *n, const double *list, int count,
                   double *all)
{
    int64_t axes[EP_AXES];
    int named;
    ep_integers(d->graph, n, "axes", axes, &named);
    if (count < 1) return false;
    if (named ? named != count : count != 4) return false;
    for (int i = 0; i < count; i++) {
        const int64_t axis = !named ? i : axes[i] < 0 ? axes[i] + 4 : axes[i];
        if (axis < 0 || axis > 3) return false;
        all[axis] = list[i];
    }
    return true;
}

static bool read_scales(const ep_description *d, const ep_node *n, int input, resizing *r)
{
    double list[EP_AXES];
    int64_t given = 0;
    int count;
    const float *values = ep_floats(d->graph, n, input, &given);
    ep_numbers(d->graph, n, "scales", list, &count); /* of Upsample, version 7 */
    if (values && given > EP_AXES) return false;
    for (int64_t i = 0; values && i < given; i++) list[i] = (double)values[i];
    if (values) count = (int)given;
    if (!count) return true;
    r->has_scales = true;
    return spread(d, n, list, count, r->scales) && r->scales[0] == 1 && r->scales[1] == 1;
}

/* Images and channels must stay as they are. */
static bool read_sizes(const ep_description *d, const ep_node *n, int input, resizing *r)
{
    const int64_t *dims = ep_input(d, n, 0)->dims;
    int64_t v[EP_AXES];
    double list[EP_AXES];
    double all[4] = {(double)dims[0], (double)dims[1], -1, -1};
    int count = 0;
    if (!ep_has_input(n, input)) return true;
    if (!ep_whole_constant(d->graph, n, input, v, &count)) return false;
    if (!count) return true;
    for (int i = 0; i < count; i++) list[i] = (double)v[i];
    if (!spread(d, n, list, count, all)) return false;
    for (int i = 0; i < 4; i++) r->sizes[i] = (int64_t)all[i];
    r->has_sizes = true;
    return r->sizes[0] == dims[0] && r->sizes[1] == dims[1] && r->sizes[2] > 0 && r->sizes[3] > 0;
}

static const char *read_rules(const ep_description *d, const ep_node *n, resizing *r)
{
    static const struct {
        const char *onnx, *word;
    } modes[] = {
        {"", "nearest"}, {"nearest", "nearest"}, {"linear", "bilinear"}, {"cubic", "bicubic"}};
    char mode[16], policy[24];
    r->old = !strcmp(n->op, "Upsample") || n->version < 11;
    ep_word(d->graph, n, "mode", mode, sizeof mode);
    ep_word(d->graph, n, "coordinate_transformation_mode", r->coordinates, sizeof r->coordinates);
    ep_word(d->graph, n, "nearest_mode", r->rounding, sizeof r->rounding);
    ep_word(d->graph, n, "keep_aspect_ratio_policy", policy, sizeof policy);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (!strcmp(modes[i].onnx, mode)) r->mode = modes[i].word;
    if (!r->mode) return "of another mode";
    if (*policy && strcmp(policy, "stretch")) return "that keeps the aspect ratio";
    if (!*r->coordinates) strcpy(r->coordinates, r->old ? "asymmetric" : "half_pixel");
    if (!*r->rounding) strcpy(r->rounding, r->old ? "floor" : "round_prefer_floor");
    return strcmp(r->coordinates, "tf_crop_and_resize") ? NULL : "of a crop";
}

/* Few binary places: products with sizes are exact in float32. */
static bool is_dyadic(double scale)
{
    return scale * 1024 == floor(scale * 1024);
}

/* Where the runtime makes other sizes or takes other pixels than the standard: it counts in
 * float32, and shrank by a rule of its own before version 11. */
static const char *check_scales(const resizing *r, const int64_t *dims)
{
    const bool nearest = !strcmp(r->mode, "nearest");
    for (int axis = 2; axis < 4; axis++) {
        const double scale = r->scales[axis], inverse = 1 / scale, size = (double)dims[axis];
        const float rounded = (float)scale * (float)dims[axis];
        if (nearest && r->old && scale < 1 && inverse != floor(inverse))
            return "that shrinks by an old rule";
        if (is_dyadic(scale)) continue;
        if (nearest) return "to nearest pixels by a factor that float32 rounds";
        if (dims[axis] < 1 || floor(scale * size) != floor((double)rounded))
            return "to a size that float32 rounds";
    }
    return NULL;
}

/* Halves are rounded as float32 has them. */
static bool rounds_halves(const resizing *r)
{
    return !strcmp(r->mode, "nearest") && (!strcmp(r->rounding, "round_prefer_ceil") ||
                                           !strcmp(r->coordinates, "half_pixel_symmetric"));
}

static bool are_whole(const resizing *r)
{
    return r->scales[2] == floor(r->scales[2]) && r->scales[3] == floor(r->scales[3]);
}

/* Nearest neighbours by whole factors, which convolutions can take in. */
static bool is_upsampling(const resizing *r)
{
    const bool floors = !strcmp(r->rounding, "floor") && !strcmp(r->coordinates, "asymmetric");
    const bool rounds =
        !strcmp(r->rounding, "round_prefer_floor") && !strcmp(r->coordinates, "half_pixel");
    return r->has_scales && !strcmp(r->mode, "nearest") && (floors || rounds) && are_whole(r);
}

const char *ep_resize(ep_description *d, const ep_node *n, const char *word)
{
    static const char *const flags[] = {"antialias", "exclude_outside"};
    const bool two = !strcmp(n->op, "Upsample") || n->input_count == 2;
    resizing r = {.scales = {1, 1, 1, 1}};
    double cubic = -0.75;
    int64_t flag;
    const char *why = read_rules(d, n, &r);
    if (why) return why;
    if (!read_scales(d, n, two ? 1 : 2, &r) || !read_sizes(d, n, 3, &r) ||
        r.has_scales == r.has_sizes)
        return "not by constant factors or sizes of rows and columns";
    /* Of 13.5 rows 13 are made; the runtime aligns with those, the standard's formula with all. */
    if (r.has_scales && !strcmp(r.coordinates, "align_corners") && !are_whole(&r))
        return "with corners of sizes that are not whole";
    if (rounds_halves(&r)) return "to nearest pixels by a rule that float32 rounds";
    if (r.has_scales) why = check_scales(&r, ep_input(d, n, 0)->dims);
    if (why) return why;
    if (is_upsampling(&r)) {
        ep_write(d, "v%d = upsample v%d by=%dx%d\n", n->outputs[0], n->inputs[0], (int)r.scales[2],
                 (int)r.scales[3]);
        return NULL;
    }
    ep_write(d, "v%d = %s v%d mode=%s coordinates=%s", n->outputs[0], word, n->inputs[0], r.mode,
             r.coordinates);
    if (r.has_sizes)
        ep_write(d, " size=%lldx%lld", (long long)r.sizes[2], (long long)r.sizes[3]);
    else
        ep_write(d, " scale=%.15g,%.15g", r.scales[2], r.scales[3]);
    if (!strcmp(r.mode, "nearest"))
        ep_write(d, " rounding=%s", r.rounding + (strncmp(r.rounding, "round_", 6) ? 0 : 6));
    ep_number(d->graph, n, "cubic_coeff_a", &cubic);
    if (!strcmp(r.mode, "bicubic")) ep_write(d, " cubic_a=%.9g", cubic);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (ep_integer(d->graph, n, flags[i], &flag) && flag) ep_write(d, " %s=yes", flags[i]);
    ep_write(d, "\n");
    return NULL;
}

/* ---- Channels ---- */

const char *ep_concat(ep_description *d, const ep_node *n, const char *word)
{
    int64_t axis = 0;
    ep_integer(d->graph, n, "axis", &axis);
    if (axis != 1 && axis != -3) return "of another axis";
    ep_write(d, "v%d = %s", n->outputs[0], word);
    for (int i = 0; i < n->input_count; i++) {
        if (!ep_has_input(n, i) || ep_input(d, n, i)->constant) return "of a constant";
        ep_write(d, " v%d", n->inputs[i]);
    }
    ep_write(d, "\n");
    return NULL;
}

/* ONNX counts from the end below 0, and stops where the axis does. */
static int64_t clamped(int64_t at, int64_t size)
{
    at = at < 0 ? at + size : at;
    return at < 0 ? 0 : at > size ? size : at;
}

const char *ep_slice(ep_description *d, const ep_node *n, const char *word)
{
    static const char *const names[] = {NULL, "channels", "rows", "columns"};
    const int64_t *dims = ep_input(d, n, 0)->dims;
    int64_t lists[4][EP_AXES]; /* starts, ends, axes, steps */
    int count = 0, length = 0;
    for (int i = 0; i < 4; i++) {
        if (i >= 2 && !ep_has_input(n, i + 1)) {
            for (int64_t j = 0; j < count; j++) lists[i][j] = i == 2 ? j : 1;
            continue;
        }
        if (!ep_whole_constant(d->graph, n, i + 1, lists[i], &length)) return "of other constants";
        if (i > 0 && length != count) return "lists of different lengths";
        count = length;
    }
    ep_write(d, "v%d = %s v%d", n->outputs[0], word, n->inputs[0]);
    for (int i = 0; i < count; i++) {
        const int64_t axis = lists[2][i] < 0 ? lists[2][i] + 4 : lists[2][i];
        if (axis < 1 || axis > 3 || lists[3][i] != 1) return "of images, or with steps";
        if (dims[axis] < 1) return "of a size that is not known";
        ep_write(d, " %s=%lld:%lld", names[axis], (long long)clamped(lists[0][i], dims[axis]),
                 (long long)clamped(lists[1][i], dims[axis]));
    }
    ep_write(d, "\n");
    return NULL;
}

/* Sizes of the parts: given, or equal but for the last. */
static const char *read_parts(const ep_description *d, const ep_node *n, int64_t *parts)
{
    const int64_t whole = ep_input(d, n, 0)->dims[1], count = n->output_count;
    int given = 0;
    if (count > EP_AXES) return "into too many parts";
    ep_integers(d->graph, n, "split", parts, &given); /* an input since version 13 */
    if (ep_has_input(n, 1) && !ep_whole_constant(d->graph, n, 1, parts, &given))
        return "by sizes that are not constant";
    if (given) return given == count ? NULL : "into another number of parts";
    const int64_t size = (whole + count - 1) / count;
    for (int64_t i = 0; i < count; i++) parts[i] = i < count - 1 ? size : whole - i * size;
    return NULL;
}

const char *ep_split(ep_description *d, const ep_node *n, const char *word)
{
    int64_t parts[EP_AXES], axis = 0, from = 0;
    ep_integer(d->graph, n, "axis", &axis);
    if (axis != 1 && axis != -3) return "of another axis";
    const char *why = read_parts(d, n, parts);
    for (int i = 0; !why && i < n->output_count; from += parts[i++])
        if (ep_has_output(n, i))
            ep_write(d, "v%d = %s v%d channels=%lld:%lld\n", n->outputs[i], word, n->inputs[0],
                     (long long)from, (long long)(from + parts[i]));
    return why;
}

/* Begin and end of each axis; from version 18 on of those that are named alone. */
static bool read_sides(const ep_description *d, const ep_node *n, int64_t *begin, int64_t *end)
{
    int64_t pads[EP_AXES], axes[EP_AXES] = {0, 1, 2, 3};
    int count = 0, named = 4;
    if (!ep_whole_constant(d->graph, n, 1, pads, &count)) return false;
    if (ep_has_input(n, 3) && !ep_whole_constant(d->graph, n, 3, axes, &named)) return false;
    if (count != 2 * named) return false;
    for (int i = 0; i < named; i++) {
        const int64_t axis = axes[i] < 0 ? axes[i] + 4 : axes[i];
        if (axis < 0 || axis > 3) return false;
        begin[axis] = pads[i];
        end[axis] = pads[named + i];
    }
    return !begin[0] && !end[0] && !begin[1] && !end[1];
}

/* Of a border that goes around the runtime makes the standard's once around alone. */
static bool goes_round(const int64_t *dims, const int64_t *begin, const int64_t *end)
{
    for (int axis = 2; axis < 4; axis++)
        if (begin[axis] < 0 || end[axis] < 0 || begin[axis] > dims[axis] || end[axis] > dims[axis])
            return false;
    return true;
}

const char *ep_pad(ep_description *d, const ep_node *n, const char *word)
{
    int64_t begin[4] = {0}, end[4] = {0}, count = 0;
    char mode[16];
    const float *value = ep_floats(d->graph, n, 2, &count);
    if (!read_sides(d, n, begin, end)) return "not by constants, or of images or channels";
    if (ep_has_input(n, 2) && (!value || count != 1)) return "with a value that is not constant";
    ep_word(d->graph, n, "mode", mode, sizeof mode);
    if (!strcmp(mode, "wrap") && !goes_round(ep_input(d, n, 0)->dims, begin, end))
        return "around an image more than once, or of one that is cut";
    ep_write(d, "v%d = %s v%d sides=%lld,%lld,%lld,%lld border=%s", n->outputs[0], word,
             n->inputs[0], (long long)begin[2], (long long)begin[3], (long long)end[2],
             (long long)end[3], *mode ? mode : "constant");
    if (value && (!*mode || !strcmp(mode, "constant"))) ep_write(d, " value=%.9g", (double)*value);
    ep_write(d, "\n");
    return NULL;
}

/* Dropout is one outside of training. */
const char *ep_identity(ep_description *d, const ep_node *n, const char *word)
{
    if (ep_has_input(n, 2)) return "in training";
    ep_write(d, "v%d = %s v%d\n", n->outputs[0], word, n->inputs[0]);
    return NULL;
}
