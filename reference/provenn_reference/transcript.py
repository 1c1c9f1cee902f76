"""Section 2: hashing and transcript."""
import hashlib

from .field import P, Element

GRINDING_BITS = 12


def tagged_hash(tag, data):
    """H(tag, data)."""
    tag = tag.encode()
    return hashlib.sha256(bytes([len(tag)]) + tag + data).digest()


def u32(value):
    return value.to_bytes(4, "little")


def u64(value):
    return value.to_bytes(8, "little")


class Transcript:
    """One digest, the state, from which all challenges come."""

    def __init__(self, protocol="provenn.proof.v1"):
        self.state = tagged_hash("provenn.transcript.start", protocol.encode())

    def absorb(self, label, data):
        label = label.encode()
        self.state = tagged_hash("provenn.transcript.absorb",
                                 self.state + u32(len(label)) + label + u64(len(data)) + data)

    def words(self, label):
        """The stream of 64-bit words that a challenge of this label opens."""
        label = label.encode()
        self.state = tagged_hash("provenn.transcript.challenge", self.state + u32(len(label)) + label)
        state, counter = self.state, 0
        while True:
            block = tagged_hash("provenn.transcript.stream", state + u64(counter))
            for i in range(0, 32, 8):
                yield int.from_bytes(block[i:i + 8], "little")
            counter += 1

    def challenge(self, label, degree):
        """An element of K: words that are not below P are skipped."""
        coefficients = []
        for word in self.words(label):
            if word < P:
                coefficients.append(word)
            if len(coefficients) == degree:
                return Element(coefficients)

    def positions(self, label, log_size, count):
        """Distinct positions below 2^log_size, ascending."""
        found = set()
        for word in self.words(label):
            found.add(word % (1 << log_size))
            if len(found) == count:
                return sorted(found)

    def nonce(self, nonce):
        """Whether a proof of work is good; it is absorbed in any case."""
        digest = tagged_hash("provenn.transcript.grind", self.state + bytes([GRINDING_BITS]) + nonce)
        self.absorb("grinding nonce", nonce)
        return int.from_bytes(digest, "big") >> (256 - GRINDING_BITS) == 0
