"""Sections 4 to 10: layouts, views, plans, Merkle trees and masked values against their definitions."""
import itertools
import math
import random
import unittest

import numpy as np
from provenn_reference import field as f
from provenn_reference.certificate import empty_cells
from provenn_reference.channel import Affine, merkle_root, path_length
from provenn_reference.circuit import AxisMap, Tensor, View
from provenn_reference.field import P, Element
from provenn_reference.layout import Layout, add_product, bits
from provenn_reference.plan import Refused, bits_per_query, plan_queries
from provenn_reference.transcript import tagged_hash
from provenn_reference.views import axis_points, eq_vectors, evaluate, view_vectors
from provenn_reference.weights_link import power_functional
from testing.forger import Tree


def k_vector(rng, size, degree=2):
    return np.array([[rng.randrange(P) for _ in range(degree)] for _ in range(size)], dtype=np.uint64)


def cell_of(shape, index, columns, outer_axes=0):
    """(row, column) of an element in its block, as section 4 words it; and the block's rows."""
    row = column = 0
    filled, row_step, filling = 1, 1, True
    for axis in range(len(shape) - 1, -1, -1):
        size, i, room = shape[axis], index[axis], columns // filled
        filling = filling and axis >= outer_axes
        if filling and size < room:
            column += i * filled
            filled *= 1 << bits(size)
        elif filling:
            column += i % room * filled
            row += i // room * row_step
            row_step *= math.ceil(size / room)
            filling = False
        else:
            row += i * row_step
            row_step *= size
    return row, column, row_step


class LayoutTest(unittest.TestCase):
    SHAPES = [([], 0), ([1], 0), ([5], 0), ([8], 0), ([9], 0), ([3, 5], 0), ([2, 3, 20], 0), ([4, 3, 2], 1),
              ([3, 1, 4], 2), ([2, 8], 1), ([7, 2, 3], 0)]

    def test_every_element_has_the_cell_of_section_4(self):
        layout, rng, first = Layout(8), random.Random(1), 0
        for shape, outer in self.SHAPES:
            block = layout.blocks[layout.add(shape, outer)]
            self.assertEqual(block.first_row, first)
            vectors = [k_vector(rng, size) for size in shape] or [k_vector(rng, 1)]
            weights = np.zeros(((first + block.rows) * 8, 2), dtype=np.uint64)
            add_product(weights, block, 8, vectors, 2)
            expected = np.zeros_like(weights)
            for index in itertools.product(*map(range, shape)):
                value = Element.of(1, 2) if shape else f.element(vectors[0][0])
                for vector, i in zip(vectors, index):
                    value = value * f.element(vector[i])
                row, column, rows = cell_of(shape, index, 8, outer)
                self.assertEqual(rows, block.rows)
                expected[(first + row) * 8 + column] = value.array()
            self.assertEqual(weights.tolist(), expected.tolist())
            first += block.rows
        self.assertEqual(layout.rows, first)


class CertificateTest(unittest.TestCase):
    # shape, outer axes, rows of a group, its cells without element
    GROUPS = [
        ([6, 5, 5], 1, 1, [5, 6, 7]),  # the innermost axis takes all columns: groups of one row
        ([2, 3, 4], 1, 2, [12, 13, 14, 15]),  # the split axis takes two columns and two rows
        ([10], 0, 2, [10, 11, 12, 13, 14, 15]),
        ([3], 0, 1, [3, 4, 5, 6, 7]),
        ([4, 2], 1, 1, [2, 3, 4, 5, 6, 7]),
        ([4, 16], 1, 2, []),
        ([], 0, 1, [1, 2, 3, 4, 5, 6, 7]),
    ]

    def test_groups_of_rows(self):
        for shape, outer, rows, empty in self.GROUPS:
            layout = Layout(8)
            block = layout.blocks[layout.add(shape, outer)]
            got_rows, got = empty_cells(block, outer, 8)
            self.assertEqual((got_rows, np.flatnonzero(got).tolist()), (rows, empty), shape)
            self.assertEqual(len(got), 8 * rows)


class ViewTest(unittest.TestCase):
    def test_a_view_is_its_weighted_sum(self):
        rng, space, shape = random.Random(2), [3, 2, 4], [4, 5]
        tensor = Tensor(b"", 0, shape, 0, 0, 0, 0)
        values = np.array([rng.randrange(P) for _ in range(20)], dtype=np.uint64).reshape(shape)
        weights = [k_vector(rng, size) for size in space]
        for maps in ([AxisMap(0, [(0, 1)]), AxisMap(-1, [(2, 2), (1, 1)])], [AxisMap(2, []), AxisMap(4, [(0, -2)])],
                     [AxisMap(3, [(1, -3)]), AxisMap(0, [(0, 1), (2, 1)])]):
            used = {axis for m in maps for axis, _ in m.terms}
            expected = Element.of(0, 2)
            for index in itertools.product(*(range(s) if a in used else range(1) for a, s in enumerate(space))):
                at = [m.offset + sum(stride * index[axis] for axis, stride in m.terms) for m in maps]
                if all(0 <= i < size for i, size in zip(at, shape)):
                    term = Element.of(int(values[tuple(at)]), 2)
                    for axis in used:
                        term = term * f.element(weights[axis][index[axis]])
                    expected = expected + term
            vectors = view_vectors(View(0, maps), tensor, weights, 2)
            self.assertEqual(evaluate(values, vectors, 2), expected)

    def test_the_innermost_axis_has_the_lowest_variables(self):
        point = [Element((i + 2, 0)) for i in range(5)]
        self.assertEqual(axis_points([4, 1, 5], point), [point[3:5], [], point[0:3]])
        vectors = eq_vectors([4, 1, 5], point, 2)
        self.assertEqual([len(v) for v in vectors], [4, 1, 5])  # cut to the axis's size
        self.assertEqual(f.element(vectors[2][4]), (1 - point[0]) * (1 - point[1]) * point[2])

    def test_power_functional(self):
        rng = random.Random(3)
        points, coefficients = [rng.randrange(P) for _ in range(5)], k_vector(rng, 5, 3)
        for length in (1, 2, 7, 16, 33):
            got = power_functional(np.array(points, dtype=np.uint64), coefficients, length)
            for i in range(length):
                expected = sum((f.element(c) * pow(x, i, P) for x, c in zip(points, coefficients)), Element.of(0, 3))
                self.assertEqual(f.element(got[i]), expected)
            self.assertEqual(len(got), length)


class PlanTest(unittest.TestCase):
    def test_bits_per_query(self):
        for k, n in ((1, 2), (17, 32), (100, 1024), (1000, 1024), (511, 512)):
            exact = math.log2(2 * n / (n + k)) * 2**32
            self.assertLessEqual(bits_per_query(k, n), exact + 1)
            self.assertGreater(bits_per_query(k, n), exact - 100)

    def test_plan_queries_takes_the_fewest(self):
        def enough(q, rows, extra, needed):
            k = rows + q
            log_size = (max(k << extra, 2 * q) - 1).bit_length()
            return q * bits_per_query(k, 1 << log_size) >= needed << 32, log_size

        for rows, extra in ((1, 4), (40, 3), (300, 2), (5000, 1)):
            q, log_size = plan_queries(rows, extra, 92)
            self.assertEqual(enough(q, rows, extra, 92), (True, log_size))
            self.assertFalse(any(enough(less, rows, extra, 92)[0] for less in range(92, q)))
        with self.assertRaises(Refused):
            plan_queries(2**30, 1, 92)


class MerkleTest(unittest.TestCase):
    def test_paths(self):
        rng = random.Random(4)
        leaves = [tagged_hash("provenn.merkle.leaf", bytes([i])) for i in range(32)]
        tree = Tree(leaves)
        for count in (1, 2, 7, 32):
            positions = sorted(rng.sample(range(32), count))
            path = tree.path(positions)
            self.assertEqual(len(path), 32 * path_length(positions, 5))
            opened = [leaves[p] for p in positions]
            self.assertEqual(merkle_root(positions, opened, 5, path), tree.root)
            for at in range(0, len(path), 32):
                wrong = path[:at] + bytes([path[at] ^ 1]) + path[at + 1:]
                self.assertNotEqual(merkle_root(positions, opened, 5, wrong), tree.root)
        self.assertEqual(path_length([0, 1, 2, 3], 2), 0)


class AffineTest(unittest.TestCase):
    def test_affine_forms_are_what_they_say(self):
        rng = random.Random(5)
        entries = [f.element(x) for x in k_vector(rng, 4)]

        def at(form):
            return sum((entries[e] * c for e, c in form.terms.items()), form.constant)

        a, b = (Affine(f.element(k_vector(rng, 1)[0]), {e: f.element(k_vector(rng, 1)[0]) for e in es})
                for es in ((0, 1), (1, 3)))
        x = f.element(k_vector(rng, 1)[0])
        for form, expected in ((a + b, at(a) + at(b)), (a - b, at(a) - at(b)), (-a, -at(a)), (a * x, at(a) * x),
                               (5 - a, 5 - at(a)), (a * 5 + x, at(a) * 5 + x)):
            self.assertEqual(at(form), expected)


if __name__ == "__main__":
    unittest.main()
