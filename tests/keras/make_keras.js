// Writes cases beside itself: layers of Keras' API with padding "same" and "valid", computed by TensorFlow.js (4.22).
//
//     npm install @tensorflow/tfjs; node make_keras.js
//
// The form of a case is that of ../golden/make_golden.py; auto_pad may be KERAS_SAME or KERAS_VALID. Inputs are small
// whole numbers, so that the float32 sums are exact. output_padding, which only Python's Keras has, is not here.
"use strict";
const fs = require("fs");
const path = require("path");
const tf = require("@tensorflow/tfjs");

let seed = 7;
function whole() { // -4 to 4
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor(seed / 65536) % 9 - 4;
}

function tensor(shape) {
    return tf.tensor(Array.from({length: shape.reduce((a, b) => a * b)}, whole), shape);
}

function npy(file, value) {
    const shape = value.shape.join(", ") + (value.shape.length === 1 ? "," : "");
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }`;
    const head = text.padEnd(128 - 10 - 1) + "\n"; // magic, version and length: 10 bytes
    const length = Buffer.alloc(2);
    length.writeUInt16LE(head.length);
    fs.writeFileSync(file, Buffer.concat([Buffer.from("\x93NUMPY\x01\x00", "latin1"), length, Buffer.from(head, "latin1"),
                                          Buffer.from(Float32Array.from(value.dataSync()).buffer)]));
}

function emit(name, op, attributes, inputs, y) {
    const folder = path.join(__dirname, "cases", name);
    fs.mkdirSync(folder, {recursive: true});
    const lines = [`case ${name}`, `op ${op}`, "opset 22", "spatial_dims 2", ...attributes];
    for (const [role, short, tensors] of [["input", "in", inputs], ["output", "out", {Y: y}]])
        for (const [key, value] of Object.entries(tensors)) {
            npy(path.join(folder, `${short}_${key}.npy`), value);
            lines.push(`${role} ${key} f32 ${value.shape.length} ${value.shape.join(" ")} ${short}_${key}.npy`);
        }
    fs.writeFileSync(path.join(folder, "case.txt"), lines.join("\n") + "\n");
}

const nchw = (x) => tf.transpose(x, [0, 3, 1, 2]);
const ints = (name, values) => `attr ${name} ints 2 ${values.join(" ")}`;

function layer(name, op, make, kernel, strides, padding, input, weights) {
    const x = tensor(input);
    const layer = make({kernelSize: kernel, poolSize: kernel, strides, padding, filters: 3, inputShape: input.slice(1)});
    layer.build(input);
    const tensors = {X: nchw(x)};
    if (weights) {
        const values = layer.getWeights().map((w) => tensor(w.shape));
        layer.setWeights(values);
        tensors.W = tf.transpose(values[0], weights);
        tensors.B = values[1];
    }
    const transposed = op === "ConvTranspose";
    const mode = transposed ? `KERAS_${padding.toUpperCase()}` : padding === "same" ? "SAME_UPPER" : "VALID";
    emit(`keras_${name}_k${kernel.join("x")}_s${strides.join("x")}_${padding}`, op,
         [ints("kernel_shape", kernel), ints("strides", strides), `attr auto_pad string ${mode}`], tensors,
         nchw(layer.apply(x)));
}

for (const padding of ["same", "valid"]) {
    for (const [k, s] of [[1, 1], [1, 2], [1, 3], [2, 1], [2, 2], [2, 3], [3, 1], [3, 2], [3, 3], [4, 2], [5, 2], [5, 3]])
        layer("transpose", "ConvTranspose", tf.layers.conv2dTranspose, [k, Math.max(k - 1, 1)], [s, Math.min(k, s)], padding,
              [1, 3, 4, 2], [3, 2, 0, 1]);
    for (const [k, s] of [[1, 2], [2, 2], [3, 2], [4, 3], [5, 2]]) {
        layer("conv", "Conv", tf.layers.conv2d, [k, 3], [s, 2], padding, [1, 6, 7, 2], [3, 2, 0, 1]);
        layer("max", "MaxPool", tf.layers.maxPooling2d, [k, 3], [s, 2], padding, [1, 6, 7, 2]);
        layer("average", "AveragePool", tf.layers.averagePooling2d, [k, 3], [s, 2], padding, [1, 6, 7, 2]);
    }
}
