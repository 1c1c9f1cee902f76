#!/usr/bin/env python3
"""Rejects includes that the layer table does not allow.

    tools/check_layers.py [--root DIRECTORY]

Prints each violation as file:line: message; exit code 1 if there is one.

The table is src/modules.cmake. Rules:
  1. A file in src/<module> includes only its own module and what DEPENDS reaches (a test also the provenn_<module>
     libraries named in TEST_LIBRARIES). DEPENDS names only modules declared above, so there is no cycle.
  2. A file in apps/ includes api/ and base/ only.
  3. A verifier file (named *verifier* or verify*) and every file it reaches, with the .cc beside each reached header,
     includes no prover file, no thread and no ONNX: the verifier alone is a small library that runs in a browser.
  4. Test headers (test_*.h, *_test_*.h), which may draw on weak randomness, are included by tests, benchmarks, fuzz
     targets and each other only.
"""

import argparse
import collections
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*(?:include|define\s+HWY_TARGET_INCLUDE)\s*([<"])([^">]+)[">]')
MODULE_LINE = re.compile(r"provenn_module\s*\(([^)]*)\)")
KEYWORDS = ("DEPENDS", "LIBRARIES", "TEST_LIBRARIES", "SANITIZED_WITHOUT")
SOURCE_SUFFIXES = (".h", ".cc")
CHECK_SUFFIXES = ("_test", "_bench", "_fuzz")
APP_MODULES = {"api", "base"}
NOT_FOR_VERIFIER = re.compile(
    r"(^|/)[^/]*prover[^/]*$|^base/parallel\.h$|^onnx/|^google/protobuf/|^tbb/|^oneapi/|^(thread|mutex|future|"
    r"condition_variable)$")

Include = collections.namedtuple("Include", "line path")


class Module:
    def __init__(self, name):
        self.name = name
        self.depends = []
        self.test_depends = []
        self.allowed = {name}


def read_table(text):
    """({name: Module} in order of declaration, [error])."""
    modules, errors = {}, []
    for match in MODULE_LINE.finditer(re.sub(r"#.*", "", text)):
        words = match.group(1).split()
        if not words:
            errors.append("provenn_module() without a name")
            continue
        module, keyword = Module(words[0]), None
        for word in words[1:]:
            if word in KEYWORDS:
                keyword = word
            elif keyword == "DEPENDS":
                module.depends.append(word)
            elif keyword == "TEST_LIBRARIES" and word.startswith("provenn_"):
                module.test_depends.append(word.removeprefix("provenn_"))
        if module.name in modules:
            errors.append(f"module {module.name} is declared twice")
        for name in module.depends:
            if name not in modules:
                errors.append(f"module {module.name} depends on {name}, which is not declared above it")
                continue
            module.allowed |= modules[name].allowed
        modules[module.name] = module
    return modules, errors


def read_includes(path):
    text = path.read_text(encoding="utf-8", errors="replace")
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.S)
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        match = INCLUDE.match(line)
        if match:
            found.append(Include(number, match.group(2)))
    return found


def source_files(directory):
    return sorted(p for p in directory.rglob("*") if p.suffix in SOURCE_SUFFIXES and p.is_file())


def is_check(path):
    return path.stem.endswith(CHECK_SUFFIXES)


def is_test_header(name):
    return name.endswith(".h") and (name.startswith("test_") or "_test_" in name)


def is_verifier(path):
    return not is_check(path) and ("verifier" in path.stem or path.stem.startswith("verify"))


class Tree:
    def __init__(self, root):
        self.root = root
        self.src = root / "src"
        self.modules, self.errors = read_table((self.src / "modules.cmake").read_text(encoding="utf-8"))
        self.errors = [f"src/modules.cmake:1: {error}" for error in self.errors]
        self.includes = {path: read_includes(path) for path in source_files(self.src)}

    def report(self, path, line, message):
        self.errors.append(f"{path.relative_to(self.root)}:{line}: {message}")

    def check_modules(self):
        undeclared = set()
        for path, includes in self.includes.items():
            owner = path.relative_to(self.src).parts[0]
            module = self.modules.get(owner)
            if module is None:
                if owner not in undeclared:
                    self.report(path, 1, f"src/{owner} is not declared in src/modules.cmake")
                undeclared.add(owner)
                continue
            allowed = set(module.allowed)
            if is_check(path):
                for name in module.test_depends:
                    allowed |= self.modules[name].allowed if name in self.modules else set()
            for include in includes:
                if is_test_header(include.path.split("/")[-1]) and not (is_check(path) or is_test_header(path.name)):
                    self.report(path, include.line, f"{include.path} is for tests alone")
                target = include.path.split("/")[0]
                if "/" in include.path and target in self.modules and target not in allowed:
                    self.report(path, include.line, f"module {owner} may not include {include.path}")
                if ".." in include.path.split("/"):
                    self.report(path, include.line, f"include {include.path} by its path under src/")

    def check_apps(self):
        for top in ("apps",):
            for path in source_files(self.root / top):
                for include in read_includes(path):
                    target = include.path.split("/")[0]
                    if "/" in include.path and target in self.modules and target not in APP_MODULES:
                        self.report(path, include.line, f"{top}/ uses the api module alone, not {include.path}")
                    if ".." in include.path.split("/"):
                        self.report(path, include.line, f"include {include.path} by its path")

    def check_verifier(self):
        """Breadth first from the verifier files; each violation is told with the chain that leads to it."""
        reached = {path: None for path in self.includes if is_verifier(path)}
        queue = collections.deque(reached)

        def reach(path, reason):
            if path in self.includes and path not in reached:
                reached[path] = reason
                queue.append(path)

        while queue:
            path = queue.popleft()
            if path.suffix == ".h":
                reach(path.with_suffix(".cc"), path)
            for include in self.includes[path]:
                if NOT_FOR_VERIFIER.search(include.path):
                    chain, at = [], path
                    while at is not None:
                        chain.append(str(at.relative_to(self.src)))
                        at = reached[at]
                    reason = "" if len(chain) == 1 else f" (reached from {' <- '.join(chain[1:])})"
                    self.report(path, include.line, f"the verifier may not include {include.path}{reason}")
                else:
                    reach(self.src / include.path, path)


def check(root):
    """All violations under root, as printable lines."""
    tree = Tree(root)
    tree.check_modules()
    tree.check_apps()
    tree.check_verifier()
    return tree.errors


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    errors = check(parser.parse_args().root.resolve())
    for error in errors:
        print(error, file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
