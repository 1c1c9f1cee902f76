// A prover that breaks one thing and computes everything else from it honestly, so that the check meant for it is the
// one that has to say no: for tests of the verifier.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "argument/test_session.h"

namespace provenn {

template <typename K>
class Cheats : public testing::Test {
 protected:
  explicit Cheats(TestCase test = TestCaseBuilder(21).Build()) : session_(std::move(test)) {}

  // Proves with hooks and expects the verifier's reason.
  void ExpectRejected(const ProverHooks& hooks, Reason reason, const std::string& what) const {
    const auto proof = session_.Prove(&hooks);
    ASSERT_TRUE(proof.ok()) << what << ": " << proof.error().ToString();
    Expect(session_.Verify(*proof), reason, what);
  }
  void ExpectAccepted(const ProverHooks& hooks, const std::string& what) const {
    const auto proof = session_.Prove(&hooks);
    ASSERT_TRUE(proof.ok()) << what << ": " << proof.error().ToString();
    const Verdict v = session_.Verify(*proof);
    EXPECT_TRUE(v.accepted) << what << ": " << Show(v);
  }
  static void Expect(const Verdict& v, Reason reason, const std::string& what) {
    ASSERT_FALSE(v.accepted) << what;
    EXPECT_EQ(v.reason, reason) << what << ": " << Show(v);
  }
  // Calls change(cells) on the n-th oracle that is committed under that label.
  template <typename Change>
  static ProverHooks AtCommit(std::string label, size_t n, Change change) {
    ProverHooks hooks;
    hooks.commit = [label, n, change, seen = size_t{0}](std::string_view at, std::span<Goldilocks> cells) mutable {
      if (at == label && seen++ == n) change(cells);
    };
    return hooks;
  }
  // Changes one cell of one oracle before it is committed.
  static ProverHooks WrongCell(std::string label, size_t cell, size_t n = 0) {
    return AtCommit(std::move(label), n, [cell](std::span<Goldilocks> cells) { cells[cell] += Goldilocks::One(); });
  }
  // Changes one element of the n-th message of that label.
  static ProverHooks WrongMessage(std::string label, size_t n, size_t element) {
    ProverHooks hooks;
    hooks.send = [label, n, element, seen = size_t{0}](std::string_view at, std::span<Goldilocks> values) mutable {
      if (at == label && seen++ == n) values[element % values.size()] += Goldilocks::One();
    };
    return hooks;
  }
  // First cell of a block.
  size_t CellOf(const OracleLayout& layout, uint32_t block) const {
    return layout.blocks()[block].first_row * layout.columns();
  }

  Session<K> session_;
};

}  // namespace provenn
