"""Section 10: all claims at once, by levels of folded vectors, down to one that is revealed under a mask."""
import numpy as np

from . import field as f
from .channel import Affine, Rejected
from .field import Element
from .layout import add_product
from .weights_link import power_functional


def verify_opening(channel, roots, claims):
    plan, degree = channel.plan, channel.degree
    weights, claim = combine(channel, claims)
    u, claim = channel.sumcheck("open columns", plan.columns.bit_length() - 1, claim)
    eq = f.eq_table(u, degree)
    # One vector for all sources; between their segments entries have no weight.
    sources, folded, end = [], [], 0
    for source in plan.sources:
        by_row = f.k_sum(f.k_multiply(weights[source.name].reshape(-1, plan.columns, degree), eq[None]), 1)
        segment = -(-source.shape.degree_bound // 64) * 64
        folded.append(pad(by_row, segment))
        sources.append(Source("rows", roots[source.name], source.shape, source.offset, base_fold(eq)))
        end += segment
    weight = np.concatenate(folded)
    for number, (c, shape) in enumerate(plan.levels):
        is_last = number == len(plan.levels) - 1
        root = channel.digest("level root")
        channel.nonce()
        drawn = [channel.transcript.positions("rows", s.shape.log_size, s.shape.queries) for s in sources]
        opened = [channel.opened_rows("rows", s.root, s.shape, p) for s, p in zip(sources, drawn)]
        weight, claim = add_queries(channel, sources, opened, weight, claim)
        u, claim = channel.sumcheck("open level", c.bit_length() - 1, claim)
        eq = f.eq_table(u, degree)
        matrix = pad(weight, shape.rows * c).reshape(shape.rows, c, degree)
        weight = pad(f.k_sum(f.k_multiply(matrix, eq[None]), 1), shape.degree_bound)
        sources = [Source("rows", root, shape, 0, level_fold(eq, c + 1 if is_last else c))]
    reveal(channel, roots["terminal"], sources[0], weight, claim)


class Source:
    """A committed matrix whose rows a level opens: fold gives the values of its folded vector's polynomial."""

    def __init__(self, label, root, shape, offset, fold):
        self.label, self.root, self.shape, self.offset, self.fold = label, root, shape, offset, fold


def base_fold(eq):
    """Columns over F."""
    return lambda rows: f.matrix_product(rows, eq)


def level_fold(eq, stored):
    """Columns over K, of which a last one may be the mask."""
    degree = eq.shape[-1]
    return lambda rows: f.k_sum(f.k_multiply(rows.reshape(len(rows), stored, degree)[:, :len(eq)], eq[None]), 1)


def pad(vector, length):
    return np.concatenate([vector, np.zeros((length - len(vector),) + vector.shape[1:], dtype=np.uint64)])


def combine(channel, claims):
    """Claim i counts gamma^i: one dense functional on each source, and one affine form."""
    plan, degree = channel.plan, channel.degree
    gamma = channel.challenge("claims gamma")
    layouts = {source.name: source.layout for source in plan.sources}
    weights = {name: np.zeros((layout.cells(), degree), dtype=np.uint64) for name, layout in layouts.items()}
    value, power = Affine(Element.of(0, degree)), Element.of(1, degree)
    for claim in claims:
        for name, block, vectors in claim.functionals:
            scaled = [f.k_multiply(vectors[0], power.array()[None])] + vectors[1:]
            add_product(weights[name], layouts[name].blocks[block], plan.columns, scaled, degree)
        value, power = value + claim.value * power, power * gamma
    return weights, value


def add_queries(channel, sources, opened, weight, claim):
    """Every opened row demands a value of the polynomial stored in its source's segment."""
    gamma = channel.challenge("queries gamma")
    factors = f.k_powers(gamma, 1 + sum(len(rows.positions) for rows in opened))[1:]
    weight, at = weight.copy(), 0
    for source, rows in zip(sources, opened):
        factor = factors[at:at + len(rows.positions)]
        at += len(rows.positions)
        points = np.array(f.domain_points(source.shape.log_size, rows.positions), dtype=np.uint64)
        length, offset = source.shape.degree_bound, source.offset
        part = power_functional(points, factor, length)
        weight[offset:offset + length] = f.add(weight[offset:offset + length], part)
        claim = claim + f.dot(factor, source.fold(rows.rows))
    return weight, claim


def reveal(channel, terminal_root, last, weight, claim):
    plan, degree = channel.plan, channel.degree
    c = plan.terminal_columns
    k, terminal_k = last.shape.degree_bound, plan.terminal.degree_bound
    # Step 1 and 2.
    weight_of_products = channel.challenge("products lambda")
    mu = f.element(channel.values("mask claim", 1)[0])
    cross = [f.element(x) for x in channel.values("cross terms", 2)]
    rho = channel.challenge("mask rho")
    h_vector = channel.values("masked vector", k)
    h_terminal = channel.values("masked terminal", terminal_k * c)
    # Step 3.
    channel.nonce()
    last_positions = channel.transcript.positions("last level rows", last.shape.log_size, last.shape.queries)
    terminal_positions = channel.transcript.positions("terminal rows", plan.terminal.log_size, plan.terminal.queries)
    last_rows = channel.opened_rows("last level rows", last.root, last.shape, last_positions)
    terminal_rows = channel.opened_rows("terminal rows", terminal_root, plan.terminal, terminal_positions)
    # Step 4.
    folds = last.fold(last_rows.rows)
    mask = last_rows.rows[:, -degree:]
    expected = f.add(mask, f.k_multiply(folds, rho.array()[None]))
    if (evaluate_at(h_vector[:, None], last.shape, last_positions)[:, 0] != expected).any():
        raise Rejected("folded-vector")
    entries = terminal_rows.rows.reshape(len(terminal_positions), 2, c, degree)
    expected = f.add(entries[:, 1], f.k_multiply(entries[:, 0], rho.array()[None, None]))
    if (evaluate_at(h_terminal.reshape(terminal_k, c, degree), plan.terminal, terminal_positions) != expected).any():
        raise Rejected("terminal-vector")
    h = [f.element(x) for x in h_terminal[:plan.pads + plan.products + 3]]
    total, power = Element.of(0, degree), Element.of(1, degree)
    dummy = plan.pads + plan.products
    for x, y, z in channel.products + [(dummy, dummy + 1, dummy + 2)]:
        total, power = total + power * (h[x] * h[y] - rho * h[z]), power * weight_of_products
    if total != cross[0] + rho * cross[1]:
        raise Rejected("pad-products")
    left = f.dot(h_vector, weight)
    for entry, value in claim.terms.items():
        left = left - h[entry] * value
    if left != mu + rho * claim.constant:
        raise Rejected("linear-claim")
    if channel.at != len(channel.messages):
        raise Rejected("malformed")


def evaluate_at(coefficients, shape, positions):
    """The polynomials with these coefficients (index, column) over K, at rows of a domain."""
    points = np.array(f.domain_points(shape.log_size, positions), dtype=np.uint64)
    powers = f.powers(points, len(coefficients))
    return f.matrix_product(powers, coefficients.reshape(len(coefficients), -1)).reshape(
        (len(points),) + coefficients.shape[1:])
