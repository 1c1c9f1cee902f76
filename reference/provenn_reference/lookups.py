"""Section 7: the tree of fractions, and its leaves as claims on cells."""
import numpy as np

from . import field as f
from .channel import Claim
from .circuit import used_axes
from .contractions import is_linear
from .field import P, Element
from .views import eq_vectors, evaluate, view_vectors


def coefficient(c):
    """numerator * 2^(-shift) in F."""
    numerator, shift = c
    return numerator % P * pow(2, -shift, P) % P


def verify_tree(channel, claims):
    """Root to leaves: (alpha, beta, the leaf point, claimed numerator, claimed denominator)."""
    alpha, beta = channel.challenge("lookup alpha"), channel.challenge("lookup beta")
    (denominator,) = channel.masked("root denominator", 1)
    numerator = denominator * 0
    point = []
    for _ in range(channel.plan.layers):
        weight = channel.challenge("layer lambda")
        claim = numerator * weight + denominator
        point, claim = channel.zero_sumcheck("layer round", point, 2, claim)
        n0, n1, d0, d1 = channel.masked("layer ends", 4)
        dd, n1d0, n0d1 = channel.product(d0, d1), channel.product(n1, d0), channel.product(n0, d1)  # in this order
        claims.append(Claim([], claim - (n0d1 + n1d0) * weight - dd))
        r = channel.challenge("layer child")
        numerator, denominator = n0 * (1 - r) + n1 * r, d0 * (1 - r) + d1 * r
        point = [r] + point
    return alpha, beta, point, numerator, denominator


class Leaves:
    """What a leaf point demands of multiplicities, committed tensors and contractions."""

    def __init__(self, plan, public, alpha, beta, point):
        self.plan, self.public, self.degree = plan, public, plan.degree
        self.alpha, self.beta, self.point = alpha, beta, point
        zero = Element.of(0, self.degree)
        self.numerator, self.denominator = zero, zero  # the parts that the verifier computes
        self.numerator_functionals, self.denominator_functionals = [], []
        self.of_space = {}
        self.gammas = {}  # contraction: its coefficient in the denominator
        outside = Element.of(1, self.degree)
        for kind, number, first, size in plan.leaves:
            block = f.eq_at(point[size:], first >> size, self.degree)
            outside = outside - block
            (self.lookup if kind == "lookup" else self.table)(number, block)
        self.denominator = self.denominator + outside

    def weights(self, space):
        """The eq weights of each axis, and the product of their sums. Equal spaces have equal ones."""
        if tuple(space) not in self.of_space:
            vectors, real = eq_vectors(space, self.point, self.degree), Element.of(1, self.degree)
            for vector in vectors:
                real = real * f.element(f.k_sum(vector))
            self.of_space[tuple(space)] = vectors, real
        return self.of_space[tuple(space)]

    def lookup(self, number, block):
        lookup = self.plan.circuit.lookups[number]
        weights, real = self.weights(lookup.space)
        self.numerator = self.numerator + block * real
        self.denominator = self.denominator + block * (real * (self.alpha - lookup.table) + (1 - real))
        factor = -block
        for expression in lookup.columns:
            factor = factor * self.beta
            self.denominator = self.denominator + factor * real * coefficient(expression.constant)
            for c, view in expression.views:
                self.view(view, weights, factor * coefficient(c))
            for c, contraction in expression.contractions:
                self.contraction(contraction, weights, factor * coefficient(c))

    def view(self, view, weights, factor):
        """Adds factor times the sum of a view under weights of its space's axes."""
        tensor = self.plan.circuit.tensors[view.tensor]
        used = used_axes(view)
        for axis, vector in enumerate(weights):
            if axis not in used:
                factor = factor * f.element(f.k_sum(vector))
        vectors = view_vectors(view, tensor, weights, self.degree)
        if view.tensor in self.public:
            self.denominator = self.denominator + factor * evaluate(self.public[view.tensor], vectors, self.degree)
            return
        vectors[0] = f.k_multiply(vectors[0], factor.array()[None])
        self.denominator_functionals.append(("activations", self.plan.blocks[view.tensor], vectors))

    def contraction(self, number, weights, factor):
        c = self.plan.circuit.contractions[number]
        if not is_linear(self.plan.circuit, c):
            self.gammas[number] = self.gammas.get(number, Element.of(0, self.degree)) + factor
            return
        ones = [f.lift(np.ones(size, dtype=np.uint64), self.degree) for size in c.space[c.out_rank:]]
        self.view(c.left, weights + ones, factor)

    def table(self, number, block):
        table = self.plan.circuit.tables[number]
        (weights,), real = self.weights([table.size])
        values = real * (self.alpha - number)
        factor = Element.of(P - 1, self.degree)
        keys = table.first_key + np.arange(table.size)
        for column in f.matrix_product(f.signed([keys] + table.columns), weights):
            factor = factor * self.beta
            values = values + factor * f.element(column)
        self.denominator = self.denominator + block * (values + (1 - real))
        vector = f.k_multiply(weights, (-block).array()[None])
        self.numerator_functionals.append(("activations", self.plan.blocks["table", number], [vector]))


def verify_lookups(channel, public, claims):
    """All of section 7: returns the leaves, with the coefficients of the contractions that remain, and their sum."""
    alpha, beta, point, numerator, denominator = verify_tree(channel, claims)
    leaves = Leaves(channel.plan, public, alpha, beta, point)
    claims.append(Claim(leaves.numerator_functionals, numerator - leaves.numerator))
    remaining = denominator - leaves.denominator
    contraction_sum = None
    if channel.plan.terms:
        (contraction_sum,) = channel.masked("contraction sum", 1)
        remaining = remaining - contraction_sum
    claims.append(Claim(leaves.denominator_functionals, remaining))
    return leaves, contraction_sum
