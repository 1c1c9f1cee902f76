#!/usr/bin/env python3
"""Trains a tabular risk model and writes model.onnx, calibration.npy, input.npy, test.npy and test_labels.npy here.

    build/venv/bin/python examples/risk/train.py       (seconds; tools/test_env makes the environment)

The data are the 569 breast-cancer records that scikit-learn ships: 30 measurements, and whether the tumour was
malignant (label 1 here: the risk). A record gives each measurement in its own decimal unit (an area of 1001 is 0.1001),
chosen so that all lie in [0, 1): an integer model gives the whole record one scale, and in raw units the areas, up to
4254, would leave no digits for the smoothness, around 0.1. Standardisation is part of the model.
"""

import argparse
import pathlib
import warnings

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

HERE = pathlib.Path(__file__).resolve().parent
SEED = 7
HIDDEN = (32, 16)


def export(path, mean, inverse_deviation, network):
    """Sub and Mul standardise, then Gemm/Relu twice, Gemm and Sigmoid: the probability of a malignant tumour."""
    initializers = [numpy_helper.from_array(mean, "mean"),
                    numpy_helper.from_array(inverse_deviation, "inverse_deviation")]
    nodes = [helper.make_node("Sub", ["record", "mean"], ["centred"], name="centre"),
             helper.make_node("Mul", ["centred", "inverse_deviation"], ["standardised"], name="standardise")]
    value = "standardised"
    for i, (weight, bias) in enumerate(zip(network.coefs_, network.intercepts_)):
        last = i == len(network.coefs_) - 1
        initializers.append(numpy_helper.from_array(weight.astype(np.float32), f"fc{i + 1}.weight"))
        initializers.append(numpy_helper.from_array(bias.astype(np.float32), f"fc{i + 1}.bias"))
        nodes.append(helper.make_node("Gemm", [value, f"fc{i + 1}.weight", f"fc{i + 1}.bias"], [f"fc{i + 1}.out"],
                                      name=f"fc{i + 1}"))
        value = "risk" if last else f"relu{i + 1}.out"
        nodes.append(helper.make_node("Sigmoid" if last else "Relu", [f"fc{i + 1}.out"], [value],
                                      name="sigmoid" if last else f"relu{i + 1}"))
    graph = helper.make_graph(nodes, "risk",
                              [helper.make_tensor_value_info("record", TensorProto.FLOAT, ["N", len(mean)])],
                              [helper.make_tensor_value_info("risk", TensorProto.FLOAT, ["N", 1])], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8,
                              producer_name="provenn examples/risk/train.py")
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=HERE)
    output = parser.parse_args().output

    data = load_breast_cancer()
    units = 10.0 ** np.floor(np.log10(data.data.max(axis=0)) + 1)
    records, malignant = (data.data / units).astype(np.float32), (data.target == 0).astype(np.int64)
    train_x, test_x, train_y, test_y = train_test_split(records, malignant, test_size=0.3, random_state=SEED,
                                                        stratify=malignant)
    mean = train_x.mean(axis=0).astype(np.float32)
    inverse_deviation = (1 / train_x.std(axis=0)).astype(np.float32)
    network = MLPClassifier(HIDDEN, alpha=0.05, learning_rate_init=3e-3, max_iter=150, random_state=SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are the regulariser
        network.fit((train_x - mean) * inverse_deviation, train_y)
    if test_x.max() > train_x.max() or test_x.min() < train_x.min():
        raise SystemExit("the test records leave the range of the calibration records: choose another split")
    predicted = network.predict((test_x - mean) * inverse_deviation)
    print(f"test accuracy {(predicted == test_y).mean():.4f} on {len(test_y)} samples")

    output.mkdir(parents=True, exist_ok=True)
    export(output / "model.onnx", mean, inverse_deviation, network)
    np.save(output / "calibration.npy", train_x)
    np.save(output / "input.npy", test_x[:1])
    np.save(output / "test.npy", test_x)
    np.save(output / "test_labels.npy", test_y)


if __name__ == "__main__":
    main()
