"""The command line: what it prints is what was proved, and a demand that is wrong, empty or unknown is never lost."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = ROOT / "conformance"


def run(*arguments):
    done = subprocess.run([sys.executable, "-m", "provenn_reference", *map(str, arguments)], text=True, check=False,
                          capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT / "reference")})
    return done.returncode, done.stdout + done.stderr


class CommandTest(unittest.TestCase):
    def test_what_was_proved_can_be_demanded_again(self):
        for case in ("mlp", "conv_permuted"):
            files = [CASES / f"{case}.vk", CASES / f"{case}.proof"]
            code, text = run(*files)
            self.assertEqual(code, 0, text)
            self.assertTrue(text.endswith("ACCEPT, as far as it was checked\n"))
            line = re.search(r"output  '(.*)' \[([\d, ]+)\], step \S+: \[(.*)\]", text)
            self.assertIsNotNone(line, text)
            name, shape, values = line.groups()
            self.assertNotIn("...", values)
            output = np.array([float(x) for x in values.split(",")]).reshape([int(n) for n in shape.split(",")])
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "output.npy"
                np.save(path, output)
                code, text = run(*files, "--output", f"{name}={path}", "--model-id", re.search("[0-9a-f]{64}", text)[0])
                self.assertEqual(code, 0, text)
                self.assertNotIn(f"output '{name}'", text.split("NOT checked")[1])
                self.assertNotIn("model id", text.split("NOT checked")[1])
                np.save(path, output + 1)
                code, text = run(*files, "--output", f"{name}={path}")
                self.assertEqual((code, text.splitlines()[-1]), (1, "REJECT: output-mismatch"))
                self.assertEqual(run(*files, "--output", f"other={path}")[0], 2)
                self.assertEqual(run(*files, "--output", f"{name}={path}", "--output", f"{name}={path}")[0], 2)
                np.save(path, output.reshape(-1, 1))
                self.assertEqual(run(*files, "--output", f"{name}={path}")[0], 2)
                np.save(path, output * np.nan)
                self.assertIn("REJECT: output-mismatch", run(*files, "--output", f"{name}={path}")[1])

    def test_demands_are_not_lost(self):
        files = [CASES / "mlp.vk", CASES / "mlp.proof"]
        self.assertEqual(run(*files, "--context", "")[0], 2)
        self.assertEqual(run(*files, "--model-id", "")[0], 2)
        self.assertIn("REJECT: context", run(*files, "--context", "x")[1])
        self.assertIn("REJECT: model-id", run(*files, "--model-id", "00" * 32)[1])
        self.assertIn("REJECT: parameters", run(*files, "--profile", "p128")[1])
        self.assertEqual(run(CASES / "mlp.vk", CASES / "nothing")[0], 2)
        self.assertEqual(run(*files, "--context", "conformance", "--context", "x")[0], 2)
        self.assertEqual(run(*files, "--input", f"x={CASES / 'nothing.npy'}")[0], 2)

    def test_certificates(self):
        files = [CASES / "conv.vk", CASES / "conv.cert", "--certificate"]
        self.assertEqual(run(*files)[0], 0)
        self.assertIn("REJECT: model-id", run(*files, "--model-id", "00" * 32)[1])
        self.assertEqual(run(*files, "--context", "x")[0], 2)


if __name__ == "__main__":
    unittest.main()
