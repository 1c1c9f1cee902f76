"""Section 3: the statement, and its public values."""
import numpy as np

from .channel import Rejected
from .circuit import INPUT, OUTPUT, elements
from .field import signed
from .transcript import u32


def check_values(circuit, proof):
    """The proof lists the inputs and outputs of the circuit, with as many public values as fit, within their bounds."""
    if list(proof.public) != [i for i, t in enumerate(circuit.tensors) if t.kind in (INPUT, OUTPUT)]:
        raise Rejected("public-value")
    for number, values in proof.public.items():
        tensor = circuit.tensors[number]
        if values is not None and (len(values) != proof.batch * elements(tensor.shape)
                                   or any(not tensor.min <= v <= tensor.max for v in values)):
            raise Rejected("public-value")


def public_arrays(plan, proof):
    """The public values as arrays over F."""
    return {number: signed(values).reshape(plan.circuit.tensors[number].shape)
            for number, values in proof.public.items() if values is not None}


def absorb_statement(transcript, plan, proof, model_id):
    hidden = bytes(int(h) for h in plan.hidden)
    transcript.absorb("statement", bytes([plan.profile]) + model_id + u32(proof.batch) + u32(len(hidden)) + hidden)
    for number, values in proof.public.items():
        if values is not None:
            transcript.absorb("public tensor", u32(number) + np.array(values, dtype="<i4").tobytes())
    transcript.absorb("context", proof.context)
