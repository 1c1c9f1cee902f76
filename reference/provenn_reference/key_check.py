"""Section 3.1: what a key must show before anything else; one function per rule."""
import itertools

import numpy as np

from .circuit import INPUT, OUTPUT, WEIGHT, WITNESS, elements
from .field import P

MAX_CONSTANT = 2**40


def key_passes(key):
    return all(rule() for rule in KeyCheck(key).rules().values())


# Words.


def is_whole(circuit, view, space):
    shape = circuit.tensors[view.tensor].shape
    return len(shape) == len(space) and all(
        m.offset == 0 and len(m.terms) == 1 and m.terms[0][1] == 1 and space[m.terms[0][0]] == size
        for m, size in zip(view.maps, shape))


def is_own_index(circuit, view, space):
    return is_whole(circuit, view, space) and all(m.terms[0][0] == axis for axis, m in enumerate(view.maps))


def is_one(coefficient):
    return coefficient == (1, 0)


def cell_of(circuit, expression, space):
    """The tensor whose cell the expression is, or None."""
    if expression.contractions or len(expression.views) != 1 or expression.constant[0] != 0:
        return None
    coefficient, view = expression.views[0]
    return view.tensor if is_one(coefficient) and is_own_index(circuit, view, space) else None


def constant_of(expression, shift):
    """The c of a constant c·2^-shift, or None."""
    numerator, own = expression.constant
    return numerator if (numerator == 0 or own == shift) and abs(numerator) <= MAX_CONSTANT else None


def cell_ranges(circuit):
    """tensor: (first, one past the last), of the tensors that lookups hold to a range."""
    ranges = {}

    def offer(tensor, first, size):
        if tensor not in ranges or size < ranges[tensor][1] - ranges[tensor][0]:
            ranges[tensor] = first, first + size

    for lookup in circuit.lookups:
        key, table = lookup.columns[0], circuit.tables[lookup.table]
        c = constant_of(key, 0)
        if len(key.views) == 1 and not key.contractions and c is not None:
            coefficient, view = key.views[0]
            if (is_one(coefficient) and circuit.tensors[view.tensor].kind != WEIGHT
                    and is_whole(circuit, view, lookup.space)):
                offer(view.tensor, table.first_key - c, table.size)
    for lookup in circuit.lookups:
        key, table = lookup.columns[0], circuit.tables[lookup.table]
        if len(key.views) != 2 or key.contractions:
            continue
        in_order = key.views if key.views[0][0][0] == 1 else key.views[::-1]
        (plus, first), (minus, second) = in_order
        w = plus[1]
        c = constant_of(key, w)
        if (c is not None and 1 <= w <= 20 and plus == (1, w) and minus == (-1, w)
                and all(circuit.tensors[v.tensor].kind != WEIGHT and is_whole(circuit, v, lookup.space)
                        for v in (first, second))
                and ranges.get(second.tensor) == (0, 2**w)):
            offer(first.tensor, 2**w * table.first_key - c, 2**w * table.size)
    return ranges


def coefficients(expression):
    return [c for c, _ in expression.views + expression.contractions]


def stays_inside(view, space, shape):
    for m, size in zip(view.maps, shape):
        reach = [stride * (space[axis] - 1) for axis, stride in m.terms]
        if m.offset + sum(min(r, 0) for r in reach) < 0 or m.offset + sum(max(r, 0) for r in reach) >= size:
            return False
    return True


def cells_read(view, space, shape):
    """Numbers of the cells that a view which never leaves its tensor reads, one per index of the space."""
    strides = [elements(shape[axis + 1:]) for axis in range(len(shape))]
    start = sum(m.offset * stride for m, stride in zip(view.maps, strides))
    move = [0] * len(space)
    for m, stride in zip(view.maps, strides):
        for axis, step in m.terms:
            move[axis] += step * stride
    cells = [start]
    for size, by in zip(space, move):
        cells = [cell + i * by for cell in cells for i in range(size)]
    return cells


class KeyCheck:
    def __init__(self, key):
        self.circuit, self.key, self.program = key.circuit, key, key.program
        self.ranges = cell_ranges(key.circuit)
        self.lookup_steps = [step for step in self.program if step.is_lookup]

    def rules(self):
        """By number, in an order in which each may rely on those before it."""
        return {11: self.rule_11_ports, 1: self.rule_1_program, 2: self.rule_2_coefficients, 3: self.rule_3_inputs,
                4: self.rule_4_order, 5: self.rule_5_digits, 6: self.rule_6_clamp, 7: self.rule_7_quotient,
                8: self.rule_8_one_solution, 9: self.rule_9_every_cell_once, 10: self.rule_10_nothing_without_effect}

    def lookup(self, step):
        return self.circuit.lookups[step.id]

    def table(self, step):
        return self.circuit.tables[self.lookup(step).table]

    @staticmethod
    def whole_parts(step):
        """The tensors of which the step sets every cell."""
        parts = [tensor for tensor, _ in step.digits]
        if step.clamp:
            parts += step.clamp[:2]
        return parts + ([step.quotient[0]] if step.quotient else [])

    @staticmethod
    def output_tensors(step):
        return [tensor for tensor in step.outputs if tensor is not None]

    def in_key(self, step, tensor, coefficient):
        """Whether the tensor occurs in the key once, own-index, with this coefficient."""
        found = [(c, v) for c, v in self.lookup(step).columns[0].views if v.tensor == tensor]
        return (len(found) == 1 and found[0][0] == coefficient
                and is_own_index(self.circuit, found[0][1], self.lookup(step).space))

    def output_view(self, step, column):
        return next(v for _, v in self.lookup(step).columns[1 + column].views if v.tensor == step.outputs[column])

    def rule_1_program(self):
        tensors, contractions, lookups, ever_set = self.circuit.tensors, [], [], set()
        for step in self.program:
            if not step.is_lookup:
                contractions.append(step.id)
                if step.id >= len(self.circuit.contractions):
                    return False
                continue
            lookups.append(step.id)
            if step.id >= len(self.circuit.lookups):
                return False
            whole = self.whole_parts(step)
            if any(t >= len(tensors) or tensors[t].kind not in (WITNESS, OUTPUT)
                   for t in whole + self.output_tensors(step)):
                return False
            if (len(set(whole)) != len(whole) or ever_set & set(whole)
                    or any(tensors[t].shape != self.lookup(step).space for t in whole)):
                return False
            if not self.rule_1_sizes(step) or not self.rule_1_outputs(step, whole):
                return False
            ever_set.update(whole, self.output_tensors(step))
        return (len(set(contractions)) == len(contractions) == len(self.circuit.contractions)
                and len(set(lookups)) == len(lookups)
                and ever_set == {i for i, t in enumerate(tensors) if t.kind in (WITNESS, OUTPUT)})

    def rule_1_sizes(self, step):
        key, widths = self.lookup(step).columns[0], [bits for _, bits in step.digits]
        return (all(1 <= bits <= 30 for bits in widths) and sum(widths) <= 62
                and (not step.clamp or step.clamp[3] <= 30) and (not step.quotient or step.quotient[1] <= 48)
                and max(shift for _, shift in [key.constant] + coefficients(key)) == sum(widths))

    def rule_1_outputs(self, step, whole):
        lookup = self.lookup(step)
        if len(step.outputs) != len(lookup.columns) - 1:
            return False
        for tensor, column in zip(step.outputs, lookup.columns[1:]):
            if tensor is None:
                continue
            found = [(c, v) for c, v in column.views if v.tensor == tensor]
            if tensor in whole or len(found) != 1 or not is_one(found[0][0]):
                return False
            if not stays_inside(found[0][1], lookup.space, self.circuit.tensors[tensor].shape):
                return False
            if any(shift != 0 for _, shift in [column.constant] + coefficients(column)):
                return False
        return True

    def rule_2_coefficients(self):
        return all(numerator != 0 for lookup in self.circuit.lookups for column in lookup.columns
                   for numerator, _ in coefficients(column))

    def rule_3_inputs(self):
        return all(self.ranges.get(i) == (t.min, t.max + 1) for i, t in enumerate(self.circuit.tensors)
                   if t.kind == INPUT)

    def rule_4_order(self):
        last = {}
        for number, step in enumerate(self.program):
            if step.is_lookup:
                last.update((t, number) for t in self.whole_parts(step) + self.output_tensors(step))
        evaluated = set()
        for number, step in enumerate(self.program):
            if not step.is_lookup:
                c = self.circuit.contractions[step.id]
                if any(last.get(v.tensor, -1) >= number for v in (c.left, c.right) if v is not None):
                    return False
                evaluated.add(step.id)
                continue
            own, outputs = set(self.whole_parts(step)), set(self.output_tensors(step))
            for column, expression in enumerate(self.lookup(step).columns):
                allowed = own | ({step.outputs[column - 1]} if column else set())
                for _, v in expression.views:
                    if v.tensor not in allowed and (v.tensor in outputs or last.get(v.tensor, -1) >= number):
                        return False
                if any(c not in evaluated for _, c in expression.contractions):
                    return False
        return True

    def rule_5_digits(self):
        for step in self.lookup_steps:
            s, before = sum(bits for _, bits in step.digits), 0
            for tensor, bits in step.digits:
                if not self.in_key(step, tensor, (-2**before, s)) or self.ranges.get(tensor) != (0, 2**bits):
                    return False
                before += bits
        return True

    def rule_6_clamp(self):
        return all(self.rule_6_of(step) for step in self.lookup_steps if step.clamp)

    def rule_6_of(self, step):
        top, clamped, table, t = step.clamp
        if not self.in_key(step, top, (-2**t, 0)) or not self.in_key(step, clamped, (2**t, 0)):
            return False

        def cells(lookup):
            return [cell_of(self.circuit, column, lookup.space) for column in lookup.columns]

        pairs = [(x.table, cells(x)) for x in self.circuit.lookups if len(x.columns) == 2]
        first = next((p for p in pairs if p[1][0] == top and p[1][1] is not None), None)
        own = self.table(step)
        return (first == (table, [top, clamped]) and len(own.columns) > 0 and step.outputs[0] is None
                and (own.columns[0] == (own.first_key + np.arange(own.size)) >> t).all()
                and cells(self.lookup(step))[1] == clamped)

    def rule_7_quotient(self):
        return all(not step.digits and not step.clamp
                   and self.in_key(step, step.quotient[0], (-2**step.quotient[1], 0))
                   and self.table(step).size <= 2**step.quotient[1] and step.quotient[0] in self.ranges
                   for step in self.lookup_steps if step.quotient)

    def rule_8_one_solution(self):
        return all(self.continuations(step) <= P for step in self.lookup_steps)

    def continuations(self, step):
        s = sum(bits for _, bits in step.digits)
        if step.quotient:
            first, end = self.ranges[step.quotient[0]]
            return 2**step.quotient[1] * (end - first)
        if step.clamp:
            return 2**(s + step.clamp[3]) * self.circuit.tables[step.clamp[2]].size
        return 2**s * self.table(step).size

    def rule_9_every_cell_once(self):
        parts = {}  # tensor: (size, view or None for all of it, space)
        for step in self.lookup_steps:
            space = self.lookup(step).space
            for tensor in self.whole_parts(step):
                parts.setdefault(tensor, []).append((None, space))
            for column, tensor in enumerate(step.outputs):
                if tensor is not None:
                    parts.setdefault(tensor, []).append((self.output_view(step, column), space))
        marks = sum(len(of) * sum(self.circuit.tensors[tensor].shape) for tensor, of in parts.items())
        if marks > 2**25 or any(len(of) > 256 for of in parts.values()):
            return False
        return all(self.rule_9_of(self.circuit.tensors[tensor].shape, of) for tensor, of in parts.items())

    @staticmethod
    def rule_9_of(shape, parts):
        """As many indices as cells, and every cell read: then none is read twice."""
        if sum(elements(space) for _, space in parts) != elements(shape):
            return False
        views = [(view, space) for view, space in parts if view is not None]
        if not views:
            return len(parts) == 1
        cells = itertools.chain.from_iterable(cells_read(view, space, shape) for view, space in views)
        return len(views) == len(parts) and len(set(cells)) == elements(shape)

    def rule_10_nothing_without_effect(self):
        tensors = self.circuit.tensors
        reached, contractions = {i for i, t in enumerate(tensors) if t.kind == OUTPUT}, set()
        for step in reversed(self.program):
            if step.is_lookup:
                sets = self.output_tensors(step) + ([step.quotient[0]] if step.quotient else [])
                if reached & set(sets):
                    for column in self.lookup(step).columns:
                        reached.update(v.tensor for _, v in column.views)
                        contractions.update(c for _, c in column.contractions)
            elif step.id in contractions:
                c = self.circuit.contractions[step.id]
                reached.update(v.tensor for v in (c.left, c.right) if v is not None)
        return all(i in reached for i, t in enumerate(tensors) if t.kind in (INPUT, WEIGHT))

    def rule_11_ports(self):
        for kind, ports in ((INPUT, self.key.inputs), (OUTPUT, self.key.outputs)):
            names = [p.name for p in ports]
            if b"" in names or len(set(names)) != len(names):
                return False
            if sorted(p.tensor for p in ports) != [i for i, t in enumerate(self.circuit.tensors) if t.kind == kind]:
                return False
        return True
