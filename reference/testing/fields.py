"""Where the fields of keys and proof files lie: readers that remember every integer, string and list they read."""
from dataclasses import dataclass, field

from provenn_reference.formats import Reader, Unreadable, read_key, read_proof
from provenn_reference.transcript import tagged_hash, u64

KEY_HEADER = 76  # magic, version, weights commitment, three sizes
SIZES_AT = 52
PROOF_MODEL_ID_AT = 13


@dataclass
class Field:
    kind: str  # integer, varint, svarint, bytes
    start: int
    end: int
    value: object


@dataclass
class ListAt:
    start: int  # of the count
    items: list = field(default_factory=list)  # (start, end) of each


class Tracer(Reader):
    """A reader whose calls from outside leave a trace."""

    def __init__(self, data):
        super().__init__(data)
        self.fields, self.lists, self.inside = [], [], False

    def traced(self, kind, read):
        if self.inside:
            return read()
        self.inside, start = True, self.at
        try:
            value = read()
        finally:
            self.inside = False
        self.fields.append(Field(kind, start, self.at, value))
        return value

    def bytes(self, count):
        return self.traced("bytes", lambda: super(Tracer, self).bytes(count))

    def integer(self, size):
        return self.traced("integer", lambda: super(Tracer, self).integer(size))

    def varint(self):
        return self.traced("varint", lambda: super(Tracer, self).varint())

    def svarint(self):
        return self.traced("svarint", lambda: super(Tracer, self).svarint())

    def list(self, read, limit=None):
        found = ListAt(self.at)
        self.lists.append(found)

        def item():
            start = self.at
            value = read()
            found.items.append((start, self.at))
            return value

        return super().list(item, limit)


def key_sections(data):
    """[circuit, ports, program] of a key that reads."""
    result, at = [], KEY_HEADER
    for size_at in range(SIZES_AT, KEY_HEADER, 8):
        size = int.from_bytes(data[size_at:size_at + 8], "little")
        result.append(bytes(data[at:at + size]))
        at += size
    return result


def sealed_key(header, sections):
    """The key of these sections, whose sizes are made to fit."""
    return bytes(header[:SIZES_AT]) + b"".join(u64(len(s)) for s in sections) + b"".join(sections)


def model_id(key):
    """What the id of a key's content is, also of a content that no reader accepts."""
    circuit, ports, _ = key_sections(key)
    return tagged_hash("provenn.model", tagged_hash("provenn.circuit", circuit) + tagged_hash("provenn.ports", ports)
                       + bytes(key[12:SIZES_AT]))


def about_key(proof, key):
    """The proof file with the id of this key."""
    return proof[:PROOF_MODEL_ID_AT] + model_id(key) + proof[PROOF_MODEL_ID_AT + 32:]


def trace_key(data):
    """Tracers of the key's sections: circuit, ports, program."""
    tracers = []

    def reader(part):
        tracers.append(Tracer(part))
        return tracers[-1]

    try:
        read_key(data, reader)
    except Unreadable:
        pass
    _, program, circuit, ports = (tracers + [None] * 3)[:4]
    return [circuit, ports, program]


def trace_proof(data):
    """The tracer of a proof file's fields; the last two are the size of the messages and the messages."""
    tracer = []

    def reader(part):
        tracer.append(Tracer(part))
        return tracer[0]

    read_proof(data, reader)
    return tracer[0]

