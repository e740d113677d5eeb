/* Orders of weights, padding by name, and the sizes of transposed convolution. */
#include "tests/semantics.h"

#define IMAGE(n, c, h, w)                                                                          \
    HG_F32, HG_NHWC, n, h, w, c, {0},                                                              \
    {                                                                                              \
        0                                                                                          \
    }
#define FILTER(as, k, c, r, s, g)                                                                  \
    .order = as, .out_channels = k, .in_channels = c, .height = r, .width = s, .groups = g

/* Two pixels (1, 10) and the taps (1, 2, 3) at stride 2: in full 1 2 13 20 30. */
#define TRANSPOSE(...)                                                                             \
    .d = {.op = HG_OP_CONV_TRANSPOSE2D,                                                            \
          .u.conv_transpose2d = {.input = {IMAGE(1, 1, 1, 2)}, .stride = {1, 2}, __VA_ARGS__},     \
          .filter = {FILTER(HG_IOHW, 1, 1, 1, 3, 1)}},                                             \
    .x = {1, 10}, .weights = {1, 2, 3}

/* The same pixels and one tap: in full 5 0 50. */
#define APART(...)                                                                                 \
    .d = {.op = HG_OP_CONV_TRANSPOSE2D,                                                            \
          .u.conv_transpose2d = {.input = {IMAGE(1, 1, 1, 2)}, .stride = {1, 2}, __VA_ARGS__},     \
          .filter = {FILTER(HG_IOHW, 1, 1, 1, 1, 1)}},                                             \
    .x = {1, 10}, .weights = {5}

/* Pixels of one row and a filter of ones. */
#define ONES(pixels, taps, ...)                                                                    \
    .d = {.op = HG_OP_CONV2D,                                                                      \
          .u.conv2d = {.input = {IMAGE(1, 1, 1, pixels)}, __VA_ARGS__},                            \
          .filter = {FILTER(HG_OIHW, 1, 1, 1, taps, 1)}},                                          \
    .x = {1, 2, 3, 4}, .weights = {1, 1, 1, 1}

/* A row of pixels through a filter of 1; slopes are 1/4. */
#define ACTIVATED(...)                                                                             \
    .d = {.op = HG_OP_CONV2D,                                                                      \
          .u.conv2d = {.input = {IMAGE(1, 1, 1, 4)},                                               \
                       .epilogue = {__VA_ARGS__},                                                  \
                       .slopes = quarter},                                                         \
          .filter = {FILTER(HG_OIHW, 1, 1, 1, 1, 1)}},                                             \
    .x = {-3.5f, -1, 0, 2}, .weights = {1}, .size = {1, 4}
static const float quarter[] = {0.25f};

/* 1x1 filters, or rows of two taps, on `c` channels. */
#define WEIGHTS(operator, member, order, o, c, h, w, g)                                            \
    .d = {.op = operator,                                                                          \
          .u.member = {.input = {IMAGE(1, c, 1, w)}},                                              \
          .filter = {FILTER(order, o, c, h, w, g)}},                                               \
    .weights = {1, 2, 3, 4}

const semantics_case semantics_conv[] = {
    {"conv.weights", "OIHW", WEIGHTS(HG_OP_CONV2D, conv2d, HG_OIHW, 2, 2, 1, 1, 1), .x = {1, 10},
     .size = {1, 1}, .y = {21, 43}},
    {"conv.weights", "HWIO", WEIGHTS(HG_OP_CONV2D, conv2d, HG_HWIO, 2, 2, 1, 1, 1), .x = {1, 10},
     .size = {1, 1}, .y = {31, 42}},
    {"conv.weights", "OIHW, two taps", WEIGHTS(HG_OP_CONV2D, conv2d, HG_OIHW, 1, 2, 1, 2, 1),
     .x = {1, 2, 10, 20}, .size = {1, 1}, .y = {115}},
    {"conv.weights", "OHWI, two taps", WEIGHTS(HG_OP_CONV2D, conv2d, HG_OHWI, 1, 2, 1, 2, 1),
     .x = {1, 2, 10, 20}, .size = {1, 1}, .y = {107}},
    {"conv.weights", "HWIO, depthwise, multiplier 2",
     WEIGHTS(HG_OP_CONV2D, conv2d, HG_HWIO, 4, 2, 1, 1, 2), .x = {1, 10}, .size = {1, 1},
     .y = {1, 2, 30, 40}},

    {"conv.activation", "sigmoid", ACTIVATED(.activation = HG_SIGMOID),
     .y = {0.0293122308, 0.2689414214, 0.5, 0.880797078}},
    {"conv.activation", "hard sigmoid of PyTorch",
     ACTIVATED(.activation = HG_HARD_SIGMOID, .slope = 1 / 6.0f, .offset = 0.5f),
     .y = {0, 0.3333333333, 0.5, 0.8333333333}},
    {"conv.activation", "hard sigmoid of ONNX",
     ACTIVATED(.activation = HG_HARD_SIGMOID, .slope = 0.2f, .offset = 0.5f),
     .y = {0, 0.3, 0.5, 0.9}},
    {"conv.activation", "SiLU", ACTIVATED(.activation = HG_SILU),
     .y = {-0.1025928076, -0.2689414214, 0, 1.761594156}},
    {"conv.activation", "hard swish", ACTIVATED(.activation = HG_HARD_SWISH),
     .y = {-0.0f, -0.3333333333, 0, 1.6666666667}},
    {"conv.activation", "tanh", ACTIVATED(.activation = HG_TANH),
     .y = {-0.9981778976, -0.761594156, 0, 0.9640275801}},
    {"conv.activation", "GELU", ACTIVATED(.activation = HG_GELU),
     .y = {-0.0008142018, -0.1586552539, 0, 1.9544997361}},
    {"conv.activation", "GELU by tanh", ACTIVATED(.activation = HG_GELU_TANH),
     .y = {-0.0006161977, -0.1588080094, 0, 1.9545976941}},
    {"conv.activation", "ELU", ACTIVATED(.activation = HG_ELU, .slope = 0.5f),
     .y = {-0.4849013083, -0.3160602794, 0, 2}},
    {"conv.activation", "PReLU", ACTIVATED(.activation = HG_PRELU), .y = {-0.875, -0.25, 0, 2}},

    {"transpose.weights", "IOHW",
     WEIGHTS(HG_OP_CONV_TRANSPOSE2D, conv_transpose2d, HG_IOHW, 2, 2, 1, 1, 1), .x = {1, 10},
     .size = {1, 1}, .y = {31, 42}},
    {"transpose.weights", "HWOI",
     WEIGHTS(HG_OP_CONV_TRANSPOSE2D, conv_transpose2d, HG_HWOI, 2, 2, 1, 1, 1), .x = {1, 10},
     .size = {1, 1}, .y = {21, 43}},

    {"padding", "valid", ONES(3, 2, .padding = {.mode = HG_PADDING_VALID}), .size = {1, 2},
     .y = {3, 5}},
    {"padding", "same upper: the odd one at the end",
     ONES(3, 2, .padding = {.mode = HG_PADDING_SAME_UPPER}), .size = {1, 3}, .y = {3, 5, 3}},
    {"padding", "same lower: the odd one at the beginning",
     ONES(3, 2, .padding = {.mode = HG_PADDING_SAME_LOWER}), .size = {1, 3}, .y = {1, 3, 5}},
    {"padding", "explicit", ONES(3, 2, .padding = {.left = 1, .right = 1}), .size = {1, 4},
     .y = {1, 3, 5, 3}},
    {"padding", "explicit, one-sided", ONES(3, 2, .padding = {.left = 2}), .size = {1, 4},
     .y = {0, 1, 3, 5}},
    {"padding", "same upper, stride 2",
     ONES(4, 3, .stride = {1, 2}, .padding = {.mode = HG_PADDING_SAME_UPPER}), .size = {1, 2},
     .y = {6, 7}},
    {"padding", "same lower, stride 2",
     ONES(4, 3, .stride = {1, 2}, .padding = {.mode = HG_PADDING_SAME_LOWER}), .size = {1, 2},
     .y = {3, 9}},

    {"transpose.size", "no padding", TRANSPOSE(.padding = {0}), .size = {1, 5},
     .y = {1, 2, 13, 20, 30}},
    {"transpose.size", "padding crops", TRANSPOSE(.padding = {.left = 1, .right = 1}),
     .size = {1, 3}, .y = {2, 13, 20}},
    {"transpose.size", "output_padding uncovers sums",
     TRANSPOSE(.padding = {.left = 1, .right = 1}, .output_padding = {0, 1}), .size = {1, 4},
     .y = {2, 13, 20, 30}},
    {"transpose.size", "output_padding past the support: bias alone",
     TRANSPOSE(.output_padding = {0, 1}), .bias = 100, .size = {1, 6},
     .y = {101, 102, 113, 120, 130, 100}},
    {"transpose.size", "output_size in place of output_padding",
     TRANSPOSE(.padding = {.left = 1, .right = 1}, .output_size = {1, 4}), .size = {1, 4},
     .y = {2, 13, 20, 30}},
    {"transpose.size", "same upper", TRANSPOSE(.padding = {.mode = HG_PADDING_SAME_UPPER}),
     .size = {1, 4}, .y = {1, 2, 13, 20}},
    {"transpose.size", "same lower", TRANSPOSE(.padding = {.mode = HG_PADDING_SAME_LOWER}),
     .size = {1, 4}, .y = {2, 13, 20, 30}},
    {"transpose.size", "output_shape, same upper",
     TRANSPOSE(.padding = {.mode = HG_PADDING_SAME_UPPER}, .output_size = {1, 3}), .size = {1, 3},
     .y = {2, 13, 20}},
    {"transpose.size", "output_shape beyond the support",
     TRANSPOSE(.padding = {.mode = HG_PADDING_SAME_LOWER}, .output_size = {1, 5}), .size = {1, 5},
     .y = {1, 2, 13, 20, 30}},

    {"transpose.surplus", "-1, same upper: at the beginning",
     APART(.padding = {.mode = HG_PADDING_SAME_UPPER}), .bias = 100, .size = {1, 4},
     .y = {100, 105, 100, 150}},
    {"transpose.surplus", "-1, same lower: at the end",
     APART(.padding = {.mode = HG_PADDING_SAME_LOWER}), .bias = 100, .size = {1, 4},
     .y = {105, 100, 150, 100}},
    {"transpose.surplus", "-3, same upper: two and one",
     APART(.padding = {.mode = HG_PADDING_SAME_UPPER}, .output_size = {1, 6}), .size = {1, 6},
     .y = {0, 0, 5, 0, 50, 0}},
    {"transpose.surplus", "-3, same lower: one and two",
     APART(.padding = {.mode = HG_PADDING_SAME_LOWER}, .output_size = {1, 6}), .size = {1, 6},
     .y = {0, 5, 0, 50, 0, 0}},
    {"transpose.surplus", "-1, same in Keras: at the end",
     APART(.padding = {.mode = HG_PADDING_KERAS_SAME}), .size = {1, 4}, .y = {5, 0, 50, 0}},
    {"transpose.surplus", "-3, ONNX Runtime: at the end", APART(.output_size = {1, 6}),
     .size = {1, 6}, .y = {5, 0, 50, 0, 0, 0}},

    {"transpose.tflite", "same, output_shape 4",
     TRANSPOSE(.padding = {.left = 0}, .output_size = {1, 4}), .size = {1, 4}, .y = {1, 2, 13, 20}},
    {"transpose.tflite", "same, output_shape 3",
     TRANSPOSE(.padding = {.left = 1}, .output_size = {1, 3}), .size = {1, 3}, .y = {2, 13, 20}},
    {"transpose.tflite", "valid, output_shape 6", TRANSPOSE(.output_size = {1, 6}), .size = {1, 6},
     .y = {1, 2, 13, 20, 30, 0}},

    {"transpose.keras", "valid", TRANSPOSE(.padding = {.mode = HG_PADDING_KERAS_VALID}),
     .size = {1, 5}, .y = {1, 2, 13, 20, 30}},
    {"transpose.keras", "valid, output_padding 1",
     TRANSPOSE(.padding = {.mode = HG_PADDING_KERAS_VALID}, .keras_output_padding = true,
               .output_padding = {0, 1}),
     .size = {1, 6}, .y = {1, 2, 13, 20, 30, 0}},
    {"transpose.keras", "valid, stride beyond the kernel",
     .d = {.op = HG_OP_CONV_TRANSPOSE2D,
           .u.conv_transpose2d = {.input = {IMAGE(1, 1, 1, 2)},
                                  .stride = {1, 2},
                                  .padding = {.mode = HG_PADDING_KERAS_VALID}},
           .filter = {FILTER(HG_HWOI, 1, 1, 1, 1, 1)}},
     .x = {1, 10}, .weights = {5}, .size = {1, 4}, .y = {5, 0, 50, 0}},
    {"transpose.keras", "same", TRANSPOSE(.padding = {.mode = HG_PADDING_KERAS_SAME}),
     .size = {1, 4}, .y = {1, 2, 13, 20}},
    {"transpose.keras", "same, output_padding 1",
     TRANSPOSE(.padding = {.mode = HG_PADDING_KERAS_SAME}, .keras_output_padding = true,
               .output_padding = {0, 1}),
     .size = {1, 4}, .y = {1, 2, 13, 20}},
    {"transpose.keras", "same, output_padding 0",
     TRANSPOSE(.padding = {.mode = HG_PADDING_KERAS_SAME}, .keras_output_padding = true),
     .size = {1, 3}, .y = {2, 13, 20}},

    {"transpose.dilation", "stride 2, dilation 2: every second output is bias alone",
     .d = {.op = HG_OP_CONV_TRANSPOSE2D,
           .u.conv_transpose2d = {.input = {IMAGE(1, 1, 1, 2)},
                                  .stride = {1, 2},
                                  .dilation = {1, 2}},
           .filter = {FILTER(HG_IOHW, 1, 1, 1, 2, 1)}},
     .x = {1, 10}, .weights = {1, 2}, .bias = 100, .size = {1, 5}, .y = {101, 100, 112, 100, 120}},
    {.row = NULL}};
