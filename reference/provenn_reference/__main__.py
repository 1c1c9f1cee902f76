"""python3 -m provenn_reference model.vk answer.proof [demands], or model.vk model.cert --certificate.

Exit code 0 accept, 1 reject, 2 unreadable.
"""
import argparse
import pathlib
import sys

import numpy as np

from .certificate import certificate_verdict
from .formats import Unreadable, read_key, read_proof
from .statement import Demands, array_of
from .verify import ACCEPT, verdict

SHOWN = 12
PROFILES = {"p100": 1, "p128": 2}


def some(text):
    if not text:
        raise argparse.ArgumentTypeError("is empty: a demand that is empty would check nothing")
    return text


def model_id(text):
    data = bytes.fromhex(some(text))
    if len(data) != 32:
        raise argparse.ArgumentTypeError("is no id: 64 hexadecimal digits")
    return data


def named_array(text):
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise argparse.ArgumentTypeError("wants NAME=FILE.npy")
    try:
        return name.encode(), np.load(path)
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"cannot be read: {error}") from None


class Once(argparse.Action):
    """A demand that is made twice is an error: the second would replace the first."""

    def __call__(self, parser, namespace, value, option=None):
        if getattr(namespace, self.dest) is not None:
            parser.error(f"{option} is given twice")
        setattr(namespace, self.dest, value)


def by_name(parser, arrays):
    names = [name for name, _ in arrays]
    for name in names:
        if names.count(name) > 1:
            parser.error(f"{quoted(name)} is given twice")
    return dict(arrays)


def arguments_of():
    parser = argparse.ArgumentParser(prog="provenn_reference",
                                     description="Verifies a proof, or the certificate of a key.")
    parser.add_argument("key", type=pathlib.Path, help="model.vk")
    parser.add_argument("proof", type=pathlib.Path, help="the proof file, or the certificate")
    parser.add_argument("--context", type=some, action=Once, help="demand that the proof was made for this")
    parser.add_argument("--model-id", type=model_id, action=Once, help="demand this model id")
    parser.add_argument("--profile", choices=sorted(PROFILES), action=Once, help="demand at least this profile")
    parser.add_argument("--input", type=named_array, action="append", default=[], metavar="NAME=FILE.npy")
    parser.add_argument("--output", type=named_array, action="append", default=[], metavar="NAME=FILE.npy")
    parser.add_argument("--certificate", action="store_true", help="the second file is the certificate of the key")
    arguments = parser.parse_args()
    if arguments.certificate and (arguments.context or arguments.input or arguments.output):
        parser.error("a certificate has no context, input or output: leave them out")
    arguments.inputs = by_name(parser, arguments.input)
    arguments.outputs = by_name(parser, arguments.output)
    return arguments


def quoted(name):
    return ascii(name.decode(errors="replace"))


def show(side, key, proof, port):
    tensor = key.circuit.tensors[port.tensor]
    values = proof.public[port.tensor]
    if values is None:
        return f"{side}  {quoted(port.name)} hidden"
    array = array_of(values, port, tensor, proof.batch)
    text = ", ".join(f"{x:.17g}" for x in array.reshape(-1)[:SHOWN])
    more = f", and {array.size - SHOWN} more" if array.size > SHOWN else ""
    return f"{side}  {quoted(port.name)} {list(array.shape)}, step {2.0**-tensor.scale:.17g}: [{text}{more}]"


def report(key, proof, demands):
    """Prints what was proved; what of it the caller did not ask about."""
    for side, ports in (("input ", key.inputs), ("output", key.outputs)):
        for port in ports:
            print(show(side, key, proof, port))
    print(f"context {quoted(proof.context)}, profile {[n for n, p in PROFILES.items() if p == proof.profile][0]}")
    missing = [what for what, demanded in (("model id", demands.model_id), ("context", demands.context),
                                           ("profile", demands.profile)) if demanded is None]
    missing += [f"input {quoted(p.name)}" for p in key.inputs if p.name not in demands.inputs]
    missing += [f"output {quoted(p.name)}" for p in key.outputs if p.name not in demands.outputs]
    return ["certificate", *missing]


def main():
    arguments = arguments_of()
    profile = PROFILES.get(arguments.profile)
    demands = Demands(context=None if arguments.context is None else arguments.context.encode(),
                      model_id=arguments.model_id, profile=profile, inputs=arguments.inputs,
                      outputs=arguments.outputs)
    try:
        key_bytes, proof_bytes = arguments.key.read_bytes(), arguments.proof.read_bytes()
        key = read_key(key_bytes)
        if arguments.certificate:
            result = certificate_verdict(key_bytes, proof_bytes, profile)
            if result == ACCEPT and arguments.model_id not in (None, key.model_id):
                result = "model-id"
        else:
            result = verdict(key_bytes, proof_bytes, demands)
    except (OSError, Unreadable) as error:
        print(f"cannot read: {error}", file=sys.stderr)
        return 2
    print(f"model id {key.model_id.hex()}")
    if result != ACCEPT:
        print(f"REJECT: {result}")
        return 1
    if arguments.certificate:
        missing = ["that every input in range has an answer", "which function it is"]
        missing += ["model id"] * (demands.model_id is None)
    else:
        missing = report(key, read_proof(proof_bytes), demands)
    print("NOT checked: " + ", ".join(missing))
    print("ACCEPT, as far as it was checked")
    return 0


if __name__ == "__main__":
    sys.exit(main())
