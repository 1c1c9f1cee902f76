// A trace of the hash that is right but for one thing: each permutation is computed as it should be, symbols and digest
// are those of the committed row, but one permutation does not start from the capacity that the one before it left.
// Without the claim on s-box inputs such a prover could take the last permutations of a row that is under the root and
// put another salt, or other symbols, before them.
#include <gmock/gmock.h>

#include "argument/test_cheats.h"
#include "argument/test_claims.h"

namespace provenn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <typename K>
class TraceCheatTest : public Cheats<K> {
 protected:
  const Plan& plan() const { return *this->session_.plan; }

  // A cell of oracle C: the first element of index `i` of a block's first axis.
  size_t Cell(uint32_t block, uint64_t i) const {
    const OracleLayout& layout = plan().hidden_rows.layout;
    size_t at = 0;
    ForEachRun(layout.blocks()[block], layout.columns(), i, i + 1,
               [&](uint64_t, uint64_t cell, uint64_t) { at = cell; });
    return at;
  }

  // One hidden row is hashed with a wrong salt up to permutation `broken`, which starts from the right capacity again.
  ProverHooks BrokenChain(size_t row, size_t broken) {
    ProverHooks hooks = this->WrongCell("hidden rows root", Cell(plan().hidden_rows.salts, row));
    hooks.permutation = [row, broken, right = std::make_shared<PoseidonState>()](size_t at, size_t block,
                                                                                 PoseidonState& state) {
      if (at != row) return;
      if (block == 0) {
        *right = state;
        state[0] += Goldilocks::One();
        return;
      }
      PoseidonPermute(*right);
      std::copy_n(state.begin(), kPoseidonRate, right->begin());
      if (block == broken) state = *right;
    };
    return hooks;
  }

  // Makes a proof, expects it to be rejected (if a claim is false), and returns the claims that are false.
  std::vector<std::string> FalseClaims(ProverHooks hooks) {
    ClaimCheck<K> check;
    check.Record(hooks);
    const auto proof = this->session_.Prove(&hooks);
    EXPECT_TRUE(proof.ok());
    const std::vector<std::string> out = check.False(plan(), this->session_.statement, *proof);
    const Verdict v = this->session_.Verify(*proof);
    EXPECT_EQ(v.accepted, out.empty()) << Show(v);
    EXPECT_TRUE(v.accepted || v.reason == Reason::kLinearClaim) << Show(v);
    return out;
  }
};
using Fields = testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(TraceCheatTest, Fields);

TYPED_TEST(TraceCheatTest, TheRightTraceMakesAllClaimsTrue) {
  EXPECT_THAT(this->FalseClaims(ProverHooks()), IsEmpty());
}

TYPED_TEST(TraceCheatTest, ACapacityThatIsNotHandedOn) {
  const size_t permutations = this->plan().hash_blocks;
  ASSERT_GE(permutations, 2u);
  for (const size_t row : {size_t{0}, size_t{this->plan().weight_queries} - 1}) {
    for (size_t broken = 1; broken < permutations; ++broken) {
      EXPECT_THAT(this->FalseClaims(this->BrokenChain(row, broken)), ElementsAre("inputs"))
          << "row " << row << ", permutation " << broken;
    }
    // The chain is whole, the digest is not the one under the root.
    EXPECT_THAT(this->FalseClaims(this->BrokenChain(row, permutations)), ElementsAre("digests")) << "row " << row;
  }
}

// Each kind of cell that a trace consists of, wrong alone.
TYPED_TEST(TraceCheatTest, OneCellOfTheTrace) {
  const HiddenRowsPlan& h = this->plan().hidden_rows;
  const auto wrong = [&](size_t cell) { return this->FalseClaims(this->WrongCell("hidden rows root", cell)); };
  EXPECT_THAT(wrong(this->Cell(h.salts, 1)), ElementsAre("inputs"));
  EXPECT_THAT(wrong(this->Cell(h.symbols, 1)), ElementsAre("inputs", "rows"));
  EXPECT_THAT(wrong(this->Cell(h.cubes, 1)), ElementsAre("cubes"));
  // Outputs of the first s-box of a permutation go into the next s-boxes; those of the last one into the next
  // permutation or into the digest.
  const size_t last = this->plan().hash_blocks - 1;
  EXPECT_THAT(wrong(this->Cell(h.outputs, last)), ElementsAre("outputs", "inputs"));
  EXPECT_THAT(wrong(this->Cell(h.outputs, 0) + kPoseidonSboxes - 1), ElementsAre("outputs", "inputs"));
  EXPECT_THAT(wrong(this->Cell(h.outputs, last) + kPoseidonSboxes - 1), ElementsAre("outputs", "digests"));
}

// The five ends of the rounds, each wrong alone: which relations read it.
TYPED_TEST(TraceCheatTest, AMessageOfTheSboxRounds) {
  for (size_t element = 0; element < 5; ++element) {
    const std::vector<std::string> found =
        this->FalseClaims(this->WrongMessage("s-box end", 0, element * static_cast<size_t>(this->plan().degree)));
    const std::vector<std::string> expected[] = {{"squares of inputs", "s-box relation", "inputs"},
                                                 {"squares of cubes", "s-box relation", "cubes"},
                                                 {"s-box relation", "outputs"},
                                                 {"squares of inputs", "s-box relation"},
                                                 {"squares of cubes", "s-box relation"}};
    EXPECT_EQ(found, expected[element]) << "message " << element;
  }
}

}  // namespace
}  // namespace provenn
