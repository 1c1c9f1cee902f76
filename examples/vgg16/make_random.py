#!/usr/bin/env python3
"""Writes VGG-16 for CIFAR-10 with random weights, calibration.npy and input.npy: for measuring speed, not for use.

    build/venv/bin/python examples/vgg16/make_random.py [-o build/vgg16]

Proving time depends on the shapes and not on what the weights have learnt. He-initialised weights keep the
activations of all layers in one range, so calibration meets the same sizes as in a trained network.
"""

import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SEED = 16
POOL = "pool"
CONVOLUTIONS = [64, 64, POOL, 128, 128, POOL, 256, 256, 256, POOL, 512, 512, 512, POOL, 512, 512, 512, POOL]
DENSE = [512, 512, 10]


def build(rng):
    nodes, initializers, value, channels = [], [], "image", 3

    def add(operator, name, inputs, weights=(), **attributes):
        nonlocal value
        for suffix, array in weights:
            initializers.append(numpy_helper.from_array(array.astype(np.float32), f"{name}.{suffix}"))
        names = [f"{name}.{suffix}" for suffix, _ in weights]
        value = f"{name}.out"
        nodes.append(helper.make_node(operator, inputs + names, [value], name=name, **attributes))

    def weights(shape):
        deviation = np.sqrt(2.0 / np.prod(shape[1:]))
        return [("weight", rng.standard_normal(shape) * deviation), ("bias", rng.standard_normal(shape[0]) * 0.01)]

    for i, width in enumerate(CONVOLUTIONS):
        if width == POOL:
            add("MaxPool", f"pool{i}", [value], kernel_shape=[2, 2], strides=[2, 2])
            continue
        add("Conv", f"conv{i}", [value], weights((width, channels, 3, 3)), kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        add("Relu", f"relu{i}", [value])
        channels = width
    add("Flatten", "flatten", [value], axis=1)
    for i, width in enumerate(DENSE):
        add("Gemm", f"fc{i}", [value], weights((width, channels)), transB=1)
        if i + 1 < len(DENSE):
            add("Relu", f"fc_relu{i}", [value])
        channels = width
    graph = helper.make_graph(nodes, "vgg16_cifar10_random",
                              [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, 32, 32])],
                              [helper.make_tensor_value_info(value, TensorProto.FLOAT, ["N", 10])], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8,
                             producer_name="provenn examples/vgg16/make_random.py")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=pathlib.Path, default=ROOT / "build" / "vgg16")
    output = parser.parse_args().output
    rng = np.random.default_rng(SEED)
    model = build(rng)
    onnx.checker.check_model(model, full_check=True)
    output.mkdir(parents=True, exist_ok=True)
    (output / "model.onnx").write_bytes(model.SerializeToString())
    images = rng.random((9, 3, 32, 32)).astype(np.float32)
    np.save(output / "calibration.npy", images[:8])
    np.save(output / "input.npy", images[8:])
    count = sum(int(np.prod(array.dims)) for array in model.graph.initializer)
    print(f"{output}: {count} weights")


if __name__ == "__main__":
    main()
