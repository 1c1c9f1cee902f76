"""Section 7 and 8: a view under weights of its space's axes, as one vector per axis of its tensor."""
import numpy as np

from . import field as f
from .layout import bits


def axis_points(space, point):
    """The variables of each axis: the innermost axis has the lowest."""
    result, at = [None] * len(space), 0
    for axis in range(len(space) - 1, -1, -1):
        result[axis] = point[at:at + bits(space[axis])]
        at += bits(space[axis])
    return result


def eq_vectors(space, point, degree):
    """For each axis the eq weights of its indices."""
    return [f.eq_table(p, degree)[:size] for p, size in zip(axis_points(space, point), space)]


def map_vector(axis_map, size, weights, degree):
    """The weight that each index of a tensor's axis gets: the sum over the combinations that are mapped to it."""
    values = np.array([f.Element.of(1, degree).c], dtype=np.uint64)
    index = np.array([axis_map.offset], dtype=np.int64)
    for axis, stride in axis_map.terms:
        vector = weights[axis]
        values = f.k_multiply(values[:, None, :], vector[None, :, :]).reshape(-1, degree)
        index = (index[:, None] + stride * np.arange(len(vector), dtype=np.int64)[None, :]).reshape(-1)
    inside = (index >= 0) & (index < size)
    return f.scatter(size, index[inside], values[inside])


def view_vectors(view, tensor, weights, degree):
    return [map_vector(m, size, weights, degree) for m, size in zip(view.maps, tensor.shape)]


def evaluate(values, vectors, degree):
    """The functional with these vectors on a public tensor."""
    result = f.lift(values, degree)
    for vector in reversed(vectors):  # folds the innermost axis
        result = f.k_sum(f.k_multiply(result, vector.reshape((1,) * (result.ndim - 2) + vector.shape)), result.ndim - 2)
    return f.element(result)
