/* Pooling and unpooling. */
#include <math.h>

#include "tests/semantics.h"

#define IMAGE(n, c, h, w)                                                                          \
    HG_F32, HG_NHWC, n, h, w, c, {0},                                                              \
    {                                                                                              \
        0                                                                                          \
    }

/* One row of `pixels`; windows of one row and `taps` columns; then more of the geometry. */
#define MAX(pixels, taps, ...)                                                                     \
    .d = {.op = HG_OP_MAX_POOL2D,                                                                  \
          .u.max_pool2d = {.input = {IMAGE(1, 1, 1, pixels)},                                      \
                           .pool = {.window = {1, taps}, __VA_ARGS__},                             \
                           .indices = true}}
#define AVG(pixels, taps, include, ...)                                                            \
    .d = {.op = HG_OP_AVG_POOL2D,                                                                  \
          .u.avg_pool2d = {.input = {IMAGE(1, 1, 1, pixels)},                                      \
                           .pool = {.window = {1, taps}, __VA_ARGS__},                             \
                           .count_include_pad = include}}
#define LP(pixels, taps, power, sort, ...)                                                         \
    .d = {.op = HG_OP_LP_POOL2D,                                                                   \
          .u.lp_pool2d = {.input = {IMAGE(1, 1, 1, pixels)},                                       \
                          .pool = {.window = {1, taps}, __VA_ARGS__},                              \
                          .p = power,                                                              \
                          .form = sort}}
#define SIDES(l, r) .padding = {.left = l, .right = r}

/* Two images of two channels of 2x3 pixels, a maximum in each. */
#define PLACES(convention)                                                                         \
    .d = {.op = HG_OP_MAX_POOL2D,                                                                  \
          .u.max_pool2d = {.input = {IMAGE(2, 2, 2, 3)},                                           \
                           .pool = {.window = {2, 3}},                                             \
                           .indices = true,                                                        \
                           .index_convention = convention}},                                       \
    .x = {1, 9, 2, 3, 4, 5, 1, 2, 9, 3, 4, 5, 1, 2, 3, 4, 9, 5, 1, 2, 3, 9, 4, 5}, .size = {1, 1}, \
    .y = {9, 9, 9, 9}

/* Two pixels to be put back. */
#define UNPOOL(rows, ...)                                                                          \
    .d = {.op = HG_OP_MAX_UNPOOL2D,                                                                \
          .u.max_unpool2d = {.input = {IMAGE(1, 1, 1, 2)}, .window = {rows, 2}, __VA_ARGS__}},     \
    .x = {5, 6}

const semantics_case semantics_pool[] = {
    {"pool.stride", "left out: the window", MAX(4, 2, .stride = {0, 0}), .x = {1, 2, 3, 4},
     .size = {1, 2}, .y = {2, 4}, .indices = {1, 3}},
    {"pool.stride", "1", MAX(4, 2, .stride = {1, 1}), .x = {1, 2, 3, 4}, .size = {1, 3},
     .y = {2, 3, 4}, .indices = {1, 2, 3}},

    {"pool.padding", "same upper", MAX(3, 2, .padding = {.mode = HG_PADDING_SAME_UPPER}),
     .x = {-1, -2, -3}, .size = {1, 2}, .y = {-1, -3}, .indices = {0, 2}},
    {"pool.padding", "same lower", MAX(3, 2, .padding = {.mode = HG_PADDING_SAME_LOWER}),
     .x = {-1, -2, -3}, .size = {1, 2}, .y = {-1, -2}, .indices = {0, 1}},
    {"pool.padding", "never wins", MAX(2, 2, .stride = {1, 1}, SIDES(1, 1)), .x = {-5, -6},
     .size = {1, 3}, .y = {-5, -5, -6}, .indices = {0, 0, 1}},
    {"pool.padding", "a window of padding: maximum", MAX(2, 1, SIDES(1, 1)), .x = {-5, -6},
     .size = {1, 4}, .y = {-INFINITY, -5, -6, -INFINITY}, .indices = {-1, 0, 1, -1}},
    {"pool.padding", "a window of padding: average", AVG(2, 1, false, SIDES(1, 1)), .x = {-5, -6},
     .size = {1, 4}, .y = {0, -5, -6, 0}},
    {"pool.padding", "a window of padding: average that counts it", AVG(2, 1, true, SIDES(1, 1)),
     .x = {-5, -6}, .size = {1, 4}, .y = {0, -5, -6, 0}},
    {"pool.padding", "a window of padding: norm", LP(2, 1, 2, HG_LP_ABSOLUTE, SIDES(1, 1)),
     .x = {-5, -6}, .size = {1, 4}, .y = {0, 5, 6, 0}},

    {"pool.ceil", "floor", MAX(5, 2, .ceil_mode = false), .x = {1, 2, 3, 4, 5}, .size = {1, 2},
     .y = {2, 4}, .indices = {1, 3}},
    {"pool.ceil", "ceil", MAX(5, 2, .ceil_mode = true), .x = {1, 2, 3, 4, 5}, .size = {1, 3},
     .y = {2, 4, 5}, .indices = {1, 3, 4}},
    {"pool.ceil", "a last window in the end padding is dropped",
     MAX(3, 2, SIDES(1, 1), .ceil_mode = true), .x = {1, 2, 3}, .size = {1, 2}, .y = {1, 3},
     .indices = {0, 2}},
    {"pool.ceil", "a last window that starts on the last pixel stays",
     MAX(4, 2, SIDES(1, 1), .ceil_mode = true), .x = {1, 2, 3, 4}, .size = {1, 3}, .y = {1, 3, 4},
     .indices = {0, 2, 3}},
    {"pool.ceil", "dropped, though windows fit without remainder",
     MAX(1, 1, SIDES(0, 1), .ceil_mode = true), .x = {-7}, .size = {1, 1}, .y = {-7},
     .indices = {0}},
    {"pool.ceil", "kept by floor, though it lies in padding", MAX(1, 1, SIDES(0, 1)), .x = {-7},
     .size = {1, 2}, .y = {-7, -INFINITY}, .indices = {0, -1}},
    {"pool.ceil", "dropped behind 12 pixels", MAX(12, 2, SIDES(2, 2), .ceil_mode = true),
     .x = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, .size = {1, 7},
     .y = {-INFINITY, 2, 4, 6, 8, 10, 12}, .indices = {-1, 1, 3, 5, 7, 9, 11}},
    {"pool.ceil", "a window larger than the input: maximum",
     MAX(2, 3, .stride = {1, 2}, .ceil_mode = true), .x = {-3, -2}, .size = {1, 1}, .y = {-2},
     .indices = {1}},
    {"pool.ceil", "a window larger than the input: norm",
     LP(2, 3, 2, HG_LP_ABSOLUTE, .stride = {1, 2}, .ceil_mode = true), .x = {3, -4}, .size = {1, 1},
     .y = {5}},
    {"pool.ceil", "a window larger than the padded input: average",
     AVG(2, 5, false, .stride = {1, 3}, .ceil_mode = true, SIDES(1, 1)), .x = {3, 5},
     .size = {1, 1}, .y = {4}},
    {"pool.ceil", "a window larger than the padded input: average that counts padding",
     AVG(2, 5, true, .stride = {1, 3}, .ceil_mode = true, SIDES(1, 1)), .x = {3, 5}, .size = {1, 1},
     .y = {2}},

    {"pool.divisor", "excludes padding", AVG(3, 3, false, .stride = {1, 1}, SIDES(1, 1)),
     .x = {3, 6, 9}, .size = {1, 3}, .y = {4.5f, 6, 7.5f}},
    {"pool.divisor", "includes padding", AVG(3, 3, true, .stride = {1, 1}, SIDES(1, 1)),
     .x = {3, 6, 9}, .size = {1, 3}, .y = {3, 6, 5}},
    {"pool.divisor", "override",
     .d = {.op = HG_OP_AVG_POOL2D,
           .u.avg_pool2d = {.input = {IMAGE(1, 1, 1, 3)},
                            .pool = {.window = {1, 3}, .stride = {1, 1}, SIDES(1, 1)},
                            .divisor_override = 2}},
     .x = {3, 6, 9}, .size = {1, 3}, .y = {4.5f, 9, 7.5f}},
    {"pool.divisor", "the overhang of ceil_mode never counts",
     AVG(4, 3, true, .stride = {1, 2}, .ceil_mode = true), .x = {1, 2, 3, 5}, .size = {1, 2},
     .y = {2, 4}},
    {"pool.divisor", "end padding under ceil_mode counts",
     AVG(4, 3, true, .stride = {1, 2}, .ceil_mode = true, SIDES(0, 1)), .x = {1, 2, 3, 6},
     .size = {1, 2}, .y = {2, 3}},
    {"pool.divisor", "end padding under ceil_mode, excluded",
     AVG(4, 3, false, .stride = {1, 2}, .ceil_mode = true, SIDES(0, 1)), .x = {1, 2, 3, 6},
     .size = {1, 2}, .y = {2, 4.5f}},
    {"pool.divisor", "same upper excludes",
     AVG(3, 2, false, .padding = {.mode = HG_PADDING_SAME_UPPER}), .x = {1, 2, 3}, .size = {1, 2},
     .y = {1.5f, 3}},
    {"pool.divisor", "dilated, padding excluded",
     AVG(3, 2, false, .stride = {1, 1}, .dilation = {1, 2}, SIDES(1, 1)), .x = {2, 4, 6},
     .size = {1, 3}, .y = {4, 4, 4}},
    {"pool.divisor", "dilated, padding included",
     AVG(3, 2, true, .stride = {1, 1}, .dilation = {1, 2}, SIDES(1, 1)), .x = {2, 4, 6},
     .size = {1, 3}, .y = {2, 4, 2}},

    {"pool.adaptive", "overlapping windows", AVG(5, 1, false, .adaptive = {1, 2}),
     .x = {0, 3, 6, 9, 12}, .size = {1, 2}, .y = {3, 9}},
    {"pool.adaptive", "more outputs than inputs", MAX(2, 1, .adaptive = {1, 3}), .x = {4, 7},
     .size = {1, 3}, .y = {4, 7, 7}, .indices = {0, 1, 1}},

    {"pool.lp", "p = 1, absolute", LP(2, 2, 1, HG_LP_ABSOLUTE, .stride = {1, 1}), .x = {-3, 1},
     .size = {1, 1}, .y = {4}},
    {"pool.lp", "p = 1, signed", LP(2, 2, 1, HG_LP_SIGNED, .stride = {1, 1}), .x = {-3, 1},
     .size = {1, 1}, .y = {-2}},
    {"pool.lp", "p = 3, absolute", LP(2, 2, 3, HG_LP_ABSOLUTE, .stride = {1, 1}), .x = {-1, 2},
     .size = {1, 1}, .y = {2.0800838f}},
    {"pool.lp", "p = 3, signed", LP(2, 2, 3, HG_LP_SIGNED, .stride = {1, 1}), .x = {-1, 2},
     .size = {1, 1}, .y = {1.9129312f}},
    {"pool.lp", "p = 3, a negative sum", LP(2, 2, 3, HG_LP_SIGNED, .stride = {1, 1}), .x = {-2, 1},
     .size = {1, 1}, .y = {NAN}},
    {"pool.lp", "p = 2: no divisor", LP(2, 2, 0, HG_LP_SIGNED, .stride = {1, 1}), .x = {3, -4},
     .size = {1, 1}, .y = {5}},

    {"pool.range", "an average", AVG(4, 2, false, .stride = {1, 2}), .x = {3e38f, 3e38f, 3e38f, 1},
     .size = {1, 2}, .y = {INFINITY, 1.5e38f}},
    {"pool.range", "a negative average", AVG(2, 2, false, .stride = {1, 1}), .x = {-3e38f, -3e38f},
     .size = {1, 1}, .y = {-INFINITY}},
    {"pool.range", "windows that overlap", AVG(4, 3, false, .stride = {1, 1}),
     .x = {1e38f, 1e38f, 3e38f, 0}, .size = {1, 2}, .y = {INFINITY, INFINITY}},
    {"pool.range", "p = 1", LP(2, 2, 1, HG_LP_ABSOLUTE, .stride = {1, 1}), .x = {3e38f, -3e38f},
     .size = {1, 1}, .y = {INFINITY}},
    {"pool.range", "p = 2", LP(4, 2, 2, HG_LP_ABSOLUTE, .stride = {1, 2}),
     .x = {-2e19f, 0, 1e19f, 0}, .size = {1, 2}, .y = {INFINITY, 1e19f}},
    {"pool.range", "p = 2, of squares inside", LP(2, 2, 2, HG_LP_ABSOLUTE, .stride = {1, 1}),
     .x = {1.5e19f, -1.5e19f}, .size = {1, 1}, .y = {INFINITY}},
    {"pool.range", "p = 3: the root alone", LP(4, 2, 3, HG_LP_ABSOLUTE, .stride = {1, 2}),
     .x = {2e19f, 0, 3e38f, 3e38f}, .size = {1, 2}, .y = {2e19f, INFINITY}},

    {"pool.ties", "the first maximum", MAX(4, 4, .stride = {1, 1}), .x = {2, 7, 7, 1},
     .size = {1, 1}, .y = {7}, .indices = {1}},
    {"pool.ties", "the last NaN", MAX(4, 4, .stride = {1, 1}), .x = {1, NAN, 5, NAN},
     .size = {1, 1}, .y = {NAN}, .indices = {3}},
    {"pool.ties", "NaN, then an infinity", MAX(4, 4, .stride = {1, 1}), .x = {NAN, INFINITY, 5, 6},
     .size = {1, 1}, .y = {NAN}, .indices = {0}},
    {"pool.ties", "-0 and +0 tie", MAX(2, 2, .stride = {1, 1}), .x = {-0.0f, 0.0f}, .size = {1, 1},
     .y = {-0.0f}, .indices = {0}},

    {"pool.indices", "PyTorch", PLACES(HG_INDEX_PYTORCH), .indices = {1, 2, 4, 3}},
    {"pool.indices", "ONNX", PLACES(HG_INDEX_ONNX), .indices = {1, 8, 16, 21}},
    {"pool.indices", "ONNX, storage_order 1", PLACES(HG_INDEX_ONNX_COLUMNS),
     .indices = {2, 10, 15, 19}},
    {"pool.indices", "TensorFlow", PLACES(HG_INDEX_TENSORFLOW), .indices = {2, 5, 8, 7}},
    {"pool.indices", "TensorFlow with the batch", PLACES(HG_INDEX_TENSORFLOW_BATCH),
     .indices = {2, 5, 20, 19}},

    {"unpool.size", "by the window", UNPOOL(1, .stride = {0, 0}), .input_indices = {1, 2},
     .size = {1, 4}, .y = {0, 5, 6, 0}},
    {"unpool.size", "padding", UNPOOL(1, .padding = {.left = 1}), .input_indices = {0, 2},
     .size = {1, 3}, .y = {5, 0, 6}},
    {"unpool.size", "output_size: indices address the output", UNPOOL(2, .output_size = {3, 5}),
     .input_indices = {1, 6}, .size = {3, 5}, .y = {0, 5, 0, 0, 0, 0, 6}},
    {"unpool.size", "index_size: indices address the inferred image",
     UNPOOL(2, .output_size = {3, 5}, .index_size = {2, 4}), .input_indices = {1, 6},
     .size = {3, 5}, .y = {0, 5, 0, 0, 0, 0, 0, 6}},
    {"unpool.duplicates", "the last input", UNPOOL(1, .stride = {0, 0}), .input_indices = {1, 1},
     .size = {1, 4}, .y = {0, 6, 0, 0}},
    {"unpool.refused", "beyond the image", UNPOOL(1, .stride = {0, 0}), .input_indices = {1, 4},
     .size = {1, 4}, .status = HG_INDEX},
    {"unpool.refused", "negative", UNPOOL(1, .stride = {0, 0}), .input_indices = {-1, 2},
     .size = {1, 4}, .status = HG_INDEX},
    {.row = NULL}};
