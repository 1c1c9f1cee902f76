#!/usr/bin/env python3
"""What auditors and certifiers do at the command line: cards and their signatures, saved tensors, reproduction.

    apps/cli/certifier_test.py PROVENN
"""

import hashlib
import json
import os
import pathlib
import resource
import shutil
import signal
import struct
import sys
import tempfile
import unittest

import cli_test
from cli_test import ACCEPT, REJECT, ROOT, TINY, UNREADABLE, read_npy

SAME, DIFFERENT = ACCEPT, REJECT
# The keys of RFC 8032, section 7.1, tests 2 and 1.
PRIVATE = "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7"
PUBLIC = "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="
OTHER_PUBLIC = "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

must = cli_test.CommandLine.must


def pem(path, kind, body):
    path.write_text(f"-----BEGIN {kind} KEY-----\n{body}\n-----END {kind} KEY-----\n")
    return path


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def npy_shape(path):
    header = path.read_bytes()[10:].split(b"\n")[0].decode()
    return [int(size) for size in header.split("(")[1].split(")")[0].split(",") if size.strip()]


class Certifier(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.dir = pathlib.Path(cls.holder.name)
        cls.keys = cls.dir / "keys"
        cls.commit = ["commit", TINY / "model.onnx", "--calibration", TINY / "calibration.npy", "--seed",
                      TINY / "seed.txt", "--certificate", "none", "--json"]
        cls.committed = must(0, *cls.commit, "--name", 'risk "A"', "--version", "2.1", "--date", "2026-01-31",
                             "--digests", "-o", cls.keys)
        cls.model_id = cls.committed["model_id"]
        cls.pk, cls.vk, cls.card = (cls.keys / name for name in ("model.pk", "model.vk", "model.card.json"))
        cls.proof, cls.batch, cls.hidden = (cls.dir / f"{name}.proof" for name in ("one", "batch", "hidden"))
        must(0, "prove", cls.pk, "--input", TINY / "input.npy", "-o", cls.proof)
        must(0, "prove", cls.pk, "--input", TINY / "batch.npy", "-o", cls.batch)
        must(0, "prove", cls.pk, "--input", TINY / "input.npy", "--private-input", "-o", cls.hidden)
        cls.private = pem(cls.dir / "private.pem", "PRIVATE", PRIVATE)
        cls.public = pem(cls.dir / "public.pem", "PUBLIC", PUBLIC)
        cls.other = pem(cls.dir / "other.pem", "PUBLIC", OTHER_PUBLIC)

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def folder(self, name):
        """A copy of the keys that a test may change."""
        copy = self.dir / name
        shutil.copytree(self.keys, copy)
        return copy

    # ---- Cards.

    def test_a_card_says_what_was_asked_for_in_one_form(self):
        text = self.card.read_text()
        card = json.loads(text)
        self.assertEqual(json.dumps(card, indent=2, ensure_ascii=False) + "\n", text)
        self.assertEqual(card, {"format": "provenn.card 1", "model_id": self.model_id, "name": 'risk "A"',
                                "version": "2.1", "date": "2026-01-31", "program": card["program"],
                                "options": {"bits": 12},
                                "model": [{"file": "model.onnx", "sha256": sha256(TINY / "model.onnx")}],
                                "calibration": [{"file": "calibration.npy",
                                                 "sha256": sha256(TINY / "calibration.npy")}]})
        self.assertEqual(self.committed["card"], str(self.card))

    def test_the_model_id_does_not_depend_on_the_card(self):
        bare = self.dir / "bare"
        self.assertEqual(must(0, *self.commit, "--no-card", "-o", bare)["model_id"], self.model_id)
        self.assertFalse((bare / "model.card.json").exists())
        plain = self.dir / "plain"
        self.assertEqual(must(0, *self.commit, "-o", plain)["model_id"], self.model_id)
        card = json.loads((plain / "model.card.json").read_text())
        self.assertEqual(set(card), {"format", "model_id", "date", "program", "options"})  # no digest unasked

    def test_a_card_that_cannot_be_is_refused_before_the_work(self):
        for words in (["--date", "yesterday"], ["--date", "2026-02-30"],
                      ["--name", "x" * 5000], ["--no-card", "--name", "x"], ["--name", ""]):
            must(UNREADABLE, *self.commit[:-1], *words, "-o", self.dir / "no")
        self.assertFalse((self.dir / "no").exists())

    def test_show(self):
        text = must(0, "card", "show", self.card)
        self.assertIn('claimed, not proved: name "risk \\"A\\""', text)
        self.assertIn(sha256(self.card), text)
        self.assertIn("signature none", text)
        self.assertIn("card", must(0, "inspect", self.card))

    def test_sign_and_verify_the_signature(self):
        keys = self.folder("signing")
        card, signature = keys / "model.card.json", keys / "model.card.json.sig"
        signed = must(0, "card", "sign", card, "--key", self.private)
        self.assertIn('claimed, not proved: version "2.1"', signed)
        self.assertEqual(len(signature.read_bytes()), 64)
        self.assertEqual(must(0, "card", "show", card, "--key", self.public, "--json")["signature"], "holds")
        self.assertEqual(must(0, "card", "show", card, "--json")["signature"], "not checked")
        shown = must(REJECT, "card", "show", card, "--key", self.other)
        self.assertIn("DOES NOT HOLD", shown)
        verify = ["verify", self.vk, self.proof, "--card", card]
        accepted = must(ACCEPT, *verify, "--card-key", self.public)
        self.assertIn("signature holds", accepted)
        self.assertIn('claimed, not proved: version "2.1"', accepted)
        rejected = must(REJECT, *verify, "--card-key", self.other, "--json")
        self.assertEqual((rejected["accepted"], rejected["reason"]), (False, "card"))
        # Any changed byte of the card: another form, another claim, or another signature.
        card.write_text(card.read_text().replace("2.1", "2.2"))
        self.assertIn("REJECT: card", must(REJECT, *verify, "--card-key", self.public))
        must(ACCEPT, *verify)
        card.write_text(card.read_text().replace("\n", "\n "))
        self.assertIn("another form", must(UNREADABLE, *verify, "--card-key", self.public))

    def test_signing_refuses_what_it_should(self):
        keys = self.folder("refusing")
        card = keys / "model.card.json"
        must(UNREADABLE, "card", "sign", card, "--key", self.public)
        must(UNREADABLE, "card", "sign", self.vk, "--key", self.private)
        must(UNREADABLE, "card", "sign", card, "--key", self.dir / "missing.pem")
        self.assertFalse((keys / "model.card.json.sig").exists())
        must(0, "card", "sign", card, "--key", self.private)
        self.assertIn("--force", must(UNREADABLE, "card", "sign", card, "--key", self.private))
        must(0, "card", "sign", card, "--key", self.private, "--force")
        self.assertIn("is read by", must(UNREADABLE, "card", "sign", card, "--key", self.private, "-o", self.private,
                                         "--force"))
        must(UNREADABLE, "card", "show", card, "--key", self.private)
        must(UNREADABLE, "card", "show", card, "--signature", keys / "model.card.json.sig")
        (keys / "model.card.json.sig").unlink()
        must(UNREADABLE, "card", "show", card, "--key", self.public)
        must(UNREADABLE, "card")

    def test_a_card_of_another_model_is_rejected(self):
        other = self.dir / "other_model"
        must(0, *self.commit, "--bits", "10", "-o", other)
        rejected = must(REJECT, "verify", self.vk, self.proof, "--card", other / "model.card.json", "--json")
        self.assertEqual(rejected["reason"], "card")
        self.assertIn("another model", rejected["where"])
        self.assertEqual(rejected["model_id"], self.model_id)

    def test_verify_lists_card_and_certificate(self):
        def items(*words):
            verdict = must(ACCEPT, "verify", self.vk, self.proof, "--json", *words)
            return verdict, {(item["what"], item["checked"]) for item in verdict["checks"]}

        verdict, checks = items()
        self.assertTrue({("certificate", False), ("model-id", False), ("proof", True), ("key", True)} <= checks)
        self.assertTrue(any(text.startswith("certificate") for text in verdict["not_checked"]))
        self.assertNotIn("card", verdict)
        verdict, checks = items("--card", self.card)
        self.assertIn(("card", False), checks)
        self.assertEqual(verdict["card"]["model_id"], self.model_id)
        cert = self.dir / "made.cert"
        must(0, "certify", self.pk, "-o", cert)
        verdict, checks = items("--certificate", cert)
        self.assertIn(("certificate", True), checks)
        data = bytearray(cert.read_bytes())
        data[300] ^= 1
        cert.write_bytes(data)
        rejected = must(REJECT, "verify", self.vk, self.proof, "--certificate", cert, "--json")
        self.assertTrue(rejected["where"].startswith("certificate"))

    def test_force_replaces_the_card_and_its_signature(self):
        keys = self.folder("forced")
        must(0, "card", "sign", keys / "model.card.json", "--key", self.private)
        must(0, *self.commit, "--bits", "10", "--force", "-o", keys)
        self.assertFalse((keys / "model.card.json.sig").exists())
        self.assertNotEqual(json.loads((keys / "model.card.json").read_text())["model_id"], self.model_id)
        must(0, *self.commit, "--no-card", "--force", "-o", keys)
        self.assertEqual({path.name for path in keys.iterdir() if path.suffix in (".json", ".old", ".sig")}, set())

    # ---- Saved tensors.

    def test_public_tensors_are_saved_and_their_digest_can_be_computed(self):
        for proof, batch in ((self.proof, 1), (self.batch, 3)):
            saved = self.dir / f"saved{batch}"
            verdict = must(ACCEPT, "verify", self.vk, proof, "--save-public", saved, "--json")
            self.assertEqual({path.name for path in saved.iterdir()}, {"input-0-x.npy", "output-0-y.npy"})
            self.assertEqual([entry["path"] for entry in verdict["saved"]],
                             [str(saved / name) for name in ("input-0-x.npy", "output-0-y.npy")])
            self.assertEqual(read_npy(saved / "output-0-y.npy"), verdict["outputs"][0]["values"])
            for shown, path in ((verdict["inputs"][0], saved / "input-0-x.npy"),
                                (verdict["outputs"][0], saved / "output-0-y.npy")):
                self.assertEqual(npy_shape(path), shown["shape"])
                self.assertEqual(self.digest(shown, read_npy(path), batch), shown["digest"])
            # They are the tensors that were proved.
            must(ACCEPT, "verify", self.vk, proof, "--input", saved / "input-0-x.npy", "--output",
                 saved / "output-0-y.npy")

    @staticmethod
    def digest(shown, values, batch):
        """docs/format.md, "Digest of a public tensor"; names and counts below 128."""
        name = shown["name"].encode()
        shape = [shown["shape"][0] // batch, *shown["shape"][1:]]
        data = bytes([len(name)]) + name + bytes([len(shape)]) + struct.pack(f"<{len(shape)}q", *shape)
        data += struct.pack("<Q", len(values))
        data += struct.pack(f"<{len(values)}i", *(round(value / shown["step"]) for value in values))
        tag = b"provenn.tensor"
        return hashlib.sha256(bytes([len(tag)]) + tag + data).hexdigest()

    def test_hidden_tensors_and_rejected_proofs_are_not_saved(self):
        saved = self.dir / "saved_hidden"
        must(ACCEPT, "verify", self.vk, self.hidden, "--save-public", saved)
        self.assertEqual([path.name for path in saved.iterdir()], ["output-0-y.npy"])
        nothing = self.dir / "nothing.proof"
        must(0, "prove", self.pk, "--input", TINY / "input.npy", "--private-input", "--private-output", "-o", nothing)
        text = must(ACCEPT, "verify", self.vk, nothing, "--save-public", self.dir / "saved_nothing")
        self.assertIn("saved nothing: the proof hides every input and output", text)
        must(REJECT, "verify", self.vk, self.proof, "--context", "x", "--save-public", self.dir / "rejected")
        self.assertFalse((self.dir / "rejected").exists())

    def test_saving_overwrites_nothing_and_is_all_or_nothing(self):
        saved = self.dir / "kept"
        saved.mkdir()
        (saved / "output-0-y.npy").write_bytes(b"mine")
        save = ["verify", self.vk, self.proof, "--save-public", saved]
        self.assertIn("--force", must(UNREADABLE, *save))
        self.assertEqual([(path.name, path.read_bytes()) for path in saved.iterdir()], [("output-0-y.npy", b"mine")])
        must(ACCEPT, *save, "--force")
        self.assertNotEqual((saved / "output-0-y.npy").read_bytes(), b"mine")
        must(UNREADABLE, "verify", self.vk, self.proof, "--input", saved / "input-0-x.npy", "--save-public", saved,
             "--force")
        must(UNREADABLE, "verify", self.vk, self.proof, "--save-public", self.vk)

        def small_files():  # a write beyond the limit fails, as on a full disk
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (140, 140))

        # The input's file has 144 bytes and does not fit, the output's has 136 and would.
        must(UNREADABLE, "verify", self.vk, self.proof, "--save-public", self.dir / "full", preexec_fn=small_files)
        self.assertFalse((self.dir / "full").exists())
        must(UNREADABLE, "verify", self.vk, self.proof, "--save-public", "/proc/nowhere")

    def test_no_name_leads_out_of_the_folder(self):
        forged = self.dir / "forged.onnx"
        model = (TINY / "model.onnx").read_bytes()
        # Input and output have names of one byte; a longer one changes the lengths around it.
        self.assertEqual(model.count(b"\x0a\x01x"), 2)
        forged.write_bytes(model.replace(b"\x0a\x01x", b"\x0a\x01/").replace(b"\x01y", b"\x01."))
        keys, saved = self.dir / "forged", self.dir / "forged_saved"
        must(0, "commit", forged, "--calibration", TINY / "calibration.npy", "--certificate", "none", "-o", keys)
        must(0, "prove", keys / "model.pk", "--input", TINY / "input.npy", "-o", keys / "a.proof")
        verdict = must(ACCEPT, "verify", keys / "model.vk", keys / "a.proof", "--save-public", saved, "--json")
        self.assertEqual((verdict["inputs"][0]["name"], verdict["outputs"][0]["name"]), ("/", "."))
        self.assertEqual({path.name for path in saved.iterdir()}, {"input-0-_.npy", "output-0-_.npy"})

    def test_an_input_without_a_name_is_told_which_it_was(self):
        text = must(ACCEPT, "verify", self.vk, self.proof, "--input", TINY / "input.npy")
        self.assertIn('input "x" (given without a name;', text)
        text = must(ACCEPT, "verify", self.vk, self.proof, "--input", f"x={TINY / 'input.npy'}")
        self.assertIn('input "x" (largest difference', text)

    def test_a_refused_key_has_a_verdict_in_every_command_that_reads_it(self):
        cases = json.loads((ROOT / "conformance/manifest.json").read_text())
        case = next(c for c in cases if c.get("reason") == "key-check")
        key = bytearray((ROOT / "conformance" / case["key"]).read_bytes())
        for edit in case["edits"]:
            if edit["file"] == "key":
                change = bytes.fromhex(edit["bytes"])
                key[edit["at"]:edit["at"] + edit.get("remove", len(change))] = change
        refused = self.dir / "refused.vk"
        refused.write_bytes(key)
        for command in (["verify", refused, self.proof], ["verify-key", refused], ["explain", refused],
                        ["explain", self.vk, refused], ["inspect", refused]):
            self.assertIn("REJECT: key-check", must(REJECT, *command))
            self.assertEqual(must(REJECT, *command, "--json")["reason"], "key-check")

    def test_what_is_public_is_no_seed(self):
        for seed, kind in ((TINY / "input.npy", "NumPy"), (self.card, "JSON"), (self.public, "PEM"),
                           (ROOT / "examples/lenet/model.onnx", "")):
            text = must(UNREADABLE, "commit", TINY / "model.onnx", "--calibration", TINY / "calibration.npy",
                             "--seed", seed, "-o", self.dir / "no_seed")
            self.assertIn(kind, text)
        seed = self.dir / "chance.seed"
        for first in (b"{", b"\x08"):  # as random bytes may begin
            seed.write_bytes(first + bytes(range(150, 190)))
            must(0, "commit", TINY / "model.onnx", "--calibration", TINY / "calibration.npy", "--certificate",
                      "none", "--seed", seed, "--force", "-o", self.dir / "chance")

    # ---- Reproduction.

    def reproduce(self, code, *words):
        return must(code, "reproduce", TINY / "model.onnx", "--calibration", TINY / "calibration.npy", "--seed",
                    TINY / "seed.txt", "--json", *words)

    def test_reproduce(self):
        found = self.reproduce(SAME, "--expect", self.model_id)
        self.assertEqual((found["same"], found["model_id"]), (True, self.model_id))
        found = self.reproduce(SAME, "--key", self.vk)
        self.assertEqual((found["notes"], found["options"]), ([], {"bits": 12, "tight": False}))
        text = must(SAME, "reproduce", TINY / "model.onnx", "--calibration", TINY / "calibration.npy", "--seed",
                    TINY / "seed.txt", "--key", self.vk, "--expect", self.model_id)
        self.assertTrue(text.endswith("SAME\n"))

    def test_options_come_from_the_card(self):
        keys = self.dir / "ten_bits"
        model_id = must(0, *self.commit, "--bits", "10", "-o", keys)["model_id"]
        self.assertEqual(self.reproduce(SAME, "--key", keys / "model.vk")["options"], {"bits": 10, "tight": False})
        self.reproduce(SAME, "--expect", model_id, "--card", keys / "model.card.json")
        self.reproduce(SAME, "--expect", model_id, "--bits", "10")
        found = self.reproduce(DIFFERENT, "--expect", model_id)
        self.assertIn("no card", found["notes"][0])
        found = self.reproduce(DIFFERENT, "--key", keys / "model.vk", "--bits", "12")
        self.assertTrue(any("the card says bits 10" in note for note in found["notes"]))
        self.assertTrue(found["first_difference"]["place"].startswith("tensor "))
        self.assertTrue(found["first_difference"]["key"].startswith("2^-"))

    def test_tight_bounds_are_an_option_of_the_card(self):
        keys = self.dir / "tight"
        model_id = must(0, *self.commit, "--tight", "-o", keys)["model_id"]
        self.assertNotEqual(model_id, self.model_id)
        self.assertEqual(json.loads((keys / "model.card.json").read_text())["options"], {"bits": 12, "tight": True})
        self.reproduce(SAME, "--key", keys / "model.vk")
        self.reproduce(SAME, "--expect", model_id, "--tight")
        self.reproduce(DIFFERENT, "--expect", model_id)

    def test_differences_have_their_place(self):
        other = self.dir / "other.seed"
        other.write_bytes(bytes(range(32)))
        words = ["--calibration", TINY / "calibration.npy", "--key", self.vk, "--json"]
        found = must(DIFFERENT, "reproduce", TINY / "model.onnx", "--seed", other, *words)
        self.assertEqual(found["first_difference"]["place"], "weights root (other weights, or another seed)")
        changed = self.dir / "changed.onnx"
        changed.write_bytes((TINY / "model.onnx").read_bytes().replace(b"fc1", b"fd1"))
        found = must(DIFFERENT, "reproduce", changed, "--seed", TINY / "seed.txt", *words)
        self.assertIn("name", found["first_difference"]["place"])
        self.assertIn('model file "model.onnx" is not the file that the card names', found["notes"])

    def test_reproduce_refuses_what_it_cannot_use(self):
        self.assertIn("--expect", self.reproduce(UNREADABLE)["where"])
        self.reproduce(UNREADABLE, "--expect", "12")
        self.reproduce(UNREADABLE, "--expect", "00" * 32, "--key", self.vk)
        self.reproduce(UNREADABLE, "--expect", "00" * 32, "--card", self.card)
        self.reproduce(UNREADABLE, "--key", self.dir / "missing.vk")
        short = self.dir / "short.seed"
        short.write_bytes(b"31 bytes are not enough for it.")
        base = ["reproduce", TINY / "model.onnx", "--calibration", TINY / "calibration.npy", "--expect", self.model_id]
        must(UNREADABLE, *base)
        must(UNREADABLE, *base, "--seed", short)
        self.assertIn("wants an ONNX model", must(UNREADABLE, "reproduce", self.pk, *base[2:], "--seed",
                                                  TINY / "seed.txt"))


if __name__ == "__main__":
    cli_test.PROVENN = os.path.abspath(sys.argv.pop(1))
    unittest.main()
