"""Section 3.1: each rule against keys that break it, and what a key that passes may look like."""
import pathlib
import unittest

from provenn_reference import encode
from provenn_reference.formats import Unreadable, read_key
from provenn_reference.key_check import KeyCheck, key_passes
from testing.hostile import HOSTILE, changed
from testing.hostile_small import SMALL

CONFORMANCE = pathlib.Path(__file__).resolve().parents[2] / "conformance"
MODELS = ("mlp", "conv", "softmax", "relu")


def key_bytes(model):
    return (CONFORMANCE / f"{model}.vk").read_bytes()


class KeyCheckTest(unittest.TestCase):
    def test_honest_keys_pass(self):
        for model in MODELS:
            self.assertTrue(key_passes(read_key(key_bytes(model))), model)

    def test_small_keys_pass(self):
        for small in SMALL:
            key = read_key(encode.public_key(changed(read_key(key_bytes("mlp")), small)))
            self.assertEqual([rule for rule, holds in KeyCheck(key).rules().items() if not holds()], [], small.__doc__)

    def test_every_rule_refuses_what_breaks_it(self):
        for rule, model, what, change in HOSTILE:
            with self.subTest(rule=rule, what=what):
                key = read_key(encode.public_key(changed(read_key(key_bytes(model)), change)))  # a valid circuit
                self.assertFalse(KeyCheck(key).rules()[rule]())
                self.assertFalse(key_passes(key))

    def test_each_rule_is_needed(self):
        """For every rule some key breaks no other."""
        def holds(check):
            try:
                return check()
            except (IndexError, KeyError):  # a rule may count on those before it
                return False

        alone = set()
        for rule, model, _, change in HOSTILE:
            key = changed(read_key(key_bytes(model)), change)
            if all(holds(check) for number, check in KeyCheck(key).rules().items() if number != rule):
                alone.add(rule)
        self.assertEqual(alone, set(range(1, 12)))

    def test_encoding(self):
        for model in MODELS:
            data = key_bytes(model)
            self.assertEqual(encode.public_key(read_key(data)), data)

    def test_another_order_of_the_program_passes(self):
        key = read_key(key_bytes("mlp"))
        key.program.append(key.program.pop(0))  # the input's range, last
        self.assertTrue(key_passes(key))

    def test_the_two_views_of_a_range_are_in_either_order(self):
        key = read_key(key_bytes("mlp"))
        swapped = [lookup.columns[0].views for lookup in key.circuit.lookups if len(lookup.columns[0].views) == 2
                   and lookup.columns[0].views[0][0][0] == 1]
        self.assertTrue(swapped)
        for views in swapped:
            views.reverse()
        self.assertTrue(key_passes(key))


class ReaderTest(unittest.TestCase):
    def test_every_shorter_key_is_unreadable(self):
        data = key_bytes("relu")
        for size in range(len(data)):
            with self.assertRaises(Unreadable):
                read_key(data[:size])
        with self.assertRaises(Unreadable):
            read_key(data + b"\0")

    def test_invalid_circuits_are_unreadable(self):
        def mutant(change):
            key = read_key(key_bytes("mlp"))
            change(key.circuit)
            return encode.public_key(key)

        def set_field(kind, number, name, value):
            return lambda c: setattr(getattr(c, kind)[number], name, value)

        changes = [
            set_field("tensors", 0, "kind", 4), set_field("tensors", 0, "min", 2048),
            set_field("tensors", 0, "scale", 65), set_field("tensors", 0, "outer_axes", 1),
            set_field("tensors", 1, "outer_axes", 2), set_field("tensors", 0, "shape", [0]),
            set_field("tensors", 0, "shape", [4] + [1] * 9),
            set_field("tables", 0, "first_key", 2**31 - 32), set_field("tables", 0, "size", 0),
            set_field("contractions", 0, "out_rank", 3), set_field("contractions", 0, "space", [3, 5]),
            set_field("lookups", 0, "table", 9), set_field("lookups", 0, "columns", []),
            lambda c: c.lookups.clear(), lambda c: c.lookups[0].columns[0].views[0][1].maps.clear(),
            lambda c: c.lookups[0].columns[0].views[0][1].maps[0].terms.append((0, 1)),
            lambda c: c.lookups[0].columns[0].views.append(((1, 63), c.lookups[0].columns[0].views[0][1])),
            lambda c: setattr(c.lookups[0].columns[0].views[0][1], "tensor", 1),
            lambda c: c.lookups[0].columns[0].contractions.append(((1, 0), 9)),
            lambda c: c.lookups[0].columns[0].contractions.append(((1, 0), 0)),
            lambda c: setattr(c.contractions[0].right, "tensor", 2),
            lambda c: c.contractions[0].left.maps[0].terms.clear(),
        ]
        for number, change in enumerate(changes):
            with self.subTest(number=number), self.assertRaises(Unreadable):
                read_key(mutant(change))


if __name__ == "__main__":
    unittest.main()
