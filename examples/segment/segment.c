/* Finds the coins in a picture with a small encoder-decoder network; README.md describes it. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "network.h"
#include "report.h"

enum { LEAST_COIN = 150 /* pixels; smaller areas are no coins */ };
static const float golden_tolerance = 1e-3f;

typedef struct options {
    const char *table, *weights, *golden, *input, *mask, *overlay;
    int threads;
    bool print_keys, unfused;
} options;

static const char usage[] =
    "segment [OPTIONS] INPUT.png MASK.png OVERLAY.png\n"
    "segment [OPTIONS] --print-keys [INPUT.png]\n"
    "  --table FILE    tuning table to use besides the installed ones\n"
    "  --threads N     default: the environment's HG_THREADS, or 1\n"
    "  --weights FILE  default: examples/segment/weights.bin\n"
    "  --golden FILE   fail unless the logits are within 1e-3 of the stored ones\n"
    "  --unfused       run every layer by itself, even where two in one are faster\n"
    "  --print-keys    only print the layers' problems, for `hourglass tune --keys`\n";

static bool parse(int argc, char **argv, options *o)
{
    static const struct option names[] = {{"table", required_argument, NULL, 't'},
                                          {"threads", required_argument, NULL, 'n'},
                                          {"weights", required_argument, NULL, 'w'},
                                          {"golden", required_argument, NULL, 'g'},
                                          {"print-keys", no_argument, NULL, 'k'},
                                          {"unfused", no_argument, NULL, 'u'},
                                          {NULL, 0, NULL, 0}};
    const char *threads = getenv("HG_THREADS");
    *o = (options){.weights = "examples/segment/weights.bin"};
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) switch (c) {
        case 't':
            o->table = optarg;
            break;
        case 'n':
            threads = optarg;
            break;
        case 'w':
            o->weights = optarg;
            break;
        case 'g':
            o->golden = optarg;
            break;
        case 'k':
            o->print_keys = true;
            break;
        case 'u':
            o->unfused = true;
            break;
        default:
            return false;
        }
    const char **const files[] = {&o->input, &o->mask, &o->overlay};
    const int given = argc - optind;
    o->threads = threads ? atoi(threads) : 1;
    for (int i = 0; i < given && i < 3; i++) *files[i] = argv[optind + i];
    return o->threads >= 1 && (o->print_keys ? given <= 1 : given == 3);
}

/* ---- Context ---- */

static void complain(void *self, hg_status status, const char *sentence)
{
    (void)self;
    fprintf(stderr, "hourglass: %s: %s\n", hg_status_string(status), sentence);
}

/* A tuning table saves time and is never needed: without one, the dispatcher estimates. */
static char *read_table(const char *path)
{
    enum { LARGEST = 64 << 20 };
    FILE *file = fopen(path, "rb");
    if (!file) return perror(path), NULL;
    char *text = NULL;
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    if (size >= 0 && size < LARGEST) text = calloc((size_t)size + 1, 1);
    if (text && fread(text, 1, (size_t)size, file) != (size_t)size) text[0] = '\0';
    fclose(file);
    return text;
}

static hg_context *create_context(const options *o)
{
    char *table = o->table ? read_table(o->table) : NULL;
    const hg_context_options settings = {
        .threads = o->threads, .log = {complain, NULL}, .table = table};
    hg_context *context = NULL;
    hg_context_create(&settings, &context);
    free(table);
    return context;
}

/* ---- Pictures and tensors ---- */

static int64_t padded(int64_t size)
{
    return (size + NETWORK_MULTIPLE - 1) / NETWORK_MULTIPLE * NETWORK_MULTIPLE;
}

/* p / 255 - 0.5, and zeros at the bottom and right. */
static void set_input(const network *net, const image *picture)
{
    for (int64_t y = 0; y < net->height; y++)
        for (int64_t x = 0; x < net->width; x++) {
            const bool inside = y < picture->height && x < picture->width;
            net->input[y * net->width + x] =
                inside ? (float)picture->pixels[y * picture->width + x] / 255.0f - 0.5f : 0.0f;
        }
}

/* A pixel is coin where it is of class 1: the second logit is the larger one. */
static bool get_mask(const network *net, const image *picture, image *mask)
{
    if (!image_create(mask, picture->height, picture->width, 1)) return false;
    for (int64_t y = 0; y < picture->height; y++)
        for (int64_t x = 0; x < picture->width; x++)
            mask->pixels[y * picture->width + x] = net->classes[y * net->width + x] ? 255 : 0;
    return true;
}

static bool check_golden(const network *net, const char *path)
{
    const int64_t pixels = net->height * net->width;
    float *golden = golden_read(path, NETWORK_CLASSES, net->height, net->width);
    float worst = 0;
    if (!golden) return false;
    for (int64_t i = 0; i < pixels; i++)
        for (int64_t c = 0; c < NETWORK_CLASSES; c++) {
            const float error =
                fabsf(net->logits[i * NETWORK_CLASSES + c] - golden[c * pixels + i]);
            if (!(error <= worst)) worst = error; /* a NaN stays */
        }
    free(golden);
    const bool ok = worst <= golden_tolerance;
    printf("logits %s PyTorch's: largest difference %.2e\n", ok ? "agree with" : "DIFFER from",
           (double)worst);
    return ok;
}

/* ---- What the program does ---- */

static bool segment(const options *o, hg_context *context, const network *net, const image *picture)
{
    image mask = {0}, overlay = {0};
    set_input(net, picture);
    const hg_status status = network_run(net);
    if (status) return complain(NULL, status, "the network did not run"), false;
    bool ok = !o->golden || check_golden(net, o->golden);
    const int coins = get_mask(net, picture, &mask) ? image_count_areas(&mask, LEAST_COIN) : -1;
    if (coins < 0 || !image_overlay(picture, &mask, &overlay)) {
        fprintf(stderr, "out of memory\n");
        ok = false;
    } else {
        printf("%d coins found\n", coins);
        ok = image_write(o->mask, &mask) && image_write(o->overlay, &overlay) && ok;
    }
    image_free(&mask);
    image_free(&overlay);
    return report_layers(context, net, o->threads) == HG_OK && ok;
}

/* Pairs with both ways to do them, so that a tuned table can decide. */
static void print_keys(const network *net)
{
    for (int i = 0; i < net->step_count; i++) puts(hg_plan_key(net->steps[i].plan));
    for (int i = 0; i < net->pair_count; i++) {
        const hg_fusion *f = &net->pairs[i].fusion;
        printf("%s\n%s\n%s\n", f->keys[0], f->keys[1], f->keys[2]);
    }
}

int main(int argc, char **argv)
{
    options o;
    if (!parse(argc, argv, &o)) return fputs(usage, stderr), 2;
    image picture = {.height = 303, .width = 384}; /* without a picture: the photograph's size */
    weights w = {0};
    network net = {0};
    hg_context *context = NULL;
    bool ok =
        (!o.input || image_read_grey(o.input, &picture)) && weights_read(o.weights, &w) &&
        (context = create_context(&o)) != NULL &&
        network_create(&net, context, &w, padded(picture.height), padded(picture.width), o.unfused);
    if (ok && o.print_keys)
        print_keys(&net);
    else if (ok)
        ok = segment(&o, context, &net, &picture);
    network_free(&net);
    hg_context_free(context);
    weights_free(&w);
    image_free(&picture);
    return ok ? 0 : 1;
}
