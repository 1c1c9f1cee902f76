"""Section 3: the statement, and its public values; section 11: what a caller demands."""
from dataclasses import dataclass, field

import numpy as np

from .channel import Rejected
from .circuit import INPUT, OUTPUT, elements
from .field import signed
from .formats import Unreadable
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


@dataclass
class Demands:
    """What the caller insists on; None or absent: anything."""

    context: bytes = None
    model_id: bytes = None
    profile: int = None  # at least
    inputs: dict = field(default_factory=dict)  # name of a port: array of numbers
    outputs: dict = field(default_factory=dict)


def axes_of(port):
    """The axes of the model's layout, after the batch, in the order of the circuit's tensor."""
    others = [axis for axis in range(len(port.shape)) if axis not in port.order]  # of size 1
    return [0] + [1 + axis for axis in port.order + others]


def array_of(values, port, tensor, batch):
    """The numbers that the integers of a tensor stand for, in the model's layout."""
    axes = axes_of(port)
    sizes = [batch] + port.shape
    integers = np.array(values, dtype=np.float64).reshape([sizes[axis] for axis in axes])
    return integers.transpose(np.argsort(axes)).reshape([batch * port.shape[0]] + port.shape[1:]) * 2.0**-tensor.scale


def samples_of(array, port):
    """How many samples an array in the model's layout has. Raises Unreadable where it has the shape of none."""
    shape = list(array.shape)
    if port.shape and shape[1:] == port.shape[1:] and len(shape) == len(port.shape) and shape[0] % port.shape[0] == 0:
        if shape[0]:
            return shape[0] // port.shape[0]
    elif shape == port.shape or (port.shape[:1] == [1] and shape == port.shape[1:]):
        return 1
    raise Unreadable(f"an array of shape {shape} for {port.name!r}, which has {port.shape}")


def is_input(array, port, tensor, batch, public):
    """Whether the numbers, each rounded to the nearest integer of the tensor, are its public values."""
    scaled = array.astype(np.float64) * 2.0**tensor.scale
    rounded = np.trunc(scaled + np.copysign(0.5, scaled))  # halves away from zero
    return [int(x) for x in rounded.reshape([batch] + port.shape).transpose(axes_of(port)).reshape(-1)] == public


def is_output(array, port, tensor, batch, public):
    """Whether the numbers are those that the public values stand for, in single precision."""
    return np.array_equal(array.reshape(-1), array_of(public, port, tensor, batch).astype(np.float32).reshape(-1))


def check_demanded(circuit, ports, proof, demanded, holds, reason):
    for name in demanded:
        if name not in [port.name for port in ports]:
            raise Unreadable(f"a demand on {name!r}, which the model does not have")
    for port in ports:
        if port.name not in demanded:
            continue
        array = np.asarray(demanded[port.name])
        if array.dtype.kind not in "biuf":
            raise Unreadable(f"numbers of type {array.dtype} for {port.name!r}")
        array = array.astype(np.float32)
        samples = samples_of(array, port)
        public = proof.public[port.tensor]
        if (public is None or samples != proof.batch or not np.isfinite(array).all()
                or not holds(array, port, circuit.tensors[port.tensor], proof.batch, public)):
            raise Rejected(reason)
