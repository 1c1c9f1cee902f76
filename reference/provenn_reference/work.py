"""Section 5, Work: what a verifier would expand is counted before it expands anything."""
from .circuit import INPUT, OUTPUT, elements

MAX_ELEMENTS = 2**25
MAX_VISITS = 2**31


def size(shape):
    return 1 + sum(shape)


def too_much_work(circuit, hidden):
    counted = Work(circuit, hidden)
    for c in circuit.contractions:
        counted.elements += 4 * size(c.space)
        counted.view(c.left, c.space)
        if c.right is not None:
            counted.view(c.right, c.space)
    for lookup in circuit.lookups:
        counted.elements += size(lookup.space)
        for expression in lookup.columns:
            for _, view in expression.views:
                counted.view(view, lookup.space)
            for _, number in expression.contractions:
                c = circuit.contractions[number]
                counted.elements += size(c.space)
                counted.view(c.left, c.space)
    return counted.elements > MAX_ELEMENTS or counted.visits > MAX_VISITS


class Work:
    def __init__(self, circuit, hidden):
        self.circuit, self.hidden, self.elements, self.visits = circuit, hidden, 0, 0

    def view(self, view, space):
        tensor = self.circuit.tensors[view.tensor]
        self.elements += size(tensor.shape)
        self.visits += size(space)
        for m in view.maps:
            self.visits += elements([space[axis] for axis, _ in m.terms])
        public = tensor.kind in (INPUT, OUTPUT) and not self.hidden[view.tensor]
        self.visits += elements(tensor.shape) // (1 if public else 32)
