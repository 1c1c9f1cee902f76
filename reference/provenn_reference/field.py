"""Section 1: the field F and its extensions K, as numbers and as arrays.

A number of F is an int below P. A number of K is an Element. Arrays over F are numpy arrays of uint64; arrays over K
have one axis more, the last, of length D: the coefficients from the lowest up.
"""
import numpy as np

np.seterr(over="ignore")  # wrapping is what the arithmetic below counts on

P = 2**64 - 2**32 + 1
EPSILON = np.uint64(2**32 - 1)  # 2^64 mod P
LOW = np.uint64(2**32 - 1)
HALF = np.uint64(32)
PRIME = np.uint64(P)
GENERATOR = 7  # of F's multiplicative group; also the shift of every coset

NON_RESIDUE = {2: 7, 3: 2}  # K is F[X]/(X^2 - 7) or F[X]/(X^3 - 2)


class Element:
    """An element of K; its degree D is the length of its coefficients."""

    __slots__ = ("c",)

    def __init__(self, coefficients):
        self.c = tuple(coefficients)

    @staticmethod
    def of(value, degree):
        return Element((value % P,) + (0,) * (degree - 1))

    def __add__(self, other):
        if isinstance(other, int):
            return Element(((self.c[0] + other) % P,) + self.c[1:])
        return Element((a + b) % P for a, b in zip(self.c, other.c))

    __radd__ = __add__

    def __neg__(self):
        return Element(-a % P for a in self.c)

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        if isinstance(other, int):
            return Element(a * other % P for a in self.c)
        if len(self.c) == 2:
            (a0, a1), (b0, b1) = self.c, other.c
            return Element(((a0 * b0 + 7 * a1 * b1) % P, (a0 * b1 + a1 * b0) % P))
        (a0, a1, a2), (b0, b1, b2) = self.c, other.c
        return Element(((a0 * b0 + 2 * (a1 * b2 + a2 * b1)) % P, (a0 * b1 + a1 * b0 + 2 * a2 * b2) % P,
                        (a0 * b2 + a1 * b1 + a2 * b0) % P))

    __rmul__ = __mul__

    def __pow__(self, exponent):
        result, square = Element.of(1, len(self.c)), self
        while exponent:
            if exponent & 1:
                result = result * square
            square, exponent = square * square, exponent >> 1
        return result

    def inverse(self):
        """The conjugate (the product of the other conjugates) over the norm, which is in F."""
        if len(self.c) == 2:
            a, b = self.c
            conjugate, norm = (a, -b), a * a - 7 * b * b
        else:
            a, b, c = self.c
            conjugate = (a * a - 2 * b * c, 2 * c * c - a * b, b * b - a * c)
            norm = a**3 + 2 * b**3 + 4 * c**3 - 6 * a * b * c
        return Element(x % P for x in conjugate) * pow(norm, -1, P)

    def __eq__(self, other):
        return self.c == other.c

    def is_zero(self):
        return not any(self.c)

    def array(self):
        return np.array(self.c, dtype=np.uint64)


# Arrays over F.


def add(a, b):
    """a + b. Both are below P: the sum overflows 64 bits at most once, and 2^64 = EPSILON."""
    total = a + b
    total += EPSILON * (total < a)
    return np.where(total >= PRIME, total - PRIME, total)


def negate(a):
    return np.where(a == 0, a, PRIME - a)


def multiply(a, b):
    """a * b: four products of halves, then 2^64 = 2^32 - 1 and 2^96 = -1."""
    a_low, a_high, b_low, b_high = a & LOW, a >> HALF, b & LOW, b >> HALF
    low, middle, high = a_low * b_low, a_low * b_high, a_high * b_high
    other = a_high * b_low
    middle += low >> HALF  # below 2^64: (2^32 - 1)^2 + 2^32 - 1
    carry = (middle & LOW) + other  # likewise
    high += (middle >> HALF) + (carry >> HALF)
    low = (carry << HALF) | (low & LOW)
    minus, times = high >> HALF, (high & LOW) * EPSILON
    result = low - minus
    result -= EPSILON * (low < minus)
    result += times
    result += EPSILON * (result < times)
    return np.where(result >= PRIME, result - PRIME, result)


def total(a, axis):
    """The sum along an axis of at most 2^32 elements."""
    low, high = (a & LOW).sum(axis=axis, dtype=np.uint64), (a >> HALF).sum(axis=axis, dtype=np.uint64)
    return add(low % PRIME, multiply(high % PRIME, np.uint64(1 << 32)))


def matrix_product(a, b):
    """The product of two matrices, with at most 2^20 terms in a sum.

    Floating point multiplies digits of 16 bits: sums of up to 2^20 such products are below 2^53, so all are exact.
    """
    left, right = (np.stack([(m >> np.uint64(16 * i)) & np.uint64(0xFFFF) for i in range(4)]).astype(np.float64)
                   for m in (a, b))
    result = np.zeros((a.shape[0], b.shape[1]), dtype=np.uint64)
    for place in range(6, -1, -1):  # of 2^(16 place), from the highest
        digits = range(max(0, place - 3), min(place, 3) + 1)
        at_place = sum((left[i] @ right[place - i]).astype(np.uint64) for i in digits)
        result = add(multiply(result, np.uint64(1 << 16)), at_place)
    return result


def scatter(size, positions, values):
    """The array of this size (along axis 0) to which each value is added at its position."""
    low = np.zeros((size,) + values.shape[1:], dtype=np.uint64)
    high = np.zeros_like(low)
    np.add.at(low, positions, values & LOW)
    np.add.at(high, positions, values >> HALF)
    return add(low % PRIME, multiply(high % PRIME, np.uint64(1 << 32)))


def signed(values):
    """Signed integers as elements of F."""
    values = np.asarray(values, dtype=np.int64)
    return np.where(values < 0, PRIME - (-values).astype(np.uint64), values.astype(np.uint64))


def powers(x, count):
    """1, x, x^2, ...: along a new last axis, for each x of an array over F."""
    result = np.ones(np.shape(x) + (1,), dtype=np.uint64)
    step = np.asarray(x, dtype=np.uint64)[..., None]
    while result.shape[-1] < count:
        result = np.concatenate([result, multiply(result, step)], axis=-1)
        step = multiply(step, step)
    return result[..., :count]


# Arrays over K.


def lift(a, degree):
    """An array over F as an array over K."""
    result = np.zeros(np.shape(a) + (degree,), dtype=np.uint64)
    result[..., 0] = a
    return result


def scale(a, k):
    """Elements of F (a) times elements of K (k), broadcast."""
    return multiply(np.asarray(a, dtype=np.uint64)[..., None], k)


def k_multiply(a, b):
    degree = a.shape[-1]
    products = multiply(a[..., :, None], b[..., None, :])
    result = []
    for place in range(degree):
        value = products[..., 0, place]
        for i in range(1, place + 1):
            value = add(value, products[..., i, place - i])
        for i in range(place + 1, degree):  # X^degree is the non-residue
            value = add(value, multiply(products[..., i, place + degree - i], np.uint64(NON_RESIDUE[degree])))
        result.append(value)
    return np.stack(result, axis=-1)


def k_sum(a, axis=0):
    """The sum of an array over K along one of its axes, counted without the last."""
    return total(a, axis)


def dot(a, b):
    """The scalar product of two vectors over K."""
    return element(k_sum(k_multiply(a, b)))


def element(a):
    return Element(int(x) for x in a)


def k_powers(x, count):
    """1, x, x^2, ... of an Element, as a vector over K."""
    result = np.array([Element.of(1, len(x.c)).c], dtype=np.uint64)
    step = x
    while len(result) < count:
        result = np.concatenate([result, k_multiply(result, step.array()[None])])
        step = step * step
    return result[:count]


def eq_table(point, degree):
    """eq(point, index) for every index; the first variable is the least significant bit."""
    result = np.array([Element.of(1, degree).c], dtype=np.uint64)
    for z in point:
        high = k_multiply(result, z.array()[None])
        result = np.concatenate([add(result, negate(high)), high])
    return result


def eq_at(point, index, degree):
    """eq(point, index) for one index."""
    result = Element.of(1, degree)
    for bit, z in enumerate(point):
        result = result * (z if index >> bit & 1 else 1 - z)
    return result


# Domains (section 4).


def domain_points(log_size, rows):
    """x_r = 7 * w^bitrev(r), w the primitive root of unity of order 2^log_size, for each row r."""
    root = pow(GENERATOR, (P - 1) >> log_size, P)
    reverse = (int(format(r, "b").zfill(log_size)[::-1] if log_size else "0", 2) for r in rows)
    return [GENERATOR * pow(root, e, P) % P for e in reverse]
