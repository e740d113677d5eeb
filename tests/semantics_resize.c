/* Resizing. */
#include <math.h>

#include "tests/semantics.h"

#define IMAGE(n, c, h, w)                                                                          \
    HG_F32, HG_NHWC, n, h, w, c, {0},                                                              \
    {                                                                                              \
        0                                                                                          \
    }

/* One image of one channel; an extent of 0 is by the scale. */
#define IMAGE_TO(h, w, out_h, out_w, ...)                                                          \
    .d = {                                                                                         \
        .op = HG_OP_RESIZE2D,                                                                      \
        .u.resize2d = {.input = {IMAGE(1, 1, h, w)}, .output_size = {out_h, out_w}, __VA_ARGS__}}
/* One row of `from` pixels to one of `to`. */
#define ROW(from, to, ...) IMAGE_TO(1, from, 1, to, __VA_ARGS__)
#define NEAREST(how, where) .mode = HG_RESIZE_NEAREST, .coordinates = where, .rounding = how
#define PYTORCH .mode = HG_RESIZE_NEAREST, .coordinates = HG_PYTORCH_NEAREST
#define BILINEAR(where) .mode = HG_RESIZE_BILINEAR, .coordinates = where
#define BICUBIC .mode = HG_RESIZE_BICUBIC
#define LANCZOS(lobes) .mode = HG_RESIZE_LANCZOS##lobes

/* Two pixels of some channels to four: 4/4, 3/4, 1/4, 0/4 of the first. */
#define CLASSES(channels, type)                                                                    \
    .d = {.op = HG_OP_RESIZE_ARGMAX2D,                                                             \
          .u.resize_argmax2d = {.resize = {.input = {IMAGE(1, channels, 1, 2)},                    \
                                           .output_size = {1, 4},                                  \
                                           .mode = HG_RESIZE_BILINEAR},                            \
                                .class_type = type}}

#define TEN(v) v, v, v, v, v, v, v, v, v, v
/* 11 outputs of 2.2 times as many: the floor of o / 2.2. */
#define ELEVENTHS(first)                                                                           \
    first, first, first, first + 1, first + 1, first + 2, first + 2, first + 3, first + 3,         \
        first + 4, first + 4

/* -infinity and 10 zeros and infinity, bicubic, to twice the size: weights of the first
 * pixel 1.1055, 0.7734, 0.2266, -0.1055, -0.0352. */
#define LONG_ROW                                                                                   \
    -INFINITY, -INFINITY, -INFINITY, INFINITY, INFINITY, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
        -INFINITY, -INFINITY, INFINITY, INFINITY, INFINITY

const semantics_case semantics_resize[] = {
    {"resize.nearest", "4 to 2, half_pixel, prefer_floor",
     ROW(4, 2, NEAREST(HG_ROUND_PREFER_FLOOR, HG_HALF_PIXEL)), .x = {0, 1, 2, 3}, .size = {1, 2},
     .y = {0, 2}},
    {"resize.nearest", "4 to 2, half_pixel, prefer_ceil",
     ROW(4, 2, NEAREST(HG_ROUND_PREFER_CEIL, HG_HALF_PIXEL)), .x = {0, 1, 2, 3}, .size = {1, 2},
     .y = {1, 3}},
    {"resize.nearest", "4 to 2, half_pixel, floor",
     ROW(4, 2, NEAREST(HG_ROUND_FLOOR, HG_HALF_PIXEL)), .x = {0, 1, 2, 3}, .size = {1, 2},
     .y = {0, 2}},
    {"resize.nearest", "4 to 2, half_pixel, ceil", ROW(4, 2, NEAREST(HG_ROUND_CEIL, HG_HALF_PIXEL)),
     .x = {0, 1, 2, 3}, .size = {1, 2}, .y = {1, 3}},
    {"resize.nearest", "2 to 3, asymmetric, floor",
     ROW(2, 3, NEAREST(HG_ROUND_FLOOR, HG_ASYMMETRIC)), .x = {0, 1}, .size = {1, 3},
     .y = {0, 0, 1}},
    {"resize.nearest", "2 to 3, asymmetric, prefer_floor",
     ROW(2, 3, NEAREST(HG_ROUND_PREFER_FLOOR, HG_ASYMMETRIC)), .x = {0, 1}, .size = {1, 3},
     .y = {0, 1, 1}},
    {"resize.nearest", "2 to 3, asymmetric, ceil", ROW(2, 3, NEAREST(HG_ROUND_CEIL, HG_ASYMMETRIC)),
     .x = {0, 1}, .size = {1, 3}, .y = {0, 1, 1}},
    {"resize.nearest", "2 to 3, half_pixel, prefer_floor",
     ROW(2, 3, NEAREST(HG_ROUND_PREFER_FLOOR, HG_HALF_PIXEL)), .x = {0, 1}, .size = {1, 3},
     .y = {0, 0, 1}},
    {"resize.nearest", "2 to 3, half_pixel, prefer_ceil",
     ROW(2, 3, NEAREST(HG_ROUND_PREFER_CEIL, HG_HALF_PIXEL)), .x = {0, 1}, .size = {1, 3},
     .y = {0, 1, 1}},
    {"resize.nearest", "2 to 4, half_pixel: whole factors repeat",
     ROW(2, 4, NEAREST(HG_ROUND_PREFER_FLOOR, HG_HALF_PIXEL)), .x = {3, 4}, .size = {1, 4},
     .y = {3, 3, 4, 4}},
    {"resize.nearest", "2 to 4, asymmetric, floor: whole factors repeat",
     ROW(2, 4, NEAREST(HG_ROUND_FLOOR, HG_ASYMMETRIC)), .x = {3, 4}, .size = {1, 4},
     .y = {3, 3, 4, 4}},

    /* 41 * 2/82 is 1, but in f32 2/82 is below it and so is the product. */
    {"resize.nearest", "2 to 82, asymmetric, floor",
     ROW(2, 82, NEAREST(HG_ROUND_FLOOR, HG_ASYMMETRIC)), .x = {3, 4}, .size = {1, 82},
     .y = {TEN(3), TEN(3), TEN(3), TEN(3), 3, 4, TEN(4), TEN(4), TEN(4), TEN(4)}},
    {"resize.nearest", "2 to 82, PyTorch's: pixel 0 at 41", ROW(2, 82, PYTORCH), .x = {3, 4},
     .size = {1, 82}, .y = {TEN(3), TEN(3), TEN(3), TEN(3), 3, 3, TEN(4), TEN(4), TEN(4), TEN(4)}},
    {"resize.nearest", "2 to 8, PyTorch's: powers of 2 are exact", ROW(2, 8, PYTORCH), .x = {3, 4},
     .size = {1, 8}, .y = {3, 3, 3, 3, 4, 4, 4, 4}},
    /* 33 / 2.2 is 15; in double it is below, 33 times 1 / 2.2 in f32 is not. */
    {"resize.nearest", "16 by 2.2, asymmetric, floor",
     ROW(16, 0, NEAREST(HG_ROUND_FLOOR, HG_ASYMMETRIC), .scale_h = 1, .scale_w = 2.2),
     .x = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, .size = {1, 35},
     .y = {ELEVENTHS(0), ELEVENTHS(5), ELEVENTHS(10), 14, 15}},
    {"resize.nearest", "16 by 2.2, PyTorch's: pixel 15 at 33",
     ROW(16, 0, PYTORCH, .scale_h = 1, .scale_w = 2.2),
     .x = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, .size = {1, 35},
     .y = {ELEVENTHS(0), ELEVENTHS(5), ELEVENTHS(10), 15, 15}},

    {"resize.coordinates", "half_pixel", ROW(2, 4, BILINEAR(HG_HALF_PIXEL)), .x = {0, 6},
     .size = {1, 4}, .y = {0, 1.5f, 4.5f, 6}},
    {"resize.coordinates", "asymmetric", ROW(2, 4, BILINEAR(HG_ASYMMETRIC)), .x = {0, 6},
     .size = {1, 4}, .y = {0, 3, 6, 6}},
    {"resize.coordinates", "align_corners", ROW(2, 4, BILINEAR(HG_ALIGN_CORNERS)), .x = {0, 6},
     .size = {1, 4}, .y = {0, 2, 4, 6}},
    {"resize.coordinates", "pytorch_half_pixel", ROW(2, 4, BILINEAR(HG_PYTORCH_HALF_PIXEL)),
     .x = {0, 6}, .size = {1, 4}, .y = {0, 1.5f, 4.5f, 6}},
    {"resize.coordinates", "one output, half_pixel", ROW(4, 1, BILINEAR(HG_HALF_PIXEL)),
     .x = {0, 2, 4, 8}, .size = {1, 1}, .y = {3}},
    {"resize.coordinates", "one output, pytorch_half_pixel",
     ROW(4, 1, BILINEAR(HG_PYTORCH_HALF_PIXEL)), .x = {1, 2, 4, 8}, .size = {1, 1}, .y = {1}},
    {"resize.coordinates", "one output, align_corners", ROW(4, 1, BILINEAR(HG_ALIGN_CORNERS)),
     .x = {1, 2, 4, 8}, .size = {1, 1}, .y = {1}},
    {"resize.coordinates", "half_pixel_symmetric",
     ROW(4, 0, BILINEAR(HG_HALF_PIXEL_SYMMETRIC), .scale_h = 1, .scale_w = 0.6), .x = {1, 2, 3, 4},
     .size = {1, 2}, .y = {1.6666667f, 3.3333333f}},
    {"resize.coordinates", "crop",
     ROW(5, 3, BILINEAR(HG_TF_CROP_AND_RESIZE), .roi = {0, 0.25, 1, 0.75}),
     .x = {0, 10, 20, 30, 40}, .size = {1, 3}, .y = {10, 20, 30}},
    {"resize.coordinates", "crop beyond the image",
     ROW(5, 3, BILINEAR(HG_TF_CROP_AND_RESIZE), .roi = {0, 0.5, 1, 1.5}, .extrapolation = -1),
     .x = {0, 10, 20, 30, 40}, .size = {1, 3}, .y = {20, 40, -1}},

    {"resize.scale", "half_pixel by the sizes", ROW(4, 2, BILINEAR(HG_HALF_PIXEL)),
     .x = {1, 2, 3, 4}, .size = {1, 2}, .y = {1.5f, 3.5f}},
    {"resize.scale", "half_pixel by the scale",
     ROW(4, 0, BILINEAR(HG_HALF_PIXEL), .scale_h = 1, .scale_w = 0.6), .x = {1, 2, 3, 4},
     .size = {1, 2}, .y = {1.3333333f, 3}},
    {"resize.scale", "align_corners by the sizes", ROW(4, 2, BILINEAR(HG_ALIGN_CORNERS)),
     .x = {1, 2, 3, 4}, .size = {1, 2}, .y = {1, 4}},
    {"resize.scale", "align_corners by the scale",
     ROW(4, 0, BILINEAR(HG_ALIGN_CORNERS), .scale_h = 1, .scale_w = 0.6), .x = {1, 2, 3, 4},
     .size = {1, 2}, .y = {1, 3.1428571f}},

    {"resize.cubic", "a = -0.75", ROW(4, 2, BICUBIC), .x = {0, 32, 64, 0}, .size = {1, 2},
     .y = {13, 35}},
    {"resize.cubic", "a = -0.5", ROW(4, 2, BICUBIC, .cubic_a = -0.5), .x = {0, 32, 64, 0},
     .size = {1, 2}, .y = {14, 34}},
    {"resize.cubic", "a = -0.5, outside dropped",
     ROW(4, 2, BICUBIC, .cubic_a = -0.5, .exclude_outside = true), .x = {0, 32, 64, 0},
     .size = {1, 2}, .y = {13.176471f, 32}},
    {"resize.cubic", "a filter wholly outside: the border's pixel",
     ROW(1, 8, BICUBIC, .scale_h = 1, .scale_w = 2, .exclude_outside = true), .x = {5},
     .size = {1, 8}, .y = {5, 5, 5, 5, 5, 5, 5, 5}},

    {"resize.antialias", "without", ROW(4, 2, BILINEAR(HG_HALF_PIXEL)), .x = {0, 32, 64, 0},
     .size = {1, 2}, .y = {16, 32}},
    {"resize.antialias", "clamped", ROW(4, 2, BILINEAR(HG_HALF_PIXEL), .antialias = true),
     .x = {0, 32, 64, 0}, .size = {1, 2}, .y = {20, 28}},
    {"resize.antialias", "outside dropped",
     ROW(4, 2, BILINEAR(HG_HALF_PIXEL), .antialias = true, .exclude_outside = true),
     .x = {0, 32, 64, 0}, .size = {1, 2}, .y = {22.857143f, 32}},

    {"resize.lanczos", "3", ROW(4, 2, LANCZOS(3)), .x = {0, 32, 64, 0}, .size = {1, 2},
     .y = {9.7799511f, 31.2958435f}},
    {"resize.lanczos", "5", ROW(4, 2, LANCZOS(5)), .x = {0, 32, 64, 0}, .size = {1, 2},
     .y = {7.27903458f, 29.7470469f}},
    {"resize.lanczos", "3, antialias", ROW(4, 2, LANCZOS(3), .antialias = true),
     .x = {0, 32, 64, 0}, .size = {1, 2}, .y = {23.8724477f, 34.2174587f}},
    {"resize.lanczos", "5, antialias", ROW(4, 2, LANCZOS(5), .antialias = true),
     .x = {0, 32, 64, 0}, .size = {1, 2}, .y = {24.5778818f, 34.7015549f}},
    {"resize.lanczos", "3 to a larger image: antialias changes nothing",
     ROW(2, 4, LANCZOS(3), .antialias = true), .x = {0, 6}, .size = {1, 4},
     .y = {-1.0528662f, 1.39722416f, 4.60277584f, 7.0528662f}},
    {"resize.lanczos", "5 to a larger image: fewer pixels than taps", ROW(2, 4, LANCZOS(5)),
     .x = {0, 6}, .size = {1, 4}, .y = {-1.32427133f, 1.46299049f, 4.53700951f, 7.32427133f}},
    {"resize.lanczos", "3: a pixel's own coordinate has its value", ROW(3, 3, LANCZOS(3)),
     .x = {1, 2, 5}, .size = {1, 3}, .y = {1, 2, 5}},

    {"resize.area", "overlapping windows", ROW(5, 2, .mode = HG_RESIZE_AREA), .x = {0, 3, 6, 9, 12},
     .size = {1, 2}, .y = {3, 9}},
    /* Twice the size: -0.25, 0.25, 0.75, 1.25. Weights of the first pixel, its copies
     * added: 1.1055, 0.7734, 0.2266, -0.1055; what is left to 1 is the second's. */
    {"resize.nonfinite", "bicubic: taps on one pixel count once", ROW(2, 4, BICUBIC),
     .x = {-INFINITY, 0}, .size = {1, 4}, .y = {-INFINITY, -INFINITY, -INFINITY, INFINITY}},
    {"resize.nonfinite", "bicubic: opposite infinities", ROW(2, 4, BICUBIC),
     .x = {-INFINITY, INFINITY}, .size = {1, 4}, .y = {-INFINITY, NAN, NAN, INFINITY}},
    {"resize.nonfinite", "bicubic doubling", IMAGE_TO(1, 2, 2, 4, BICUBIC), .x = {-INFINITY, 0},
     .size = {2, 4},
     .y = {-INFINITY, -INFINITY, -INFINITY, INFINITY, -INFINITY, -INFINITY, -INFINITY, INFINITY}},
    {"resize.nonfinite", "bicubic doubling of a column", IMAGE_TO(2, 1, 4, 2, BICUBIC),
     .x = {-INFINITY, 0}, .size = {4, 2},
     .y = {-INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, INFINITY, INFINITY}},
    {"resize.nonfinite", "bicubic doubling of a long row", IMAGE_TO(1, 12, 2, 24, BICUBIC),
     .x = {-INFINITY, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, INFINITY}, .size = {2, 24},
     .y = {LONG_ROW, LONG_ROW}},
    {"resize.nonfinite", "bilinear", ROW(2, 4, BILINEAR(HG_HALF_PIXEL)), .x = {INFINITY, 1},
     .size = {1, 4}, .y = {INFINITY, INFINITY, INFINITY, 1}},
    {"resize.nonfinite", "bilinear doubling", IMAGE_TO(1, 2, 2, 4, BILINEAR(HG_HALF_PIXEL)),
     .x = {INFINITY, 1}, .size = {2, 4},
     .y = {INFINITY, INFINITY, INFINITY, 1, INFINITY, INFINITY, INFINITY, 1}},
    {"resize.nonfinite", "bilinear: a pixel's own coordinate",
     ROW(3, 5, BILINEAR(HG_ALIGN_CORNERS)), .x = {NAN, 1, INFINITY}, .size = {1, 5},
     .y = {NAN, NAN, 1, INFINITY, INFINITY}},
    {"resize.nonfinite", "Lanczos: a pixel's own coordinate", ROW(3, 3, LANCZOS(3)),
     .x = {1, NAN, 5}, .size = {1, 3}, .y = {1, NAN, 5}},
    {"resize.nonfinite", "a weight of zero between others: antialias to a third",
     ROW(9, 3, BICUBIC, .cubic_a = -0.5, .antialias = true), .x = {1, NAN, 1, 1, 1, 1, 1, 1, 1},
     .size = {1, 3}, .y = {NAN, 1, 1}},
    {"resize.nonfinite", "a weight of zero between others: a = 4, halfway",
     ROW(4, 2, BICUBIC, .cubic_a = 4), .x = {2, INFINITY, 4, 6}, .size = {1, 2},
     .y = {3, INFINITY}},
    {"resize.nonfinite", "clamped weights that cancel: a = -9, a quarter behind the border",
     ROW(3, 6, BICUBIC, .cubic_a = -9), .x = {NAN, 1, 1}, .size = {1, 6},
     .y = {NAN, 1, NAN, NAN, NAN, 1}},
    {"resize.nonfinite", "area", ROW(4, 2, .mode = HG_RESIZE_AREA),
     .x = {INFINITY, -INFINITY, 1, 3}, .size = {1, 2}, .y = {NAN, 2}},

    {"resize.argmax", "ties go to the lowest channel", CLASSES(3, HG_CLASS_I32),
     .x = {0, 2, 2, 0, 2, 2}, .size = {1, 4}, .y = {1, 2, 2, 0}},
    {"resize.argmax", "zeros of both signs tie", CLASSES(2, HG_CLASS_U8), .x = {-0.0f, 0, 0, -0.0f},
     .size = {1, 4}, .y = {0, 0, 0, 0}},
    {"resize.argmax", "a NaN is above all, the first of several", CLASSES(3, HG_CLASS_U8),
     .x = {5, INFINITY, NAN, 1, NAN, NAN}, .size = {1, 4}, .y = {1, 1, 1, 2}},
    {"resize.argmax", "infinities", CLASSES(3, HG_CLASS_I32),
     .x = {-INFINITY, -INFINITY, INFINITY, 0, -INFINITY, 1}, .size = {1, 4}, .y = {1, 1, 1, 2}},
    {.row = NULL}};
