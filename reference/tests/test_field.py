"""Sections 1 and 2: field arithmetic on arrays against Python's integers, transcript, Poseidon."""
import hashlib
import random
import unittest

import numpy as np
from provenn_reference import field as f
from provenn_reference import poseidon
from provenn_reference.field import P, Element
from provenn_reference.transcript import Transcript, tagged_hash

EDGES = [0, 1, 2, 2**16 - 1, 2**16, 2**32 - 2, 2**32 - 1, 2**32, 2**48, 2**63, P - 2**32, P - 2, P - 1]


def numbers(count, seed=1):
    rng = random.Random(seed)
    return EDGES + [rng.randrange(P) for _ in range(count)]


def array(values):
    return np.array(values, dtype=np.uint64)


def elements(degree, count, seed=2):
    rng = random.Random(seed)
    return [Element(rng.choice([0, 1, P - 1, rng.randrange(P)]) for _ in range(degree)) for _ in range(count)]


def schoolbook(a, b):
    """The product in K, by polynomials."""
    degree, product = len(a.c), [0] * (2 * len(a.c) - 1)
    for i, x in enumerate(a.c):
        for j, y in enumerate(b.c):
            product[i + j] += x * y
    for i in range(2 * degree - 2, degree - 1, -1):
        product[i - degree] += f.NON_RESIDUE[degree] * product[i]
    return Element(x % P for x in product[:degree])


class FieldTest(unittest.TestCase):
    def test_arrays_against_integers(self):
        a, b = (array(numbers(40)) for _ in range(2))
        for name, on_arrays, on_integers in (("add", f.add, lambda x, y: x + y),
                                             ("multiply", f.multiply, lambda x, y: x * y)):
            got = on_arrays(a[:, None], b[None, :])
            for i, x in enumerate(a):
                for j, y in enumerate(b):
                    self.assertEqual(int(got[i, j]), on_integers(int(x), int(y)) % P, (name, x, y))
        self.assertEqual([int(x) for x in f.negate(a)], [-int(x) % P for x in a])

    def test_sums(self):
        values = numbers(50)
        self.assertEqual(int(f.total(array(values), 0)), sum(values) % P)
        positions = [i % 5 for i in range(len(values))]
        expected = [sum(v for v, p in zip(values, positions) if p == at) % P for at in range(6)]
        self.assertEqual([int(x) for x in f.scatter(6, positions, array(values))], expected)

    def test_matrix_product(self):
        rng = random.Random(3)
        a = [[rng.choice(numbers(5)) for _ in range(33)] for _ in range(4)]
        b = [[rng.choice(numbers(5)) for _ in range(3)] for _ in range(33)]
        expected = [[sum(x * y for x, y in zip(row, column)) % P for column in zip(*b)] for row in a]
        self.assertEqual(f.matrix_product(array(a), array(b)).tolist(), expected)

    def test_matrix_product_of_the_largest_digits(self):
        """The most terms that floating point may add, each digit as large as it can be."""
        count = 2**20
        largest = 0xFFFFFFFEFFFFFFFF  # below P, and its digits but one are 2^16 - 1
        row = np.full((1, count), largest, dtype=np.uint64)
        got = f.matrix_product(row, row.T)
        self.assertEqual(int(got[0, 0]), count * largest * largest % P)

    def test_extensions(self):
        for degree in (2, 3):
            xs = elements(degree, 30)
            for a in xs:
                for b in xs:
                    self.assertEqual(a * b, schoolbook(a, b))
                if not a.is_zero():
                    self.assertEqual(a * a.inverse(), Element.of(1, degree))
            products = f.k_multiply(array([x.c for x in xs])[:, None], array([x.c for x in xs])[None])
            for i, a in enumerate(xs):
                for j, b in enumerate(xs):
                    self.assertEqual(f.element(products[i, j]), a * b)

    def test_the_extensions_are_fields(self):
        """7 is no square and 2 is no cube."""
        self.assertNotEqual(pow(7, (P - 1) // 2, P), 1)
        self.assertEqual((P - 1) % 3, 0)
        self.assertNotEqual(pow(2, (P - 1) // 3, P), 1)

    def test_powers_and_eq(self):
        (x,) = elements(3, 1, seed=5)
        self.assertEqual([f.element(p) for p in f.k_powers(x, 9)], [x ** i for i in range(9)])
        self.assertEqual(f.powers(array([3, P - 1]), 5).tolist(), [[1, 3, 9, 27, 81], [1, P - 1, 1, P - 1, 1]])
        point = elements(2, 4, seed=6)
        table = f.eq_table(point, 2)
        for index in range(16):
            expected = Element.of(1, 2)
            for bit, z in enumerate(point):  # the first variable is the least significant bit
                expected = expected * (z if index >> bit & 1 else 1 - z)
            self.assertEqual(f.element(table[index]), expected)
            self.assertEqual(f.eq_at(point, index, 2), expected)

    def test_domain(self):
        points = f.domain_points(3, range(8))
        self.assertEqual(points[0], 7)
        root = points[4] * pow(7, -1, P) % P  # row 4 = 100 binary reversed is 001
        self.assertEqual((pow(root, 8, P), pow(root, 4, P)), (1, P - 1))
        self.assertEqual(len({pow(x * pow(7, -1, P), 8, P) for x in points}), 1)
        self.assertEqual(len(set(points)), 8)


class TranscriptTest(unittest.TestCase):
    def test_by_hand(self):
        def h(tag, data):
            return hashlib.sha256(bytes([len(tag)]) + tag.encode() + data).digest()

        transcript = Transcript()
        state = h("provenn.transcript.start", b"provenn.proof.v1")
        self.assertEqual(transcript.state, state)
        transcript.absorb("a label", b"some data")
        state = h("provenn.transcript.absorb", state + b"\7\0\0\0a label" + b"\x09" + bytes(7) + b"some data")
        self.assertEqual(transcript.state, state)
        value = transcript.challenge("c", 3)
        state = h("provenn.transcript.challenge", state + b"\1\0\0\0c")
        block = h("provenn.transcript.stream", state + bytes(8))
        self.assertEqual(list(value.c), [int.from_bytes(block[i:i + 8], "little") for i in (0, 8, 16)])
        self.assertEqual(transcript.state, state)

    def test_words_that_are_no_elements_are_skipped(self):
        class Stream(Transcript):
            def words(self, label):
                return iter([2**64 - 1, P, 5, P + 7, P - 1])

        self.assertEqual(Stream().challenge("x", 2), Element((5, P - 1)))

    def test_positions_skip_nothing_but_what_is_known(self):
        class Stream(Transcript):
            def words(self, label):
                return iter([2**64 - 1, 3, 15, 3 + 16, 4, 0])

        self.assertEqual(Stream().positions("x", 4, 3), [3, 4, 15])

    def test_nonce(self):
        transcript, good = Transcript(), 0
        state = transcript.state
        for number in range(200):
            nonce = number.to_bytes(8, "little")
            digest = tagged_hash("provenn.transcript.grind", transcript.state + b"\x0c" + nonce)
            before = transcript.state
            if transcript.nonce(nonce):
                good += 1
                self.assertEqual(digest[0], 0)
                self.assertLess(digest[1], 16)
            self.assertNotEqual(transcript.state, before)  # absorbed, good or not
        self.assertNotEqual(transcript.state, state)
        self.assertLess(good, 5)


class PoseidonTest(unittest.TestCase):
    # Plonky2's test vectors for this instance: of zeros, and of 0 … 11.
    ZEROS = [0x3C18A9786CB0B359, 0xC4055E3364A246C3, 0x7953DB0AB48808F4, 0xC71603F33A1144CA, 0xD7709673896996DC,
             0x46A84E87642F44ED, 0xD032648251EE0B3C, 0x1C687363B207DF62, 0xDF8565563E8045FE, 0x40F5B37FF4254DAE,
             0xD070F637B431067C, 0x1792B1C4342109D7]
    COUNT = [0xD64E1E3EFC5B8E9E, 0x53666633020AAA47, 0xD40285597C6A8825, 0x613A4F81E81231D2, 0x414754BFEBD051F0,
             0xCB1F8980294A023F, 0x6EB2A9E4D54A9D0F, 0x1902BC3AF467E056, 0xF045D5EAFDC6021F, 0xE4150F77CAAA3BE5,
             0xC9BFD01D39B50CCE, 0x5C0A27FCB0E1459B]

    def test_published_vectors(self):
        self.assertEqual(poseidon.permute([0] * 12), self.ZEROS)
        self.assertEqual(poseidon.permute(list(range(12))), self.COUNT)

    def test_affine_forms_against_the_permutation(self):
        state = numbers(0)[:12]
        inputs, final = poseidon.affine_forms()
        values = [1] + state + [0] * poseidon.SBOXES
        self.assertEqual(len(inputs), 118)
        for number, form in enumerate(inputs):
            self.assertFalse(any(form[poseidon.OUTPUT + number:]))  # of s-box outputs before it alone
            values[poseidon.OUTPUT + number] = pow(sum(a * x for a, x in zip(form, values)), 7, P)
        self.assertEqual([sum(a * x for a, x in zip(form, values)) % P for form in final], poseidon.permute(state))


if __name__ == "__main__":
    unittest.main()
