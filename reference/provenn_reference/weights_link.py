"""Section 9: the folded weights belong to rows under the weights root."""
import numpy as np

from . import field as f
from . import poseidon
from .channel import Affine, Claim, Rejected, merkle_root, path_length
from .field import Element
from .transcript import tagged_hash

SYMBOLS, SALTS, CUBES, OUTPUTS = range(4)  # blocks of C


def basis(degree):
    """X^0 ... X^(D-1), as arrays."""
    return [np.array([int(i == j) for j in range(degree)], dtype=np.uint64) for i in range(degree)]


def on_folded_weights(vector, degree):
    """A functional on y as functionals on B, which holds coefficient i of y in block i."""
    return [("folded weights", i, [f.k_multiply(vector, x[None])]) for i, x in enumerate(basis(degree))]


def verify_weights_link(channel, end_point, weight_claims, claims):
    plan, degree = channel.plan, channel.degree
    roots = {"folded weights": channel.digest("folded weights root")}
    channel.nonce()
    positions = channel.transcript.positions("weight rows", plan.weights.log_size, plan.weight_queries)
    roots["hidden rows"] = channel.digest("hidden rows root")
    digests = read_digests(channel, positions)
    omega = channel.challenge("weight claims omega")
    combined, value, power = 0, Affine(Element.of(0, degree)), Element.of(1, degree)
    for vector, claimed in weight_claims:
        scaled = f.k_multiply(vector, power.array()[None])
        combined = scaled if isinstance(combined, int) else f.add(combined, scaled)
        value, power = value + claimed * power, power * omega
    claims.append(Claim(on_folded_weights(combined, degree), value))
    verify_sboxes(channel, claims)
    eta, delta = channel.challenge("digests eta"), channel.challenge("rows delta")
    claims.append(digest_claim(plan, digests, eta))
    claims.append(row_claim(plan, positions, end_point[:plan.weight_bits], delta))
    return roots


def read_digests(channel, positions):
    weights = channel.plan.weights
    digests = channel.field_array("row digests", 4 * len(positions)).reshape(-1, 4)
    path = channel.message("row path", 32 * path_length(positions, weights.log_size))
    leaves = [tagged_hash("provenn.weights.leaf", d.astype("<u8").tobytes()) for d in digests]
    if merkle_root(positions, leaves, weights.log_size, path) != weights.root:
        raise Rejected("weights-path")
    return digests


def verify_sboxes(channel, claims):
    """Z = In^3 and Out = Z^2 In for every s-box, and In, Z, Out at the end point as functionals on C."""
    plan, degree = channel.plan, channel.degree
    tau = [channel.challenge("s-box tau") for _ in range(plan.sbox_bits)]
    weight = channel.challenge("s-box lambda")
    rho, claim = channel.zero_sumcheck("s-box round", tau, 3, Affine(Element.of(0, degree)))
    value_in, value_z, value_out, in_squared, z_squared = channel.masked("s-box end", 5)
    claims.append(Claim([], in_squared - channel.product(value_in, value_in)))
    claims.append(Claim([], z_squared - channel.product(value_z, value_z)))
    output = channel.product(z_squared, value_in)
    cube = channel.product(in_squared, value_in)
    claims.append(Claim([], claim - (value_z - cube) - (value_out - output) * weight))
    sboxes = f.eq_table(rho[:7], degree)[:poseidon.SBOXES]
    permutations = f.eq_table(rho[7:], degree)[:plan.permutation_count]
    claims.append(Claim([("hidden rows", CUBES, [permutations, sboxes])], value_z))
    claims.append(Claim([("hidden rows", OUTPUTS, [permutations, sboxes])], value_out))
    functionals, constant = input_functional(plan, permutations, sboxes)
    claims.append(Claim(functionals, value_in - constant))


def combine_forms(forms, weights):
    """sum of weights[i] * forms[i]: an array over K of a form's coefficients."""
    return f.matrix_product(np.array(forms, dtype=np.uint64).T, weights)


def input_functional(plan, permutations, sboxes):
    """In(rho): weights of permutations and of s-boxes times the affine forms of the s-box inputs."""
    inputs, final = poseidon.affine_forms()
    form = combine_forms(inputs, sboxes)
    carried = combine_forms(final[poseidon.RATE:], form[poseidon.INITIAL + poseidon.RATE:poseidon.OUTPUT])
    weights = permutations.reshape(plan.weight_queries, plan.permutations, -1)
    first, later = weights[:, 0], weights[:, 1:]
    initial = form[poseidon.INITIAL:]
    # The outputs of a permutation count for itself and, through the capacity, for the next one.
    before = np.concatenate([later, np.zeros_like(weights[:, :1])], axis=1).reshape(permutations.shape)
    functionals = [
        ("hidden rows", OUTPUTS, [permutations, form[poseidon.OUTPUT:]]),
        ("hidden rows", OUTPUTS, [before, carried[poseidon.OUTPUT:]]),
        ("hidden rows", SYMBOLS, [later.reshape(-1, plan.degree), initial[:poseidon.RATE]]),
        ("hidden rows", SALTS, [first, initial[:poseidon.CAPACITY]]),
    ]
    # A final state does not depend on the initial one, but through s-boxes.
    assert not np.array(final)[:, poseidon.INITIAL:poseidon.OUTPUT].any()
    constant = f.element(f.k_sum(permutations)) * f.element(form[0])
    start = f.element(initial[4]) * poseidon.ROW_TAG + f.element(initial[5]) * plan.weights.columns
    constant = constant + f.element(f.k_sum(first)) * start
    constant = constant + f.element(f.k_sum(later.reshape(-1, plan.degree))) * f.element(carried[0])
    return functionals, constant


def digest_claim(plan, digests, eta):
    """The last permutation of each row ends in the digest."""
    degree = plan.degree
    _, final = poseidon.affine_forms()
    row_weights = f.k_powers(eta ** 4, plan.weight_queries)
    element_weights = f.k_powers(eta, 4)
    form = combine_forms(final[:4], element_weights)
    last = np.zeros((plan.weight_queries, plan.permutations, degree), dtype=np.uint64)
    last[:, -1] = row_weights
    claimed = f.k_sum(f.scale(digests.reshape(-1), f.k_powers(eta, 4 * plan.weight_queries)))
    constant = f.element(f.k_sum(row_weights)) * f.element(form[0])
    return Claim([("hidden rows", OUTPUTS, [last.reshape(-1, degree), form[poseidon.OUTPUT:]])],
                 Affine(f.element(claimed) - constant))


def row_claim(plan, positions, low_point, delta):
    """The rows fold to values of y's polynomial."""
    degree = plan.degree
    row_weights = f.k_powers(delta, plan.weight_queries)
    blocks = f.k_multiply(row_weights[:, None, :], f.eq_table(low_point[3:], degree)[None]).reshape(-1, degree)
    points = np.array(f.domain_points(plan.weights.log_size, positions), dtype=np.uint64)
    minus_y = f.negate(power_functional(points, row_weights, plan.weights_layout.rows))
    return Claim([("hidden rows", SYMBOLS, [blocks, f.eq_table(low_point[:3], degree)])]
                 + on_folded_weights(minus_y, degree), Affine(Element.of(0, degree)))


def power_functional(points, coefficients, length):
    """Section 4, Power: the vector over i < length of the sum over t of coefficients[t] * points[t]^i.

    As a product of matrices: x^(block * i + j) = (x^block)^i * x^j.
    """
    degree = coefficients.shape[-1]
    block = 1 << (length.bit_length() + 1) // 2
    small = f.powers(points, block)
    large = f.powers(f.multiply(small[:, -1], points), -(-length // block))
    left = f.scale(large, coefficients[:, None, :])  # (point, i, coefficient)
    result = f.matrix_product(left.reshape(len(points), -1).T, small)
    return result.reshape(-1, degree, block).transpose(0, 2, 1).reshape(-1, degree)[:length]
