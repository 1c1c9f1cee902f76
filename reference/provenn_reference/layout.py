"""Section 4: how blocks of cells lie in a matrix, and functionals on them."""
from dataclasses import dataclass

import numpy as np

from . import field as f


def bits(size):
    """Bits of an axis: the logarithm of the least power of two that is not below its size."""
    return (size - 1).bit_length()


@dataclass
class Block:
    """Where the elements of one tensor lie: for each axis the column and the row part of an index.

    Axis a with (column_shift, column_size, row_stride): index i lies at column (i mod column_size) * 2^column_shift
    and at row (i div column_size) * row_stride, both added over the axes.
    """

    first_row: int
    rows: int
    shape: list
    axes: list


class Layout:
    """A matrix with a given number of columns; blocks start at rows of their own."""

    def __init__(self, columns):
        self.columns, self.rows, self.blocks = columns, 0, []

    def add(self, shape, outer_axes=0):
        axes, filled, row_stride = [None] * len(shape), 1, 1
        filling = True
        for axis in range(len(shape) - 1, -1, -1):
            size, room = shape[axis], self.columns // filled
            if axis < outer_axes:
                filling = False
            shift = filled.bit_length() - 1
            if filling and size < room:
                width = 1 << bits(size)
                axes[axis] = (shift, width, 0)
                filled *= width
            elif filling:
                axes[axis] = (shift, room, row_stride)
                row_stride *= -(-size // room)
                filling = False
            else:
                axes[axis] = (0, 1, row_stride)
                row_stride *= size
        self.blocks.append(Block(self.rows, row_stride, list(shape), axes))
        self.rows += row_stride
        return len(self.blocks) - 1

    def cells(self):
        return self.rows * self.columns


def block_positions(block, columns):
    """For each axis, the contribution of each index to the cell's number (row-major in the matrix)."""
    result = []
    for size, (shift, width, stride) in zip(block.shape, block.axes):
        index = np.arange(size, dtype=np.int64)
        result.append((index % width << shift) + index // width * stride * columns)
    return result


def add_product(weights, block, columns, vectors, degree):
    """Adds the functional sum over the block of the product of vectors[axis][index] to a dense vector of weights."""
    start = block.first_row * columns
    if not block.shape:
        weights[start] = f.add(weights[start], vectors[0])
        return
    values, positions = vectors[0], np.array([start], dtype=np.int64)
    positions = start + block_positions(block, columns)[0]
    for vector, offset in zip(vectors[1:], block_positions(block, columns)[1:]):
        values = f.k_multiply(values[:, None, :], vector[None, :, :]).reshape(-1, degree)
        positions = (positions[:, None] + offset[None, :]).reshape(-1)
    used = values.any(axis=-1)
    positions, values = positions[used], values[used]
    weights[positions] = f.add(weights[positions], values)  # each element has a cell of its own
