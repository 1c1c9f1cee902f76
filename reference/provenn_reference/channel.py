"""Section 6 and 11: messages, masked values as affine forms in T, and the two kinds of sumcheck."""
from dataclasses import dataclass

import numpy as np

from .field import P, Element
from .transcript import Transcript, tagged_hash


class Rejected(Exception):
    """The verifier rejects, with a reason of section 11."""


class Affine:
    """A constant plus a linear form in the entries of T."""

    __slots__ = ("constant", "terms")

    def __init__(self, constant, terms=None):
        self.constant, self.terms = constant, terms or {}

    def __add__(self, other):
        if isinstance(other, (int, Element)):
            return Affine(self.constant + other, self.terms)
        terms = dict(self.terms)
        for entry, value in other.terms.items():
            terms[entry] = terms[entry] + value if entry in terms else value
        return Affine(self.constant + other.constant, terms)

    __radd__ = __add__

    def __mul__(self, factor):
        return Affine(self.constant * factor, {entry: value * factor for entry, value in self.terms.items()})

    __rmul__ = __mul__

    def __neg__(self):
        return self * (P - 1)

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return -self + other


@dataclass
class Claim:
    """A linear claim: the sum of product functionals on cells equals an affine form.

    A functional is (name of the source, number of the block, one vector over K per axis of the block).
    """

    functionals: list
    value: Affine


@dataclass
class Opened:
    positions: list
    rows: np.ndarray  # (position, column over F)


class Channel:
    """Reads the messages of a proof in order, absorbs each, and counts pads and products."""

    def __init__(self, plan, messages):
        self.plan, self.degree = plan, plan.degree
        self.transcript, self.messages, self.at = Transcript(), messages, 0
        self.pads = 0
        self.trace = []  # (label, start, end) of each message read, for tools that break proofs
        self.products = []  # (entry of x, entry of y, entry of their product)

    # Messages.

    def message(self, label, size):
        if size > len(self.messages) - self.at:
            raise Rejected("malformed")
        data = self.messages[self.at:self.at + size]
        self.at += size
        self.trace.append((label, self.at - size, self.at))
        self.transcript.absorb(label, data)
        return data

    def digest(self, label):
        return self.message(label, 32)

    def field_array(self, label, count):
        values = np.frombuffer(self.message(label, 8 * count), dtype="<u8").astype(np.uint64)
        if (values >= np.uint64(P)).any():
            raise Rejected("malformed")
        return values

    def values(self, label, count):
        """Elements of K in the clear, as an array."""
        return self.field_array(label, count * self.degree).reshape(count, self.degree)

    def masked(self, label, count):
        """Masked values: each is its message plus a pad of its own."""
        result = []
        for message in self.values(label, count):
            result.append(Affine(Element(int(c) for c in message), {self.pads: Element.of(1, self.degree)}))
            self.pads += 1
        return result

    def product(self, a, b):
        """The product of two values as they were received: a new product entry stands for that of their pads."""
        (pad_a,), (pad_b,) = a.terms, b.terms
        entry = self.plan.pads + len(self.products)
        self.products.append((pad_a, pad_b, entry))
        return (a * b.constant + b * a.constant - a.constant * b.constant) \
            + Affine(Element.of(0, self.degree), {entry: Element.of(1, self.degree)})

    def challenge(self, label):
        return self.transcript.challenge(label, self.degree)

    def nonce(self):
        if self.at + 8 > len(self.messages):
            raise Rejected("malformed")
        self.at += 8
        self.trace.append(("nonce", self.at - 8, self.at))
        if not self.transcript.nonce(self.messages[self.at - 8:self.at]):
            raise Rejected("grinding")

    def opened_rows(self, label, root, shape, positions):
        """Rows of an oracle with their salts, and their path to its root."""
        width = 32 + 8 * shape.columns
        rows_size = len(positions) * width
        data = self.message(label, rows_size + 32 * path_length(positions, shape.log_size))
        rows = np.frombuffer(data[:rows_size], dtype=np.uint8).reshape(len(positions), width)
        symbols = np.ascontiguousarray(rows[:, 32:]).view("<u8").astype(np.uint64)
        if (symbols >= np.uint64(P)).any():
            raise Rejected("malformed")
        leaves = [tagged_hash("provenn.merkle.leaf", row.tobytes()) for row in rows]
        if merkle_root(positions, leaves, shape.log_size, data[rows_size:]) != root:
            raise Rejected("rows-path")
        return Opened(positions, symbols)

    # Sumchecks.

    def sumcheck_round(self, label, claim):
        """A round of a padded sumcheck of degree 2: (challenge, next claim)."""
        at_zero, leading = self.masked(label, 2)
        r = self.challenge(label)
        at_one = claim - at_zero
        return r, at_zero * (1 - r) + at_one * r + leading * (r * r - r)

    def sumcheck(self, label, rounds, claim):
        point = []
        for _ in range(rounds):
            r, claim = self.sumcheck_round(label, claim)
            point.append(r)
        return point, claim

    def zero_sumcheck(self, label, z, degree, claim):
        """A padded zero-sumcheck for the sum of eq(z, x) h(x), h of this degree: (point, claim on h)."""
        point = []
        for z_i in z:
            at_zero, *higher = self.masked(label, degree)
            r = self.challenge(label)
            if z_i.is_zero():
                raise Rejected("malformed")
            at_one = (claim - at_zero * (1 - z_i)) * z_i.inverse()
            linear = at_one - at_zero
            for coefficient in higher:
                linear = linear - coefficient
            power, claim = r, at_zero + linear * r
            for coefficient in higher:
                power = power * r
                claim = claim + coefficient * power
            point.append(r)
        return point, claim


# Merkle trees (section 4).


def path_length(positions, log_size):
    known, count = list(positions), 0
    for _ in range(log_size):
        known_set = set(known)
        count += sum(1 for p in known if p ^ 1 not in known_set)
        known = sorted({p >> 1 for p in known})
    return count


def merkle_root(positions, leaves, log_size, path):
    """The root that these leaves and path lead to: level by level, missing siblings taken from left to right."""
    known, at = dict(zip(positions, leaves)), 0
    for _ in range(log_size):
        above = {}
        for p in sorted({p >> 1 for p in known}):
            pair = []
            for child in (2 * p, 2 * p + 1):
                if child in known:
                    pair.append(known[child])
                else:
                    pair.append(path[at:at + 32])
                    at += 32
            above[p] = tagged_hash("provenn.merkle.node", pair[0] + pair[1])
        known = above
    return known[0]
