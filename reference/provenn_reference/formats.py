"""docs/format.md: bounded reading of bytes, the public key, the proof file, ports and circuit."""
from dataclasses import dataclass

from .circuit import (MAX_RANK, WEIGHT, AxisMap, Circuit, Contraction, Expression, Lookup, Table, Tensor, View,
                      check_circuit, elements, expand_runs)
from .layout import Layout
from .transcript import tagged_hash

MAX_KEY_BYTES = 2**28
MAX_BATCH = 65536
MAX_OBJECTS = 2**16


class Unreadable(Exception):
    """The bytes are not a file of this format: exit code 2, no verdict."""


class Reader:
    """Reads integers and lists; everything that is not the one encoding of a content raises Unreadable."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def left(self):
        return len(self.data) - self.at

    def bytes(self, count):
        if count > self.left():
            raise Unreadable("the data ends too early")
        self.at += count
        return self.data[self.at - count:self.at]

    def integer(self, size):
        return int.from_bytes(self.bytes(size), "little")

    def u8(self):
        return self.integer(1)

    def u32(self):
        return self.integer(4)

    def u64(self):
        return self.integer(8)

    def varint(self):
        value, shift = 0, 0
        while True:
            byte = self.u8()
            value |= (byte & 127) << shift
            if byte < 128:
                break
            shift += 7
            if shift >= 70:
                raise Unreadable("an integer of more than 64 bits")
        if value >= 2**64 or (byte == 0 and shift > 0):
            raise Unreadable("an integer that is too long")
        return value

    def svarint(self):
        value = self.varint()
        return value >> 1 if value % 2 == 0 else -(value >> 1) - 1

    def string(self, limit):
        size = self.varint()
        if size > limit:
            raise Unreadable("a string that is too long")
        return self.bytes(size)

    def list(self, read, limit=None):
        count = self.varint()
        if count > self.left() or (limit is not None and count > limit):
            raise Unreadable("a list that is too long")
        return [read() for _ in range(count)]

    def flag(self):
        value = self.u8()
        if value > 1:
            raise Unreadable("a flag other than 0 and 1")
        return value == 1

    def demand(self, condition, what):
        if not condition:
            raise Unreadable(what)

    def end(self):
        self.demand(self.left() == 0, "bytes after the end")


def header(reader, magic, version):
    reader.demand(reader.bytes(8) == magic, "another kind of file")
    reader.demand(reader.u32() == version, "an unknown version")


# Circuit.


def read_circuit(r):
    r.demand(r.u32() == 1, "an unknown version of the circuit")

    def shape():
        return r.list(r.varint, MAX_RANK)

    def tensor():
        return Tensor(r.string(256), r.u8(), shape(), r.svarint(), r.svarint(), r.svarint(), r.varint())

    def table():
        name, first_key, size, columns = r.string(256), r.svarint(), r.varint(), r.varint()
        r.demand(size <= 2**20 and columns <= 4, "a table that is too large")
        return Table(name, first_key, size, [value_column(size) for _ in range(columns)])

    def value_column(size):
        runs, rows = [], 0
        while rows < size:
            change, length = r.svarint(), r.varint() + 1
            r.demand(length <= size - rows and (change != 0 or rows == 0) and abs(change) <= 2**34,
                     "runs of a table that are not canonical")
            runs.append((change, length))
            rows += length
        return expand_runs(runs)

    def view():
        return View(r.varint(), r.list(axis_map, MAX_RANK))

    def axis_map():
        return AxisMap(r.svarint(), r.list(lambda: (r.varint(), r.svarint()), MAX_RANK))

    def contraction():
        return Contraction(shape(), r.varint(), view(), view() if r.flag() else None)

    def coefficient():
        return r.svarint(), r.u8()

    def expression():
        return Expression(coefficient(), r.list(lambda: (coefficient(), view()), MAX_OBJECTS),
                          r.list(lambda: (coefficient(), r.varint()), MAX_OBJECTS))

    def lookup():
        return Lookup(r.string(256), shape(), r.varint(), r.list(expression, 8))

    circuit = Circuit(r.list(tensor, MAX_OBJECTS), r.list(table, MAX_OBJECTS), r.list(contraction, MAX_OBJECTS),
                      r.list(lookup, MAX_OBJECTS))
    r.end()
    error = check_circuit(circuit)
    r.demand(error is None, error)
    return circuit


# Ports.


@dataclass
class Port:
    name: bytes
    shape: list
    tensor: int
    order: list


def read_ports(r, circuit):
    def port():
        name, shape, tensor = r.string(4096), r.list(r.varint, 16), r.varint()
        r.demand(tensor < len(circuit.tensors), "a port to no tensor")
        return Port(name, shape, tensor, [r.varint() for _ in circuit.tensors[tensor].shape])

    inputs, outputs = r.list(port, 1024), r.list(port, 1024)
    r.end()
    for kind, ports in ((0, inputs), (1, outputs)):
        for p in ports:
            r.demand(circuit.tensors[p.tensor].kind == kind, "a port to a tensor of another kind")
            shape = circuit.tensors[p.tensor].shape
            named = dict(zip(p.order, shape))
            r.demand(len(shape) == len(named) and all(a < len(p.shape) for a in p.order),
                     "a port whose axes are not those of its tensor")
            r.demand(all(named.get(axis, 1) == size for axis, size in enumerate(p.shape)), "a port of another shape")
    return inputs, outputs


# Program.


@dataclass
class Step:
    is_lookup: bool
    id: int
    digits: list = ()  # (tensor, bits)
    clamp: tuple = None  # top, clamped, table, bits
    quotient: tuple = None  # tensor, bits
    outputs: list = ()  # per value column: a tensor, or None


def read_program(r):
    def name():
        value = r.varint()
        r.demand(value <= MAX_OBJECTS, "a step about something that cannot exist")
        return value

    def output():
        value = name()
        return None if value == 0 else value - 1

    def step():
        if not r.flag():
            return Step(False, name())
        return Step(True, name(), r.list(lambda: (name(), r.u8()), 8),
                    (name(), name(), name(), r.u8()) if r.flag() else None,
                    (name(), r.u8()) if r.flag() else None, r.list(output, 8))

    steps = r.list(step, 2 * MAX_OBJECTS)
    r.end()
    return steps


# Public key.


@dataclass
class WeightsCommitment:
    columns: int
    log_size: int
    root: bytes

    def encoded(self):
        return self.columns.to_bytes(4, "little") + self.log_size.to_bytes(4, "little") + self.root


@dataclass
class PublicKey:
    weights: WeightsCommitment
    circuit: Circuit
    inputs: list
    outputs: list
    program: list  # of Step: the evidence for the key check, protocol 3.1
    model_id: bytes


def read_key(data, reader=Reader):
    r = reader(data)
    r.demand(len(data) <= MAX_KEY_BYTES, "a key that is too large")
    header(r, b"PRVNVKEY", 2)
    weights = WeightsCommitment(r.u32(), r.u32(), r.bytes(32))
    circuit_size, ports_size, program_size = r.u64(), r.u64(), r.u64()
    r.demand(circuit_size + ports_size + program_size == r.left(), "sections that do not fill the file")
    circuit_bytes, ports_bytes = r.bytes(circuit_size), r.bytes(ports_size)
    program = read_program(reader(r.bytes(program_size)))
    circuit = read_circuit(reader(circuit_bytes))
    inputs, outputs = read_ports(reader(ports_bytes), circuit)
    check_weights(r, weights, circuit)
    model_id = tagged_hash("provenn.model", tagged_hash("provenn.circuit", circuit_bytes)
                           + tagged_hash("provenn.ports", ports_bytes) + weights.encoded())
    return PublicKey(weights, circuit, inputs, outputs, program, model_id)


def check_weights(r, weights, circuit):
    has_weights = any(t.kind == 3 for t in circuit.tensors)
    if weights.columns == 0:
        r.demand(weights.log_size == 0 and not any(weights.root) and not has_weights, "weights without a commitment")
        return
    power = weights.columns & (weights.columns - 1) == 0
    r.demand(has_weights and power and 8 <= weights.columns <= 1024 and 1 <= weights.log_size <= 30,
             "a commitment to the weights of a wrong form")
    tensors = [t for t in circuit.tensors if t.kind == WEIGHT]
    layout = Layout(weights.columns)
    for t in tensors:
        layout.add(t.shape, t.outer_axes)
    r.demand(2 * layout.rows <= 1 << weights.log_size
             and sum(elements(t.shape) for t in tensors) <= weights.columns << weights.log_size,
             "a commitment to the weights that is too small")


# Proof file.


@dataclass
class ProofFile:
    profile: int
    model_id: bytes
    batch: int
    context: bytes
    public: dict  # tensor id: list of values, or None if hidden
    messages: bytes


def read_proof(data, reader=Reader):
    r = reader(data)
    header(r, b"PRVNPROF", 1)
    profile, model_id, batch = r.u8(), r.bytes(32), r.u32()
    r.demand(profile in (1, 2) and 1 <= batch <= MAX_BATCH, "an unknown profile or a batch out of range")
    context = r.string(65536)
    public, last = {}, -1
    for _ in range(r.varint()):
        tensor, hidden = r.u32(), r.flag()
        r.demand(tensor > last, "public tensors that are not in order")
        last, public[tensor] = tensor, None
        if not hidden:
            values = r.bytes(4 * r.u64())
            public[tensor] = [int.from_bytes(values[i:i + 4], "little", signed=True) for i in range(0, len(values), 4)]
    r.demand(r.u64() == r.left(), "a proof of another length than the file's")
    return ProofFile(profile, model_id, batch, context, public, r.bytes(r.left()))
