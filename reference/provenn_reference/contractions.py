"""Section 8: contractions as terms of one sumcheck."""
import numpy as np

from . import field as f
from .channel import Affine, Claim
from .circuit import WEIGHT, used_axes
from .field import Element
from .layout import bits
from .views import axis_points, eq_vectors, evaluate, map_vector, view_vectors


def kappa(circuit, c):
    """The axes of the space that occur in both operands, ascending; with a weight, those that its axes after the outer
    ones read, in their order."""
    axes = set(range(len(c.space)))
    for view in (c.left, c.right):
        if view is None:
            continue
        tensor = circuit.tensors[view.tensor]
        if tensor.kind == WEIGHT:
            inner = view.maps[tensor.outer_axes:]
            return [axis for m in inner for axis, _ in m.terms]
        axes &= used_axes(view)
    return sorted(axes)


def is_linear(circuit, c):
    """Whether it sums one tensor that is not a weight, and so is a functional itself."""
    return c.right is None and circuit.tensors[c.left.tensor].kind != WEIGHT


def terms_of(circuit):
    """The contractions that enter the contraction sum: those that occur in a lookup and are not linear."""
    used = {number for x in circuit.lookups for e in x.columns for _, number in e.contractions}
    return [i for i in sorted(used) if not is_linear(circuit, circuit.contractions[i])]


class Term:
    """One contraction at the end of the sumcheck: what its operands' ends must be."""

    def __init__(self, plan, number, leaf_point, end_point):
        self.plan, self.degree = plan, plan.degree
        self.c = c = plan.circuit.contractions[number]
        self.kappa = kappa(plan.circuit, c)
        sizes = [c.space[axis] for axis in self.kappa]
        self.points = dict(zip(self.kappa, axis_points(sizes, end_point)))
        self.bound = dict(zip(self.kappa, eq_vectors(sizes, end_point, self.degree)))
        ones = [f.lift(np.ones(size, dtype=np.uint64), self.degree) for size in c.space[c.out_rank:]]
        self.own = eq_vectors(c.space[:c.out_rank], leaf_point, self.degree) + ones

    def left_weights(self):
        """Of each axis of the space in the left operand."""
        return [self.bound.get(axis, own) for axis, own in enumerate(self.own)]

    def right_weights(self):
        """In the right operand: output axes within kappa also count with their weights."""
        return [f.k_multiply(self.bound[axis], own) if axis in self.bound else own
                for axis, own in enumerate(self.own)]

    def right_factor(self):
        """The axes of kappa that the right operand does not read are folded away in it."""
        read = used_axes(self.c.right) if self.c.right is not None else set()
        return self.sums(axis for axis in self.kappa if axis not in read)

    def sums(self, axes):
        weights, result = self.right_weights(), Element.of(1, self.degree)
        for axis in axes:
            result = result * f.element(f.k_sum(weights[axis]))
        return result

    def unused_factor(self):
        read = used_axes(self.c.left) | (used_axes(self.c.right) if self.c.right is not None else set())
        return self.sums(axis for axis in range(len(self.c.space)) if axis not in read)

    def weight_vectors(self, view, number):
        """The functional on y of a weight operand: for each axis of the tensor's block a vector over its row part."""
        tensor, block = self.plan.circuit.tensors[view.tensor], self.plan.weights_layout.blocks[number]
        vectors = []
        for axis, (m, (_, width, stride)) in enumerate(zip(view.maps, block.axes)):
            if axis < tensor.outer_axes:
                vectors.append(map_vector(m, tensor.shape[axis], self.own, self.degree))
            elif stride:
                rows = -(-tensor.shape[axis] // width)
                variables = [v for space_axis, _ in m.terms for v in self.points[space_axis]]
                vectors.append(f.eq_table(variables[width.bit_length() - 1:], self.degree)[:rows])
            else:
                vectors.append(None)  # lies in columns, which y has folded away
        return vectors


def weight_functional(plan, block, vectors):
    """A dense vector over the rows of W."""
    degree = plan.degree
    values, rows = np.array([Element.of(1, degree).c], dtype=np.uint64), np.array([block.first_row], dtype=np.int64)
    for vector, (_, _, stride) in zip(vectors, block.axes):
        if vector is not None:
            values = f.k_multiply(values[:, None, :], vector[None, :, :]).reshape(-1, degree)
            rows = (rows[:, None] + stride * np.arange(len(vector), dtype=np.int64)[None, :]).reshape(-1)
    result = np.zeros((plan.weights_layout.rows, degree), dtype=np.uint64)
    result[rows] = values
    return result


def verify_contractions(channel, public, leaves, claim, claims):
    """The sumcheck of the contraction sum: its end point and the claims (functional on y, value) on folded weights."""
    plan, degree = channel.plan, channel.degree
    end_point, claim = channel.sumcheck("contraction round", plan.contraction_bits, claim)
    weight_blocks = {}
    for number, tensor in enumerate(plan.circuit.tensors):
        if tensor.kind == WEIGHT:
            weight_blocks[number] = len(weight_blocks)
    weight_claims, end = [], Affine(Element.of(0, degree))
    for number in plan.terms:
        term = Term(plan, number, leaves.point, end_point)

        def operand(view, weights):
            tensor = plan.circuit.tensors[view.tensor]
            if tensor.kind != WEIGHT:
                vectors = view_vectors(view, tensor, weights, degree)
                if view.tensor in public:
                    return evaluate(public[view.tensor], vectors, degree)
            (value,) = channel.masked("contraction end", 1)
            if tensor.kind == WEIGHT:
                block = weight_blocks[view.tensor]
                vectors = term.weight_vectors(view, block)
                weight_claims.append((weight_functional(plan, plan.weights_layout.blocks[block], vectors), value))
            else:
                claims.append(Claim([("activations", plan.blocks[view.tensor], vectors)], value))
            return value

        left = operand(term.c.left, term.left_weights())
        right = Element.of(1, degree) if term.c.right is None else operand(term.c.right, term.right_weights())
        factor = leaves.gammas.get(number, Element.of(0, degree)) * term.unused_factor() * term.right_factor()
        for r in end_point[term_bits(plan, term.c):]:
            factor = factor * (1 - r)
        both = not isinstance(left, Element) and not isinstance(right, Element)
        product = channel.product(left, right) if both else left * right if isinstance(right, Element) else right * left
        end = end + product * factor
    claims.append(Claim([], claim - end))
    return end_point, weight_claims


def term_bits(plan, c):
    """Variables of a term: those of kappa, with a weight at least those of W's columns."""
    own = sum(bits(c.space[axis]) for axis in kappa(plan.circuit, c))
    reads_weights = any(v is not None and plan.circuit.tensors[v.tensor].kind == WEIGHT for v in (c.left, c.right))
    return max(own, plan.weight_bits) if reads_weights else own
