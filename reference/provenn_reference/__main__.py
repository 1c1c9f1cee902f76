"""python3 -m provenn_reference model.vk answer.proof [--context TEXT], or model.vk model.cert --certificate.

Exit code 0 accept, 1 reject, 2 unreadable.
"""
import argparse
import pathlib
import sys

from .certificate import certificate_verdict
from .formats import Unreadable
from .statement import Demands
from .verify import ACCEPT, verdict


def main():
    parser = argparse.ArgumentParser(prog="provenn_reference",
                                     description="Verifies a proof, or the certificate of a key.")
    parser.add_argument("key", type=pathlib.Path)
    parser.add_argument("proof", type=pathlib.Path)
    parser.add_argument("--context", help="demand that the proof was made for this")
    parser.add_argument("--certificate", action="store_true", help="the second file is the certificate of the key")
    arguments = parser.parse_args()
    if arguments.certificate and arguments.context is not None:
        parser.error("a certificate has no context: leave out --context")
    demands = Demands(context=None if arguments.context is None else arguments.context.encode())
    try:
        key, proof = arguments.key.read_bytes(), arguments.proof.read_bytes()
        result = certificate_verdict(key, proof) if arguments.certificate else verdict(key, proof, demands)
    except (OSError, Unreadable) as error:
        print(f"cannot read: {error}", file=sys.stderr)
        return 2
    print(ACCEPT if result == ACCEPT else f"REJECT: {result}")
    return 0 if result == ACCEPT else 1


sys.exit(main())
