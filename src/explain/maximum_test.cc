// Joined maxima: what is wrong with a pair, or reads beyond it, is not lost, and what is said is what is computed.
#include "explain/maximum.h"

#include <gmock/gmock.h>

#include <array>
#include <functional>
#include <random>

#include "explain/reading.h"
#include "explain/test_hostile_circuit.h"
#include "explain/test_maximum_formula.h"
#include "model/interpreter.h"
#include "relation/checker.h"

namespace provenn {
namespace {

using testing::IsEmpty;

// y[i] = max(m[i], x[i+1]), m[i] = max(x[i-1], x[i]): a pool of 3 cells.
struct Pool {
  explicit Pool(int32_t min = 0, const std::function<void(HostileCircuit&)>& change_inner = nullptr) : circuit(4, min) {
    inner = circuit.Maximum(Cells(0, -1), Cells(0), TensorKind::kWitness);
    if (change_inner != nullptr) change_inner(circuit);
    circuit.Maximum(Cells(inner), Cells(0, 1), TensorKind::kOutput);
  }
  HostileCircuit circuit;
  uint32_t inner = 0;
};

TEST(JoinedMaxima, APoolIsOneNode) {
  const Explanation e = Pool().circuit.Run();
  EXPECT_THAT(e.not_recognised, IsEmpty());
  ASSERT_EQ(e.nodes.size(), 1u);
  EXPECT_EQ(e.nodes[0].operation, "max pool 3, pads 1 of T0");
  EXPECT_EQ(e.nodes[0].formula, "T2[i0] = max{k0<3} T0[i0+k0-1]");
}

TEST(JoinedMaxima, ZeroBeyondNegativeValuesIsSaid) {
  const Explanation e = Pool(-8).circuit.Run();
  ASSERT_EQ(e.nodes.size(), 1u);
  EXPECT_EQ(e.nodes[0].operation, "max pool 3, pads 1 of T0 with 0 outside, which is above its negative values");
}

// Every problem that the step of a pair can have, in a pair that another one takes in.
TEST(JoinedMaxima, ProblemsOfWhatIsTakenInAreListed) {
  const auto last_lookup = [](HostileCircuit& c) -> Lookup& {
    return c.model().circuit.lookups[c.model().program.steps.back().id];
  };
  // A table of two columns in the place of ReLU's: the first one is `rows`, for the keys of ReLU.
  const auto second_column = [&](HostileCircuit& c, int32_t factor) {
    Table table = c.model().circuit.tables[HostileCircuit::kRelu];
    table.values.push_back(table.values[0]);
    for (int32_t& v : table.values[0]) v *= factor;
    last_lookup(c).table = c.AddTable(std::move(table));
  };
  struct Defect {
    const char* text;
    std::function<void(HostileCircuit&)> apply;
  };
  const std::vector<Defect> defects = {
      {"value column 0 demands something more",
       [&](HostileCircuit& c) {  // x = 0
         second_column(c, 0);
         std::vector<Expression>& columns = last_lookup(c).columns;
         columns.insert(columns.begin() + 1, Sum({{{1, 0}, Cells(0)}}));
         c.model().program.steps.back().outputs.insert(c.model().program.steps.back().outputs.begin(), kNoTensor);
       }},
      {"it sets several tensors at once",
       [&](HostileCircuit& c) {
         second_column(c, 1);
         const uint32_t other = c.Value({4});
         last_lookup(c).columns.push_back(Sum({{{1, 0}, Cells(other)}}));
         c.model().program.steps.back().outputs.push_back(other);
       }},
      {"clamp table 2: at -2 expected -2, found 1", [](HostileCircuit& c) { c.Clamp({1, 1, 0, 0}); }},
      {"two addends cancel",
       [&](HostileCircuit& c) { last_lookup(c).columns[0].terms[0].view = last_lookup(c).columns[0].terms[1].view; }},
  };
  for (const Defect& defect : defects) {
    SCOPED_TRACE(defect.text);
    Pool pool(0, [&](HostileCircuit& c) { defect.apply(c); });
    const Explanation e = pool.circuit.Run();
    EXPECT_TRUE(Lists(e, "T1: " + std::string(defect.text)));
    EXPECT_EQ(e.nodes.size(), 2u);
  }
  // The same clamp without a fault is taken in.
  const Explanation e = Pool(0, [](HostileCircuit& c) { c.Clamp({-2, -1, 0, 1}); }).circuit.Run();
  EXPECT_THAT(e.not_recognised, IsEmpty());
  EXPECT_EQ(e.nodes.size(), 1u);
}

// A digit of another step's remainder is no value, in a pair that is taken in either.
TEST(JoinedMaxima, AHelperAsSourceIsListed) {
  HostileCircuit circuit(4);
  const uint32_t digit = circuit.Value({4});
  circuit.model().circuit.lookups.push_back(Lookup{"d", {4}, HostileCircuit::kRange, {Sum({{{1, 0}, Cells(digit)}})}});
  const uint32_t high = circuit.Value({4}, TensorKind::kOutput);
  circuit.Set(high, HostileCircuit::kRelu,
              {Sum({{{1, 3}, Cells(0)}, {{-1, 3}, Cells(digit)}}), Sum({{{1, 0}, Cells(high)}})});
  circuit.model().circuit.lookups.back().columns[0].constant = {4, 3};
  circuit.model().program.steps.back().digits = {{digit, 3}};
  const uint32_t inner = circuit.Maximum(Cells(digit, -1), Cells(digit), TensorKind::kWitness);
  circuit.Maximum(Cells(inner), Cells(digit, 1), TensorKind::kOutput);
  EXPECT_TRUE(Lists(circuit.Run(), TensorText(inner) + ": it reads " + TensorText(digit) + ", which is no value"));
}

// The inner tensor has an axis that the source has not, and is read beyond it, where there is 0 whatever the source is.
TEST(JoinedMaxima, AnAxisOfTheInnerAloneIsNotIgnored) {
  for (const int32_t at : {-1, 0, 1, 7}) {
    HostileCircuit circuit(4, -8);
    const uint32_t inner = circuit.Maximum(Cells(0, -1), Cells(0), TensorKind::kWitness, {4, 1});
    circuit.Maximum(View{inner, {{0, {{0, 1}}}, {at, {}}}}, Cells(0, 1), TensorKind::kOutput);
    const Explanation e = circuit.Run();
    EXPECT_EQ(e.nodes.size(), at == 0 ? 1u : 2u) << at;
  }
}

// The result has an axis that the source has not: each of its cells is there twice.
TEST(JoinedMaxima, ARepeatedAxisIsNamed) {
  HostileCircuit circuit(4);
  const auto repeated = [](uint32_t tensor, int32_t from) { return View{tensor, {{from, {{1, 1}}}}}; };
  const uint32_t inner = circuit.Maximum(repeated(0, 0), repeated(0, 1), TensorKind::kWitness, {2, 4});
  circuit.Maximum(circuit.Whole(inner), repeated(0, 2), TensorKind::kOutput, {2, 4});
  const Explanation e = circuit.Run();
  ASSERT_EQ(e.nodes.size(), 1u);
  EXPECT_EQ(e.nodes[0].formula, "T2[i0, i1] = max{k0<3} T0[i1+k0]");
  EXPECT_THAT(e.nodes[0].operation, testing::EndsWith("of T0 repeated 2 times along axis 0"));
}

// Random maxima of an input's cells: pools, with now and then something in them that is none.
class RandomMaxima {
 public:
  explicit RandomMaxima(uint32_t seed)
      : random_(seed), stride_(One(5) ? 2 : 1), circuit_(Shape{Upto(5) + 1, Upto(3) + 1}, One(2) ? -8 : 0) {
    sizes_ = {Upto(5) + 1, Upto(3) + 1, Upto(2) + 1};
    const uint32_t count = Upto(4) + 1;
    std::array<int32_t, 2> reach{Between(-2, 1), Between(-1, 1)};
    std::optional<uint32_t> last;
    Layout last_layout;
    for (uint32_t i = 0; i < count; ++i) {
      const Layout layout = RandomLayout();
      const View a = last.has_value() && !One(12) ? Of(*last, last_layout, layout) : Source(layout, reach);
      if (!One(12)) ++reach[One(4) ? 1 : 0];
      const View b = last.has_value() && One(15) ? Of(*last, last_layout, layout) : Source(layout, reach);
      Shape shape;
      for (const size_t role : layout) shape.push_back(sizes_[role]);
      const bool output = i + 1 == count || One(20);
      const TensorKind kind = output ? TensorKind::kOutput : TensorKind::kWitness;
      last = One(2) ? circuit_.Maximum(a, b, kind, shape) : circuit_.Maximum(b, a, kind, shape);
      if (One(15)) circuit_.model().circuit.lookups.back().columns[1].constant = {Between(-3, 3), 0};
      if (One(20)) Demand();
      last_layout = layout;
    }
  }
  HostileCircuit& circuit() { return circuit_; }
  std::mt19937& random() { return random_; }

 private:
  // By axis of a tensor: which of the circuit's axes it is, 0 and 1 those of the input, 2 one that it has not.
  using Layout = std::vector<size_t>;

  uint32_t Upto(uint32_t n) { return static_cast<uint32_t>(random_() % n); }
  bool One(uint32_t in) { return random_() % in == 0; }
  int32_t Between(int32_t low, int32_t high) {
    return low + static_cast<int32_t>(Upto(static_cast<uint32_t>(high - low + 1)));
  }
  Layout RandomLayout() {
    Layout layout{0, 1};
    if (One(3)) layout.push_back(2);
    if (One(4)) std::shuffle(layout.begin(), layout.end(), random_);
    return layout;
  }
  static std::vector<AxisStep> Along(size_t role, const Layout& space, int32_t stride) {
    for (uint32_t a = 0; a < space.size(); ++a) {
      if (space[a] == role) return {{a, stride}};
    }
    return {};
  }
  View Source(const Layout& space, const std::array<int32_t, 2>& at) const {
    return View{0, {{at[0], Along(0, space, stride_)}, {at[1], Along(1, space, 1)}}};
  }
  View Of(uint32_t tensor, const Layout& layout, const Layout& space) {
    View view{tensor, {}};
    for (const size_t role : layout) view.axes.push_back({One(12) ? Between(-2, 7) : 0, Along(role, space, 1)});
    return view;
  }
  // The last step also demands that a cell is what the table says.
  void Demand() {
    Table table = circuit_.model().circuit.tables[HostileCircuit::kRelu];
    table.values.push_back(table.values[0]);
    Lookup& lookup = circuit_.model().circuit.lookups.back();
    lookup.table = circuit_.AddTable(std::move(table));
    lookup.columns.insert(lookup.columns.begin() + 1, lookup.columns[0]);
    std::vector<uint32_t>& outputs = circuit_.model().program.steps.back().outputs;
    outputs.insert(outputs.begin(), kNoTensor);
  }

  std::mt19937 random_;
  int32_t stride_;
  HostileCircuit circuit_;
  std::vector<uint32_t> sizes_;
};

IntegerTensors RandomInputs(const CompiledModel& m, std::mt19937* random) {
  IntegerTensors inputs(m.circuit.tensors.size());
  for (const ModelPort& port : m.inputs) {
    const Tensor& t = m.circuit.tensors[port.tensor];
    std::uniform_int_distribution<int32_t> value(static_cast<int32_t>(t.min), static_cast<int32_t>(t.max));
    const bool one_value = (*random)() % 3 == 0;  // then mostly one that 0 wins over
    for (uint64_t i = 0; i < ElementCount(t.shape); ++i) {
      inputs[port.tensor].push_back(one_value ? static_cast<int32_t>(t.min) : value(*random));
    }
  }
  return inputs;
}

// Holds every maximum that is said to be recognised against the interpreter's values. Returns how many there were.
size_t CheckMaxima(const CompiledModel& m, const Explanation& e, const Assignment& assignment) {
  size_t checked = 0;
  for (const Node& node : e.nodes) {
    if (node.kind != Node::Kind::kMaximum || !node.problems.empty()) continue;
    SCOPED_TRACE(node.operation + ": " + node.formula);
    const MaximumFormula formula(node.formula);
    EXPECT_EQ(formula.FirstDifference(m.circuit, assignment, node), "");
    ++checked;
  }
  return checked;
}

TEST(MaximaAsTold, AreWhatRandomCircuitsCompute) {
  size_t keys = 0;
  size_t recognised = 0;
  size_t joined = 0;
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    RandomMaxima made(seed);
    if (!made.circuit().IsKey()) continue;
    ++keys;
    const CompiledModel& m = made.circuit().model();
    const Explanation e = Explain(m);
    if (!e.not_recognised.empty()) continue;
    ++recognised;
    joined += e.nodes.size() < m.program.steps.size() ? 1 : 0;
    for (int i = 0; i < 4; ++i) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      const auto witness = RunProgram(m.circuit, m.program, {}, RandomInputs(m, &made.random()));
      ASSERT_TRUE(witness.ok()) << witness.error().ToString();
      ASSERT_TRUE(CheckAssignment(m.circuit, witness->assignment).ok()) << "an input has no proof";
      EXPECT_GT(CheckMaxima(m, e, witness->assignment), 0u);
    }
    if (HasFailure()) return;
  }
  std::printf("%zu keys, %zu recognised, %zu of them with joined maxima\n", keys, recognised, joined);
  EXPECT_GT(keys - recognised, 200u);
  EXPECT_GT(joined, 500u);
}

TEST(MaximaAsTold, AreWhatModelsCompute) {
  std::mt19937 random(1);
  for (const auto& make : {+[] { return SmallLeNet(); }, +[] { return Residual(); }, +[] { return Attention(); }}) {
    TestGraph g = make();
    const CompiledModel m = Compiled(g);
    const Explanation e = Explain(m);
    EXPECT_THAT(e.not_recognised, IsEmpty());
    for (int i = 0; i < 3; ++i) {
      const auto witness = RunProgram(m.circuit, m.program, m.weights, RandomInputs(m, &random));
      ASSERT_TRUE(witness.ok()) << witness.error().ToString();
      EXPECT_GT(CheckMaxima(m, e, witness->assignment), 0u);
    }
  }
}

}  // namespace
}  // namespace provenn
