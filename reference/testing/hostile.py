"""Keys of conformance/ changed so that a cell would have a choice, or a check could be evaded: one rule of section 3.1
each. HOSTILE is a list of (rule, model, what was changed, the change of the key that was read); hostile_small adds
circuits of a few cells to it."""
import copy

from provenn_reference.circuit import WITNESS, AxisMap, Contraction, Expression, Lookup, Tensor, View
from provenn_reference.formats import Step

HOSTILE = []


def hostile(rule, model, what):
    def register(change):
        HOSTILE.append((rule, model, what, change))
        return change
    return register


def changed(key, change):
    key = copy.deepcopy(key)
    change(key)
    return key


# Numbers of the perceptron's parts, as make_conformance makes it.
X, R, Y, R_LOW, R_LOW6, R_TOP, R_CLAMPED = 0, 3, 5, 7, 8, 9, 10
X_RANGE, R_LOOKUP, Y_REMAINDER, Y_RANGE = 1, 5, 6, 8
RANGE_64, R_FUNCTION, R_CLAMP, RANGE_4096 = 0, 1, 2, 3


def own(tensor, rank=1):
    return View(tensor, [AxisMap(0, [(axis, 1)]) for axis in range(rank)])


def cell(tensor, rank=1):
    return Expression((0, 0), [((1, 0), own(tensor, rank))], [])


def step_of(key, lookup):
    return next(s for s in key.program if s.is_lookup and s.id == lookup)


def key_terms(key, lookup):
    return key.circuit.lookups[lookup].columns[0].views


def set_coefficient(key, lookup, tensor, coefficient):
    views = key_terms(key, lookup)
    at = next(i for i, (_, v) in enumerate(views) if v.tensor == tensor)
    views[at] = coefficient, views[at][1]


@hostile(1, "mlp", "a step about a lookup that does not exist")
def _(key):
    key.program[0].id = 99


@hostile(1, "mlp", "a contraction that is evaluated twice")
def _(key):
    key.program.insert(2, Step(False, 0))


@hostile(1, "mlp", "a range lookup that is satisfied twice")
def _(key):
    lookup = next(i for i, l in enumerate(key.circuit.lookups) if len(l.columns) == 1
                  and len(l.columns[0].views) == 1 and not any(s.is_lookup and s.id == i for s in key.program))
    key.program[:0] = [Step(True, lookup), Step(True, lookup)]
    views = key.circuit.lookups[lookup].columns[0].views
    if key.circuit.tensors[views[0][1].tensor].kind == WITNESS:  # known only once it is set
        key.program[:] = key.program[2:] + key.program[:2]


@hostile(1, "mlp", "a contraction that is never evaluated")
def _(key):
    key.circuit.contractions.append(Contraction([4], 0, own(X), None))


@hostile(1, "mlp", "a witness that nothing sets")
def _(key):
    key.circuit.tensors.append(Tensor(b"free", WITNESS, [3], 0, 1, 0, 0))


@hostile(1, "mlp", "a larger shift than the digits make up for")
def _(key):
    key.circuit.lookups[R_LOOKUP].columns[0].constant = (4096, 13)


@hostile(1, "mlp", "an output with coefficient 2")
def _(key):
    column = key.circuit.lookups[R_LOOKUP].columns[2]
    column.views[0] = (2, 0), column.views[0][1]


@hostile(1, "mlp", "half an output")
def _(key):
    column = key.circuit.lookups[R_LOOKUP].columns[2]
    column.views.append(((1, 1), own(R_LOW)))


@hostile(1, "mlp", "the constant 0 with a shift beside an output")
def _(key):
    key.circuit.lookups[R_LOOKUP].columns[2].constant = (0, 1)


@hostile(1, "mlp", "an output that is there twice")
def _(key):
    column = key.circuit.lookups[R_LOOKUP].columns[2]
    column.views.append(column.views[0])


@hostile(1, "mlp", "one tensor as two digits")
def _(key):
    step_of(key, R_LOOKUP).digits[1] = (R_LOW, 6)


@hostile(1, "mlp", "a digit of an input")
def _(key):
    step_of(key, X_RANGE).digits[0] = (X, 6)


@hostile(2, "mlp", "a term with numerator 0")
def _(key):
    key.circuit.lookups[R_LOOKUP].columns[2].views.append(((0, 0), own(R_CLAMPED)))


@hostile(2, "mlp", "a contraction with numerator 0")
def _(key):
    key.circuit.lookups[R_LOOKUP].columns[0].contractions[1] = (0, 12), 1


@hostile(3, "mlp", "an input whose declared bounds are not its range")
def _(key):
    key.circuit.tensors[X].max -= 1


@hostile(3, "mlp", "an input without a range")
def _(key):
    key.circuit.lookups[X_RANGE].columns[0].constant = (2**40 + 2048, 6)


@hostile(4, "mlp", "a contraction before what it reads")
def _(key):
    step = next(s for s in key.program if not s.is_lookup and s.id == 2)
    key.program.remove(step)
    key.program.insert(0, step)


@hostile(4, "mlp", "a lookup before the contraction that it reads")
def _(key):
    key.program[2], key.program[3] = key.program[3], key.program[2]


@hostile(4, "softmax", "a key that reads the step's own output")
def _(key):
    names = [x.name for x in key.circuit.lookups]
    output = next(i for i, t in enumerate(key.circuit.tensors) if t.name == b"s exp")
    key_terms(key, names.index(b"s exp")).append(((1, 0), own(output)))


@hostile(5, "mlp", "a digit with half its weight")
def _(key):
    set_coefficient(key, R_LOOKUP, R_LOW6, (-32, 12))


@hostile(5, "mlp", "a digit with too long a range")
def _(key):
    key.circuit.lookups[2].table = RANGE_4096


@hostile(5, "mlp", "a digit that the key does not have")
def _(key):
    key_terms(key, R_LOOKUP).pop(0)


@hostile(5, "conv", "a digit with its axes changed round")
def _(key):
    _, view = key_terms(key, 5)[0]
    view.maps[0], view.maps[1] = view.maps[1], view.maps[0]


@hostile(6, "mlp", "a clamp whose top weighs too little")
def _(key):
    set_coefficient(key, R_LOOKUP, R_TOP, (-127, 0))


@hostile(6, "mlp", "one row of the clamp's column")
def _(key):
    key.circuit.tables[R_FUNCTION].columns[0][5] += 1


@hostile(6, "mlp", "a lookup that does not hold the clamped value")
def _(key):
    key.circuit.lookups[R_LOOKUP].columns[1] = Expression((0, 0), [], [])


@hostile(6, "mlp", "a clamp of another table")
def _(key):
    key.circuit.lookups[4].table = len(key.circuit.tables)
    table = copy.deepcopy(key.circuit.tables[R_CLAMP])
    table.columns[0][:] = 0
    key.circuit.tables.append(table)


@hostile(6, "mlp", "an earlier lookup of top and something else")
def _(key):
    key.circuit.lookups.insert(0, Lookup(b"decoy", [3], R_CLAMP, [cell(R_TOP), cell(R)]))
    for step in key.program:
        step.id += step.is_lookup


@hostile(7, "mlp", "a quotient with half its weight")
def _(key):
    set_coefficient(key, Y_REMAINDER, Y, (-2048, 0))


@hostile(7, "mlp", "remainders as long as two quotients")
def _(key):
    set_coefficient(key, Y_REMAINDER, Y, (-2048, 0))
    step_of(key, Y_REMAINDER).quotient = Y, 11


@hostile(7, "mlp", "a quotient without a range")
def _(key):
    set_coefficient(key, Y_RANGE, Y, (2, 6))


@hostile(8, "mlp", "so many digits that p is exceeded")
def _(key):
    circuit, step, before = key.circuit, step_of(key, R_LOOKUP), 12
    for number in range(4):
        tensor = len(circuit.tensors)
        circuit.tensors.append(Tensor(b"digit %d" % number, WITNESS, [3], 0, 4095, 0, 0))
        circuit.lookups.append(Lookup(b"", [3], RANGE_4096, [cell(tensor)]))
        key_terms(key, R_LOOKUP).append(((-2**before, 60), own(tensor)))
        step.digits.append((tensor, 12))
        before += 12
    set_coefficient(key, R_LOOKUP, R_LOW, (-1, 60))
    set_coefficient(key, R_LOOKUP, R_LOW6, (-64, 60))


@hostile(9, "conv", "two parts of the output on the same cells")
def _(key):
    _, view = key.circuit.lookups[14].columns[1].views[0]
    view.maps[2].offset = 1


@hostile(9, "conv", "cells of a witness that nothing sets")
def _(key):
    key.circuit.tensors[3].shape = [2, 4, 3]


@hostile(10, "mlp", "weights that no output depends on")
def _(key):
    key.circuit.lookups[R_LOOKUP].columns[0].contractions.pop()


@hostile(10, "mlp", "an input that no output depends on")
def _(key):
    key.circuit.lookups[R_LOOKUP].columns[0].contractions.pop(0)


@hostile(11, "mlp", "a port without a name")
def _(key):
    key.inputs[0].name = b""


@hostile(11, "mlp", "two ports of one tensor")
def _(key):
    key.outputs.append(copy.deepcopy(key.outputs[0]))
    key.outputs[1].name = b"decoy"


@hostile(11, "mlp", "an input without a port")
def _(key):
    key.inputs.pop()


@hostile(11, "mlp", "two inputs of one name")
def _(key):
    circuit, t = key.circuit, len(key.circuit.tensors)
    circuit.tensors += [copy.deepcopy(circuit.tensors[X]), copy.deepcopy(circuit.tensors[6])]
    low, whole = (copy.deepcopy(circuit.lookups[i]) for i in (0, X_RANGE))
    low.columns[0].views = [((1, 0), own(t + 1))]
    whole.columns[0].views = [((1, 6), own(t)), ((-1, 6), own(t + 1))]
    circuit.lookups += [low, whole]
    key.program.insert(0, Step(True, len(circuit.lookups) - 1, [(t + 1, 6)], None, None, []))
    circuit.contractions.append(Contraction([3, 4], 1, own(1, 2), View(t, [AxisMap(0, [(1, 1)])])))
    key.program.insert(0, Step(False, 3))
    circuit.lookups[R_LOOKUP].columns[0].contractions.append(((1, 12), 3))
    key.inputs.append(copy.deepcopy(key.inputs[0]))
    key.inputs[1].tensor = t
