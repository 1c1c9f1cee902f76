"""python3 -m provenn_reference model.vk answer.proof [--context TEXT]: exit code 0 accept, 1 reject, 2 unreadable."""
import argparse
import pathlib
import sys

from .formats import Unreadable
from .statement import Demands
from .verify import ACCEPT, verdict


def main():
    parser = argparse.ArgumentParser(prog="provenn_reference", description="Verifies a proof.")
    parser.add_argument("key", type=pathlib.Path)
    parser.add_argument("proof", type=pathlib.Path)
    parser.add_argument("--context", help="demand that the proof was made for this")
    arguments = parser.parse_args()
    demands = Demands(context=None if arguments.context is None else arguments.context.encode())
    try:
        result = verdict(arguments.key.read_bytes(), arguments.proof.read_bytes(), demands)
    except (OSError, Unreadable) as error:
        print(f"cannot read: {error}", file=sys.stderr)
        return 2
    print(ACCEPT if result == ACCEPT else f"REJECT: {result}")
    return 0 if result == ACCEPT else 1


sys.exit(main())
