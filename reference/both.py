"""The two verifiers behind one interface: (verdict, reason) of a key and a proof given as bytes.

`demands` is what the caller insists on, as in conformance/manifest.json: context, model_id (hexadecimal), profile (p100
or p128), inputs and outputs (name: nested lists of numbers); each may be absent.
"""

import json
import subprocess

import numpy
from provenn_reference.certificate import certificate_verdict
from provenn_reference.formats import Unreadable
from provenn_reference.statement import Demands
from provenn_reference.verify import ACCEPT, verdict

PROFILES = {"p100": 1, "p128": 2}
DEMANDS = ("context", "model_id", "profile", "inputs", "outputs")


def by_reference(key, proof, demands=None):
    given = demands or {}
    try:
        result = verdict(key, proof, Demands(
            context=given["context"].encode() if "context" in given else None,
            model_id=bytes.fromhex(given["model_id"]) if "model_id" in given else None,
            profile=PROFILES[given["profile"]] if "profile" in given else None,
            inputs={name.encode(): numpy.array(x) for name, x in given.get("inputs", {}).items()},
            outputs={name.encode(): numpy.array(x) for name, x in given.get("outputs", {}).items()}))
    except Unreadable:
        return "UNREADABLE", None
    return (ACCEPT, None) if result == ACCEPT else ("REJECT", result)


def certificate_by_reference(key, certificate, demands=None):
    profile = PROFILES.get((demands or {}).get("profile"))
    try:
        result = certificate_verdict(key, certificate, profile)
    except Unreadable:
        return "UNREADABLE", None
    return (ACCEPT, None) if result == ACCEPT else ("REJECT", result)


def options(work, demands):
    """The demands as options of `provenn verify`."""
    result = []
    for name in ("context", "model_id", "profile"):
        if name in demands:
            result += ["--" + name.replace("_", "-"), demands[name]]
    for kind in ("inputs", "outputs"):
        for name, values in demands.get(kind, {}).items():
            numpy.save(work / f"{kind}.{name}.npy", numpy.array(values, dtype=numpy.float64))
            result += [f"--{kind[:-1]}", f"{name}={work / f'{kind}.{name}.npy'}"]
    return result


def by_program(program, work, key, proof, demands=None):
    """Writes both files into the folder `work` and runs `provenn verify --json` on them."""
    (work / "model.vk").write_bytes(key)
    (work / "answer.proof").write_bytes(proof)
    return answer_of([program, "verify", "--json", work / "model.vk", work / "answer.proof",
                      *options(work, demands or {})])


def certificate_by_program(program, work, key, certificate, demands=None):
    """The same with `provenn verify-key --json`."""
    (work / "model.vk").write_bytes(key)
    (work / "model.cert").write_bytes(certificate)
    return answer_of([program, "verify-key", "--json", work / "model.vk", work / "model.cert",
                      *options(work, demands or {})])


def answer_of(command):
    run = subprocess.run(command, capture_output=True, check=False)
    if run.returncode == 2:
        return "UNREADABLE", None
    if run.returncode not in (0, 1):
        raise RuntimeError(f"exit code {run.returncode}: {run.stderr.decode(errors='replace')}")
    answer = json.loads(run.stdout)
    return ("ACCEPT", None) if run.returncode == 0 else ("REJECT", answer["reason"])
