"""Section 5: every size of a proof, from public data alone; and section 12.4, the budget."""
import functools
import math
from dataclasses import dataclass, field

from . import poseidon
from .circuit import INPUT, OUTPUT, WEIGHT, WITNESS, elements, with_batch
from .contractions import term_bits, terms_of
from .layout import Layout, bits
from .work import too_much_work

DEGREE = {1: 2, 2: 3}  # by profile
TARGET = {1: 100, 2: 128}
FIELD_BITS = {1: 127.99999999, 2: 191.99999999}
GRINDING = 12
ONE = 1 << 32  # a bit, in the units of bits_per_query
MAX_LOG_SIZE = 30


class Refused(Exception):
    """No plan, or the budget misses the target: reason `parameters`."""


@functools.lru_cache(maxsize=2**16)
def bits_per_query(k, n):
    """floor(2^32 * log2(2n / (n + k))): squarings of a fixed-point number below 2, each rounded down."""
    x, result = (2 * n << 62) // (n + k), 0
    for _ in range(32):
        x = x * x >> 62
        result <<= 1
        if x >> 63:
            x >>= 1
            result |= 1
    return result


@dataclass
class Shape:
    """One code: message rows, columns over F, degree bound k, domain 2^log_size, queries."""

    rows: int
    columns: int
    queries: int
    log_size: int

    @property
    def degree_bound(self):
        return self.rows + self.queries

    def opened_bytes(self):
        path = max(1, self.log_size - self.queries.bit_length() + 1)
        return self.queries * (32 + 8 * self.columns + 32 * path)


def least_log(size):
    return (size - 1).bit_length()


def plan_queries(rows, extra, needed):
    """PlanQueries: the smallest q >= needed whose queries are worth the needed bits, and the domain."""
    q = needed
    while True:
        k = rows + q
        log_size = least_log(max(k << extra, 2 * q))
        if log_size > MAX_LOG_SIZE:
            raise Refused("a domain that is too large")
        if q * bits_per_query(k, 1 << log_size) >= needed * ONE:
            return q, log_size
        q += 1


def shape_for(rows, columns, needed):
    cells = rows * columns
    extra = 4 if cells <= 2**8 else 3 if cells <= 2**12 else 2 if cells <= 2**19 else 1
    return Shape(rows, columns, *plan_queries(rows, extra, needed))


def plan_levels(length, depth, needed, degree):
    """PlanLevels: (bytes, levels), each level a pair (elements of K per row, Shape)."""
    best = None
    for c in (8, 16, 32, 64):
        rows = -(-length // c)
        last = shape_for(rows, degree * (c + 1), needed)
        candidates = [(last.opened_bytes() + 8 * degree * last.degree_bound, [(c, last)])]
        inner = shape_for(rows, degree * c, needed)
        if depth > 1 and 8 * degree * last.degree_bound > 24000:
            further, levels = plan_levels(inner.degree_bound, depth - 1, needed, degree)
            candidates.append((inner.opened_bytes() + further, [(c, inner)] + levels))
        for candidate in candidates:
            if best is None or candidate[0] < best[0]:
                best = candidate
    return best


@dataclass
class Source:
    """A, B or C: its layout, its code and where its fold lies in the first level's vector."""

    name: str
    layout: Layout
    shape: Shape
    offset: int = 0


@dataclass
class Plan:
    profile: int
    circuit: object  # with batch
    hidden: list  # per tensor
    weights: object
    terms: list  # the contractions that are proved
    weights_layout: Layout = None
    weight_queries: int = 0
    permutations: int = 0  # per row of W
    columns: int = 0
    sources: list = field(default_factory=list)
    levels: list = field(default_factory=list)
    blocks: dict = field(default_factory=dict)  # tensor: block of A; ("table", t): block of multiplicities
    terminal_columns: int = 0  # elements of T per row
    terminal: Shape = None
    leaves: list = field(default_factory=list)  # (kind, id, first leaf, bits)
    leaf_end: int = 0
    layers: int = 0
    contraction_bits: int = 0
    pads: int = 0
    products: int = 0

    @property
    def degree(self):
        return DEGREE[self.profile]

    @property
    def has_weights(self):
        return self.weights.columns > 0

    @property
    def weight_bits(self):
        return self.weights.columns.bit_length() - 1

    @property
    def permutation_count(self):
        return self.weight_queries * self.permutations

    @property
    def sbox_bits(self):
        return 7 + bits(self.permutation_count)


def make_plan(profile, circuit, weights, batch, hidden):
    circuit = with_batch(circuit, batch)
    if sum(elements(t.shape) for t in circuit.tensors) > 2**31 or \
            sum(elements(x.space) for x in circuit.lookups) > 2**29:
        raise Refused("too large")
    plan = Plan(profile, circuit, hidden, weights, terms_of(circuit))
    if too_much_work(circuit, hidden):
        raise Refused("too much work")
    needed = TARGET[profile] + 4 - GRINDING
    if plan.has_weights:
        plan_weights(plan, needed)
    plan_columns(plan, needed)
    place_leaves(plan)
    count_messages(plan)
    entries = plan.pads + plan.products + 3
    plan.terminal_columns = 4 if entries > 1024 else 2
    plan.terminal = shape_for(-(-entries // plan.terminal_columns), 2 * plan.terminal_columns * plan.degree, needed)
    if sum(2.0 ** -term for _, term in budget(plan)) > 2.0 ** -TARGET[profile]:
        raise Refused("the soundness budget misses the target")
    return plan


def plan_weights(plan, needed):
    plan.weights_layout = Layout(plan.weights.columns)
    for tensor in plan.circuit.tensors:
        if tensor.kind == WEIGHT:
            plan.weights_layout.add(tensor.shape, tensor.outer_axes)
    domain, rows = 1 << plan.weights.log_size, plan.weights_layout.rows
    if 2 * rows > domain or rows > 2**22:
        raise Refused("a domain of the weights that is too small")
    if not plan.terms:
        raise Refused("weights that no contraction reads")
    weight_of = [n for n, t in enumerate(plan.circuit.tensors) if t.kind == WEIGHT]
    rows_read = sum(plan.weights_layout.blocks[weight_of.index(c.left.tensor)].rows
                    for c in plan.circuit.contractions if c.left.tensor in weight_of)
    if rows_read > 2**25:
        raise Refused("contractions that read too many rows of weights")
    plan.weight_queries = -(-needed * ONE // bits_per_query(rows, domain))
    if plan.weight_queries > domain:
        raise Refused("more queries of the weights than rows")
    plan.permutations = plan.weights.columns // 8 + 1


def lay_out(plan, columns):
    """A (and B, C) with this many columns: [(name, Layout)], and A's blocks."""
    a, blocks = Layout(columns), {}
    for number, tensor in enumerate(plan.circuit.tensors):
        if tensor.kind == WITNESS or (tensor.kind in (INPUT, OUTPUT) and plan.hidden[number]):
            blocks[number] = a.add(tensor.shape)
    for number, table in enumerate(plan.circuit.tables):
        blocks["table", number] = a.add([table.size])
    if not plan.has_weights:
        return [("activations", a)], blocks
    b, c = Layout(columns), Layout(columns)
    for _ in range(plan.degree):
        b.add([plan.weights_layout.rows])
    c.add([plan.weight_queries * plan.weights.columns // 8, 8])
    c.add([plan.weight_queries, 4])
    c.add([plan.permutation_count, poseidon.SBOXES])
    c.add([plan.permutation_count, poseidon.SBOXES])
    return [("activations", a), ("folded weights", b), ("hidden rows", c)], blocks


def plan_columns(plan, needed):
    best = None
    for columns in (32, 64, 128, 256):
        layouts, blocks = lay_out(plan, columns)
        sources, offset = [], 0
        for name, layout in layouts:
            source = Source(name, layout, shape_for(layout.rows, columns, needed), offset)
            sources.append(source)
            offset += -(-source.shape.degree_bound // 64) * 64
        size, levels = plan_levels(offset, 3, needed, plan.degree)
        size += sum(s.shape.opened_bytes() for s in sources)
        if best is None or size < best[0]:
            best = size, columns, sources, levels, blocks
    _, plan.columns, plan.sources, plan.levels, plan.blocks = best


def place_leaves(plan):
    blocks = [("lookup", i, sum(map(bits, x.space))) for i, x in enumerate(plan.circuit.lookups)]
    blocks += [("table", i, bits(t.size)) for i, t in enumerate(plan.circuit.tables)]
    blocks.sort(key=lambda block: -block[2])  # stable: lookups before tables, then by id
    at = 0
    for kind, number, size in blocks:
        plan.leaves.append((kind, number, at, size))
        at += 1 << size
    plan.leaf_end, plan.layers = at, bits(at) if at else 0


def count_messages(plan):
    """Pads and products, as a run of sections 7 to 10 uses them."""
    layers = plan.layers
    pads = 1 + sum(2 * j + 4 for j in range(layers))
    products = 3 * layers
    if plan.terms:
        plan.contraction_bits = max(term_bits(plan, plan.circuit.contractions[t]) for t in plan.terms)
        pads += 1 + 2 * plan.contraction_bits
        for t in plan.terms:
            c = plan.circuit.contractions[t]
            received = [is_hidden(plan, v) for v in (c.left, c.right) if v is not None]
            pads += sum(received)
            products += received == [True, True]
    if plan.has_weights:
        pads += 3 * plan.sbox_bits + 5
        products += 4
    pads += 2 * (plan.columns.bit_length() - 1)
    pads += sum(2 * (c.bit_length() - 1) for c, _ in plan.levels)
    plan.pads, plan.products = pads, products


def is_hidden(plan, view):
    tensor = plan.circuit.tensors[view.tensor]
    return tensor.kind in (WITNESS, WEIGHT) or plan.hidden[view.tensor]


def budget(plan):
    """Section 12.4: (term, bits)."""
    field_bits = FIELD_BITS[plan.profile]

    def counted(name, count):
        return (name, field_bits - math.log2(count)) if count > 0 else (name, math.inf)

    terms, positions = [], 0
    codes = [(s.name, s.shape, plan.columns.bit_length() - 1) for s in plan.sources]
    codes += [(f"level {i}", shape, c.bit_length()) for i, (c, shape) in enumerate(plan.levels, 1)]
    positions = sum(shape.queries for _, shape, _ in codes)
    codes += [("terminal", plan.terminal, 1)]
    if plan.has_weights:
        weights = Shape(plan.weights_layout.rows, plan.weights.columns, 0, plan.weights.log_size)
        worth = bits_per_query(weights.rows, 1 << weights.log_size)
        terms.append(("queries: weights", plan.weight_queries * worth / ONE + GRINDING))
        terms.append(counted("proximity: weights", plan.weight_bits << weights.log_size))
    for name, shape, folds in codes:
        worth = bits_per_query(shape.degree_bound, 1 << shape.log_size)
        terms.append((f"queries: {name}", shape.queries * worth / ONE + GRINDING))
        terms.append(counted(f"proximity: {name}", folds << shape.log_size))
    layers, terms_proved = plan.layers, len(plan.terms)
    widest = max((1 + len(plan.circuit.tables[x.table].columns) for x in plan.circuit.lookups), default=1)
    space_bits = [sum(map(bits, c.space)) for c in plan.circuit.contractions]
    terms.append(counted("lookup tuples", plan.leaf_end * widest))
    terms.append(counted("lookup tree", 2 * layers + 3 * layers * (layers - 1) // 2))
    terms.append(counted("contraction rounds", 2 * max(space_bits + [plan.weight_bits if plan.has_weights else 0])))
    if plan.has_weights:
        terms.append(counted("s-boxes", 5 * plan.sbox_bits + 1))
        terms.append(counted("weights link", terms_proved + 5 * plan.weight_queries))
    terms.append(counted("batching", layers + 11 + 2 * terms_proved + positions))
    terms.append(counted("opening rounds", 2 * (plan.columns.bit_length() - 1
                                                + sum(c.bit_length() - 1 for c, _ in plan.levels))))
    terms.append(counted("pad products", plan.products + 3))
    return terms
