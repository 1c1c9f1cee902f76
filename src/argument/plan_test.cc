// Parameters: what is refused, that whatever is accepted reaches its target, and the schedule that follows.
#include "argument/plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "argument/test_session.h"
#include "argument/test_tiny_circuit.h"

namespace provenn {
namespace {

template <typename K>
class PlanTest : public testing::Test {};
using Fields = testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(PlanTest, Fields);

// "label kind count", one message a line. Path lengths depend on positions and are left out.
std::string Text(const Schedule& schedule) {
  std::ostringstream out;
  for (const ScheduleEntry& e : schedule) {
    out << e.label << " | " << e.kind << " | ";
    if (e.label == "row path") {
      out << "path\n";
    } else {
      out << e.count << "\n";
    }
  }
  return out.str();
}

template <typename K>
std::string GoldenPath() {
  return std::string("src/argument/testdata/schedule_v1_") + ProfileName(ProfileTraits<K>::kProfile) + ".txt";
}

// The order, kinds and sizes of all messages are part of the format: a change here is a new protocol version.
// PROVENN_UPDATE_GOLDEN=1 in the environment writes the files anew.
TYPED_TEST(PlanTest, ScheduleIsTheGoldenOne) {
  const Session<TypeParam> s(11);
  const std::string now = Text(ProofSchedule<TypeParam>(*s.plan));
  if (std::getenv("PROVENN_UPDATE_GOLDEN") != nullptr) std::ofstream(GoldenPath<TypeParam>()) << now;
  std::ifstream file(GoldenPath<TypeParam>());
  ASSERT_TRUE(file.good()) << GoldenPath<TypeParam>();
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(now, golden.str());
  // What a verifier reads is what was announced.
  const auto proof = s.Prove();
  ASSERT_TRUE(proof.ok());
  EXPECT_EQ(Text(s.Verify(*proof).schedule), now);
}

// Which pads a product entry multiplies is part of the format too, and must not depend on the compiler: the order in
// which operands of one expression are evaluated does.
TYPED_TEST(PlanTest, ProductsAreNumberedInTheOrderOfTheFormat) {
  const Session<TypeParam> s(TinyCase({1, 2}));
  MaskedChannel<TypeParam> counter{Transcript("shape")};
  Statement empty;
  empty.hidden = s.plan->hidden;
  ReadFront<TypeParam>(*s.plan, empty, counter);
  const auto& products = counter.products();
  // Pad 0: root denominator. Then the first layer's ends, n0 n1 d0 d1: d0 d1, n1 d0, n0 d1.
  const std::pair<uint32_t, uint32_t> first[] = {{3, 4}, {2, 3}, {1, 4}};
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ((std::pair(products[i].left, products[i].right)), first[i]) << i;
  // The s-boxes' ends, In Z Out In^2 Z^2, are the last five: In In, Z Z, Z^2 In, In^2 In.
  const uint32_t end = counter.pads() - 5;
  const std::pair<uint32_t, uint32_t> last[] = {{end, end}, {end + 1, end + 1}, {end + 4, end}, {end + 3, end}};
  for (size_t i = 0; i < 4; ++i) {
    const auto& p = products[products.size() - 4 + i];
    EXPECT_EQ((std::pair(p.left, p.right)), last[i]) << i;
  }
}

TYPED_TEST(PlanTest, EveryTermOfAnAcceptedPlanReachesTheTarget) {
  for (const TestCase& test : {TestCaseBuilder(11).Build(), TinyCase({1, 2})}) {
    const Session<TypeParam> s(test);
    ASSERT_TRUE(s.plan.has_value());
    const SoundnessBudget budget = MakeBudget<TypeParam>(*s.plan);
    EXPECT_GE(budget.TotalBits(), ProfileTraits<TypeParam>::kTargetBits);
    EXPECT_GE(budget.terms().size(), 18u);
    for (const auto& term : budget.terms()) EXPECT_GE(term.bits, ProfileTraits<TypeParam>::kTargetBits) << term.name;
    // Every matrix has a random row for each position it is opened at, and no fewer queries than its own budget wants.
    const OracleShape* shapes[] = {&s.plan->activations_shape, &s.plan->folded_weights_shape,
                                   &s.plan->hidden_rows.shape, &s.plan->terminal_shape, &s.plan->levels.back().shape};
    for (const OracleShape* shape : shapes) {
      const long double bound = static_cast<long double>(shape->message_rows + shape->random_rows);
      const long double size = static_cast<long double>(shape->size());
      const long double bits = shape->random_rows * std::log2(2 * size / (size + bound)) + kGrindBits;
      EXPECT_GE(bits, ProfileTraits<TypeParam>::kTargetBits + 3);
    }
  }
  static_assert(kGrindBits <= 16);
}

TYPED_TEST(PlanTest, FewerQueriesAreRefused) {
  const Session<TypeParam> s(11);
  for (int which = 0; which < 5; ++which) {
    Plan plan = *s.plan;
    if (which == 0) plan.activations_shape.random_rows -= 8;
    if (which == 1) plan.weight_queries -= 8;
    if (which == 2) plan.levels[0].shape.random_rows -= 8;
    if (which == 3) plan.terminal_shape.random_rows -= 8;
    if (which == 4) plan.hidden_rows.shape.random_rows -= 8;
    EXPECT_FALSE(MakeBudget<TypeParam>(plan).Require(ProfileTraits<TypeParam>::kTargetBits).ok()) << which;
  }
}

// 2^29 tuples: in a field of 2^128 their lookup alone costs more than the profile allows.
TEST(BudgetTest, ManyLeavesAreTooManyForTheSmallField) {
  Circuit circuit = TinyCase({1, 2}).circuit;
  for (int i = 0; i < 2; ++i) {
    Lookup many{"many", {1u << 14, (1u << 14) - 4}, 0, {Expression{}}};
    circuit.lookups.push_back(many);
  }
  ASSERT_TRUE(ValidateCircuit(circuit).ok()) << ValidateCircuit(circuit).error().ToString();
  const WeightsCommitment weights = PlanWeights(circuit);
  const std::vector<uint8_t> hidden(circuit.tensors.size(), 0);
  const auto small = MakePlan<Ext2>(circuit, hidden, weights);
  ASSERT_FALSE(small.ok());
  EXPECT_EQ(small.error().code, Code::kInvalidArgument);
  EXPECT_EQ(small.error().where, "soundness budget");
  EXPECT_NE(small.error().message.find("lookup tuples"), std::string::npos) << small.error().message;
  EXPECT_NE(small.error().message.find("take profile p128"), std::string::npos) << small.error().message;
  const auto large = MakePlan<Ext3>(circuit, hidden, weights);
  EXPECT_TRUE(large.ok()) << large.error().ToString();
}

// Any commitment that a key file may declare gives a plan that is good enough, or an error.
TYPED_TEST(PlanTest, HostileWeightsCommitments) {
  for (const TestCase& test : {TestCaseBuilder(11).Build(), TinyCase({1, 2})}) {
    const std::vector<uint8_t> hidden(test.circuit.tensors.size(), 0);
    size_t accepted = 0;
    for (const uint32_t columns : {0u, 1u, 3u, 4u, 7u, 8u, 16u, 24u, 64u, 1024u, 2048u, 0x80000000u, 0xffffffffu}) {
      for (const int log_size :
           {INT32_MIN, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 20, 30, 31, 32, 63, 64, INT32_MAX}) {
        const auto plan = MakePlan<TypeParam>(test.circuit, hidden, WeightsCommitment{columns, log_size, {}});
        if (!plan.ok()) {
          EXPECT_EQ(plan.error().code, Code::kInvalidArgument);
          continue;
        }
        ++accepted;
        EXPECT_TRUE(MakeBudget<TypeParam>(*plan).Require(ProfileTraits<TypeParam>::kTargetBits).ok());
      }
    }
    EXPECT_GT(accepted, 5u);
  }
}

TYPED_TEST(PlanTest, RefusesWhatMakesNoSense) {
  const TestCase test = TinyCase({1, 2});
  const WeightsCommitment weights = PlanWeights(test.circuit);
  std::vector<uint8_t> hidden(test.circuit.tensors.size(), 0);
  ASSERT_TRUE(MakePlan<TypeParam>(test.circuit, hidden, weights).ok());
  const auto code = [&](const Circuit& circuit, const std::vector<uint8_t>& h, const WeightsCommitment& w) {
    const auto plan = MakePlan<TypeParam>(circuit, h, w);
    EXPECT_FALSE(plan.ok());
    return plan.ok() ? Code::kIo : plan.error().code;
  };
  hidden[1] = 1;  // a weight
  EXPECT_EQ(code(test.circuit, hidden, weights), Code::kInvalidArgument);
  hidden[1] = 0;
  hidden.pop_back();
  EXPECT_EQ(code(test.circuit, hidden, weights), Code::kInvalidArgument);
  hidden.push_back(0);
  EXPECT_EQ(code(test.circuit, hidden, WeightsCommitment{}), Code::kInvalidArgument);

  // Weights that no relation reads: there would be no point to fold them at.
  Circuit unused = test.circuit;
  unused.lookups.pop_back();
  ASSERT_TRUE(ValidateCircuit(unused).ok());
  EXPECT_EQ(code(unused, hidden, weights), Code::kInvalidArgument);

  // Batches whose element counts wrap around.
  for (const uint32_t batch : {1u << 28, 1u << 31, 0xffffffffu}) {
    EXPECT_EQ(code(WithBatch(test.circuit, batch), hidden, weights), Code::kTooLarge) << batch;
  }
}

// A key file of a few bytes may declare sizes that a verifier would have to expand: refused before it does.
TYPED_TEST(PlanTest, CircuitsThatExpandTooFar) {
  const Circuit tiny = TinyCase({1, 2}).circuit;
  const WeightsCommitment weights = PlanWeights(tiny);
  const auto refusal = [](const Circuit& circuit, const WeightsCommitment& w) {
    EXPECT_TRUE(ValidateCircuit(circuit).ok());
    const auto plan = MakePlan<TypeParam>(circuit, std::vector<uint8_t>(circuit.tensors.size(), 0), w);
    if (plan.ok()) return std::string("accepted");
    EXPECT_EQ(plan.error().code, Code::kTooLarge);
    return plan.error().where;
  };
  const auto witness = [](Circuit& circuit, const Shape& shape) {
    circuit.tensors.push_back({"big", TensorKind::kWitness, shape, 0, 7, 0, 0});
    return static_cast<uint32_t>(circuit.tensors.size() - 1);
  };

  // One long axis; the same number of cells on two axes is no burden.
  Circuit flat = tiny;
  Expression cell;
  cell.terms.push_back({{1, 0}, {witness(flat, {1u << 26}), {{0, {{0, 1}}}}}});
  flat.lookups.push_back({"flat", {2}, 0, {cell}});
  EXPECT_EQ(refusal(flat, weights), "lookup flat");
  Circuit square = tiny;
  cell.terms[0].view = {witness(square, {1u << 13, 1u << 13}), {{0, {{0, 1}}}, {0, {}}}};
  square.lookups.push_back({"square", {2}, 0, {cell}});
  EXPECT_EQ(refusal(square, weights), "accepted");

  // Short axes of which every combination of indices lands on one axis of the tensor.
  Circuit combined = tiny;
  Expression many;
  const uint32_t line = witness(combined, {1u << 15});
  for (int i = 0; i < 9; ++i) many.terms.push_back({{1, 0}, {line, {{0, {{0, 1}, {1, 1}}}}}});
  combined.lookups.push_back({"combined", {1u << 14, 1u << 14}, 0, {many}});
  EXPECT_EQ(refusal(combined, weights), "lookup combined");

  // One public tensor under many views.
  Circuit repeated = tiny;
  repeated.tensors.push_back({"image", TensorKind::kInput, {1u << 12, 1u << 12}, 0, 7, 0, 0});
  Expression views;
  const uint32_t image = static_cast<uint32_t>(repeated.tensors.size() - 1);
  for (int i = 0; i < 129; ++i) views.terms.push_back({{1, 0}, {image, {{i, {}}, {i, {{0, 1}}}}}});
  repeated.lookups.push_back({"repeated", {2}, 0, {views}});
  EXPECT_EQ(refusal(repeated, weights), "lookup repeated");

  // Weights in fewer columns than they were committed to with; and one weight in very many contractions.
  Circuit heavy = tiny;
  heavy.tensors[1].shape = {1u << 14, 1u << 14};
  heavy.tensors[0].shape = {1u << 14};
  heavy.contractions[0].space = {1u << 14, 1u << 14};
  heavy.lookups[0].space = {1u << 14};
  heavy.lookups[2].columns[0].accumulators.erase(heavy.lookups[2].columns[0].accumulators.begin());
  Expression sums;
  sums.accumulators = {{{1, 0}, 0}};
  heavy.lookups.push_back({"sums", {1u << 14}, 0, {sums}});
  const WeightsCommitment own = PlanWeights(heavy);
  EXPECT_GE(own.columns, 256u);  // models of any size get a matrix that is cheap to prove
  EXPECT_EQ(refusal(heavy, own), "accepted");
  EXPECT_EQ(refusal(heavy, {8, 30, {}}), "parameters");
  const WeightsCommitment narrow{128, 23, {}};
  EXPECT_EQ(refusal(heavy, narrow), "accepted");
  for (int i = 0; i < 20; ++i) heavy.contractions.push_back(heavy.contractions[0]);
  EXPECT_EQ(refusal(heavy, own), "accepted");
  EXPECT_EQ(refusal(heavy, narrow), "parameters");
}

// A model without weights, and one whose relations are linear in its cells.
TYPED_TEST(PlanTest, ProvesWithoutWeightsAndWithoutContractions) {
  TestCase test;
  test.circuit.tensors.push_back({"x", TensorKind::kInput, {3, 5}, 0, 7, 0, 0});
  test.circuit.tensors.push_back({"y", TensorKind::kOutput, {3}, 0, 40, 0, 0});
  test.circuit.tables.push_back({"range", 0, 8, {}});
  test.circuit.tables.push_back({"zero", 0, 1, {}});
  const View x{0, {{0, {{0, 1}}}, {0, {{1, 1}}}}};
  const View y{1, {{0, {{0, 1}}}}};
  test.circuit.contractions.push_back({{3, 5}, 1, x, std::nullopt});  // row sums
  Expression in;
  in.terms.push_back({{1, 0}, x});
  Expression difference;
  difference.terms.push_back({{-1, 0}, y});
  difference.accumulators.push_back({{1, 0}, 0});
  test.circuit.lookups.push_back({"x", {3, 5}, 0, {in}});
  test.circuit.lookups.push_back({"sum", {3}, 1, {difference}});
  ASSERT_TRUE(ValidateCircuit(test.circuit).ok());
  test.weights.resize(2);
  test.witness.assignment.tensors = {{1, 2, 3, 4, 5, 0, 0, 7, 0, 1, 7, 7, 7, 7, 7}, {15, 8, 35}};
  test.witness.accumulators = {{15, 8, 35}};
  for (const bool hide : {false, true}) {
    Session<TypeParam> s(test, hide, false);
    EXPECT_FALSE(s.plan->has_weights());
    const auto proof = s.Prove();
    ASSERT_TRUE(proof.ok()) << proof.error().ToString();
    const Verdict v = s.Verify(*proof);
    EXPECT_TRUE(v.accepted) << Show(v);
    s.statement.values[1][1] = 9;
    EXPECT_FALSE(s.Verify(*proof).accepted);
    ProverHooks hooks;
    hooks.witness = [&](Witness&, LookupWitness&) {};
    const auto wrong = s.Prove(&hooks);
    ASSERT_TRUE(wrong.ok());
    const Verdict w = s.Verify(*wrong);
    EXPECT_FALSE(w.accepted);
    EXPECT_EQ(w.reason, Reason::kLinearClaim) << Show(w);
  }
}

TYPED_TEST(PlanTest, ProvesABatch) {
  TestCase test = TinyCase({1, 2});
  const TestCase other = TinyCase({6, 3});
  test.circuit = WithBatch(test.circuit, 2);
  for (size_t t = 0; t < test.circuit.tensors.size(); ++t) {
    if (test.circuit.tensors[t].kind == TensorKind::kWeight) continue;
    auto& values = test.witness.assignment.tensors[t];
    values.insert(values.end(), other.witness.assignment.tensors[t].begin(), other.witness.assignment.tensors[t].end());
  }
  for (size_t c = 0; c < test.circuit.contractions.size(); ++c) {
    test.witness.accumulators[c] =
        EvaluateContraction(test.circuit, test.circuit.contractions[c], test.witness.assignment);
  }
  Session<TypeParam> s(test);
  s.statement.batch = 2;
  const auto proof = s.Prove();
  ASSERT_TRUE(proof.ok()) << proof.error().ToString();
  const Verdict v = s.Verify(*proof);
  EXPECT_TRUE(v.accepted) << Show(v);
  std::swap(s.statement.values[4][0], s.statement.values[4][2]);
  EXPECT_FALSE(s.Verify(*proof).accepted);
}

}  // namespace
}  // namespace provenn
