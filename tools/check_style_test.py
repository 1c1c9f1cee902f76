"""Each rule of check_style.py against a text that keeps it and one that breaks it."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check_style  # noqa: E402  (found through the path set above)


class CheckStyleTest(unittest.TestCase):
    def errors(self, name, text):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / name
            path.write_text(text)
            return check_style.check_file(path, name)

    def assert_rejected(self, name, text, message):
        errors = self.errors(name, text)
        self.assertEqual(len(errors), 1, errors)
        self.assertIn(message, errors[0])

    def test_clean_files_pass(self):
        self.assertEqual(self.errors("a.h", "#pragma once\nstatic_assert(sizeof(int) == 4);\n"), [])
        self.assertEqual(self.errors("a_test.cc", "std::mt19937 random(1);\n"), [])
        self.assertEqual(self.errors("a.py", "assert width > 0\n"), [])

    def test_long_file_and_long_line(self):
        self.assert_rejected("a.cc", "\n" * 601, "601 lines")
        self.assertEqual(self.errors("a.cc", "\n" * 600), [])
        self.assert_rejected("a.cc", "int x;\n" + "x" * 121 + "\n", "a.cc:2: 121 columns")

    def test_words_and_calls(self):
        self.assert_rejected("a.cc", "// TO" + "DO: later\n", "unfinished")
        self.assert_rejected("a.cc", "  assert(x);\n", "compiled out")
        self.assert_rejected("a.cc", "std::mt19937 random(1);\n", "crypto/")
        self.assert_rejected("a_test.cc", "  SUCC" + "EED();\n", "cannot fail")
        self.assert_rejected("a.cmake", "add_compile_options(-march=" + "native)\n", "portable")
        self.assert_rejected("a.cc", "using name" + "space std;\n", "whole namespace")

    def test_white_space_and_guard(self):
        self.assert_rejected("a.cc", "\tint x;\n", "tab")
        self.assert_rejected("a.cc", "int x; \n", "trailing")
        self.assert_rejected("a.cc", "int x;", "newline")
        self.assert_rejected("a.h", "int x;\n", "pragma once")


if __name__ == "__main__":
    unittest.main()
