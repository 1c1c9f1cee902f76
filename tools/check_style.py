#!/usr/bin/env python3
"""Rejects what CONTRIBUTING.md forbids and a machine can see.

    tools/check_style.py [--root DIRECTORY]

Prints each violation as file:line: message; exit code 1 if there is one.

Reads the files that git tracks or would track, C++, Python and build files alike; testdata/ and corpus/ are not ours to
style.
"""

import argparse
import collections
import pathlib
import re
import subprocess
import sys

MAX_LINES = 600
MAX_COLUMNS = 120
CPP = (".cc", ".h", ".c")
CODE = CPP + (".py",)
BUILD = (".cmake",)

Rule = collections.namedtuple("Rule", "pattern suffixes applies message")


def always(path):
    return True


def not_a_test(path):
    return not path.stem.endswith(("_test", "_bench", "_fuzz")) and not path.stem.startswith("test_")


def a_test(path):
    return path.stem.endswith("_test")


# The patterns are put together from pieces so that this file passes its own check.
RULES = [
    Rule(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b", CODE + BUILD, always,
         "unfinished mark"),
    Rule(r"(?<![\w.])assert\s*\(", CPP, always, "assert() can be compiled out: PROVENN_CHECK, or a Result"),
    Rule(r"\b(mt19937|rand\s*\(\)|srand\s*\()", CPP, not_a_test, "randomness comes from crypto/"),
    Rule(r"(SUCC" + r"EED\(\)|GTEST_" + r"SKIP|DISAB" + r"LED_|EXPECT_TRUE\(true\)|assertTrue\(True\))", CODE, a_test,
         "a test that cannot fail"),
    Rule(r"march=" + r"native", BUILD + (".txt", ".json"), always, "the baseline is portable; dispatch at run time"),
    Rule(r"\busing\s+namespace\b", CPP, always, "using a whole namespace"),
    Rule(r"\t", CODE + BUILD, always, "tab"),
    Rule(r"[ \t]+$", CODE + BUILD, always, "trailing space"),
]
COMPILED = [(re.compile(rule.pattern), rule) for rule in RULES]


def check_file(path, name):
    """Violations in one file; `name` is how it is told to the user."""
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = text.split("\n")
    errors = []
    if path.suffix in CODE and len(lines) - 1 > MAX_LINES:
        errors.append(f"{name}:{MAX_LINES}: {len(lines) - 1} lines; a file holds one idea, at most {MAX_LINES} lines")
    # A file *-inl.h is included once for each CPU target, and guards itself.
    if path.suffix == ".h" and not path.stem.endswith("-inl") and "#pragma once" not in lines:
        errors.append(f"{name}:1: no #pragma once")
    rules = [(pattern, rule) for pattern, rule in COMPILED if path.suffix in rule.suffixes and rule.applies(path)]
    for number, line in enumerate(lines, start=1):
        if path.suffix in CODE + BUILD and len(line) > MAX_COLUMNS:
            errors.append(f"{name}:{number}: {len(line)} columns, at most {MAX_COLUMNS}")
        errors.extend(f"{name}:{number}: {rule.message}" for pattern, rule in rules if pattern.search(line))
    if text and not text.endswith("\n"):
        errors.append(f"{name}:{len(lines)}: no newline at the end")
    return errors


def tree_files(root):
    """What git tracks or would track; in an unpacked archive without git, everything but build/ and hidden folders."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True)
    if listed.returncode == 0:
        return sorted(name for name in listed.stdout.decode().split("\0") if name)
    names = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(str(name) for name in names if name.parts[0] != "build" and not name.parts[0].startswith("."))


def check(root):
    suffixes = CODE + BUILD + (".txt", ".json")
    errors = []
    for name in tree_files(root):
        path = root / name
        if path.suffix in suffixes and path.is_file() and not {"testdata", "corpus"} & set(path.parts):
            errors += check_file(path, name)
    return errors


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    errors = check(parser.parse_args().root.resolve())
    for error in errors:
        print(error, file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
