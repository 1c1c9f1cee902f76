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
        degree = len(self.c)
        product = [0] * (2 * degree - 1)
        for i, a in enumerate(self.c):
            for j, b in enumerate(other.c):
                product[i + j] += a * b
        for i in range(2 * degree - 2, degree - 1, -1):
            product[i - degree] += NON_RESIDUE[degree] * product[i]
        return Element(a % P for a in product[:degree])

    __rmul__ = __mul__

    def __pow__(self, exponent):
        result, square = Element.of(1, len(self.c)), self
        while exponent:
            if exponent & 1:
                result = result * square
            square, exponent = square * square, exponent >> 1
        return result

    def inverse(self):
        return self ** (P ** len(self.c) - 2)

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
    total = total + np.where(total < a, EPSILON, np.uint64(0))
    return np.where(total >= PRIME, total - PRIME, total)


def negate(a):
    return np.where(a == 0, a, PRIME - a)


def multiply(a, b):
    """a * b: four products of halves, then 2^64 = 2^32 - 1 and 2^96 = -1."""
    a_low, a_high, b_low, b_high = a & LOW, a >> HALF, b & LOW, b >> HALF
    low_low, low_high = a_low * b_low, a_low * b_high
    high_low, high_high = a_high * b_low, a_high * b_high
    middle = (low_low >> HALF) + (low_high & LOW) + (high_low & LOW)
    low = (low_low & LOW) | (middle << HALF)
    high = high_high + (low_high >> HALF) + (high_low >> HALF) + (middle >> HALF)
    minus, times = high >> HALF, (high & LOW) * EPSILON
    result = low - minus
    result = result - np.where(low < minus, EPSILON, np.uint64(0))
    total = result + times
    total = total + np.where(total < times, EPSILON, np.uint64(0))
    return np.where(total >= PRIME, total - PRIME, total)


def total(a, axis):
    """The sum along an axis of at most 2^32 elements."""
    low, high = (a & LOW).sum(axis=axis, dtype=np.uint64), (a >> HALF).sum(axis=axis, dtype=np.uint64)
    return add(low % PRIME, multiply(high % PRIME, np.uint64(1 << 32)))


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
    shape = np.broadcast_shapes(a.shape, b.shape)
    product = [np.zeros(shape[:-1], dtype=np.uint64) for _ in range(2 * degree - 1)]
    for i in range(degree):
        for j in range(degree):
            product[i + j] = add(product[i + j], multiply(a[..., i], b[..., j]))
    for i in range(2 * degree - 2, degree - 1, -1):
        product[i - degree] = add(product[i - degree], multiply(product[i], np.uint64(NON_RESIDUE[degree])))
    return np.stack(product[:degree], axis=-1)


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
