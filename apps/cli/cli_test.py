#!/usr/bin/env python3
"""The command line as scripts meet it: exit codes, JSON, reasons, bad input, full disks, interruptions.

    apps/cli/cli_test.py PROVENN

Uses the tiny model of src/api/testdata/tiny, and examples/lenet where a commitment must take long enough to be killed.
"""

import json
import math
import os
import pathlib
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TINY = ROOT / "src/api/testdata/tiny"
LENET = ROOT / "examples/lenet"
PROVENN = None
ACCEPT, REJECT, UNREADABLE = 0, 1, 2


def run(*words, **options):
    return subprocess.run([PROVENN, *map(str, words)], capture_output=True, text=True, **options)


def write_npy(path, shape, values):
    """float32, version 1, C order."""
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }" % repr(tuple(shape))
    header += " " * (63 - (len(header) + 10) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
                     + struct.pack(f"<{len(values)}f", *values))


def read_npy(path):
    data = path.read_bytes()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    return list(struct.unpack(f"<{(len(data) - start) // 4}f", data[start:]))


class CommandLine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.dir = pathlib.Path(cls.holder.name)
        cls.commit = cls.must(0, "commit", TINY / "model.onnx", "--calibration", TINY / "calibration.npy", "--seed",
                              TINY / "seed.txt", "-o", cls.dir, "--json")
        cls.pk, cls.vk, cls.proof = cls.dir / "model.pk", cls.dir / "model.vk", cls.dir / "answer.proof"
        cls.run_json = cls.must(0, "run", cls.pk, "--input", TINY / "input.npy", "-o", cls.dir / "y.npy", "--json")
        cls.prove = cls.must(0, "prove", cls.pk, "--input", TINY / "input.npy", "--context", "here", "-o", cls.proof,
                             "--json")

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    @staticmethod
    def must(code, *words, **options):
        """Runs, checks the exit code, and reads the JSON that --json asks for."""
        done = run(*words, **options)
        if done.returncode != code:
            raise AssertionError(f"{words}: exit code {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout) if "--json" in words else done.stdout + done.stderr

    def verify(self, code, *words):
        return self.must(code, "verify", self.vk, self.proof, "--json", *words)

    def test_json_of_commit_run_and_prove(self):
        self.assertEqual(len(self.commit["model_id"]), 64)
        self.assertEqual(self.commit["nodes"][0]["op"], "input")
        self.assertEqual(self.commit["deviations"][0]["output"], "y")
        self.assertEqual(self.run_json["outputs"][0]["values"], self.prove["outputs"][0]["values"])
        self.assertEqual(self.run_json["outputs"][0]["values"], read_npy(self.dir / "y.npy"))
        self.assertEqual(self.prove["proof_bytes"], self.proof.stat().st_size)
        self.assertEqual(self.pk.stat().st_mode & 0o777, 0o600)

    def test_accepts_with_every_expectation(self):
        verdict = self.verify(ACCEPT, "--input", TINY / "input.npy", "--output", self.dir / "y.npy", "--context",
                              "here", "--model-id", self.commit["model_id"])
        self.assertTrue(verdict["accepted"])
        self.assertEqual(verdict["outputs"][0]["values"], self.run_json["outputs"][0]["values"])
        self.assertEqual(len(verdict["inputs"][0]["digest"]), 64)
        self.verify(ACCEPT, "--input", f"x={TINY / 'input.npy'}", "--output", f"y={self.dir / 'y.npy'}")

    def test_verify_strict_demands_id_input_and_context(self):
        every = ("--input", TINY / "input.npy", "--context", "here", "--model-id", self.commit["model_id"])
        for missing in range(0, 6, 2):
            self.must(UNREADABLE, "verify", self.vk, self.proof, "--strict", *every[:missing], *every[missing + 2:])
        verdict = self.must(ACCEPT, "verify", self.vk, self.proof, "--strict", "--json", *every)
        self.assertEqual([text.split(" ")[0] for text in verdict["not_checked"]],
                         ["certificate", "output", "profile"])
        verdict = self.must(ACCEPT, "verify", self.vk, self.proof, "--strict", "--json", *every, "--output",
                            self.dir / "y.npy", "--profile", "p100")
        self.assertEqual([text.split(" ")[0] for text in verdict["not_checked"]], ["certificate"])
        self.assertIn("profile p100", verdict["checked"])
        self.assertTrue(any("largest difference" in item for item in verdict["checked"]))

    def test_text_output(self):
        text = self.must(ACCEPT, "verify", self.vk, self.proof)
        self.assertIn("ACCEPT, as far as it was checked", text)
        for item in ("model id (--model-id)", "(--input)", "freshness (--context)"):
            self.assertIn(item, text.split("NOT checked")[1])
        self.assertIn(self.commit["model_id"], text)
        self.assertIn("REJECT: context", self.must(REJECT, "verify", self.vk, self.proof, "--context", "there"))

    def test_each_mismatch_has_its_reason(self):
        other_input, other_output = self.dir / "other_x.npy", self.dir / "other_y.npy"
        values = read_npy(TINY / "input.npy")
        write_npy(other_input, (1, 4), values[:3] + [values[3] / 2])
        values = read_npy(self.dir / "y.npy")
        write_npy(other_output, (1, 2), [values[0], values[1] + 1])
        for words, reason in [(["--input", other_input], "input-mismatch"),
                              (["--output", other_output], "output-mismatch"), (["--context", "there"], "context"),
                              (["--model-id", "00" * 32], "model-id")]:
            self.assertEqual(self.verify(REJECT, *words)["reason"], reason)

    def test_flipped_bits_are_rejected_and_what_is_no_proof_cannot_be_read(self):
        data = self.proof.read_bytes()
        damaged = self.dir / "damaged.proof"
        for part in (0.3, 0.5, 0.7, 0.999):
            at = int(len(data) * part)
            damaged.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
            self.must(REJECT, "verify", self.vk, damaged)
        for bad in (b"", data[:40], data[:len(data) // 2], b"X" + data[1:], data + b"\0"):
            damaged.write_bytes(bad)
            self.must(UNREADABLE, "verify", self.vk, damaged)
        self.must(UNREADABLE, "verify", self.proof, self.vk)
        self.must(UNREADABLE, "verify", self.vk, self.dir / "missing.proof")

    def test_another_model(self):
        other = self.dir / "other"
        self.must(0, "commit", TINY / "model.onnx", "--calibration", TINY / "calibration.npy", "-o", other)
        verdict = self.must(REJECT, "verify", other / "model.vk", self.proof, "--json")
        self.assertEqual(verdict["reason"], "model-id")

    def test_private_input_and_output(self):
        hidden = self.dir / "hidden.proof"
        self.must(0, "prove", self.pk, "--input", TINY / "input.npy", "--private-input", "--private-output", "-o",
                  hidden)
        verdict = self.must(ACCEPT, "verify", self.vk, hidden, "--json")
        self.assertTrue(verdict["inputs"][0]["hidden"] and verdict["outputs"][0]["hidden"])
        self.assertNotIn("values", verdict["outputs"][0])
        self.must(REJECT, "verify", self.vk, hidden, "--input", TINY / "input.npy")

    def test_batch_and_profile(self):
        batch = self.dir / "batch.proof"
        self.must(0, "prove", self.pk, "--input", TINY / "batch.npy", "--profile", "p128", "-o", batch)
        verdict = self.must(ACCEPT, "verify", self.vk, batch, "--input", TINY / "batch.npy", "--json")
        self.assertEqual((verdict["batch"], verdict["profile"]), (3, "p128"))
        self.assertEqual(verdict["outputs"][0]["shape"], [3, 2])

    def test_inspect(self):
        for path, kind in [(self.pk, "proving key"), (self.vk, "verifying key"), (self.proof, "proof"),
                           (TINY / "model.onnx", "ONNX model")]:
            shown = self.must(0, "inspect", path, "--json")
            self.assertEqual((shown["kind"], shown["bytes"]), (kind, path.stat().st_size))
        self.assertIn("soundness p100", self.must(0, "inspect", self.vk))

    def test_explain(self):
        text = self.must(0, "explain", self.vk)
        for part in ("everything is recognised", 'input  "x"', 'output "y"', "fully connected", "relu", "clamp(q, 0, ",
                     "root ", "graph id", "formats id", "tells about the weights"):
            self.assertIn(part, text)
        self.assertNotIn("\x1b", text)
        shown = self.must(0, "explain", self.vk, "--json")
        self.assertTrue(shown["recognised"])
        self.assertEqual(shown["not_recognised"], [])
        self.assertEqual(shown["model_id"], self.commit["model_id"])
        self.assertEqual([len(shown[key]) for key in ("graph_id", "formats_id")], [64, 64])
        self.assertEqual([shown["inputs"][0]["claimed_name"], shown["outputs"][0]["claimed_name"]], ["x", "y"])
        self.assertLess(max(lookup for node in shown["nodes"] for lookup in node["lookups"]), shown["lookups"])
        for node in shown["nodes"]:
            self.assertTrue(node["recognised"] and node["formula"] and node["terms"], node)
            self.assertEqual(node["function"]["departure_count"], 0)
        self.assertEqual([table["role"] for table in shown["tables"]].count("not used"), 0)
        for table in shown["tables"]:
            self.assertEqual(table["digest"] is None, table["role"] == "range", table)
            self.assertTrue(table["digest"] is None or f"rows {table['digest']}" in text)
        self.must(UNREADABLE, "explain", self.proof)
        self.assertIn("every input in range has an answer", text)
        self.assertTrue(shown["total"])

    def test_explain_compares_keys(self):
        self.assertIn("the same model", self.must(0, "explain", self.vk, self.vk))
        keys = [ROOT / "conformance" / name for name in ("conv.vk", "conv_permuted.vk")]
        permuted = self.must(0, "explain", *keys, "--json")
        self.assertTrue(permuted["same_graph"] and permuted["same_formats"] and not permuted["same_model"])
        strange = ROOT / "conformance/relu_squares.vk"  # a table of a function that explain does not know
        self.must(1, "explain", strange)
        self.must(1, "explain", strange, strange)
        for name, words in [("twin", []), ("wide", ["--bits", "14"])]:
            self.must(0, "commit", TINY / "model.onnx", "--calibration", TINY / "calibration.npy", "-o",
                      self.dir / name, *words)
        self.assertIn("only the weights commitment differs",
                      self.must(0, "explain", self.vk, self.dir / "twin" / "model.vk"))
        wide = self.must(1, "explain", self.vk, self.dir / "wide" / "model.vk", "--json")
        self.assertEqual((wide["same_graph"], wide["same_formats"], wide["same_weights"]), (True, False, False))
        self.assertTrue(all(node["a"] and node["b"] for node in wide["nodes"]))
        self.assertIn("DIFFERENT", self.must(1, "explain", self.vk, self.dir / "wide" / "model.vk"))

    def test_explain_draws_the_graph(self):
        drawing = self.dir / "graph.svg"
        nodes = self.must(0, "explain", self.vk, "--svg", drawing, "--json")["nodes"]
        root = xml.etree.ElementTree.fromstring(drawing.read_text())
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
        labels = "".join(element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text"))
        for node in nodes:
            self.assertIn(f"{node['node']}: T{node['output']}", labels)
        self.assertIn("not recognised", labels)  # in the legend
        self.assertFalse([e.tag for e in root.iter() if e.tag.endswith(("script", "image", "style", "a"))])
        self.must(UNREADABLE, "explain", self.vk, "--svg", drawing)
        self.must(0, "explain", self.vk, "--svg", drawing, "--force")
        self.must(UNREADABLE, "explain", self.vk, "--svg", self.vk, "--force")
        self.assertIn("add --svg FILE", self.must(UNREADABLE, "explain", self.vk, "--force"))
        self.must(UNREADABLE, "explain", self.vk, self.vk, "--svg", drawing, "--force")

    def test_control_characters_in_names_do_not_reach_the_terminal(self):
        forged = self.dir / "forged.onnx"
        model = (TINY / "model.onnx").read_bytes()
        forged.write_bytes(model.replace(b"fc1", b"f\x1b1").replace(b"relu", b"\xc2\x9blu"))
        committed = self.must(0, "commit", forged, "--calibration", TINY / "calibration.npy", "-o", self.dir / "forged")
        shown = [committed, *(self.must(0, "inspect", self.dir / "forged" / name) for name in ("model.pk", "model.vk")),
                 self.must(0, "inspect", forged)]
        explained = self.must(0, "explain", self.dir / "forged" / "model.vk", "--svg", self.dir / "forged.svg")
        self.assertFalse({c for c in explained if ord(c) < 32 or 127 <= ord(c) < 160} - {"\n"})
        xml.etree.ElementTree.fromstring((self.dir / "forged.svg").read_text())
        for text in shown:
            self.assertIn("f\\x1b1", text)
            self.assertFalse({c for c in text if ord(c) < 32 or 127 <= ord(c) < 160} - {"\n"})

    def test_seed_and_options_make_the_model_id(self):
        def model_id(*words):
            return self.must(0, "commit", TINY / "model.onnx", "--calibration", TINY / "calibration.npy", "-o",
                             self.dir / "again", "--force", "--json", *words)["model_id"]

        self.assertEqual(model_id("--seed", TINY / "seed.txt"), self.commit["model_id"])
        self.assertNotEqual(model_id("--seed", TINY / "seed.txt", "--bits", "10"), self.commit["model_id"])
        self.assertNotEqual(model_id(), model_id())

    def test_bad_input_is_named(self):
        bad = self.dir / "bad.npy"
        for value, what, where in [(math.nan, "nan", "element 2"), (math.inf, "inf", "element 2"),
                                   (1234567, "declared range", "[0, 2]")]:
            write_npy(bad, (1, 4), [0, 0, value, 0])
            text = self.must(UNREADABLE, "prove", self.pk, "--input", bad, "-o", self.dir / "no.proof")
            self.assertIn(what, text.lower())
            self.assertIn(where, text)
            self.assertNotIn("1234567", text)
        write_npy(bad, (1, 5), [0] * 5)
        self.must(UNREADABLE, "run", self.pk, "--input", bad)
        bad.write_bytes(b"\x93NUMPY\x01\x00")
        self.must(UNREADABLE, "run", self.pk, "--input", bad)
        self.must(UNREADABLE, "commit", TINY / "seed.txt", "--calibration", TINY / "calibration.npy", "-o",
                  self.dir / "no")
        for bits in ("7", "17", "99"):
            text = self.must(UNREADABLE, "commit", TINY / "model.onnx", "--calibration", TINY / "calibration.npy",
                             "--bits", bits, "-o", self.dir / "no")
            self.assertIn("--bits", text)
        # What cannot be written is told before the work.
        prove = ("prove", self.pk, "--input", TINY / "input.npy", "-o")
        text = self.must(UNREADABLE, *prove, self.dir / "no" / "a.proof")
        self.assertIn(f"{self.dir / 'no'}: is no folder, or not there: make it first", text)
        self.assertIn("is a folder: name a file in it", self.must(UNREADABLE, *prove, self.dir, "--force"))
        self.must(UNREADABLE, "run", TINY / "model.onnx", "--input", TINY / "input.npy")
        self.must(UNREADABLE, "verify", self.vk)
        self.must(UNREADABLE, "nothing")
        self.assertFalse((self.dir / "no.proof").exists() or (self.dir / "no").exists())

    def test_full_disk_leaves_nothing(self):
        self.must(UNREADABLE, "prove", self.pk, "--input", TINY / "input.npy", "-o", "/dev/full")
        self.must(UNREADABLE, "run", self.pk, "--input", TINY / "input.npy", "-o", "/dev/full")

        def small_files():  # a write beyond the limit fails, as on a full disk
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))

        full = self.dir / "full"
        full.mkdir()
        self.must(UNREADABLE, "commit", TINY / "model.onnx", "--calibration", TINY / "calibration.npy", "-o", full,
                  preexec_fn=small_files)
        self.must(UNREADABLE, "prove", self.pk, "--input", TINY / "input.npy", "-o", full / "a.proof",
                  preexec_fn=small_files)
        self.assertEqual(list(full.iterdir()), [])

    def test_an_interrupted_commit_leaves_no_broken_key(self):
        killed = 0
        for delay in (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
            folder = self.dir / f"killed{delay}"
            process = subprocess.Popen([PROVENN, "commit", LENET / "model.onnx", "--calibration",
                                        LENET / "calibration.npy", "-o", folder], stdout=subprocess.DEVNULL)
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
            for file in folder.iterdir() if folder.exists() else []:
                self.assertIn(file.name, ("model.pk", "model.vk", "model.cert", "model.card.json"))
                self.must(0, "inspect", file)
            if (folder / "model.vk").exists():
                self.assertTrue((folder / "model.pk").exists())
        self.assertGreater(killed, 0)

    def test_an_empty_option_is_an_error(self):
        for command in [("verify", self.vk, self.proof, "--model-id", ""),
                        ("verify", self.vk, self.proof, "--context", ""),
                        ("verify", self.vk, self.proof, "--input", ""),
                        ("verify", self.vk, self.proof, "--input", "x="),
                        ("prove", self.pk, "--input", TINY / "input.npy", "--context", "", "-o", self.dir / "empty")]:
            self.assertIn("empty", self.must(UNREADABLE, *command))
        self.must(UNREADABLE, "verify", self.vk, self.proof, "--model-id=")
        self.assertFalse((self.dir / "empty").exists())

    def test_nothing_is_overwritten(self):
        keys = [path.read_bytes() for path in (self.pk, self.vk)]
        commit = ["commit", TINY / "model.onnx", "--calibration", TINY / "calibration.npy", "-o", self.dir]
        self.assertIn("exists already", self.must(UNREADABLE, *commit))
        answer = self.dir / "kept"
        prove = ["prove", self.pk, "--input", TINY / "input.npy", "-o"]
        ask = ["run", self.pk, "--input", TINY / "input.npy", "-o"]
        for command in (prove, ask):
            answer.write_bytes(b"mine")
            self.assertIn("--force", self.must(UNREADABLE, *command, answer))
            self.assertEqual(answer.read_bytes(), b"mine")
            self.must(0, *command, answer, "--force")
            self.assertNotEqual(answer.read_bytes(), b"mine")
            for key in (self.pk, self.vk):
                self.must(UNREADABLE, *command, key, "--force")
        question = self.dir / "question.npy"
        question.write_bytes((TINY / "input.npy").read_bytes())
        (self.dir / "same.npy").hardlink_to(question)
        for command in ("prove", "run"):
            for path in (question, self.dir / "same.npy"):
                self.assertIn("is read by", self.must(UNREADABLE, command, self.pk, "--input", f"x={question}", "-o",
                                                      path, "--force"))
        self.assertEqual([path.read_bytes() for path in (self.pk, self.vk)], keys)

    def test_of_two_commits_into_one_folder_one_is_told(self):
        folder = self.dir / "race"
        commits = [subprocess.Popen([PROVENN, "commit", TINY / "model.onnx", "--calibration", TINY / "calibration.npy",
                                     "-o", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                   for _ in range(6)]
        self.assertEqual(sorted(commit.wait() for commit in commits), [0] + 5 * [UNREADABLE])
        self.assertEqual({path.name for path in folder.iterdir() if path.suffix in (".pk", ".vk")},
                         {"model.pk", "model.vk"})
        self.assertEqual(self.must(0, "inspect", folder / "model.pk", "--json")["model id"],
                         self.must(0, "inspect", folder / "model.vk", "--json")["model id"])

    def test_the_seed_can_be_exported(self):
        fresh, seed, again = self.dir / "fresh", self.dir / "exported.seed", self.dir / "from_seed"
        commit = ["commit", TINY / "model.onnx", "--calibration", TINY / "calibration.npy", "--json", "-o"]
        model_id = self.must(0, *commit, fresh)["model_id"]
        self.must(0, "export-seed", fresh / "model.pk", "-o", seed)
        self.assertEqual(seed.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.must(0, *commit, again, "--seed", seed)["model_id"], model_id)
        self.assertIn("never overwritten", self.must(UNREADABLE, "export-seed", fresh / "model.pk", "-o", seed))
        seed.write_bytes(b"31 bytes are not enough for it.")
        self.assertIn("at least 32", self.must(UNREADABLE, *commit[:-2], "-o", self.dir / "no", "--seed", seed))

    def test_a_file_in_the_wrong_place_is_named(self):
        x = TINY / "input.npy"
        for command, what in [(("verify", self.pk, self.proof), "is a secret key (model.pk)"),
                              (("verify", self.proof, self.vk), "is a proof file"),
                              (("verify", self.vk, self.vk), "is a public key (model.vk); this argument wants a proof"),
                              (("verify", self.vk, x), "is a NumPy tensor"),
                              (("verify", self.vk, self.proof, "--input", self.vk), "wants a tensor"),
                              (("prove", self.vk, "--input", x, "-o", self.dir / "no"), "wants a secret key"),
                              (("run", TINY / "model.onnx", "--input", x), "is protobuf"),
                              (("commit", self.pk, "--calibration", x, "-o", self.dir / "no"), "wants an ONNX model"),
                              (("commit", TINY / "model.onnx", "--calibration", self.proof, "-o", self.dir / "no"),
                               "is a proof file; this argument wants a tensor"),
                              (("commit", TINY / "model.onnx", "--calibration", TINY / "calibration.npy", "--seed",
                                self.vk, "-o", self.dir / "no"), "wants a seed")]:
            self.assertIn(what, self.must(UNREADABLE, *command))

    def test_a_family_shares_a_key_but_for_the_root(self):
        given = ("--calibration", TINY / "calibration.npy", "--seed", TINY / "seed.txt")
        calibration = (*given, "--json")
        scales, tuned = self.dir / "scales.json", self.dir / "tuned.onnx"
        wrong = self.must(UNREADABLE, "commit", TINY / "model.onnx", *given, "--scales", TINY / "seed.txt", "-o",
                          self.dir / "a")
        self.assertIn("is no scales file", wrong)
        base = self.must(0, "commit", TINY / "model.onnx", *calibration, "--save-scales", scales, "-o",
                         self.dir / "a")
        self.assertIn("exists", self.must(UNREADABLE, "commit", TINY / "model.onnx", *given, "--save-scales",
                                          scales, "-o", self.dir / "no"))
        for name in ("model.pk", "model.vk"):  # which are there only when the scales are written
            folder = self.dir / f"spared{name}"
            self.assertIn(name, self.must(UNREADABLE, "commit", TINY / "model.onnx", *given, "--save-scales",
                                          folder / name, "--force", "-o", folder))
            self.must(0, "inspect", folder / name)
        # A fine-tuned model: half of every weight.
        model = bytearray((TINY / "model.onnx").read_bytes())
        for tag, count in ((b"w1J", 12), (b"w2J", 6)):
            at = model.index(tag) + len(tag) + 1
            values = struct.unpack_from(f"<{count}f", model, at)
            struct.pack_into(f"<{count}f", model, at, *(v / 2 for v in values))
        tuned.write_bytes(model)
        other = self.must(0, "commit", tuned, *calibration, "--scales", scales, "-o", self.dir / "b")
        self.must(0, "commit", tuned, *calibration, "-o", self.dir / "alone")
        keys = [(self.dir / folder / "model.vk").read_bytes() for folder in ("a", "b", "alone")]
        self.assertNotEqual(base["model_id"], other["model_id"])
        root = 52  # header and weights commitment
        self.assertEqual(keys[0][root:], keys[1][root:])
        self.assertNotEqual(keys[0][root:], keys[2][root:])
        self.assertEqual(base["key_tells"][0]["place"], "root")
        self.assertEqual(base["key_tells"], other["key_tells"])
        self.assertTrue(any(f["source"] == "calibration" for f in base["key_tells"]))
        short = json.loads(scales.read_text())
        short["weights"].pop()
        bad = self.dir / "short.json"
        bad.write_text(json.dumps(short))
        self.assertIn("another graph", self.must(UNREADABLE, "commit", tuned, *given, "--scales", bad, "-o",
                                                 self.dir / "no"))
        again = ("reproduce", tuned, *given, "--expect", other["model_id"])
        self.must(ACCEPT, *again, "--scales", scales)
        self.must(REJECT, *again)

    def test_few_calibration_records_are_named(self):
        say = "Few calibration records"
        commit = ("commit", TINY / "model.onnx", "-o")
        one = self.must(0, *commit, self.dir / "one", "--calibration", TINY / "input.npy")
        many = self.must(0, *commit, self.dir / "many", "--calibration", TINY / "calibration.npy")
        self.assertIn(say + " (1)", one)
        self.assertNotIn(say, many)

    def test_the_output_as_it_is_printed_is_the_output(self):
        shown = re.search(r"output .*\[(.*)\]", self.must(ACCEPT, "verify", self.vk, self.proof)).group(1)
        copied = self.dir / "copied.npy"
        write_npy(copied, (1, 2), [float(word) for word in shown.split(", ")])
        self.verify(ACCEPT, "--output", copied)

    def test_tight_bounds_and_a_family_exclude_each_other(self):
        scales, first = self.dir / "family.json", self.dir / "first"
        given = ("commit", TINY / "model.onnx", "--calibration", TINY / "calibration.npy")
        self.must(0, *given, "--save-scales", scales, "-o", first)
        self.must(UNREADABLE, *given, "--scales", scales, "--tight", "-o", self.dir / "second")
        self.assertFalse((self.dir / "second").exists())

    def test_tight_bounds_say_that_some_input_may_have_no_answer(self):
        tight = self.dir / "tight"
        commit = self.must(0, "commit", TINY / "model.onnx", "--calibration", TINY / "calibration.npy", "--tight", "-o",
                           tight, "--json")
        verdict = self.must(ACCEPT, "verify-key", tight / "model.vk", tight / "model.cert", "--json")
        self.assertFalse(verdict["total"])
        self.assertTrue(any("every input in range" in item for item in verdict["not_checked"]))
        self.must(0, "prove", tight / "model.pk", "--input", TINY / "input.npy", "-o", tight / "a.proof")
        answer = self.must(ACCEPT, "verify", tight / "model.vk", tight / "a.proof", "--certificate",
                           tight / "model.cert", "--json")
        self.assertTrue(any("every input in range" in item for item in answer["not_checked"]))
        strict = self.must(REJECT, "verify-key", tight / "model.vk", tight / "model.cert", "--model-id",
                           commit["model_id"], "--strict", "--json")
        self.assertEqual(strict["reason"], "totality")

    def test_certificate_of_a_key(self):
        self.assertEqual(self.commit["certificate"], str(self.dir / "model.cert"))
        cert = self.dir / "model.cert"
        both = self.must(ACCEPT, "verify-key", self.vk, cert, "--json")
        self.assertEqual(both["model_id"], self.commit["model_id"])
        self.assertEqual(both["profile"], "p100")
        self.assertTrue(any(item.startswith("certificate") for item in both["checked"]))
        alone = self.must(ACCEPT, "verify-key", self.vk, "--json")
        self.assertTrue(any(item.startswith("certificate") for item in alone["not_checked"]))
        self.assertTrue(alone["total"] and any("if the weights are within" in item for item in alone["checked"]))
        self.assertIn("checked      totality (", self.must(ACCEPT, "verify-key", self.vk))
        text = self.must(ACCEPT, "verify-key", self.vk, cert, "--model-id", self.commit["model_id"])
        self.assertIn("checked      model id", text)
        for words, reason in [(("--model-id", "00" * 32), "model-id"), (("--profile", "p128"), "parameters")]:
            self.assertEqual(self.must(REJECT, "verify-key", self.vk, cert, *words, "--json")["reason"], reason)
        self.assertIn("64 hexadecimal", self.must(UNREADABLE, "verify-key", self.vk, "--model-id", "12"))
        self.assertTrue(any(item.startswith("which function") for item in both["not_checked"]))
        for name in ("graph", "formats"):
            demand = [f"--{name}-id", both[f"{name}_id"]]
            self.assertIn(f"{name} id", self.must(ACCEPT, "verify-key", self.vk, cert, *demand, "--json")["checked"])
            wrong = self.must(REJECT, "verify-key", self.vk, cert, demand[0], "00" * 32, "--json")
            self.assertEqual(wrong["reason"], f"{name}-id")
        # The graph id does not fix the function; the formats id and the model id do.
        for name, fixes in [("graph", False), ("formats", True), ("model", True)]:
            verdict = self.must(ACCEPT, "verify-key", self.vk, cert, f"--{name}-id", both[f"{name}_id"], "--json")
            self.assertEqual(any(item.startswith("which function") for item in verdict["not_checked"]), not fixes, name)
        self.assertTrue(any(item.startswith("profile p100") for item in both["not_checked"]))
        demanded = self.must(ACCEPT, "verify-key", self.vk, cert, "--profile", "p100", "--json")
        self.assertTrue(any(item.startswith("profile p100") for item in demanded["checked"]))
        self.assertFalse(any(item.startswith("profile") for item in demanded["not_checked"] + alone["not_checked"]))
        self.assertIn("a proof file", self.must(UNREADABLE, "verify-key", self.vk, self.proof))
        self.assertIn("--strict", self.must(UNREADABLE, "verify-key", self.vk, cert, "--strict"))
        self.assertIn("--profile", self.must(UNREADABLE, "verify-key", self.vk, "--profile", "p128"))
        self.assertTrue(both["total"])
        self.must(ACCEPT, "verify-key", self.vk, cert, "--model-id", self.commit["model_id"], "--strict")
        damaged = self.dir / "damaged.cert"
        data = bytearray(cert.read_bytes())
        data[200] ^= 1
        damaged.write_bytes(data)
        self.assertEqual(self.must(REJECT, "verify-key", self.vk, damaged, "--json")["reason"], "grinding")
        again = self.dir / "again.cert"
        self.must(0, "certify", self.pk, "-o", again, "--profile", "p128")
        self.must(ACCEPT, "verify-key", self.vk, again, "--profile", "p128")
        self.assertIn("exists", self.must(UNREADABLE, "certify", self.pk, "-o", again))
        self.assertIn("certificate", self.must(0, "inspect", again))
        folder = self.dir / "without"
        self.must(0, "commit", TINY / "model.onnx", "--calibration", TINY / "calibration.npy", "-o", folder,
                  "--certificate", "none")
        self.assertFalse((folder / "model.cert").exists())

    def test_programs_that_hold_secrets_leave_no_core_dump(self):
        for command in (["prove", self.pk, "--input"], ["run", self.pk, "--input"],
                        ["commit", TINY / "model.onnx", "--calibration"]):
            pipe = self.dir / f"{command[0]}.pipe"
            os.mkfifo(pipe)
            process = subprocess.Popen([PROVENN, *command, pipe, "-o", self.dir / "no"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            with open(pipe, "wb"):  # open as soon as the process reads, with its secrets in memory
                limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
            process.wait()
            core = [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core file size")]
            self.assertEqual(core, [["0", "0"]])

    def test_the_readme_lists_every_option_of_every_command(self):
        uses = (ROOT / "README.md").read_text().split("## Use")[1].split("```")[1]
        uses = uses.replace("\n   ", "").splitlines()
        commands = [re.match(r"provenn ((?:card )?[a-z-]+)", use).group(1) for use in uses if use]
        for command, use in zip(commands, filter(None, uses)):
            options = set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", self.must(0, *command.split(), "--help"), re.M))
            named = {"--output" if word == "-o" else word for word in re.findall(r"(?<![\w-])(--?[a-z][a-z-]*)", use)}
            self.assertEqual(options - {"--help", "--json"}, named, command)
        known = re.findall(r"^  ([a-z-]+) ", self.must(0, "--help").split("ubcommands:")[1], re.M)
        self.assertEqual(set(known), {command.split()[0] for command in commands})

    def test_silent_in_a_pipe(self):
        done = run("prove", self.pk, "--input", TINY / "input.npy", "-o", self.dir / "quiet.proof")
        self.assertEqual(done.stderr, "")

    def test_bench(self):
        result = self.must(0, "bench", "--model", "lenet", "--repeat", "1", "--examples", ROOT / "examples", "--json")
        self.assertLessEqual({"model", "prove_s", "verify_s", "proof_bytes", "peak_bytes"}, set(result["results"][0]))
        lenet = result["results"][0]
        self.assertGreater(lenet["peak_bytes"], 1 << 20)
        self.assertNotIn("stages", lenet)
        text = self.must(0, "bench", "--model", "lenet", "--repeat", "1", "--examples", ROOT / "examples", "--stages",
                         "--threads")
        for word in ("cold", "core-ns", "floor", "lookups", "multiply-add", "lenet: threads  1:"):
            self.assertIn(word, text)
        self.must(UNREADABLE, "bench", "--model", "none")
        self.must(UNREADABLE, "bench-process", "prove", "x", "y")

    def test_timings_of_a_proof(self):
        proof = self.dir / "timed.proof"
        prove = ("prove", self.pk, "--input", TINY / "input.npy", "-o", proof, "--timings", "--force")
        stages = self.must(0, *prove, "--json")["stages"]
        names = [entry["stage"] for entry in stages]
        self.assertEqual(names, ["model", "plan", "tables", "shape", "commitment", "lookups", "contractions", "weights",
                                 "opening"])
        self.assertTrue(all(entry["seconds"] >= 0 and entry["core_seconds"] >= 0 for entry in stages))
        self.assertIn("core ms", self.must(0, *prove))

    def test_a_rejected_proof_shows_no_values(self):
        rejected = self.verify(REJECT, "--context", "there")
        self.assertEqual((rejected["inputs"], rejected["outputs"]), ([], []))
        text = self.must(REJECT, "verify", self.vk, self.proof, "--context", "there")
        self.assertNotIn("output", text.split("REJECT")[0])

    def test_demanded_tensors_have_the_models_shape_and_single_precision(self):
        values = self.run_json["outputs"][0]["values"]
        demanded = self.dir / "demanded.npy"
        for shape, code in (((1, 2), ACCEPT), ((2,), ACCEPT), ((2, 1), UNREADABLE), ((1, 1, 2), UNREADABLE)):
            write_npy(demanded, shape, values)
            self.must(code, "verify", self.vk, self.proof, "--output", demanded)
        write_npy(demanded, (2, 2), values * 2)
        self.assertEqual(self.verify(REJECT, "--output", demanded)["reason"], "output-mismatch")


if __name__ == "__main__":
    PROVENN = os.path.abspath(sys.argv.pop(1))
    unittest.main()
