"""Other circuits for the same function, and honest proofs of them.

What `commit` makes is one corner of what a verifier accepts. A secret key whose circuit is another one of the same
meaning makes honest proofs of it, which both verifiers must accept: so every index, order and sign that they use is
held against the prover's, also where `commit` leaves no choice.
"""
import copy
import subprocess

from provenn_reference import encode
from provenn_reference.circuit import WEIGHT, WITNESS, Contraction
from provenn_reference.formats import Step
from provenn_reference.transcript import tagged_hash, u64

PK_SIZES_AT, PK_DIGEST_AT, PK_SECTIONS_AT = 84, 140, 172


def secret_key_with(secret, key):
    """The secret key with the circuit, ports and program of `key` (docs/format.md)."""
    sizes = [int.from_bytes(secret[at:at + 8], "little") for at in range(PK_SIZES_AT, PK_DIGEST_AT, 8)]
    at = PK_SECTIONS_AT + sum(sizes[:3])
    weights, at = secret[at:at + sizes[3]], at + sizes[3]
    arrays = []
    for size in sizes[4:]:
        at += -at % 64 if size else 0
        arrays.append(secret[at:at + size])
        at += size
    sections = [encode.circuit(key.circuit), encode.ports(key), encode.many(key.program, encode.step), weights]
    head = secret[:PK_SIZES_AT] + b"".join(u64(len(part)) for part in sections + arrays)
    result = head + tagged_hash("provenn.proving-key", head + b"".join(sections)) + b"".join(sections)
    for array in arrays:
        result += bytes(-len(result) % 64) + array if array else b""
    return result


def prove(program, work, secret, key, options):
    """A proof by `provenn prove` of the circuit of `key`, or None if it finds that there is none."""
    (work / "other.pk").write_bytes(secret_key_with(secret, key))
    (work / "other.proof").unlink(missing_ok=True)
    run = subprocess.run([program, "prove", work / "other.pk", *options, "-o", work / "other.proof"],
                         capture_output=True, check=False)
    return (work / "other.proof").read_bytes() if run.returncode == 0 else None


# Changes that keep the meaning. Each takes (random generator, key).


def permute_summed_axes(rng, key):
    for c in key.circuit.contractions:
        order = list(range(c.out_rank, len(c.space)))
        rng.shuffle(order)
        new_place = {old: c.out_rank + place for place, old in enumerate(order)}
        c.space = c.space[:c.out_rank] + [c.space[old] for old in order]
        for v in (c.left, c.right):
            for m in v.maps if v else []:
                m.terms = [(new_place.get(axis, axis), stride) for axis, stride in m.terms]


def shuffled(rng, items):
    """(the items in another order, new number of each)."""
    order = list(range(len(items)))
    rng.shuffle(order)
    return [items[old] for old in order], {old: new for new, old in enumerate(order)}


def every_view(circuit):
    for c in circuit.contractions:
        yield from (v for v in (c.left, c.right) if v)
    for x in circuit.lookups:
        for e in x.columns:
            yield from (v for _, v in e.views)


def permute_tensors(rng, key):
    """Weights keep their order, which is that of the committed matrix."""
    c = key.circuit
    order = list(range(len(c.tensors)))
    rng.shuffle(order)
    weights = iter([i for i, t in enumerate(c.tensors) if t.kind == WEIGHT])
    order = [next(weights) if c.tensors[i].kind == WEIGHT else i for i in order]
    new = {old: place for place, old in enumerate(order)}
    c.tensors = [c.tensors[old] for old in order]
    views = {id(v): v for v in every_view(c)}  # a view may stand in two places
    for v in views.values():
        v.tensor = new[v.tensor]
    for p in key.inputs + key.outputs:
        p.tensor = new[p.tensor]
    for s in key.program:
        s.digits = [(new[t], bits) for t, bits in s.digits]
        s.clamp = s.clamp and (new[s.clamp[0]], new[s.clamp[1]]) + s.clamp[2:]
        s.quotient = s.quotient and (new[s.quotient[0]], s.quotient[1])
        s.outputs = [t if t is None else new[t] for t in s.outputs]


def permute_tables(rng, key):
    key.circuit.tables, new = shuffled(rng, key.circuit.tables)
    for x in key.circuit.lookups:
        x.table = new[x.table]
    for s in key.program:
        s.clamp = s.clamp and s.clamp[:2] + (new[s.clamp[2]], s.clamp[3])


def permute_lookups(rng, key):
    key.circuit.lookups, new = shuffled(rng, key.circuit.lookups)
    for s in key.program:
        s.id = new[s.id] if s.is_lookup else s.id


def permute_contractions(rng, key):
    key.circuit.contractions, new = shuffled(rng, key.circuit.contractions)
    for x in key.circuit.lookups:
        for e in x.columns:
            e.contractions = [(c, new[number]) for c, number in e.contractions]
    for s in key.program:
        s.id = s.id if s.is_lookup else new[s.id]


def permute_terms(rng, key):
    for x in key.circuit.lookups:
        for e in x.columns:
            rng.shuffle(e.views)
            rng.shuffle(e.contractions)


def split_coefficients(rng, key):
    for x in key.circuit.lookups:
        for e in x.columns:
            if e.contractions:
                at = rng.randrange(len(e.contractions))
                (numerator, shift), number = e.contractions[at]
                part = rng.choice([p for p in range(-3, 9) if p not in (0, numerator)])
                e.contractions[at] = (numerator - part, shift), number
                e.contractions.append(((part, shift), number))


def view_as_contraction(rng, key):
    """A view that a key has beside its step's own tensors becomes a linear contraction, or a sum of two of them."""
    steps = [s for s in key.program if s.is_lookup and s.outputs]
    rng.shuffle(steps)
    for s in steps:
        x = key.circuit.lookups[s.id]
        own = {t for t, _ in s.digits} | set(s.clamp[:2] if s.clamp else ())
        free = [(c, v) for c, v in x.columns[0].views if v.tensor not in own]
        if not free:
            continue
        coefficient, v = rng.choice(free)
        at = next(i for i, (_, w) in enumerate(x.columns[0].views) if w is v)
        number = len(key.circuit.contractions)
        inner = rng.choice([1, 2, 3])  # copies, of which all but one lie outside the tensor: only the first counts
        left = copy.deepcopy(v)
        space = list(x.space)
        if left.maps and inner > 1 and all(len(m.terms) < 9 for m in left.maps):
            space.append(inner)
            left.maps[0].terms.append((len(x.space), 1000))
        key.circuit.contractions.append(Contraction(space, len(x.space), left, None))
        x.columns[0].views.pop(at)
        x.columns[0].contractions.append((coefficient, number))
        key.program.insert(key.program.index(s), Step(False, number, [], None, None, []))
        return


def add_squares(rng, key):
    """x·x − x·x for a tensor that a key reads: two more terms, whose operands are both masked, or both public."""
    steps = [s for s in key.program if s.is_lookup and s.outputs]
    s = rng.choice(steps)
    x = key.circuit.lookups[s.id]
    own = {t for t, _ in s.digits} | set(s.clamp[:2] if s.clamp else ())
    free = [v for _, v in x.columns[0].views if v.tensor not in own]
    if not free:
        return
    v = rng.choice(free)
    for sign in (1, -1):
        number = len(key.circuit.contractions)
        space, left, right = list(x.space), copy.deepcopy(v), copy.deepcopy(v)
        if right.maps and rng.randrange(2):  # summed over some axis that the left operand does not read
            space.append(3)
            right.maps[0].terms.append((len(x.space), 1))
        key.circuit.contractions.append(Contraction(space, len(x.space), left, right))
        x.columns[0].contractions.append(((sign, 0), number))
        key.program.insert(key.program.index(s), Step(False, number, [], None, None, []))
        if sign == 1:
            again = copy.deepcopy(key.circuit.contractions[-1])
        else:
            key.circuit.contractions[-1] = again


def change_words(rng, key):
    """Names, scales and the bounds of witnesses mean nothing to a proof."""
    for t in key.circuit.tensors:
        t.name = bytes(rng.randrange(97, 123) for _ in range(rng.randrange(4)))
        if t.kind == WITNESS:
            t.scale = rng.randrange(-64, 65)


CHANGES = [permute_summed_axes, permute_tensors, permute_tables, permute_lookups, permute_contractions, permute_terms,
           split_coefficients, view_as_contraction, add_squares, change_words]


def equivalent(rng, key):
    key = copy.deepcopy(key)
    for change in rng.sample(CHANGES, rng.randrange(1, 6)):
        change(rng, key)
    return key
