"""Each rule of check_layers.py against a small tree that keeps it and one that breaks it."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check_layers  # noqa: E402  (found through the path set above)

TABLE = """
# base first
provenn_module(base LIBRARIES TBB::tbb)
provenn_module(field DEPENDS base)   # provenn_module(ghost DEPENDS api)
provenn_module(argument
               DEPENDS field
               TEST_LIBRARIES provenn_model)
provenn_module(model DEPENDS base field)
provenn_module(api DEPENDS argument model)
"""


class CheckLayersTest(unittest.TestCase):
    def errors(self, files, table=TABLE):
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory).resolve()
            for name, text in {"src/modules.cmake": table, **files}.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return check_layers.check(root)

    def assert_one(self, errors, *parts):
        self.assertEqual(len(errors), 1, errors)
        for part in parts:
            self.assertIn(part, errors[0])

    def test_test_headers_stay_in_tests(self):
        self.assertEqual(self.errors({"src/field/test_values.h": "", "src/field/deep_test_model.h": "",
                                      "src/field/a_test.cc": '#include "field/test_values.h"\n',
                                      "src/field/a_fuzz.cc": '#include "field/deep_test_model.h"\n',
                                      "src/field/test_more.h": '#include "field/test_values.h"\n'}), [])
        for header in ("test_values.h", "deep_test_model.h"):
            self.assert_one(self.errors({f"src/field/{header}": "", "src/field/a.cc": f'#include "field/{header}"\n'}),
                            "src/field/a.cc:1", header, "tests alone")

    def test_declared_and_transitive_dependencies_pass(self):
        self.assertEqual(self.errors({
            "src/base/status.h": "#include <string>\n",
            "src/field/goldilocks.h": '#include "base/status.h"\n',
            "src/argument/sumcheck.cc": '#include "base/status.h"\n#include "field/goldilocks.h"\n',
        }), [])

    def test_include_of_a_lower_layer_is_rejected_with_its_line(self):
        self.assert_one(self.errors({"src/field/ntt.cc": '#include <vector>\n#include "api/provenn.h"\n'}),
                        "src/field/ntt.cc:2:", "field may not include api/provenn.h")

    def test_undeclared_sibling_is_rejected(self):
        self.assert_one(self.errors({"src/argument/proof.cc": '#include "model/graph.h"\n'}),
                        "argument may not include model/graph.h")

    def test_a_test_may_use_its_test_libraries(self):
        self.assertEqual(self.errors({"src/argument/proof_test.cc": '#include "model/graph.h"\n'}), [])
        self.assert_one(self.errors({"src/argument/proof_test.cc": '#include "api/provenn.h"\n'}),
                        "may not include api/")

    def test_commented_include_does_not_count(self):
        self.assertEqual(self.errors({"src/field/ntt.cc": '// #include "api/a.h"\n/*\n#include "api/a.h"\n*/\n'}), [])

    def test_per_target_include_counts(self):
        self.assert_one(self.errors({"src/field/ntt.cc": '#define HWY_TARGET_INCLUDE "model/kernel.cc"\n'}),
                        "field may not include model/kernel.cc")

    def test_relative_path_is_rejected(self):
        self.assert_one(self.errors({"src/field/ntt.cc": '#include "../api/a.h"\n'}), "by its path under src/")

    def test_undeclared_module_is_rejected(self):
        self.assert_one(self.errors({"src/extra/a.cc": "\n"}), "src/extra is not declared")

    def test_dependency_on_a_later_module_is_rejected(self):
        self.assert_one(self.errors({}, "provenn_module(a DEPENDS b)\nprovenn_module(b)\n"), "not declared above")

    def test_apps_use_the_api_alone(self):
        self.assertEqual(self.errors({"apps/cli/main.cc": '#include "api/provenn.h"\n#include "base/status.h"\n'
                                                          '#include "cli/table.h"\n'}), [])
        self.assert_one(self.errors({"apps/cli/main.cc": '#include "model/graph.h"\n'}), "apps/cli/main.cc:1:", "api")

    def test_verifier_may_not_include_the_prover(self):
        self.assert_one(self.errors({"src/argument/verifier.cc": '#include "argument/prover.h"\n'}),
                        "the verifier may not include argument/prover.h")
        self.assert_one(self.errors({"src/argument/verify_fold.h": '#include "argument/fold_prover.h"\n'}),
                        "the verifier may not include argument/fold_prover.h")

    def test_verifier_closure_follows_headers_and_their_sources(self):
        self.assert_one(self.errors({
            "src/base/parallel.h": "\n",
            "src/field/fold.h": "\n",
            "src/field/fold.cc": '#include "field/fold.h"\n#include "base/parallel.h"\n',
            "src/argument/verifier.cc": '#include "field/fold.h"\n',
        }), "src/field/fold.cc:2:", "base/parallel.h", "reached from field/fold.h <- argument/verifier.cc")

    def test_verifier_has_no_onnx_and_no_threads(self):
        for name in ("onnx/onnx_pb.h", "thread", "tbb/parallel_for.h"):
            self.assert_one(self.errors({"src/model/verifier.h": f"#include <{name}>\n"}), name)

    def test_prover_and_verifier_test_may_include_both(self):
        self.assertEqual(self.errors({
            "src/argument/prover.cc": '#include "base/parallel.h"\n',
            "src/argument/verifier_test.cc": '#include "argument/prover.h"\n#include "argument/verifier.h"\n',
        }), [])


if __name__ == "__main__":
    unittest.main()
