// Cells of the weights' matrix that hold no element. An honest matrix has zeros there; an owner may commit to anything,
// and the proof alone does not look (the certificate of a key does). Two kinds, by section 8 of docs/protocol.md:
//
//   past an axis      indices of a summed axis beyond its size, up to the power of two of columns, or the whole rows,
//   that
//                     it is padded to. The other operand is 0 there: any junk is accepted, and the outputs are those of
//                     the elements alone.
//   beside all axes   columns beyond the power of two that the axes fill. The other operand does not depend on them:
//   the
//                     committed function is that of the weights plus, entry by entry, what stands there. Still one
//                     function, fixed by the model id, but not the one of the elements alone.
//
// The prover here is an honest one of another circuit with the same matrix, whose weight has those cells as elements.
#include <gmock/gmock.h>

#include "argument/test_session.h"

namespace provenn {
namespace {

// x [n] input;  y [2] output = clamp((W x) / 4). The weight's axes after its first are `kappa`; axis `read` of the
// contraction's space is the index of x, which reads 0 from n on.
TestCase Dense(const SecretVector<int32_t>& x, const Shape& kappa, uint32_t read,
               const SecretVector<int32_t>& weights) {
  TestCase out;
  Circuit& c = out.circuit;
  Shape space{2};
  space.insert(space.end(), kappa.begin(), kappa.end());
  const auto n = static_cast<uint32_t>(x.size());
  c.tensors.push_back({"x", TensorKind::kInput, {n}, 0, 7, 0, 0});
  c.tensors.push_back({"w", TensorKind::kWeight, space, -3, 3, 0, 1});
  c.tensors.push_back({"lo", TensorKind::kWitness, {2}, 0, 3, 0, 0});
  c.tensors.push_back({"y", TensorKind::kOutput, {2}, 0, 63, 0, 0});
  c.tables.push_back({"range", 0, 8, {}});
  c.tables.push_back({"low", 0, 4, {}});
  Table clamp{"clamp", -64, 128, {{}}};
  for (int32_t key = -64; key < 64; ++key) clamp.values[0].push_back(std::max(key, 0));
  c.tables.push_back(clamp);
  View w{1, {}};
  for (uint32_t a = 0; a < space.size(); ++a) w.axes.push_back({0, {{a, 1}}});
  c.contractions.push_back({space, 1, w, View{0, {{0, {{read, 1}}}}}});
  const auto column = [](Coefficient coefficient, uint32_t tensor) {
    Expression e;
    e.terms.push_back({coefficient, View{tensor, {{0, {{0, 1}}}}}});
    return e;
  };
  c.lookups.push_back({"x", {n}, 0, {column({1, 0}, 0)}});
  c.lookups.push_back({"lo", {2}, 1, {column({1, 0}, 2)}});
  Expression key = column({-1, 2}, 2);
  key.accumulators = {{{1, 2}, 0}};
  c.lookups.push_back({"y", {2}, 2, {key, column({1, 0}, 3)}});

  out.weights = {{}, weights, {}, {}};
  out.witness.assignment.tensors = {x, weights, {0, 0}, {0, 0}};
  IntegerTensors& t = out.witness.assignment.tensors;
  out.witness.accumulators.push_back(EvaluateContraction(c, c.contractions[0], out.witness.assignment));
  for (size_t i = 0; i < 2; ++i) {
    const int64_t acc = out.witness.accumulators[0][i];
    t[2][i] = static_cast<int32_t>(acc & 3);
    t[3][i] = std::max(static_cast<int32_t>(acc >> 2), 0);
  }
  return out;
}

constexpr size_t kOutput = 3;

template <typename K>
class WeightsPaddingTest : public testing::Test {
 protected:
  static const SecretVector<int32_t>& Output(const TestCase& test) { return test.witness.assignment.tensors[kOutput]; }

  // Commits to the matrix of `committed`, proves this output (of `committed` or not), and verifies the proof as one
  // about `model`.
  static Verdict ProveAs(const TestCase& committed, const TestCase& model, const SecretVector<int32_t>& output) {
    Session<K> prover(committed);
    Session<K> verifier(model);
    EXPECT_EQ(prover.oracle.commitment.columns, 8u);
    EXPECT_EQ(prover.oracle.commitment.log_size, verifier.oracle.commitment.log_size);
    EXPECT_NE(prover.oracle.commitment.root, verifier.oracle.commitment.root);
    verifier.statement.weights = prover.oracle.commitment;
    verifier.statement.values[kOutput].assign(output.begin(), output.end());
    verifier.MakePlanFor(verifier.statement);
    prover.statement = verifier.statement;
    ProverHooks hooks;
    hooks.witness = [&](Witness& w, LookupWitness&) { w.assignment.tensors[kOutput] = output; };
    const auto proof = prover.Prove(&hooks);
    EXPECT_TRUE(proof.ok()) << (proof.ok() ? "" : proof.error().ToString());
    return verifier.Verify(*proof);
  }
};
using Fields = testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(WeightsPaddingTest, Fields);

// Three of four columns, twelve of two rows of eight.
TYPED_TEST(WeightsPaddingTest, PastAnAxis) {
  for (const uint32_t n : {3u, 12u}) {
    const uint32_t padded = n == 3 ? 4 : 16;
    SecretVector<int32_t> x;
    SecretVector<int32_t> weights;
    SecretVector<int32_t> with_junk;
    for (uint32_t i = 0; i < n; ++i) x.push_back(static_cast<int32_t>((3 * i + 2) % 8));
    for (uint32_t o = 0; o < 2; ++o) {
      for (uint32_t i = 0; i < padded; ++i) {
        const int32_t w = static_cast<int32_t>((5 * o + 2 * i) % 7) - 2;
        with_junk.push_back(i < n ? w : INT32_MAX - static_cast<int32_t>(i));
        if (i < n) weights.push_back(w);
      }
    }
    const TestCase model = Dense(x, {n}, 1, weights);
    const TestCase committed = Dense(x, {padded}, 1, with_junk);
    EXPECT_EQ(this->Output(committed), this->Output(model));
    const Verdict v = this->ProveAs(committed, model, this->Output(model));
    EXPECT_TRUE(v.accepted) << n << ": " << Show(v);
    SecretVector<int32_t> other = this->Output(model);
    ++other[1];
    const Verdict wrong = this->ProveAs(committed, model, other);
    ASSERT_FALSE(wrong.accepted);
    EXPECT_EQ(wrong.reason, Reason::kLinearClaim) << n << ": " << Show(wrong);
  }
}

// Two of eight columns: what stands in the other six adds to the weights.
TYPED_TEST(WeightsPaddingTest, BesideAllAxes) {
  const SecretVector<int32_t> x{5, 4};
  const SecretVector<int32_t> weights{3, -2, 1, 3};
  const SecretVector<int32_t> with_junk{3, -2, 4, 0, 0, 1, -1, 2,    // first row: sums 6, 1
                                        1, 3,  0, 0, 2, 0, 0,  -1};  // second row: sums 3, 2
  const TestCase model = Dense(x, {2}, 1, weights);
  const TestCase committed = Dense(x, {4, 2}, 2, with_junk);
  const TestCase sums = Dense(x, {2}, 1, {6, 1, 3, 2});
  ASSERT_NE(this->Output(committed), this->Output(model));
  EXPECT_EQ(this->Output(committed), this->Output(sums));
  const Verdict v = this->ProveAs(committed, model, this->Output(sums));
  EXPECT_TRUE(v.accepted) << Show(v);
  const Verdict wrong = this->ProveAs(committed, model, this->Output(model));
  ASSERT_FALSE(wrong.accepted);
  EXPECT_EQ(wrong.reason, Reason::kLinearClaim) << Show(wrong);
}

}  // namespace
}  // namespace provenn
