"""Reads the Fashion-MNIST files that the Debian package dataset-fashion-mnist installs."""

import gzip
import pathlib
import struct

import numpy as np

DIRECTORY = pathlib.Path("/usr/share/datasets/fashion-mnist")


def read_idx(path):
    """The array in one gzipped IDX file (unsigned bytes only: the magic says 0x08 and the number of axes)."""
    with gzip.open(path, "rb") as file:
        zero, kind, axes = struct.unpack(">HBB", file.read(4))
        if zero != 0 or kind != 8:
            raise ValueError(f"{path}: not an IDX file of unsigned bytes")
        shape = struct.unpack(f">{axes}I", file.read(4 * axes))
        return np.frombuffer(file.read(), dtype=np.uint8).reshape(shape)


def load(part, directory=DIRECTORY):
    """(images float32 [N,1,28,28] in [0,1], labels int64 [N]); part is "train" or "t10k"."""
    images = read_idx(directory / f"{part}-images-idx3-ubyte.gz")
    labels = read_idx(directory / f"{part}-labels-idx1-ubyte.gz")
    return images[:, None].astype(np.float32) / np.float32(255), labels.astype(np.int64)
