#!/usr/bin/env python3
"""Compares the integer models of `provenn run` with ONNX Runtime's float answers and writes docs/fidelity.md.

    build/venv/bin/python tools/fidelity.py [--models lenet,risk] [--samples N] [-o docs/fidelity.md]

Needs build/release/bin/provenn and the environment that tools/test_env makes. Exit code 1 if a figure misses the
project's target: top class equal in 99.5 % of the samples of a model that has a data set, and the age of the face crop
within 0.5 years. Inputs come from tools/fidelity_data.py; all are seeded, so the table is reproducible.
"""

import argparse
import pathlib
import subprocess
import sys

import numpy as np
import onnxruntime

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import fidelity_data  # noqa: E402  (found through the path set above)

ROOT = pathlib.Path(__file__).resolve().parent.parent
MIN_AGREEMENT = 0.995
MAX_AGE_ERROR = 0.5


def run_float(session, inputs, chunk):
    name = session.get_inputs()[0].name
    parts = [session.run(None, {name: inputs[i:i + chunk]}) for i in range(0, len(inputs), chunk)]
    return [np.concatenate(outputs) for outputs in zip(*parts)]


def call(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")


def output_path(base, index):
    """`provenn run -o y.npy` writes the first output to y.npy, the others to y.1.npy, y.2.npy, ..."""
    return base if index == 0 else base.with_suffix(f".{index}.npy")


def run_integer(provenn, work, inputs, chunk, output_count):
    parts = []
    for i in range(0, len(inputs), chunk):
        np.save(work / "x.npy", inputs[i:i + chunk])
        call([provenn, "run", work / "model.pk", "--input", work / "x.npy", "--force", "-o", work / "y.npy"])
        parts.append([np.load(output_path(work / "y.npy", k)) for k in range(output_count)])
    return [np.concatenate(outputs) for outputs in zip(*parts)]


def decisions(output):
    """What each row of an output decides: its largest value, or for a single probability whether it is > 1/2."""
    rows = output.reshape(len(output), -1)
    return rows[:, 0] > 0.5 if rows.shape[1] == 1 else rows.argmax(axis=1)


def years(distribution):
    return distribution.reshape(len(distribution), -1).astype(np.float64) @ np.arange(distribution.shape[-1])


def measure(case, provenn, work, samples):
    """A table row for each output, the sentences under the table, and the list of missed targets."""
    data = case.load(samples)
    work.mkdir(parents=True, exist_ok=True)
    np.save(work / "calibration.npy", data.calibration)
    call([provenn, "commit", ROOT / case.model, "--calibration", work / "calibration.npy", "--force", "-o",
          work])

    session = onnxruntime.InferenceSession(str(ROOT / case.model), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    wanted = run_float(session, data.inputs, case.chunk)
    got = run_integer(provenn, work, data.inputs, case.chunk, len(names))

    rows, notes, missed = [], [], []
    for name, want, have in zip(names, wanted, got):
        have = have.reshape(want.shape)
        difference = np.abs(have.astype(np.float64) - want)
        agreement = ""
        if name not in case.not_a_decision:
            equal = int((decisions(have) == decisions(want)).sum())
            agreement = f"{equal} / {len(want)} ({100 * equal / len(want):.2f} %)"
            if case.has_data_set and equal < MIN_AGREEMENT * len(want):
                missed.append(f"{case.name}: top class agrees in {agreement}")
        rows.append(f"| {case.name} | `{name}` | {len(want)} | {agreement or '—'} | {difference.max():.2g} | "
                    f"{difference.mean():.2g} | {np.abs(want).max():.3g} |")
        if name == case.age_output:
            error = np.abs(years(have) - years(want))
            notes.append(f"`{case.name}`: the age (Σ i·pᵢ) of the face crop is {years(want)[0]:.2f} years in float and "
                         f"{years(have)[0]:.2f} in integers, a difference of {error[0]:.3f}; over the "
                         f"{len(error)} pictures the largest difference is {error.max():.3f}, the mean "
                         f"{error.mean():.3f} years.")
            if error[0] > MAX_AGE_ERROR:
                missed.append(f"{case.name}: the age of the face crop is {error[0]:.3f} years off")
    if data.labels is not None:
        float_right = float((decisions(wanted[0]) == data.labels).mean())
        integer_right = float((decisions(got[0].reshape(wanted[0].shape)) == data.labels).mean())
        notes.append(f"`{case.name}`: {100 * float_right:.2f} % of these samples are classified correctly in float, "
                     f"{100 * integer_right:.2f} % in integers.")
    notes.append(f"`{case.name}` inputs: {data.description}")
    return rows, notes, missed


def document(rows, notes, command):
    return "\n".join([
        "# Fidelity of the integer models",
        "",
        "How far the integer model that is committed and proved is from the float model that was given.",
        "Generated; run it again after a change of quantisation, operators or interpreter:",
        "",
        "```",
        "./quickstart && tools/install_packages test && tools/test_env",
        command,
        "```",
        "",
        f"Both sides get the same float inputs: ONNX Runtime {onnxruntime.__version__} on the .onnx file, and "
        "`provenn run` on the model that",
        "`provenn commit` made with its default options. Targets: the top class agrees in at least "
        f"{100 * MIN_AGREEMENT:.1f} % of the samples",
        f"(models with a data set), and the age of the face crop is within {MAX_AGE_ERROR} years.",
        "",
        "| model | output | samples | top class agrees | largest difference | mean difference | largest float value |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        *[f"- {note}" for note in notes],
        ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--provenn", type=pathlib.Path, default=ROOT / "build/release/bin/provenn")
    parser.add_argument("--models", default=",".join(fidelity_data.CASES), help="comma-separated; default: all")
    parser.add_argument("--samples", type=int, help="at most so many samples of each model")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/fidelity")
    parser.add_argument("-o", "--output", type=pathlib.Path, help="the markdown file; default: the terminal only")
    options = parser.parse_args()

    rows, notes, missed = [], [], []
    for name in options.models.split(","):
        case = fidelity_data.CASES[name]
        more = measure(case, options.provenn.resolve(), options.work / name, options.samples)
        for total, part in zip((rows, notes, missed), more):
            total.extend(part)
        print("\n".join(more[0]), file=sys.stderr, flush=True)
    words = ["build/venv/bin/python tools/fidelity.py"]
    if options.models != ",".join(fidelity_data.CASES):
        words.append(f"--models {options.models}")
    if options.samples:
        words.append(f"--samples {options.samples}")
    text = document(rows, notes, " ".join(words + ["-o docs/fidelity.md"]))
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        print(text)
    for miss in missed:
        print(f"target missed: {miss}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
