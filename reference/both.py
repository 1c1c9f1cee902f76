"""The two verifiers behind one interface: (verdict, reason) of a key and a proof given as bytes."""

import functools
import json
import subprocess

from provenn_reference.formats import Unreadable
from provenn_reference.verify import ACCEPT, verdict


@functools.lru_cache(maxsize=2)
def by_reference(key, proof, context=None):
    try:
        result = verdict(key, proof, None if context is None else context.encode())
    except Unreadable:
        return "UNREADABLE", None
    return (ACCEPT, None) if result == ACCEPT else ("REJECT", result)


def by_program(program, work, key, proof, context=None):
    """Writes both files into the folder `work` and runs `provenn verify --json` on them."""
    (work / "model.vk").write_bytes(key)
    (work / "answer.proof").write_bytes(proof)
    options = [] if context is None else ["--context", context]
    run = subprocess.run([program, "verify", "--json", work / "model.vk", work / "answer.proof", *options],
                         capture_output=True, check=False)
    if run.returncode == 2:
        return "UNREADABLE", None
    if run.returncode not in (0, 1):
        raise RuntimeError(f"exit code {run.returncode}: {run.stderr.decode(errors='replace')}")
    answer = json.loads(run.stdout)
    return ("ACCEPT", None) if run.returncode == 0 else ("REJECT", answer["reason"])
