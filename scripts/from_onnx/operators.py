"""What there is. The provider has a table of its own (runtimes/onnxruntime/describe.c); tests hold both to the same results."""
from from_onnx.pointwise import argmax, arithmetic, batch_norm, clip, extreme, gelu, plain, prelu, softmax
from from_onnx.shapes import concat, constant, cut, identity, pad, reshape, resize
from from_onnx.windows import conv, dense, mean, pool, unpool

OPERATORS = {
    "Conv": conv, "ConvTranspose": conv, "MaxPool": pool("max_pool2d"),
    "AveragePool": pool("avg_pool2d"), "LpPool": pool("lp_pool2d"), "MaxUnpool": unpool,
    "GlobalAveragePool": plain("global_avg_pool2d"), "GlobalMaxPool": plain("global_max_pool2d"),
    "BatchNormalization": batch_norm, "Relu": plain("relu"), "Sigmoid": plain("sigmoid"),
    "Tanh": plain("tanh"), "HardSwish": plain("hard_swish"), "Clip": clip, "PRelu": prelu,
    "LeakyRelu": plain("leaky_relu", slope=("alpha", 0.01)), "Elu": plain("elu", slope=("alpha", 1.0)),
    "HardSigmoid": plain("hard_sigmoid", slope=("alpha", 0.2), offset=("beta", 0.5)), "Gelu": gelu,
    "Add": arithmetic, "Sub": arithmetic, "Mul": arithmetic, "Div": arithmetic, "Concat": concat,
    "Slice": cut, "Resize": resize, "Upsample": resize, "ArgMax": argmax, "Constant": constant,
    "Identity": identity, "Dropout": identity, "Min": extreme, "Max": extreme, "Softmax": softmax, "Pad": pad,
    "ReduceMean": mean, "Flatten": reshape, "Reshape": reshape, "Squeeze": reshape, "Unsqueeze": reshape,
    "Gemm": dense, "MatMul": dense,
}
