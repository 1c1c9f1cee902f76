"""Section 3: circuits, and which of them are valid (docs/format.md, Circuit)."""
from dataclasses import dataclass, replace

import numpy as np

INPUT, OUTPUT, WITNESS, WEIGHT = range(4)

MAX_RANK = 10
MAX_ELEMENTS = 2**28
MAX_ROWS = 2**20
MAX_TABLE_CELLS = 2**25
MAX_REACH = 2**40


@dataclass
class Tensor:
    name: bytes
    kind: int
    shape: list
    min: int
    max: int
    scale: int
    outer_axes: int


@dataclass
class Table:
    name: bytes
    first_key: int
    size: int
    columns: list  # of arrays, without the keys; None for one that leaves 32 bits


@dataclass
class AxisMap:
    offset: int
    terms: list  # (axis of the space, stride)


@dataclass
class View:
    tensor: int
    maps: list  # one per axis of the tensor


@dataclass
class Contraction:
    space: list
    out_rank: int
    left: View
    right: View  # or None


@dataclass
class Expression:
    constant: tuple  # (numerator, shift)
    views: list  # (coefficient, View)
    contractions: list  # (coefficient, id)


@dataclass
class Lookup:
    name: bytes
    space: list
    table: int
    columns: list


@dataclass
class Circuit:
    tensors: list
    tables: list
    contractions: list
    lookups: list


def used_axes(view):
    """The axes of its space that a view reads."""
    return {axis for m in view.maps for axis, _ in m.terms}


def elements(shape):
    count = 1
    for size in shape:
        count *= size
    return count


def expand_runs(runs):
    """The values of a table's column, as an array; None if one leaves 32 bits."""
    steps, value, step = [], 0, 0
    for change, length in runs:
        step += change
        value += step * length
        if not (is_i32(value) and is_i32(value - step * (length - 1))):  # a run is a straight line
            return None
        steps.append(step)
    return np.cumsum(np.repeat(np.array(steps, dtype=np.int64), [length for _, length in runs]))


def is_i32(value):
    return -2**31 <= value < 2**31


def check_space(shape, max_rank=MAX_RANK):
    if len(shape) > max_rank or any(size < 1 for size in shape) or elements(shape) > MAX_ELEMENTS:
        return "a shape that is empty or too large"
    return None


def check_tensor(t, max_rank):
    if t.kind > WEIGHT or not (is_i32(t.min) and is_i32(t.max) and t.min <= t.max) or not -64 <= t.scale <= 64:
        return "a tensor of a wrong kind, bounds or scale"
    if t.outer_axes and (t.kind != WEIGHT or t.outer_axes >= len(t.shape)):
        return "outer axes that a tensor cannot have"
    return check_space(t.shape, max_rank)


def check_table(t):
    if not (1 <= t.size <= MAX_ROWS and len(t.columns) <= 4):
        return "a table of a wrong size"
    if not (is_i32(t.first_key) and is_i32(t.first_key + t.size - 1)):
        return "keys that leave 32 bits"
    if any(column is None for column in t.columns):
        return "values of a table that leave 32 bits"
    return None


def check_view(circuit, view, space):
    if view.tensor >= len(circuit.tensors):
        return "a view of no tensor"
    if len(view.maps) != len(circuit.tensors[view.tensor].shape):
        return "a view of another rank than its tensor's"
    terms = [term for m in view.maps for term in m.terms]
    axes = [axis for axis, _ in terms]
    if len(set(axes)) != len(axes) or any(axis >= len(space) for axis in axes):
        return "a view whose axes are not distinct axes of its space"
    if any(stride == 0 or not is_i32(stride) for _, stride in terms) or not all(is_i32(m.offset) for m in view.maps):
        return "an offset or a stride out of range"
    if any(abs(m.offset) + sum(abs(s) * space[a] for a, s in m.terms) > MAX_REACH for m in view.maps):
        return "a view that reaches too far"
    return None


def check_contraction(circuit, c, max_rank):
    error = check_space(c.space, max_rank) or check_view(circuit, c.left, c.space)
    if error:
        return error
    if c.right is not None:
        error = check_view(circuit, c.right, c.space)
        if error:
            return error
        if circuit.tensors[c.right.tensor].kind == WEIGHT:
            return "a weight on the right"
    left, right = used_axes(c.left), used_axes(c.right) if c.right is not None else set()
    if c.out_rank > len(c.space) or not left | right >= set(range(c.out_rank, len(c.space))):
        return "a contraction with too many output axes, or a summed axis that nothing reads"
    weight = circuit.tensors[c.left.tensor]
    return check_weight_operand(c, weight, right) if weight.kind == WEIGHT else None


def check_weight_operand(c, weight, right):
    """A weight is read as it lies: one axis of the space per axis; outer axes are outputs, inner ones are shared."""
    for number, (m, size) in enumerate(zip(c.left.maps, weight.shape)):
        if m.offset != 0 or len(m.terms) != 1 or m.terms[0][1] != 1 or c.space[m.terms[0][0]] != size:
            return "a weight that is not read as it lies"
        axis = m.terms[0][0]
        if number < weight.outer_axes and (axis >= c.out_rank or axis in right):
            return "an outer axis of a weight that is summed or shared"
        if number >= weight.outer_axes and c.right is not None and axis not in right:
            return "an inner axis of a weight that the right operand does not read"
    return None


def check_circuit(circuit, max_rank=MAX_RANK - 1):
    """What is wrong with it, or None. Before the batch axis ranks are one lower."""
    if not circuit.lookups:
        return "no lookup"
    errors = [check_tensor(t, max_rank) for t in circuit.tensors]
    errors += [check_table(t) for t in circuit.tables]
    if sum(t.size * (1 + len(t.columns)) for t in circuit.tables) > MAX_TABLE_CELLS:
        errors.append("tables that are too large")
    errors += [check_contraction(circuit, c, max_rank) for c in circuit.contractions]
    errors += [check_lookup(circuit, lookup, max_rank) for lookup in circuit.lookups]
    return next((error for error in errors if error), None)


def check_lookup(circuit, lookup, max_rank):
    error = check_space(lookup.space, max_rank)
    if error:
        return error
    if lookup.table >= len(circuit.tables):
        return "a lookup in no table"
    if len(lookup.columns) != 1 + len(circuit.tables[lookup.table].columns):
        return "a lookup of another width than its table's"
    for expression in lookup.columns:
        shifts = [expression.constant[1]] + [c[1] for c, _ in expression.views + expression.contractions]
        if any(shift > 62 for shift in shifts):
            return "a coefficient with too large a shift"
        for _, view in expression.views:
            error = check_view(circuit, view, lookup.space)
            if error:
                return error
            if circuit.tensors[view.tensor].kind == WEIGHT:
                return "a lookup of a weight"
        for _, number in expression.contractions:
            if number >= len(circuit.contractions):
                return "a term of no contraction"
            c = circuit.contractions[number]
            if c.space[:c.out_rank] != lookup.space:
                return "a term of another space than its lookup's"
    return None


def with_batch(circuit, batch):
    """Section 3: every tensor but the weights, and every index space, gains a leading axis."""

    def batched_view(view):
        maps = [AxisMap(m.offset, [(axis + 1, stride) for axis, stride in m.terms]) for m in view.maps]
        if circuit.tensors[view.tensor].kind != WEIGHT:
            maps = [AxisMap(0, [(0, 1)])] + maps
        return View(view.tensor, maps)

    def batched_expression(e):
        return replace(e, views=[(c, batched_view(v)) for c, v in e.views])

    return Circuit(
        [t if t.kind == WEIGHT else replace(t, shape=[batch] + t.shape) for t in circuit.tensors],
        circuit.tables,
        [Contraction([batch] + c.space, c.out_rank + 1, batched_view(c.left), c.right and batched_view(c.right))
         for c in circuit.contractions],
        [replace(x, space=[batch] + x.space, columns=[batched_expression(e) for e in x.columns])
         for x in circuit.lookups])
