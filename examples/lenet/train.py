#!/usr/bin/env python3
"""Trains LeNet-5 on Fashion-MNIST and writes model.onnx, calibration.npy and input.npy beside this file.

    build/venv/bin/python examples/lenet/train.py      (tools/test_env makes the environment; four minutes on one core)

numpy alone: the network is small enough that five layers with their gradients are shorter than a framework is large.
Tensors are [N, C, H, W], as in ONNX, so the trained arrays go into the model as they are.
"""

import argparse
import pathlib
import sys
import time

import numpy as np
import onnx
from numpy.lib.stride_tricks import sliding_window_view
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))
import fashion_mnist  # noqa: E402  (found through the path set above)

SEED = 20240607
CALIBRATION_SAMPLES = 64
KERNEL = 5

# (kind, options): the network, once; training, evaluation and export all walk this list.
LAYERS = [
    ("conv", dict(name="conv1", inputs=1, outputs=6, pad=2)), ("relu", {}), ("pool", {}),
    ("conv", dict(name="conv2", inputs=6, outputs=16, pad=0)), ("relu", {}), ("pool", {}),
    ("flatten", {}),
    ("fc", dict(name="fc1", inputs=400, outputs=120)), ("relu", {}),
    ("fc", dict(name="fc2", inputs=120, outputs=84)), ("relu", {}),
    ("fc", dict(name="fc3", inputs=84, outputs=10)),
]


def initial_parameters(rng):
    """He-initialised weights ([out, in, 5, 5] or [out, in]) and zero biases, by layer name."""
    parameters = {}
    for kind, o in LAYERS:
        if kind not in ("conv", "fc"):
            continue
        shape = (o["outputs"], o["inputs"]) + ((KERNEL, KERNEL) if kind == "conv" else ())
        deviation = np.sqrt(2.0 / np.prod(shape[1:]))
        parameters[o["name"] + ".weight"] = (rng.standard_normal(shape) * deviation).astype(np.float32)
        parameters[o["name"] + ".bias"] = np.zeros(shape[0], np.float32)
    return parameters


def windows(x, pad):
    """[N, C, H, W] -> [N, H', W', C*5*5]: one row per output position."""
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    view = sliding_window_view(x, (KERNEL, KERNEL), axis=(2, 3))
    n, c, h, w = view.shape[:4]
    return view.transpose(0, 2, 3, 1, 4, 5).reshape(n, h, w, c * KERNEL * KERNEL)


def forward(parameters, x):
    """Logits, and what the backward pass needs from each layer."""
    saved = []
    for kind, o in LAYERS:
        if kind == "conv":
            weight = parameters[o["name"] + ".weight"]
            columns = windows(x, o["pad"])
            saved.append((columns, x.shape))
            x = (columns @ weight.reshape(len(weight), -1).T + parameters[o["name"] + ".bias"]).transpose(0, 3, 1, 2)
        elif kind == "fc":
            saved.append(x)
            x = x @ parameters[o["name"] + ".weight"].T + parameters[o["name"] + ".bias"]
        elif kind == "relu":
            x = np.maximum(x, 0)
            saved.append(x > 0)
        elif kind == "pool":
            n, c, h, w = x.shape
            blocks = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)
            best = blocks.argmax(axis=-1)[..., None]
            saved.append(best)
            x = np.take_along_axis(blocks, best, axis=-1)[..., 0]
        else:
            saved.append(x.shape)
            x = x.reshape(len(x), -1)
    return x, saved


def backward(parameters, saved, gradient):
    """Gradients of all parameters from the gradient of the logits."""
    gradients = {}
    for index in range(len(LAYERS) - 1, -1, -1):
        kind, o = LAYERS[index]
        kept = saved[index]
        if kind == "conv":
            columns, shape = kept
            weight = parameters[o["name"] + ".weight"]
            flat = gradient.transpose(0, 2, 3, 1).reshape(-1, len(weight))
            gradients[o["name"] + ".weight"] = (flat.T @ columns.reshape(len(flat), -1)).reshape(weight.shape)
            gradients[o["name"] + ".bias"] = flat.sum(axis=0)
            if index == 0:
                break
            n, c, h, w = shape
            spread = (flat @ weight.reshape(len(weight), -1)).reshape(*columns.shape[:3], c, KERNEL, KERNEL)
            padded = np.zeros((n, c, h + 2 * o["pad"], w + 2 * o["pad"]), np.float32)
            for dy in range(KERNEL):
                for dx in range(KERNEL):
                    padded[:, :, dy:dy + spread.shape[1], dx:dx + spread.shape[2]] += \
                        spread[..., dy, dx].transpose(0, 3, 1, 2)
            gradient = padded[:, :, o["pad"]:o["pad"] + h, o["pad"]:o["pad"] + w]
        elif kind == "fc":
            gradients[o["name"] + ".weight"] = gradient.T @ kept
            gradients[o["name"] + ".bias"] = gradient.sum(axis=0)
            gradient = gradient @ parameters[o["name"] + ".weight"]
        elif kind == "relu":
            gradient = gradient * kept
        elif kind == "pool":
            n, c, h, w, _ = kept.shape
            blocks = np.zeros((n, c, h, w, 4), np.float32)
            np.put_along_axis(blocks, kept, gradient[..., None], axis=-1)
            gradient = blocks.reshape(n, c, h, w, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, 2 * h, 2 * w)
        else:
            gradient = gradient.reshape(kept)
    return gradients


def accuracy(parameters, images, labels):
    hits = sum(int((forward(parameters, images[i:i + 500])[0].argmax(axis=1) == labels[i:i + 500]).sum())
               for i in range(0, len(images), 500))
    return hits / len(images)


def train(images, labels, epochs, batch=100, rate=1e-3):
    """Adam on the cross entropy, the rate falling to zero along a half cosine."""
    rng = np.random.default_rng(SEED)
    parameters = initial_parameters(rng)
    first = {name: np.zeros_like(value) for name, value in parameters.items()}
    second = {name: np.zeros_like(value) for name, value in parameters.items()}
    steps = epochs * (len(images) // batch)
    step = 0
    for epoch in range(epochs):
        started, loss = time.time(), 0.0
        order = rng.permutation(len(images))
        for at in range(0, len(order) - batch + 1, batch):
            chosen = order[at:at + batch]
            x = images[chosen]
            if rng.random() < 0.5:  # clothes have no left and right
                x = x[..., ::-1]
            logits, saved = forward(parameters, x)
            logits -= logits.max(axis=1, keepdims=True)
            probability = np.exp(logits)
            probability /= probability.sum(axis=1, keepdims=True)
            loss -= float(np.log(probability[np.arange(batch), labels[chosen]] + 1e-12).mean())
            probability[np.arange(batch), labels[chosen]] -= 1
            gradients = backward(parameters, saved, probability / np.float32(batch))
            step += 1
            now = rate * 0.5 * (1 + np.cos(np.pi * step / steps))
            for name, g in gradients.items():
                first[name] += 0.1 * (g - first[name])
                second[name] += 0.001 * (g * g - second[name])
                update = (first[name] / (1 - 0.9 ** step)) / (np.sqrt(second[name] / (1 - 0.999 ** step)) + 1e-8)
                parameters[name] -= (now * update).astype(np.float32)
        print(f"epoch {epoch + 1}: loss {loss / (len(images) // batch):.4f}, {time.time() - started:.0f} s", flush=True)
    return parameters


def export(parameters, path):
    nodes, value, count = [], "image", {}
    for kind, o in LAYERS:
        count[kind] = count.get(kind, 0) + 1
        name = o.get("name", f"{kind}{count[kind]}")
        operator, attributes, extra = {
            "conv": ("Conv", dict(kernel_shape=[KERNEL] * 2, pads=[o.get("pad", 0)] * 4), True),
            "fc": ("Gemm", dict(transB=1), True),
            "relu": ("Relu", {}, False),
            "pool": ("MaxPool", dict(kernel_shape=[2, 2], strides=[2, 2]), False),
            "flatten": ("Flatten", dict(axis=1), False),
        }[kind]
        inputs = [value] + ([name + ".weight", name + ".bias"] if extra else [])
        value = "logits" if name == "fc3" else name + ".out"
        nodes.append(helper.make_node(operator, inputs, [value], name=name, **attributes))
    graph = helper.make_graph(
        nodes, "lenet5_fashion_mnist",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 28, 28])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 10])],
        [numpy_helper.from_array(array, name) for name, array in parameters.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8,
                              producer_name="provenn examples/lenet/train.py")
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--output", type=pathlib.Path, default=HERE)
    options = parser.parse_args()

    images, labels = fashion_mnist.load("train")
    test_images, test_labels = fashion_mnist.load("t10k")
    parameters = train(images, labels, options.epochs)
    print(f"test accuracy {accuracy(parameters, test_images, test_labels):.4f} on {len(test_images)} samples")
    options.output.mkdir(parents=True, exist_ok=True)
    export(parameters, options.output / "model.onnx")
    np.save(options.output / "calibration.npy", images[:CALIBRATION_SAMPLES])
    np.save(options.output / "input.npy", test_images[:1])


if __name__ == "__main__":
    main()
