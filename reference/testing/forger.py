"""A prover that knows nothing. It runs the verifier on a channel that makes up each message as it is read.

Its oracles are random polynomials, honestly committed and opened; masked values are random; the product entries of T
and the reveal are right. So its proofs pass every check but the last, `linear-claim`. A lie changes one message before
it is absorbed: the rest of the proof fits the changed message, and the check of that message is what fails.

A key with weights gets the root of a tree of random row digests: that they belong to rows is a linear claim, too.
"""
import functools

import numpy as np
from provenn_reference import field as f
from provenn_reference.channel import Channel, Rejected
from provenn_reference.field import P
from provenn_reference.transcript import GRINDING_BITS, Transcript, tagged_hash, u64
from provenn_reference.verify import verify

FULL, SHORT = 2**30, 8  # how many coefficients of a polynomial are not 0, at most


class Tree:
    def __init__(self, leaves):
        self.levels = [leaves]
        while len(self.levels[-1]) > 1:
            below = self.levels[-1]
            self.levels.append([tagged_hash("provenn.merkle.node", below[i] + below[i + 1])
                                for i in range(0, len(below), 2)])

    @property
    def root(self):
        return self.levels[-1][0]

    def path(self, positions):
        result, known = b"", set(positions)
        for level in self.levels[:-1]:
            result += b"".join(level[p ^ 1] for p in sorted(known) if p ^ 1 not in known)
            known = {p >> 1 for p in known}
        return result


class WeightsTree(Tree):
    """Digests of no rows."""

    def __init__(self, log_size):
        self.digests = np.random.default_rng(log_size).integers(0, P, (1 << log_size, 4), dtype=np.uint64)
        super().__init__([tagged_hash("provenn.weights.leaf", d.astype("<u8").tobytes()) for d in self.digests])


weights_tree = functools.lru_cache(maxsize=8)(WeightsTree)


@functools.lru_cache(maxsize=16)
def powers_of_domain(log_size, count):
    return f.powers(np.array(f.domain_points(log_size, range(1 << log_size)), dtype=np.uint64), count)


class Oracle:
    """A committed matrix, given by the coefficients of its columns."""

    def __init__(self, rng, shape, coefficients):
        used = int(np.flatnonzero(coefficients.any(axis=1))[-1]) + 1
        codeword = f.matrix_product(powers_of_domain(shape.log_size, used), coefficients[:used])
        salts = rng.integers(0, 256, (len(codeword), 32), dtype=np.uint8)
        rows = np.concatenate([salts, codeword.astype("<u8").view(np.uint8)], axis=1)
        self.rows = [row.tobytes() for row in rows]
        self.tree = Tree([tagged_hash("provenn.merkle.leaf", row) for row in self.rows])

    def opening(self, positions):
        return b"".join(self.rows[p] for p in positions) + self.tree.path(positions)


class Recording(Transcript):
    """Remembers the positions that were drawn last."""

    def positions(self, label, log_size, count):
        self.drawn = super().positions(label, log_size, count)
        return self.drawn


def good_nonce(transcript):
    for number in range(2**32):
        digest = tagged_hash("provenn.transcript.grind", transcript.state + bytes([GRINDING_BITS]) + u64(number))
        if int.from_bytes(digest, "big") >> (256 - GRINDING_BITS) == 0:
            return u64(number)
    raise RuntimeError("no nonce")


class Forger(Channel):
    def __init__(self, plan, rng, lie=None, coefficients=SHORT):
        super().__init__(plan, bytearray())
        self.coefficients_used = coefficients
        self.rng, self.lie, self.transcript = rng, lie, Recording()
        self.oracles, self.levels, self.challenges, self.opened = {}, 0, {}, None

    # What is sent.

    def message(self, label, size):
        made = self.made(label, size)
        told = self.told(label, made)
        if made in self.oracles:  # under a false root the same rows are opened
            self.oracles[told] = self.oracles[made]
        self.messages += told
        return bytes(super().message(label, size))

    def nonce(self):
        self.messages += self.told("nonce", good_nonce(self.transcript))
        super().nonce()

    def told(self, label, data):
        return self.lie(len(self.trace), label, data) if self.lie else data

    def opened_rows(self, label, root, shape, positions):
        self.opened = self.oracles[root].opening(positions)
        return super().opened_rows(label, root, shape, positions)

    def challenge(self, label):
        value = super().challenge(label)
        self.challenges.setdefault(label, []).append(value)
        return value

    def made(self, label, size):
        if label in ("rows", "last level rows", "terminal rows"):
            return self.opened
        special = {"terminal root": self.commit_terminal, "level root": self.commit_level,
                   "row digests": self.row_digests, "row path": self.row_path, "cross terms": self.cross_terms,
                   "masked vector": self.masked_vector, "masked terminal": self.masked_terminal}
        if label in special:
            return special[label]()
        for source in self.plan.sources:
            if label == f"{source.name} root":
                return self.commit(source.shape, self.coefficients(source.shape))
        return self.random(size // 8).astype("<u8").tobytes()

    def random(self, *shape):
        return self.rng.integers(0, P, shape, dtype=np.uint64)

    # Oracles.

    def coefficients(self, shape):
        result = np.zeros((shape.degree_bound, shape.columns), dtype=np.uint64)
        used = min(shape.degree_bound, self.coefficients_used)
        result[:used] = self.random(used, shape.columns)
        return result

    def commit(self, shape, coefficients):
        oracle = Oracle(self.rng, shape, coefficients)
        self.oracles[oracle.tree.root] = oracle
        return oracle.tree.root

    def commit_terminal(self):
        """All pads are equal, so that all products are."""
        plan, shape = self.plan, self.plan.terminal
        degree, c, dummy = plan.degree, plan.terminal_columns, plan.pads + plan.products
        cells = self.random(shape.degree_bound, 2, c, degree)
        entries = cells[:, 0].reshape(-1, degree)
        entries[:plan.pads] = self.random(degree)
        entries[plan.pads:dummy] = f.k_multiply(entries[:1], entries[:1])
        entries[dummy + 2] = f.k_multiply(entries[dummy], entries[dummy + 1])
        cells[:, 0] = entries.reshape(cells[:, 0].shape)
        self.entries, self.masks = entries, cells[:, 1].reshape(-1, degree)
        return self.commit(shape, cells.reshape(shape.degree_bound, -1))

    def commit_level(self):
        _, shape = self.plan.levels[self.levels]
        self.levels += 1
        self.challenges["open level"] = []
        self.level = self.coefficients(shape)
        return self.commit(shape, self.level)

    def row_digests(self):
        return weights_tree(self.plan.weights.log_size).digests[self.transcript.drawn].astype("<u8").tobytes()

    def row_path(self):
        return weights_tree(self.plan.weights.log_size).path(self.transcript.drawn)

    # The reveal.

    def cross_terms(self):
        dummy = self.plan.pads + self.plan.products
        x, y, z = np.array(self.products + [(dummy, dummy + 1, dummy + 2)]).T
        t, g = self.entries, self.masks
        powers = f.k_powers(self.challenges["products lambda"][0], len(x))
        mixed = f.add(f.k_multiply(g[x], t[y]), f.k_multiply(g[y], t[x]))
        terms = f.k_multiply(g[x], g[y]), f.add(mixed, f.negate(g[z]))
        return b"".join(f.k_sum(f.k_multiply(powers, term)).astype("<u8").tobytes() for term in terms)

    def masked_vector(self):
        degree = self.plan.degree
        cells = self.level.reshape(len(self.level), -1, degree)
        eq = f.eq_table(self.challenges["open level"], degree)
        fold = f.k_sum(f.k_multiply(cells[:, :-1], eq[None]), 1)
        return self.under_mask(cells[:, -1], fold)

    def masked_terminal(self):
        return self.under_mask(self.masks, self.entries)

    def under_mask(self, mask, values):
        rho = self.challenges["mask rho"][0].array()
        return f.add(mask, f.k_multiply(values, rho[None])).astype("<u8").tobytes()


class Regrinder(Channel):
    """Reads messages and puts a good nonce wherever there is none."""

    def __init__(self, plan, messages):
        super().__init__(plan, bytearray(messages))
        self.transcript = Recording()

    def message(self, label, size):
        return bytes(super().message(label, size))

    def nonce(self):
        if self.at + 8 <= len(self.messages):
            self.messages[self.at:self.at + 8] = good_nonce(self.transcript)
        super().nonce()


def run(key, proof, make_channel):
    """(messages as the channel left them, reason of the rejection or None)."""
    made = []

    def make(plan, messages):
        made.append(make_channel(plan, messages))
        return made[0]

    try:
        verify(key, proof, make)
        reason = None
    except Rejected as rejected:
        reason = str(rejected)
    return (bytes(made[0].messages) if made else b""), reason


def reground(key, proof):
    return run(key, proof, Regrinder)


def forge(key, proof, seed, lie=None, coefficients=SHORT):
    """A proof of this statement. The key has the root `own_root`, if it has weights."""
    return run(key, proof, lambda plan, _: Forger(plan, np.random.default_rng(seed), lie, coefficients))


def own_root(log_size):
    return weights_tree(log_size).root
