"""Changes of keys, proof files and messages, field by field."""
from provenn_reference.encode import svarint, varint
from provenn_reference.field import P
from provenn_reference.transcript import u64

from .fields import key_sections, sealed_key, trace_key, trace_proof


def spliced(data, start, end, new):
    return bytes(data[:start]) + new + bytes(data[end:])


def other_integer(rng, value, others):
    """A value near this one, at a limit, or of another field."""
    return rng.choice([value + 1, value + 1, value - 1, value - 1, 0, 1, 2 * value, value >> 1, -value,
                       value ^ 1 << rng.randrange(20), 1 << rng.choice([16, 20, 25, 28, 31, 32, 40, 62, 63]),
                       rng.choice(others)])


def changed_bytes(rng, data):
    """Some bytes with a change: one bit, one byte more or less, none."""
    at = rng.randrange(len(data) + 1)
    if at == len(data) or rng.randrange(4) == 0:
        return rng.choice([data + b"\0", data + b"x", data[:-1], b"", data[:at] + data[at + 1:]])
    return spliced(data, at, at + 1, bytes([data[at] ^ 1 << rng.randrange(8)]))


def change_field(rng, data, fields):
    """Another value of one field, in its own encoding; once in a while an encoding that is not canonical."""
    f = rng.choice(fields)
    others = [g.value for g in fields if isinstance(g.value, int)] or [0]
    if f.kind == "bytes":
        return spliced(data, f.start, f.end, changed_bytes(rng, bytes(f.value)))
    value = other_integer(rng, f.value, others)
    if f.kind == "integer":
        size = f.end - f.start
        return spliced(data, f.start, f.end, (value % 256**size).to_bytes(size, "little"))
    new = svarint(value) if f.kind == "svarint" else varint(value % 2**64)
    if rng.randrange(30) == 0:
        new = new[:-1] + bytes([new[-1] | 128, 0])
    return spliced(data, f.start, f.end, new)


def change_list(rng, data, lists):
    """An item gone, twice, or in its neighbour's place."""
    found = rng.choice([x for x in lists if x.items])
    count, number = len(found.items), rng.randrange(len(found.items))
    start, end = found.items[number]
    first = found.items[0][0]
    how = rng.randrange(3)
    if how == 0:
        return spliced(spliced(data, start, end, b""), found.start, first, varint(count - 1))
    if how == 1 or number + 1 == count:
        return spliced(spliced(data, end, end, bytes(data[start:end])), found.start, first, varint(count + 1))
    next_start, next_end = found.items[number + 1]
    return spliced(data, start, next_end, bytes(data[next_start:next_end]) + bytes(data[start:end]))


def change_section(rng, data, tracer):
    if tracer.lists and rng.randrange(4) == 0 and any(x.items for x in tracer.lists):
        return change_list(rng, data, tracer.lists)
    return change_field(rng, data, tracer.fields)


def change_key(rng, key):
    """(what was changed, the new key): a field of circuit, ports or program, or of what is before them."""
    number = rng.choice([0, 0, 0, 0, 1, 2, 2, 3])
    if number == 3:
        at = rng.randrange(8, 76)
        return "key header", spliced(key, at, at + 1, bytes([rng.choice([key[at] ^ 1 << rng.randrange(8), 0, 255])]))
    for _ in range(rng.choice([1, 1, 1, 2])):
        tracer = trace_key(key)[number]
        if tracer is None or not tracer.fields:
            break
        sections = key_sections(key)
        sections[number] = change_section(rng, sections[number], tracer)
        key = sealed_key(key, sections)
    return ("circuit", "ports", "program")[number], key


def with_messages(proof, messages):
    """The proof file with other messages."""
    size, _ = trace_proof(proof).fields[-2:]
    return bytes(proof[:size.start]) + u64(len(messages)) + bytes(messages)


def change_statement(rng, proof):
    """A field of a proof file before the messages: profile, id, batch, context, tensors, values."""
    tracer = trace_proof(proof)
    *fields, messages = tracer.fields
    values = [f for f in fields if f.kind == "bytes" and f.start > 49 and f.end - f.start >= 4]
    if values and rng.randrange(2):
        f = rng.choice(values)
        at = f.start + 4 * rng.randrange((f.end - f.start) // 4)
        value = other_integer(rng, int.from_bytes(proof[at:at + 4], "little", signed=True), [0])
        return spliced(proof, at, at + 4, (value % 2**32).to_bytes(4, "little"))
    return change_field(rng, proof, fields[2:])


def change_word(word, change):
    return u64(change(int.from_bytes(word, "little")) % 2**64)


def change_message(rng, label, data):
    """A change of one message: of a field element (or eight bytes of a digest), of their order, of their number."""
    words = max(1, len(data) // 8)
    at = 8 * rng.randrange(words)
    word = data[at:at + 8]

    def over(new):
        return spliced(data, at, at + len(word), new[:len(word)])

    return rng.choice([
        lambda: over(change_word(word, lambda x: (x + 1) % P)),
        lambda: over(change_word(word, lambda x: (x - 1) % P)),
        lambda: over(change_word(word, lambda x: -x % P)),
        lambda: over(change_word(word, lambda x: x ^ 1 << rng.randrange(64))),
        lambda: over(change_word(word, lambda x: x + P if x + P < 2**64 else P + rng.randrange(2**32 - 1))),
        lambda: over(bytes(8)),
        lambda: over(data[at + 8:at + 16] + word) if at + 16 <= len(data) else data[::-1],
        lambda: spliced(data, at, at + 16, data[at + 8:at + 16] + word),
        lambda: bytes(data[:at]) + bytes(data[at + rng.choice([1, 8, 16, 32]):]),
        lambda: spliced(data, at, at, bytes(word)),
        lambda: bytes(len(data)),
    ])()
