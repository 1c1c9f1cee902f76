"""Section 16: the certificate of a key, an ordinary proof of a circuit that follows from the key's."""
from dataclasses import dataclass

import numpy as np

from . import encode
from .channel import Rejected
from .circuit import INPUT, WEIGHT, WITNESS, AxisMap, Circuit, Contraction, Expression, Lookup, Table, Tensor, View
from .formats import ProofFile, PublicKey, Reader, header, read_key
from .key_check import key_passes
from .layout import Layout, block_positions
from .transcript import tagged_hash
from .verify import ACCEPT, verify

MAX_BYTES = 2**28
MAX_ROWS = 2**22
MAX_CELLS = 2**25  # of marks, and rows of tables
MAX_TENSORS = 2**16
NARROW = 2**17
DIGIT, HALF = 65535, 32767


@dataclass
class Certificate:
    profile: int
    model_id: bytes
    messages: bytes


def read_certificate(data):
    r = Reader(data)
    r.demand(len(data) <= MAX_BYTES, "a certificate that is too large")
    header(r, b"PRVNCERT", 1)
    profile, model_id = r.u8(), r.bytes(32)
    r.demand(profile in (1, 2), "an unknown profile")
    r.demand(r.u64() == r.left(), "a proof of another length than the file's")
    return Certificate(profile, model_id, r.bytes(r.left()))


def certificate_verdict(key_bytes, certificate_bytes, profile=None):
    """ACCEPT, or the reason of a rejection. Raises Unreadable."""
    key = read_key(key_bytes)
    if not key_passes(key):
        return "key-check"
    try:
        check_certificate(key, read_certificate(certificate_bytes), profile)
    except Rejected as rejected:
        return str(rejected)
    return ACCEPT


def check_certificate(key, certificate, profile):
    if certificate.model_id != key.model_id:
        raise Rejected("model-id")
    if profile is not None and certificate.profile < profile:
        raise Rejected("parameters")
    if not key.weights.columns:
        if certificate.messages:
            raise Rejected("malformed")
        return
    circuit, marks = certificate_circuit(key)
    model_id = tagged_hash("provenn.model", tagged_hash("provenn.circuit", encode.circuit(circuit))
                           + tagged_hash("provenn.certificate", key.model_id) + key.weights.encoded())
    proof = ProofFile(certificate.profile, model_id, 1, b"", marks, certificate.messages)
    verify(PublicKey(key.weights, circuit, [], [], [], model_id), proof)


def split_axis(block, outer_axes):
    """The axis where filling ends, or None: the innermost one that takes rows, if it takes columns, too."""
    for axis in range(len(block.shape) - 1, outer_axes - 1, -1):
        _, columns, row_stride = block.axes[axis]
        if row_stride:
            return axis if columns > 1 else None
    return None


def empty_cells(block, outer_axes, columns):
    """(rows of a group, for each of its cells 1 if it belongs to no element)."""
    split = split_axis(block, outer_axes)
    rows = 1 if split is None else -(-block.shape[split] // block.axes[split][1])
    positions = np.zeros(1, dtype=np.int64)
    for axis, offset in enumerate(block_positions(block, columns)):
        if axis != split and block.axes[axis][2]:
            continue  # it tells groups apart
        positions = (positions[:, None] + offset[None, :]).reshape(-1)
    empty = np.ones(rows * columns, dtype=np.int64)
    empty[positions] = 0
    return rows, empty


class Builder:
    """The circuit, as it grows tensor by tensor."""

    def __init__(self):
        self.circuit, self.table_of, self.marks, self.cells = Circuit([], [], [], []), {}, {}, 0

    def tensor(self, kind, shape, low, high, outer_axes=0):
        self.circuit.tensors.append(Tensor(b"", kind, shape, low, high, 0, outer_axes))
        if len(self.circuit.tensors) > MAX_TENSORS:
            raise Rejected("parameters")
        return len(self.circuit.tensors) - 1

    def count(self, cells):
        self.cells += cells
        if self.cells > MAX_CELLS:
            raise Rejected("parameters")

    def table(self, low, high):
        if (low, high) not in self.table_of:
            self.count(high - low + 2)
            values = np.zeros(high - low + 2, dtype=np.int64)
            values[-1] = 1
            self.table_of[low, high] = len(self.circuit.tables)
            self.circuit.tables.append(Table(b"", low, high - low + 2, [values]))
        return self.table_of[low, high]

    def lookup(self, space, table, views, contractions, mark):
        """(the sum of views and contractions, mark) in the table."""
        views = [((coefficient, 0), view) for coefficient, view in views]
        columns = [Expression((0, 0), views, [((1, 0), c) for c in contractions]),
                   Expression((0, 0), [((1, 0), mark)], [])]
        self.circuit.lookups.append(Lookup(b"", space, table, columns))

    def weight(self, low, high, rows, empty):
        """A weight tensor of the key with these bounds, in groups of cells of which some are empty."""
        self.count(len(empty))
        mark = self.tensor(INPUT, [len(empty)], 0, 1)
        self.marks[mark] = [int(x) for x in empty]
        along = View(mark, [AxisMap(0, [(1, 1)])])
        for digit in range(rows.bit_length() - 1, -1, -1):
            if rows >> digit & 1:
                space = [1 << digit, len(empty)]
                (self.narrow if high - low + 1 < NARROW else self.wide)(low, high, space, along)

    def contraction(self, space, low, high):
        weight = self.tensor(WEIGHT, space, low, high, 1)
        self.circuit.contractions.append(Contraction(space, 2, whole(weight), None))
        return len(self.circuit.contractions) - 1

    def narrow(self, low, high, space, mark):
        w = self.contraction(space, low, high)
        self.lookup(space, self.table(low, high), [(high + 1, mark)], [w], mark)

    def wide(self, low, high, space, mark):
        h = min(HALF, (min(-low, high) - HALF) // DIGIT)
        if h < 1:
            raise Rejected("parameters")
        w = self.contraction(space, -(DIGIT * h + HALF), DIGIT * h + HALF)
        digit = whole(self.tensor(WITNESS, space, -h, h))
        self.lookup(space, self.table(-HALF, HALF), [(-DIGIT, digit), (HALF + 1, mark)], [w], mark)
        self.lookup(space, self.table(-h, h), [(1, digit), (h + 1, mark)], [], mark)


def whole(tensor):
    return View(tensor, [AxisMap(0, [(0, 1)]), AxisMap(0, [(1, 1)])])


def certificate_circuit(key):
    """(circuit, values of its marks)."""
    layout, builder = Layout(key.weights.columns), Builder()
    tensors = [t for t in key.circuit.tensors if t.kind == WEIGHT]
    for t in tensors:
        layout.add(t.shape, t.outer_axes)
    if layout.rows > MAX_ROWS:
        raise Rejected("parameters")
    for t, block in zip(tensors, layout.blocks):
        rows, empty = empty_cells(block, t.outer_axes, key.weights.columns)
        builder.weight(t.min, t.max, block.rows // rows, empty)
    return builder.circuit, builder.marks
