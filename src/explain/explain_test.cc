#include "explain/explain.h"
#include "explain/function.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>

#include "explain/difference.h"
#include "explain/reading.h"
#include "explain/test_models.h"
#include "relation/determinism.h"

namespace provenn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Operations(const Explanation& e) {
  std::vector<std::string> list;
  for (const Node& node : e.nodes) list.push_back(node.operation);
  return list;
}

TEST(Explain, SmallLeNet) {
  TestGraph g = SmallLeNet();
  const Explanation e = Explain(Compiled(g));
  EXPECT_THAT(e.not_recognised, IsEmpty());
  EXPECT_THAT(Operations(e),
              ElementsAre("convolution 3x3, pads 1, 2 -> 4 channels of T0 + bias T2 (4), relu",
                          HasSubstr("max pool 2x2, stride 2 of "), HasSubstr("convolution 3x3, 4 -> 6 channels of "),
                          HasSubstr("fully connected 54 -> 12 of "), HasSubstr("fully connected 12 -> 5 of ")));
  const Term& conv = e.nodes[0].terms[0];
  EXPECT_EQ(conv.kind, Term::Kind::kConvolution);
  EXPECT_THAT(conv.kernel, ElementsAre(3, 3));
  EXPECT_THAT(conv.pads_begin, ElementsAre(1, 1));
  EXPECT_EQ(e.nodes[0].function.family, "relu");
  EXPECT_TRUE(e.nodes.back().exact);
}

TEST(Explain, AResidualNetwork) {
  TestGraph g = Residual();
  const Explanation e = Explain(Compiled(g));
  for (const Finding& f : e.not_recognised) ADD_FAILURE() << f.place << ": " << f.text;
  const std::vector<std::string> operations = Operations(e);
  const auto has = [&](const std::string& text) {
    return std::any_of(operations.begin(), operations.end(),
                       [&](const std::string& o) { return o.find(text) != std::string::npos; });
  };
  for (const char* text : {"max pool 3x3, stride 2, pads 1 before and 0 after", "8 -> 8 channels in 2 groups", " + T",
                           "convolution 1x1, stride 2, 8 -> 16 channels", "mean over 9", "maximum over 4",
                           "exponential", "reciprocal", " times "}) {
    EXPECT_TRUE(has(text)) << text;
  }
}

// Curved functions with and without parameters, at every width of activations.
TEST(Explain, FunctionsAreFoundWithTheirParameters) {
  for (int bits = 8; bits <= 16; bits += 2) {
    SCOPED_TRACE(bits);
    TestGraph g(3);
    const ValueId x = g.Input({1, 6});
    std::vector<std::pair<ValueId, std::string>> wanted;
    const auto apply = [&](Op op, const std::string& family, Attributes a = {}) {
      const ValueId y = g.Linear(x, 6);
      g.Output(g.Node(op, {y}, {1, 6}, a));
      wanted.emplace_back(y, family);
    };
    apply(Op::kRelu, "relu");
    apply(Op::kSigmoid, "sigmoid");
    apply(Op::kTanh, "tanh");
    apply(Op::kHardSwish, "hard-swish");
    apply(Op::kLeakyRelu, "leaky-relu", LeakyReluAttributes{0.1f});
    apply(Op::kHardSigmoid, "affine", HardSigmoidAttributes{0.2f, 0.5f});
    const ValueId y = g.Linear(x, 6);
    g.Output(g.Node(Op::kMul, {y, g.Node(Op::kSigmoid, {y}, {1, 6})}, {1, 6}));
    wanted.emplace_back(y, "swish");
    const Explanation e = Explain(Compiled(g, bits));
    for (const Finding& f : e.not_recognised) ADD_FAILURE() << f.place << ": " << f.text;
    ASSERT_EQ(e.nodes.size(), wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(e.nodes[i].function.family, wanted[i].second) << i;
  }
}

class HostileKeyTest : public testing::Test {
 protected:
  HostileKeyTest() {
    TestGraph g = SmallLeNet();
    model_ = Compiled(g);
    honest_ = Explain(model_);
  }
  // The key passes the key check, so that it is this which must show the change.
  Explanation Changed(const std::function<void(CompiledModel&)>& change) {
    CompiledModel model = model_;
    change(model);
    const Status status = CheckDeterminism(model.circuit, model.program);
    EXPECT_TRUE(ValidateCircuit(model.circuit).ok());
    EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().ToString());
    Explanation e = Explain(model);
    EXPECT_NE(e.graph_id, honest_.graph_id);
    EXPECT_NE(e.formats_id, honest_.formats_id);
    return e;
  }

  CompiledModel model_;
  Explanation honest_;
};

TEST_F(HostileKeyTest, EveryChangedRowOfEveryFunctionIsListed) {
  for (size_t t = 0; t < model_.circuit.tables.size(); ++t) {
    const Table& table = model_.circuit.tables[t];
    if (table.values.empty()) continue;
    const bool clamp = std::any_of(model_.program.steps.begin(), model_.program.steps.end(),
                                   [&](const Step& s) { return s.clamp.has_value() && s.clamp->table == t; });
    for (const uint32_t row : {0u, 1u, table.size / 3, table.size / 2, table.size - 2, table.size - 1}) {
      SCOPED_TRACE(table.name + " row " + std::to_string(row));
      const Explanation e = Changed([&](CompiledModel& m) { m.circuit.tables[t].values.back()[row] += 5; });
      ASSERT_FALSE(e.not_recognised.empty());
      const std::string& text = e.not_recognised[0].text;
      const int64_t key = table.first_key + int64_t{row};
      EXPECT_THAT(text, HasSubstr("at " + std::string(clamp ? "" : "key ") + std::to_string(key) + " expected " +
                                  std::to_string(table.values.back()[row]) + ", found " +
                                  std::to_string(table.values.back()[row] + 5)));
      if (!clamp) {
        EXPECT_THAT(text, HasSubstr("in 1 row:"));
      }
    }
  }
}

TEST_F(HostileKeyTest, AnotherStrideIsAnotherNode) {
  const Explanation e = Changed([](CompiledModel& m) {
    Contraction& c = m.circuit.contractions[0];
    for (size_t a = 0; a < 2; ++a) {
      for (AxisStep& step : c.right->axes[a].steps) step.stride *= 2;
    }
  });
  EXPECT_THAT(e.nodes[0].operation, HasSubstr("stride 2, dilation 2"));
  const Difference d = CompareExplanations(honest_, e);
  EXPECT_FALSE(d.same_graph);
  ASSERT_EQ(d.nodes.size(), 2u);
  EXPECT_EQ(d.nodes[0].kind, NodeDifference::Kind::kOnlyFirst);
  EXPECT_EQ(d.nodes[1].kind, NodeDifference::Kind::kOnlySecond);
}

TEST_F(HostileKeyTest, ALookupMoreIsADemandThatIsShown) {
  const Explanation e = Changed([](CompiledModel& m) {
    // The first pixel of the image may not be more than 15.
    Lookup lookup;
    lookup.name = m.circuit.lookups[0].name;
    lookup.space = {1};
    lookup.table = static_cast<uint32_t>(m.circuit.tables.size());
    Table table;
    table.size = 16;
    m.circuit.tables.push_back(table);
    Expression key;
    key.terms.push_back({{1, 0}, View{m.inputs[0].tensor, {{0, {}}, {0, {}}, {0, {}}}}});
    lookup.columns.push_back(key);
    m.circuit.lookups.push_back(lookup);
  });
  ASSERT_EQ(e.not_recognised.size(), 1u);
  EXPECT_THAT(e.not_recognised[0].text, HasSubstr("T0[0, 0, 0] be in table"));
  EXPECT_THAT(e.not_recognised[0].text, HasSubstr("have no proof"));
}

TEST_F(HostileKeyTest, ARangeOfAResultIsADemand) {
  // Of every result of the program that a table gives: all of its range, then one less at either end.
  size_t tried = 0;
  for (size_t n = 0; n < honest_.nodes.size(); ++n) {
    const Node& node = honest_.nodes[n];
    if (node.kind == Node::Kind::kMaximum || node.exact) continue;
    for (const int cut : {0, 1, 2}) {
      CompiledModel model = model_;
      Lookup lookup;
      lookup.space = model.circuit.tensors[node.output].shape;
      lookup.table = static_cast<uint32_t>(model.circuit.tables.size());
      View cells{node.output, {}};
      for (uint32_t a = 0; a < lookup.space.size(); ++a) cells.axes.push_back({0, {{a, 1}}});
      lookup.columns.push_back(Expression{{0, 0}, {{{1, 0}, cells}}, {}});
      Table table;
      table.first_key = node.function.min_value + (cut == 1 ? 1 : 0);
      table.size = static_cast<uint32_t>(node.function.max_value - (cut == 2 ? 1 : 0) - table.first_key + 1);
      model.circuit.tables.push_back(table);
      model.circuit.lookups.push_back(lookup);
      ASSERT_TRUE(CheckDeterminism(model.circuit, model.program).ok());
      EXPECT_EQ(Explain(model).not_recognised.empty(), cut == 0) << "node " << n << ", cut " << cut;
      ++tried;
    }
  }
  EXPECT_GE(tried, 9u);
}

TEST_F(HostileKeyTest, AnAddendMoreIsSeen) {
  // The first layer's bias also counts once more, for the sum of everything.
  const Explanation e = Changed([](CompiledModel& m) {
    for (const Step& step : m.program.steps) {
      if (step.kind != Step::Kind::kLookup || step.outputs.empty()) continue;
      Expression& key = m.circuit.lookups[step.id].columns[0];
      if (key.accumulators.size() != 2) continue;
      AccumulatorTerm more = key.accumulators[1];
      more.coefficient.numerator *= 3;
      key.accumulators.push_back(more);
      return;
    }
  });
  ASSERT_FALSE(e.not_recognised.empty());
  EXPECT_THAT(e.not_recognised[0].text, HasSubstr("addends do not count equally"));
}

TEST_F(HostileKeyTest, AnotherRoundingIsSeen) {
  const Explanation e = Changed([](CompiledModel& m) {
    for (const Step& step : m.program.steps) {
      if (step.kind != Step::Kind::kLookup || step.digits.empty() || step.outputs.empty()) continue;
      m.circuit.lookups[step.id].columns[0].constant.numerator = 0;
      return;
    }
  });
  ASSERT_FALSE(e.not_recognised.empty());
  EXPECT_THAT(e.not_recognised[0].text, HasSubstr("does not round to the nearest"));
}

TEST_F(HostileKeyTest, AQuotientOfOtherRemaindersIsSeen) {
  size_t tried = 0;
  for (const bool half : {false, true}) {
    for (const Step& step : model_.program.steps) {
      if (!step.quotient.has_value()) continue;
      const Explanation e = Changed([&](CompiledModel& m) {
        Lookup& lookup = m.circuit.lookups[step.id];
        Table table = m.circuit.tables[lookup.table];
        (half ? table.size /= 2 : table.first_key += table.size);
        lookup.table = static_cast<uint32_t>(m.circuit.tables.size());
        m.circuit.tables.push_back(table);
      });
      ASSERT_FALSE(e.not_recognised.empty());
      EXPECT_THAT(e.not_recognised[0].text, HasSubstr("does not hold the remainders"));
      ++tried;
    }
  }
  EXPECT_GE(tried, 2u);
}

TEST_F(HostileKeyTest, AnAddendThatCancelsIsSeen) {
  const Explanation e = Changed([](CompiledModel& m) {
    for (const Step& step : m.program.steps) {
      if (step.kind != Step::Kind::kLookup || step.outputs.empty()) continue;
      Expression& key = m.circuit.lookups[step.id].columns[0];
      if (key.accumulators.size() != 2) continue;
      AccumulatorTerm minus = key.accumulators[0];
      minus.coefficient.numerator = -minus.coefficient.numerator;
      key.accumulators.push_back(minus);
      return;
    }
  });
  ASSERT_FALSE(e.not_recognised.empty());
  EXPECT_THAT(e.not_recognised[0].text, HasSubstr("cancel"));
}

TEST_F(HostileKeyTest, ARangeWithADigitOfAnotherCellIsADemand) {
  // (output - digit of an earlier sum) / 2^bits in its range: only outputs that end as the digit does have a proof.
  const Explanation e = Changed([](CompiledModel& m) {
    const uint32_t output = m.outputs[0].tensor;
    const Tensor& out = m.circuit.tensors[output];
    for (const Step& step : m.program.steps) {
      for (const RemainderDigit& digit : step.digits) {
        if (m.circuit.tensors[digit.tensor].shape != out.shape) continue;
        Lookup lookup;
        lookup.space = out.shape;
        lookup.table = static_cast<uint32_t>(m.circuit.tables.size());
        View cell{output, {}};
        for (uint32_t a = 0; a < out.shape.size(); ++a) cell.axes.push_back({0, {{a, 1}}});
        View low = cell;
        low.tensor = digit.tensor;
        lookup.columns.push_back(Expression{{0, 0}, {{{1, digit.bits}, cell}, {{-1, digit.bits}, low}}, {}});
        Table table;
        table.first_key = (out.min >> digit.bits) - 1;
        table.size = static_cast<uint32_t>((out.max >> digit.bits) - table.first_key + 2);
        m.circuit.tables.push_back(table);
        m.circuit.lookups.push_back(lookup);
        return;
      }
    }
    FAIL() << "no digit has the shape of the output";
  });
  ASSERT_FALSE(e.not_recognised.empty());
  EXPECT_THAT(e.not_recognised[0].text, HasSubstr("have no proof"));
}

// One more or less in a row at an end is either a departure or shown as the value that is held there.
TEST_F(HostileKeyTest, AnotherValueAtTheEndOfATableIsShown) {
  std::vector<int32_t> values;
  for (int64_t key = -8; key < 8; ++key) values.push_back(static_cast<int32_t>(key * 16));
  ReadingWork work;
  const FunctionReport honest = RecogniseFunction(-8, values, 4, 8, &work);
  EXPECT_EQ(honest.family, "identity");
  EXPECT_FALSE(honest.held_low.has_value() || honest.held_high.has_value());
  for (const size_t row : {size_t{0}, values.size() - 1}) {
    for (const int change : {-5, -1, 1, 5}) {
      std::vector<int32_t> changed = values;
      changed[row] += change;
      const FunctionReport f = RecogniseFunction(-8, changed, 4, 8, &work);
      const bool held = row == 0 ? f.held_low.has_value() : f.held_high.has_value();
      EXPECT_TRUE(!f.recognised() || held || f.formula != "x") << row << " " << change;
    }
  }
}

TEST_F(HostileKeyTest, NamesAreNoEvidence) {
  CompiledModel model = model_;
  for (Tensor& t : model.circuit.tensors) t.name = "Softmax";
  for (Table& t : model.circuit.tables) t.name = "sigmoid";
  for (Lookup& l : model.circuit.lookups) l.name = "range";
  const Explanation e = Explain(model);
  EXPECT_EQ(Operations(e), Operations(honest_));
  EXPECT_EQ(e.graph_id, honest_.graph_id);
  EXPECT_EQ(e.formats_id, honest_.formats_id);
  EXPECT_TRUE(CompareExplanations(e, honest_).names_differ);
}

// An operand of the residual addition comes from elsewhere: the same nodes, wired otherwise.
TEST(Difference, AnotherWiringIsShown) {
  TestGraph g = Residual();
  const CompiledModel honest = Compiled(g);
  const Explanation a = Explain(honest);
  size_t shown = 0;
  for (const Step& step : honest.program.steps) {
    if (step.kind != Step::Kind::kLookup || !SetsValue(step)) continue;
    for (size_t t = 0; t < honest.circuit.lookups[step.id].columns[0].terms.size(); ++t) {
      const View& view = honest.circuit.lookups[step.id].columns[0].terms[t].view;
      for (uint32_t other = 0; other < honest.circuit.tensors.size(); ++other) {
        CompiledModel rewired = honest;
        rewired.circuit.lookups[step.id].columns[0].terms[t].view.tensor = other;
        if (other == view.tensor || IsHelperOf(step, view.tensor) || IsHelperOf(step, other)) continue;
        if (!ValidateCircuit(rewired.circuit).ok()) continue;
        if (!CheckDeterminism(rewired.circuit, rewired.program).ok()) continue;
        SCOPED_TRACE("lookup " + std::to_string(step.id) + " reads T" + std::to_string(other) + " instead of T" +
                     std::to_string(view.tensor));
        const Difference d = CompareExplanations(a, Explain(rewired));
        EXPECT_FALSE(d.same_graph);
        EXPECT_FALSE(d.nodes.empty());
        for (const NodeDifference& n : d.nodes) shown += n.wiring.empty() ? 0 : 1;
      }
    }
  }
  EXPECT_GE(shown, 1u);
}

TEST(Difference, SharedWeightsAreShown) {
  TestGraph g(4);
  const ValueId x = g.Input({1, 6});
  g.Output(g.Linear(g.Linear(g.Linear(x, 6), 6), 6));
  const CompiledModel honest = Compiled(g);
  CompiledModel shared = honest;
  std::vector<uint32_t> layers;
  for (uint32_t c = 0; c < honest.circuit.contractions.size(); ++c) {
    if (honest.circuit.contractions[c].right.has_value()) layers.push_back(c);
  }
  ASSERT_EQ(layers.size(), 3u);
  // The third layer's weights are the first one's.
  View& third = shared.circuit.contractions[layers[2]].left;
  const std::string before = TensorText(third.tensor);
  third.tensor = honest.circuit.contractions[layers[0]].left.tensor;
  const std::string after = TensorText(third.tensor);
  const Difference d = CompareExplanations(Explain(honest), Explain(shared));
  ASSERT_EQ(d.nodes.size(), 1u);
  EXPECT_THAT(d.nodes[0].wiring, ElementsAre("operand 2: " + before + " (weights) | " + after + " (weights)"));
}

TEST(ArchitectureIds, OtherWeightsOfTheSameFormatsShareBoth) {
  TestGraph g = SmallLeNet();
  const Explanation a = Explain(Compiled(g));
  // Fine-tuned: two weights of a layer trade places, so that no scale and no bound moves.
  for (GraphValue& v : g.graph().values) {
    if (v.is_constant && v.shape.size() == 4) std::swap(v.data[0], v.data[1]);
  }
  auto tuned = CompileModel(g.graph(), TestGraph(SmallLeNet()).Samples(8));
  ASSERT_TRUE(tuned.ok());
  const Explanation b = Explain(*tuned);
  EXPECT_EQ(a.graph_id, b.graph_id);
  EXPECT_EQ(a.formats_id, b.formats_id);
}

TEST(ArchitectureIds, WidthOfActivationsChangesTheFormatsAlone) {
  for (const auto& make :
       {std::function<TestGraph()>(SmallLeNet), std::function<TestGraph()>([] { return Residual(); })}) {
    TestGraph g = make();
    const Explanation a = Explain(Compiled(g, 12));
    for (const int bits : {10, 14}) {
      TestGraph again = make();
      const Explanation b = Explain(Compiled(again, bits));
      EXPECT_EQ(a.graph_id, b.graph_id) << bits;
      EXPECT_NE(a.formats_id, b.formats_id) << bits;
      const Difference d = CompareExplanations(a, b);
      EXPECT_TRUE(d.same_graph);
      EXPECT_FALSE(d.same_formats);
      for (const NodeDifference& n : d.nodes) EXPECT_EQ(n.kind, NodeDifference::Kind::kChanged) << n.text;
      EXPECT_FALSE(d.nodes.empty());
    }
  }
}

TEST(ArchitectureIds, AnotherGraphHasAnotherId) {
  TestGraph a = Residual(5, 2);
  TestGraph b = Residual(5, 1);
  EXPECT_NE(Explain(Compiled(a)).graph_id, Explain(Compiled(b)).graph_id);
}

}  // namespace
}  // namespace provenn
