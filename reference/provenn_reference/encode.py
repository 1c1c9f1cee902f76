"""docs/format.md the other way round: circuits, ports, programs and keys as bytes."""
from .transcript import u32, u64


def varint(value):
    result = b""
    while value >= 128:
        result, value = result + bytes([value & 127 | 128]), value >> 7
    return result + bytes([value])


def svarint(value):
    return varint((2 * value if value >= 0 else -2 * value - 1) % 2**64)


def many(items, encoded):
    return varint(len(items)) + b"".join(map(encoded, items))


def string(data):
    return varint(len(data)) + bytes(data)


def shape(sizes):
    return many(sizes, varint)


def tensor(t):
    return (string(t.name) + bytes([t.kind]) + shape(t.shape) + svarint(t.min) + svarint(t.max) + svarint(t.scale)
            + varint(t.outer_axes))


def value_column(values):
    """Runs as long as they can be: each a change of the step, and so many rows less one."""
    result, value, step, at = b"", 0, 0, 0
    values = [int(v) for v in values]
    while at < len(values):
        change = values[at] - value - step
        step, end = step + change, at
        while end < len(values) and values[end] == value + step:
            value, end = values[end], end + 1
        result += svarint(change) + varint(end - at - 1)
        at = end
    return result


def table(t):
    return (string(t.name) + svarint(t.first_key) + varint(t.size) + varint(len(t.columns))
            + b"".join(map(value_column, t.columns)))


def axis_map(m):
    return svarint(m.offset) + many(m.terms, lambda term: varint(term[0]) + svarint(term[1]))


def view(v):
    return varint(v.tensor) + many(v.maps, axis_map)


def contraction(c):
    return (shape(c.space) + varint(c.out_rank) + view(c.left)
            + (b"\0" if c.right is None else b"\1" + view(c.right)))


def coefficient(c):
    return svarint(c[0]) + bytes([c[1]])


def expression(e):
    return (coefficient(e.constant) + many(e.views, lambda x: coefficient(x[0]) + view(x[1]))
            + many(e.contractions, lambda x: coefficient(x[0]) + varint(x[1])))


def lookup(x):
    return string(x.name) + shape(x.space) + varint(x.table) + many(x.columns, expression)


def circuit(c):
    return (u32(1) + many(c.tensors, tensor) + many(c.tables, table) + many(c.contractions, contraction)
            + many(c.lookups, lookup))


def port(p):
    return string(p.name) + shape(p.shape) + varint(p.tensor) + b"".join(map(varint, p.order))


def ports(key):
    return many(key.inputs, port) + many(key.outputs, port)


def step(s):
    if not s.is_lookup:
        return b"\0" + varint(s.id)
    clamp = b"\1" + b"".join(map(varint, s.clamp[:3])) + bytes([s.clamp[3]]) if s.clamp else b"\0"
    quotient = b"\1" + varint(s.quotient[0]) + bytes([s.quotient[1]]) if s.quotient else b"\0"
    return (b"\1" + varint(s.id) + many(s.digits, lambda d: varint(d[0]) + bytes([d[1]])) + clamp + quotient
            + many(s.outputs, lambda t: varint(0 if t is None else 1 + t)))


def public_key(key):
    sections = [circuit(key.circuit), ports(key), many(key.program, step)]
    return (b"PRVNVKEY" + u32(2) + key.weights.encoded() + b"".join(u64(len(s)) for s in sections)
            + b"".join(sections))
