/* Literal cases of the operators that work element by element; `weights` are the second tensor. */
#include <math.h>

#include "tests/semantics.h"

#define IMAGE(n, c, h, w)                                                                          \
    HG_F32, HG_NHWC, n, h, w, c, {0},                                                              \
    {                                                                                              \
        0                                                                                          \
    }

/* Two channels of 1 x 2 pixels, and a second tensor of the sizes c, h, w. */
#define BINARY(which, c2, h2, w2, function)                                                        \
    .d = {.op = HG_OP_BINARY,                                                                      \
          .u.binary = {.input = {IMAGE(1, 2, 1, 2)},                                               \
                       .other = {IMAGE(1, c2, h2, w2)},                                            \
                       .op = which,                                                                \
                       .epilogue = {.activation = function}}},                                     \
    .size = {1, 2}

#define SOFTMAX(channels)                                                                          \
    .d = {.op = HG_OP_SOFTMAX2D, .u.softmax2d = {.input = {IMAGE(1, channels, 1, 2)}}},            \
    .size = {1, 2}

/* Two channels of 1 x 2 pixels. */
#define ACTIVATION(...)                                                                            \
    .d = {.op = HG_OP_ACTIVATION2D,                                                                \
          .u.activation2d = {.input = {IMAGE(1, 2, 1, 2)}, .epilogue = {__VA_ARGS__}}},            \
    .size = {1, 2}

/* One channel of 1 x 3 pixels. */
#define PAD(kind, l, r, width)                                                                     \
    .d = {.op = HG_OP_PAD2D,                                                                       \
          .u.pad2d =                                                                               \
              {.input = {IMAGE(1, 1, 1, 3)}, .mode = kind, .value = 9, .left = l, .right = r}},    \
    .size = {1, width}, .x = {0, 1, 2}

const semantics_case semantics_pointwise[] = {
    {"binary.sizes", "alike", BINARY(HG_SUBTRACT, 2, 1, 2, HG_IDENTITY), .x = {1, 2, 3, 4},
     .weights = {4, 3, 2, 1}, .y = {-3, -1, 1, 3}},
    {"binary.sizes", "a number per channel", BINARY(HG_ADD, 2, 1, 1, HG_IDENTITY),
     .x = {1, 2, 3, 4}, .weights = {10, 20}, .y = {11, 12, 23, 24}},
    {"binary.sizes", "a number per pixel", BINARY(HG_MULTIPLY, 1, 1, 2, HG_IDENTITY),
     .x = {1, 2, 3, 4}, .weights = {10, 20}, .y = {10, 40, 30, 80}},
    {"binary.sizes", "one number", BINARY(HG_MAXIMUM, 1, 1, 1, HG_IDENTITY), .x = {1, 2, 3, 4},
     .weights = {2.5f}, .y = {2.5f, 2.5f, 3, 4}},
    {"binary.activation", "behind the sum", BINARY(HG_ADD, 2, 1, 2, HG_RELU6), .x = {-1, 2, 3, 4},
     .weights = {0.5f, 1, 4, -4}, .y = {0, 3, 6, 0}},
    {"binary.nan", "maximum, NaN in either", BINARY(HG_MAXIMUM, 2, 1, 2, HG_IDENTITY),
     .x = {NAN, 2, INFINITY, -INFINITY}, .weights = {1, NAN, -INFINITY, -5},
     .y = {NAN, NAN, INFINITY, -5}},
    {"binary.nan", "minimum, NaN in either", BINARY(HG_MINIMUM, 2, 1, 2, HG_IDENTITY),
     .x = {NAN, 2, INFINITY, -INFINITY}, .weights = {1, NAN, 7, -5}, .y = {NAN, NAN, 7, -INFINITY}},
    {"binary.nan", "infinities in sums and products", BINARY(HG_MULTIPLY, 2, 1, 2, HG_IDENTITY),
     .x = {INFINITY, INFINITY, 0, NAN}, .weights = {-1, 0, -INFINITY, 0},
     .y = {-INFINITY, NAN, NAN, NAN}},
    {"activation", "the identity copies", ACTIVATION(.activation = HG_IDENTITY),
     .x = {-0.0f, NAN, -INFINITY, 4}, .y = {-0.0f, NAN, -INFINITY, 4}},
    {"activation", "slope", ACTIVATION(.activation = HG_LEAKY_RELU, .slope = 0.5f),
     .x = {-1, 2, NAN, -4}, .y = {-0.5f, 2, NAN, -2}},
    {"activation", "a function",
     ACTIVATION(.activation = HG_HARD_SIGMOID, .slope = 0.25f, .offset = 0.5f),
     .x = {-1, 2, 5, -INFINITY}, .y = {0.25f, 1, 1, 0}},
    {"softmax", "of some numbers", SOFTMAX(3), .x = {0, 1, 0, 1, 0, 1},
     .y = {1 / 3.0f, 1 / 3.0f, 1 / 3.0f, 1 / 3.0f, 1 / 3.0f, 1 / 3.0f}},
    {"softmax", "of large and small ones", SOFTMAX(2), .x = {1e30f, -1e30f, 0, 0},
     .y = {1, 0, 0, 1}},
    {"softmax", "of minus infinity", SOFTMAX(2), .x = {-INFINITY, 5, 5, 5},
     .y = {0, 0.5f, 1, 0.5f}},
    {"softmax.nan", "and of nothing else", SOFTMAX(2), .x = {-INFINITY, 5, -INFINITY, 5},
     .y = {NAN, 0.5f, NAN, 0.5f}},
    {"softmax.nan", "NaN and infinity", SOFTMAX(2), .x = {NAN, INFINITY, 3, 5},
     .y = {NAN, NAN, NAN, NAN}},
    {"pad", "a constant", PAD(HG_PAD_CONSTANT, 2, 1, 6), .y = {9, 9, 0, 1, 2, 9}},
    {"pad", "mirrors", PAD(HG_PAD_REFLECT, 2, 2, 7), .y = {2, 1, 0, 1, 2, 1, 0}},
    {"pad", "the edge", PAD(HG_PAD_EDGE, 2, 2, 7), .y = {0, 0, 0, 1, 2, 2, 2}},
    {"pad", "the image again", PAD(HG_PAD_WRAP, 2, 2, 7), .y = {1, 2, 0, 1, 2, 0, 1}},
    {"pad.crop", "a column less", PAD(HG_PAD_REFLECT, -1, 2, 4), .y = {1, 2, 1, 0}},
    {"pad.crop", "all but a constant", PAD(HG_PAD_CONSTANT, -4, 3, 2), .y = {9, 9}},
    {"pad.beyond", "more mirrors", PAD(HG_PAD_REFLECT, 5, 0, 8), .y = {1, 0, 1, 2, 1, 0, 1, 2}},
    {"pad.beyond", "more images", PAD(HG_PAD_WRAP, 0, 5, 8), .y = {0, 1, 2, 0, 1, 2, 0, 1}},
    {.row = NULL}};
