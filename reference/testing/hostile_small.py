"""Circuits of a few cells, for what no change of a model's key comes to: SMALL, whose keys pass, and changes of them
that break one rule each, which join HOSTILE."""
import numpy as np
from provenn_reference.circuit import (INPUT, OUTPUT, WITNESS, AxisMap, Circuit, Contraction, Expression, Lookup, Table,
                                       Tensor, View)
from provenn_reference.formats import Port, Step, WeightsCommitment

from .hostile import HOSTILE, cell, hostile, own


def replace(key, tensors, tables, contractions, lookups, program, output):
    """Makes it the key of a circuit without weights, whose input is tensor 0."""
    key.weights = WeightsCommitment(0, 0, bytes(32))
    key.circuit = Circuit([Tensor(*t, 0, 0) for t in tensors], tables, contractions, lookups)
    key.program = program
    key.inputs, key.outputs = [port(key, b"x", 0)], [port(key, b"y", output)]


def port(key, name, tensor):
    shape = key.circuit.tensors[tensor].shape
    return Port(name, [1] + shape, tensor, list(range(1, len(shape) + 1)))


def part(tensor, first):
    return View(tensor, [AxisMap(first, [(0, 1)])])


def table(first, *columns, size=None):
    return Table(b"", first, size or len(columns[0]), [np.array(c) for c in columns])


@hostile(4, "mlp", "two outputs in one column, which only their sum binds")
def _(key):
    low, high = ([((1, 0), part(t, first)) for t in (1, 2)] for first in (0, 2))
    replace(key, [(b"x", INPUT, [2], 0, 3), (b"y", OUTPUT, [4], -9, 9), (b"z", OUTPUT, [4], -9, 9)],
            [table(0, size=4), table(0, range(4), range(4))], [],
            [Lookup(b"range", [2], 0, [cell(0)]),
             Lookup(b"apart", [2], 1, [cell(0), Expression((0, 0), low[:1], []), Expression((0, 0), low[1:], [])]),
             Lookup(b"sum", [2], 1, [cell(0), Expression((0, 0), high, []), Expression((0, 0), high, [])])],
            [Step(True, 1, [], None, None, [1, 2]), Step(True, 2, [], None, None, [1, 2])], 1)
    key.outputs.append(port(key, b"z", 2))


@hostile(8, "mlp", "digits beside a clamp that leave room for a second solution together, and not alone")
def _(key):
    bits, rows = 16, 2**17
    moved = [((-2**bits, 0), own(3)), ((2**bits, 0), own(4))]
    digits = [((1, 32), own(0)), ((-1, 32), own(1)), ((-2**16, 32), own(2))]
    replace(key, [(b"x", INPUT, [1], 0, 3), (b"d", WITNESS, [1], 0, 65535), (b"e", WITNESS, [1], 0, 65535),
                  (b"top", WITNESS, [1], 0, rows - 1), (b"clamped", WITNESS, [1], 0, 1),
                  (b"y", OUTPUT, [1], 0, rows - 1)],
            [table(0, size=4), table(0, size=65536), table(0, [0] + [1] * (rows - 1)),
             table(0, np.arange(rows) >> bits, range(rows))], [],
            [Lookup(b"range", [1], 0, [cell(0)]), Lookup(b"d", [1], 1, [cell(1)]), Lookup(b"e", [1], 1, [cell(2)]),
             Lookup(b"clamp", [1], 2, [cell(3), cell(4)]),
             Lookup(b"function", [1], 3, [Expression((0, 0), digits + moved, []), cell(4), cell(5)])],
            [Step(True, 4, [(1, 16), (2, 16)], (3, 4, 2, bits), None, [None, 5])], 5)


@hostile(4, "mlp", "a contraction whose right factor is set by what reads the contraction")
def _(key):
    later = part(1, 2)
    replace(key, [(b"x", INPUT, [2], -1, 2), (b"y", OUTPUT, [4], -9, 9)], [table(-1, size=4), table(-1, [0] * 4)],
            [Contraction([2], 1, own(0), later)],
            [Lookup(b"range", [2], 0, [cell(0)]),
             Lookup(b"first", [2], 1, [cell(0), Expression((0, 0), [((1, 0), part(1, 0))], [])]),
             Lookup(b"later", [2], 1, [cell(0), Expression((0, 0), [((1, 0), later)], [((1, 0), 0)])])],
            [Step(True, 1, [], None, None, [1]), Step(False, 0), Step(True, 2, [], None, None, [1])], 1)


@hostile(4, "mlp", "a demand about a contraction that is evaluated later")
def _(key):
    replace(key, [(b"x", INPUT, [2], 0, 3), (b"y", OUTPUT, [2], -9, 9)],
            [table(0, size=4), table(0, range(4), range(4))], [Contraction([2], 1, own(1), None)],
            [Lookup(b"range", [2], 0, [cell(0)]),
             Lookup(b"function", [2], 1, [cell(0), Expression((0, 0), [], [((1, 0), 0)]), cell(1)])],
            [Step(True, 1, [], None, None, [None, 1]), Step(False, 0)], 1)


def column(*views, constant=(0, 0)):
    return Expression(constant, list(views), [])


def half(key):
    """y = (x - d) / 2, d in {0, 1}."""
    replace(key, [(b"x", INPUT, [2], 0, 7), (b"d", WITNESS, [2], 0, 1), (b"y", OUTPUT, [2], -9, 9)],
            [table(0, size=8), table(0, size=2), table(0, range(4))], [],
            [Lookup(b"range", [2], 0, [cell(0)]), Lookup(b"bit", [2], 1, [cell(1)]),
             Lookup(b"half", [2], 2, [column(((1, 1), own(0)), ((-1, 1), own(1))), cell(2)])],
            [Step(True, 2, [(1, 1)], None, None, [2])], 2)


def clamped(key):
    """y = min(x, 3), by coarse positions of two."""
    replace(key, [(b"x", INPUT, [2], 0, 7), (b"top", WITNESS, [2], 0, 3), (b"clamped", WITNESS, [2], 0, 1),
                  (b"y", OUTPUT, [2], 0, 3)],
            [table(0, size=8), table(0, [0, 1, 1, 1]), table(0, [0, 0, 1, 1], range(4))], [],
            [Lookup(b"range", [2], 0, [cell(0)]), Lookup(b"tie", [2], 1, [cell(1), cell(2)]),
             Lookup(b"function", [2], 2, [column(((1, 0), own(0)), ((-2, 0), own(1)), ((2, 0), own(2))), cell(2),
                                          cell(3)])],
            [Step(True, 2, [], (1, 2, 1, 1), None, [None, 3])], 3)


def divided(key):
    """y = floor(x / 4), whose remainder is the key."""
    replace(key, [(b"x", INPUT, [2], 0, 15), (b"y", OUTPUT, [2], 0, 3)], [table(0, size=16), table(0, size=4)], [],
            [Lookup(b"range", [2], 0, [cell(0)]), Lookup(b"y range", [2], 1, [cell(1)]),
             Lookup(b"remainder", [2], 1, [column(((1, 0), own(0)), ((-4, 0), own(1)))])],
            [Step(True, 2, [], None, (1, 2), [])], 1)


def wide(key):
    """y = x + d, and x is held to its range by its low bit d and the rest."""
    replace(key, [(b"x", INPUT, [4], 0, 15), (b"d", WITNESS, [4], 0, 1), (b"y", OUTPUT, [4], 0, 16)],
            [table(0, size=8), table(0, size=2), table(0, range(17))], [],
            [Lookup(b"bit", [4], 1, [cell(1)]),
             Lookup(b"range", [4], 0, [column(((1, 1), own(0)), ((-1, 1), own(1)))]),
             Lookup(b"sum", [4], 2, [column(((1, 0), own(0)), ((1, 0), own(1))), cell(2)])],
            [Step(True, 1, [(1, 1)], None, None, []), Step(True, 2, [], None, None, [2])], 2)


def wide_by_input(key):
    """y = x + w, and x is held to its range by w, an input of one bit, and the rest."""
    replace(key, [(b"x", INPUT, [4], 0, 15), (b"w", INPUT, [4], 0, 1), (b"y", OUTPUT, [4], 0, 16)],
            [table(0, size=8), table(0, size=2), table(0, range(17))], [],
            [Lookup(b"bit", [4], 1, [cell(1)]),
             Lookup(b"range", [4], 0, [column(((1, 1), own(0)), ((-1, 1), own(1)))]),
             Lookup(b"sum", [4], 2, [column(((1, 0), own(0)), ((1, 0), own(1))), cell(2)])],
            [Step(True, 2, [], None, None, [2])], 2)
    key.inputs.append(port(key, b"w", 1))


def in_parts(key):
    """t = (x, t2), y = t2, where t2 = x: in that order of steps."""
    replace(key, [(b"x", INPUT, [2], 0, 3), (b"t", WITNESS, [4], 0, 3), (b"y", OUTPUT, [2], 0, 3)],
            [table(0, size=4), table(0, range(4))], [],
            [Lookup(b"range", [2], 0, [cell(0)]), Lookup(b"one", [2], 1, [cell(0), column(((1, 0), part(1, 0)))]),
             Lookup(b"two", [2], 1, [cell(0), column(((1, 0), part(1, 2)))]),
             Lookup(b"y", [2], 1, [column(((1, 0), part(1, 2))), cell(2)])],
            [Step(True, 1, [], None, None, [1]), Step(True, 2, [], None, None, [1]),
             Step(True, 3, [], None, None, [2])], 2)


SMALL = [half, clamped, divided, wide, wide_by_input, in_parts]  # keys that pass


def hostile_small(rule, base, what):
    """Of one of these, changed by the function."""
    def register(change):
        HOSTILE.append((rule, "mlp", what, lambda key: (base(key), change(key))))
        return change
    return register


@hostile_small(3, clamped, "an input in a range of the right size and another start")
def _(key):
    key.circuit.tables[0].first_key = 1


@hostile_small(3, clamped, "an input whose double is in its range")
def _(key):
    key.circuit.lookups[0].columns[0].views[0] = (2, 0), own(0)


@hostile_small(3, in_parts, "a range of a part of an input")
def _(key):
    key.circuit.tensors[0].shape = [4]
    key.inputs[0].shape = [1, 4]


@hostile_small(3, wide, "a range of a part of an input, in two pieces")
def _(key):
    key.circuit.tensors[0].shape = [8]
    key.inputs[0].shape = [1, 8]


@hostile_small(3, wide_by_input, "a low bit that is part of a longer tensor")
def _(key):
    key.circuit.tensors[1].shape = [8]
    key.circuit.lookups[0].space = [8]
    key.inputs[1].shape = [1, 8]


@hostile_small(3, wide_by_input, "a low bit that starts at -1")
def _(key):
    key.circuit.lookups[0].columns[0].constant = (1, 0)
    key.circuit.tensors[1].min, key.circuit.tensors[1].max = -1, 0


@hostile_small(3, wide_by_input, "a low bit of two bits")
def _(key):
    key.circuit.tables[1].size = 4
    key.circuit.tensors[1].max = 3


@hostile_small(4, in_parts, "a column that reads a tensor before its second part is set, which depends on it")
def _(key):
    key.circuit.lookups[2].columns[0] = cell(2)
    key.program[1:] = key.program[:0:-1]


@hostile_small(4, in_parts, "a contraction whose left factor is set later, by what reads the contraction")
def _(key):
    key.circuit.contractions.append(Contraction([2], 1, part(1, 2), own(0)))
    key.circuit.lookups[2].columns[1].contractions.append(((1, 0), 0))
    key.program.insert(1, Step(False, 0))


@hostile_small(4, in_parts, "a key that reads its own output")
def _(key):
    key.circuit.lookups[2].columns[0] = column(((1, 0), own(0)), ((1, 0), part(1, 2)))


@hostile_small(5, half, "a digit that occurs twice")
def _(key):
    key.circuit.lookups[2].columns[0].views.append(((-1, 1), own(1)))


@hostile_small(5, half, "a digit that starts at -1")
def _(key):
    key.circuit.lookups[1].columns[0].constant = (1, 0)


@hostile_small(6, clamped, "a clamped position with twice its coefficient")
def _(key):
    key.circuit.lookups[2].columns[0].views[2] = (4, 0), own(2)


@hostile_small(6, clamped, "a clamp that is looked up at twice the coarse position")
def _(key):
    key.circuit.lookups[1].columns[0].views[0] = (2, 0), own(1)


@hostile_small(6, clamped, "a clamp that gives twice the clamped position")
def _(key):
    key.circuit.lookups[1].columns[1].views[0] = (2, 0), own(2)


@hostile_small(7, divided, "a quotient that occurs again")
def _(key):
    key.circuit.lookups[2].columns[0].views.append(((1, 0), own(1)))


@hostile_small(7, divided, "a quotient beside a digit")
def _(key):
    circuit = key.circuit
    circuit.tensors.append(Tensor(b"d", WITNESS, [2], 0, 1, 0, 0))
    circuit.tables.append(table(0, size=2))
    circuit.lookups.append(Lookup(b"bit", [2], 2, [cell(2)]))
    circuit.lookups[2].columns[0] = column(((1, 1), own(0)), ((-1, 1), own(2)), ((-4, 0), own(1)))
    key.program[0].digits = [(2, 1)]


@hostile_small(8, half, "digits and rows that leave room for a second solution")
def _(key):
    circuit = key.circuit
    circuit.tables[1].size = 2**16
    circuit.tables[2] = table(0, range(2**17))
    circuit.tensors[1].max, circuit.tensors[2].max = 2**16 - 1, 2**17
    for tensor in (3, 4):
        circuit.tensors.append(Tensor(b"digit", WITNESS, [2], 0, 2**16 - 1, 0, 0))
        circuit.lookups.append(Lookup(b"digit", [2], 1, [cell(tensor)]))
    circuit.lookups[2].columns[0] = column(((1, 48), own(0)), ((-1, 48), own(1)), ((-2**16, 48), own(3)),
                                           ((-2**32, 48), own(4)))
    key.program[0].digits = [(1, 16), (3, 16), (4, 16)]


@hostile_small(8, divided, "a quotient whose range leaves room for a second solution")
def _(key):
    circuit = key.circuit
    circuit.tables.append(table(0, size=2**17))
    circuit.lookups[1].table = 2
    circuit.tensors[1].max = 2**17 - 1
    circuit.lookups[2].columns[0].views[1] = (-2**48, 0), own(1)
    key.program[0].quotient = (1, 48)


@hostile_small(9, in_parts, "a part that sets one cell twice, as many times as another is missing")
def _(key):
    circuit = key.circuit
    circuit.tensors[0].shape, circuit.tensors[2].shape = [2, 2], [2, 2]
    for lookup in circuit.lookups:
        lookup.space = [2, 2]
    circuit.lookups[0].columns = [cell(0, 2)]
    circuit.lookups[1].columns = [cell(0, 2), column(((1, 0), View(1, [AxisMap(0, [(0, 1), (1, 1)])])))]
    circuit.lookups[3].columns = [cell(0, 2), cell(2, 2)]
    circuit.lookups.pop(2)
    key.program = [Step(True, 1, [], None, None, [1]), Step(True, 2, [], None, None, [2])]
    key.inputs, key.outputs = [port(key, b"x", 0)], [port(key, b"y", 2)]


@hostile_small(9, divided, "an output that several tuples set")
def _(key):
    circuit = key.circuit
    circuit.tensors.append(Tensor(b"z", OUTPUT, [2], 0, 15, 0, 0))
    circuit.tables.append(table(0, range(16)))
    circuit.lookups.append(Lookup(b"z", [2, 2], 2, [column(((1, 0), part(0, 0))), column(((1, 0), part(2, 0)))]))
    key.program.append(Step(True, 3, [], None, None, [2]))
    key.outputs.append(port(key, b"z", 2))


@hostile_small(10, half, "an input that is in range, and of no use")
def _(key):
    key.circuit.tensors.append(Tensor(b"z", INPUT, [2], 0, 7, 0, 0))
    key.circuit.lookups.append(Lookup(b"z", [2], 0, [cell(3)]))
    key.inputs.append(port(key, b"z", 3))


@hostile_small(10, wide, "an input of which only the range is looked up, by its low bit and the rest")
def _(key):
    key.circuit.tensors += [Tensor(b"z", INPUT, [4], 0, 15, 0, 0), Tensor(b"e", WITNESS, [4], 0, 1, 0, 0)]
    key.circuit.lookups += [Lookup(b"e", [4], 1, [cell(4)]),
                            Lookup(b"z", [4], 0, [column(((1, 1), own(3)), ((-1, 1), own(4)))])]
    key.program.append(Step(True, 4, [(4, 1)], None, None, []))
    key.inputs.append(port(key, b"z", 3))
