"""Section 2: Poseidon as affine forms between its s-boxes. A verifier computes no digest, it only needs these."""
import functools
import pathlib

from .field import P

WIDTH, FULL_ROUNDS, PARTIAL_ROUNDS = 12, 8, 22
ROUNDS = FULL_ROUNDS + PARTIAL_ROUNDS
SBOXES = FULL_ROUNDS * WIDTH + PARTIAL_ROUNDS
RATE, CAPACITY = 8, 4
ROW_TAG = 0x776F7231

# A form is a list of coefficients: of 1, of the 12 elements of the initial state, of the 118 s-box outputs.
INITIAL = 1
OUTPUT = INITIAL + WIDTH
FORM = OUTPUT + SBOXES

DATA = pathlib.Path(__file__).resolve().parents[2] / "docs" / "poseidon.txt"


@functools.lru_cache(maxsize=None)
def constants():
    """Circulant, diagonal and round constants of docs/poseidon.txt."""
    lines = [line.split() for line in DATA.read_text().splitlines() if not line.startswith("#")]
    numbers = {line[0]: [int(x) for x in line[1:]] for line in lines if line[0] != "round"}
    rounds = [[int(x, 16) for x in line[2:]] for line in lines if line[0] == "round"]
    return numbers["circulant"], numbers["diagonal"], rounds


@functools.lru_cache(maxsize=None)
def matrix():
    circulant, diagonal, _ = constants()
    return [[circulant[(column - row) % WIDTH] + (diagonal[row] if row == column else 0) for column in range(WIDTH)]
            for row in range(WIDTH)]


def sboxes_of_round(number):
    """How many elements of the state, from the first on, go through an s-box in this round."""
    return WIDTH if number < FULL_ROUNDS // 2 or number >= ROUNDS - FULL_ROUNDS // 2 else 1


def unit(coordinate):
    form = [0] * FORM
    form[coordinate] = 1
    return form


@functools.lru_cache(maxsize=None)
def affine_forms():
    """The forms of the 118 s-box inputs and of the 12 elements of the final state."""
    state = [unit(INITIAL + i) for i in range(WIDTH)]
    inputs = []
    for number, added in enumerate(constants()[2]):
        for form, constant in zip(state, added):
            form[0] = (form[0] + constant) % P
        for i in range(sboxes_of_round(number)):
            state[i], form = unit(OUTPUT + len(inputs)), state[i]
            inputs.append(form)
        state = [[sum(m * form[c] for m, form in zip(row, state)) % P for c in range(FORM)] for row in matrix()]
    return inputs, state


def permute(state):
    """The permutation itself, for the test against the published vectors."""
    for number, added in enumerate(constants()[2]):
        state = [(x + constant) % P for x, constant in zip(state, added)]
        for i in range(sboxes_of_round(number)):
            state[i] = pow(state[i], 7, P)
        state = [sum(m * x for m, x in zip(row, state)) % P for row in matrix()]
    return state
