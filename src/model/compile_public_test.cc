// What the public circuit tells about the weights: models that differ in ways which docs/security.md says are hidden
// have circuits that are equal byte for byte, and those that differ otherwise differ in the fields that its table
// names.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <set>

#include "model/compile.h"
#include "model/test_graph.h"

namespace provenn {
namespace {

// Each kind of constant once: factors per field, a convolution, a product, a factor of a whole tensor, a second product
// as the output.
struct Subject {
  TestGraph g{5};
  ValueId factors = kNoValue;
  ValueId kernel = kNoValue;
  ValueId matrix = kNoValue;
  ValueId bias = kNoValue;
  ValueId whole = kNoValue;
  ValueId last = kNoValue;

  Subject() {
    ValueId x = g.Input({1, 2, 6, 6});
    factors = g.Constant({1, 2, 6, 6}, 1);
    x = g.Node(Op::kAffine, {x, factors, kNoValue}, {1, 2, 6, 6});
    x = g.Relu(g.Conv(x, 4, 3));
    kernel = g.graph().nodes[1].inputs[1];
    x = g.Linear(g.Reshape(x, {1, 64}), 10);
    matrix = g.graph().nodes[4].inputs[1];
    bias = g.graph().nodes[4].inputs[2];
    whole = g.Constant({1}, 1);
    Data(whole)[0] = 0.75f;
    x = g.Node(Op::kTanh, {g.Node(Op::kAffine, {x, whole, kNoValue}, {1, 10})}, {1, 10});
    g.Output(g.Linear(x, 3));
    last = g.graph().nodes.back().inputs[1];
  }
  std::vector<float>& Data(ValueId v) { return g.graph().value(v).data; }
};

CompiledModel Compile(Subject& s, CompileOptions options = {}) {
  // The same samples for every variant.
  TestGraph samples(99);
  samples.Input({1, 2, 6, 6});
  auto model = CompileModel(s.g.graph(), samples.Samples(32), options);
  EXPECT_TRUE(model.ok()) << model.error().ToString();
  return model.ok() ? *std::move(model) : CompiledModel{};
}

using Change = std::function<void(Subject&)>;

bool Smaller(float a, float b) { return std::abs(a) < std::abs(b); }

void ScaleAll(std::vector<float>& data, float factor) {
  for (float& w : data) w *= factor;
}

// The rows of the table in docs/security.md.
const std::map<std::string, Change>& Changes() {
  static const std::map<std::string, Change> changes = {
      {"the smallest entry of each tensor",
       [](Subject& s) {
         for (const ValueId v : {s.factors, s.kernel, s.matrix, s.bias, s.last}) {
           float& smallest = *std::min_element(s.Data(v).begin(), s.Data(v).end(), Smaller);
           smallest = std::abs(smallest) < 0.002f ? 0.003f : 0.0f;
         }
       }},
      {"the largest entry, below the same power of two",
       [](Subject& s) {
         for (const ValueId v : {s.factors, s.kernel, s.matrix, s.bias, s.last}) {
           *std::max_element(s.Data(v).begin(), s.Data(v).end(), Smaller) *= 0.99f;
         }
       }},
      {"the largest entry, to a larger power of two",
       [](Subject& s) { *std::max_element(s.Data(s.factors).begin(), s.Data(s.factors).end(), Smaller) = 1.5f; }},
      {"a bias beyond 16 bits", [](Subject& s) { s.Data(s.bias)[0] = 0.9f; }},
      {"the sign of an entry",
       [](Subject& s) {
         for (const ValueId v : {s.factors, s.kernel, s.matrix, s.last}) s.Data(v)[3] = -s.Data(v)[3];
       }},
      {"the sum of a column",
       [](Subject& s) {
         for (size_t i = 0; i < 64; ++i) s.Data(s.matrix)[10 * i] = i % 2 == 0 ? 0.49f : -0.49f;
       }},
      {"all entries of a layer, times 16",
       [](Subject& s) {
         ScaleAll(s.Data(s.kernel), 16);
         ScaleAll(s.Data(s.matrix), 1.0f / 16);
       }},
      {"a factor of a whole tensor", [](Subject& s) { s.Data(s.whole)[0] = 0.74f; }},
  };
  return changes;
}

// Which kinds of fields differ, as the table names them.
std::string Moved(const Circuit& a, const Circuit& b) {
  std::set<std::string> moved;
  if (a.tensors.size() != b.tensors.size() || a.lookups.size() != b.lookups.size())
    moved.insert("layout of saturation");
  for (size_t t = 0; t < std::min(a.tensors.size(), b.tensors.size()); ++t) {
    const Tensor& x = a.tensors[t];
    const Tensor& y = b.tensors[t];
    const bool weight = x.kind == TensorKind::kWeight;
    if (x.scale != y.scale) moved.insert(weight ? "scale of weights" : "scale of activations");
    if (weight && (x.min != y.min || x.max != y.max)) moved.insert("bound of weights");
    if (x.kind == TensorKind::kOutput && (x.min != y.min || x.max != y.max)) moved.insert("declared output");
    if (x.kind == TensorKind::kInput && (x.min != y.min || x.max != y.max)) moved.insert("declared input");
  }
  bool sizes = a.tables.size() != b.tables.size();
  bool rows = false;
  for (size_t t = 0; !sizes && t < a.tables.size(); ++t) {
    sizes = sizes || a.tables[t].size != b.tables[t].size || a.tables[t].first_key != b.tables[t].first_key;
    rows = rows || a.tables[t].values != b.tables[t].values;
  }
  if (sizes) moved.insert("sizes of tables");
  if (rows && !sizes) moved.insert("rows of a function's table");
  if (moved.empty() && EncodeCircuit(a) != EncodeCircuit(b)) moved.insert("another field");
  std::string text;
  for (const std::string& m : moved) text += (text.empty() ? "" : ", ") + m;
  return text.empty() ? "nothing" : text;
}

std::string MovedBy(const Change& change, const CompileOptions& options) {
  Subject before;
  Subject after;
  change(after);
  return Moved(Compile(before, options).circuit, Compile(after, options).circuit);
}

// "| change | by default | with --tight |" between the markers.
std::map<std::string, std::pair<std::string, std::string>> DocumentedTable() {
  std::ifstream file("docs/security.md");
  std::map<std::string, std::pair<std::string, std::string>> table;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| change of the weights |")) inside = true;
    if (!line.starts_with("|")) inside = false;
    if (!inside || line.starts_with("| change") || line.starts_with("|---")) continue;
    std::vector<std::string> cells;
    for (size_t at = 1; at < line.size();) {
      const size_t end = line.find('|', at);
      cells.push_back(line.substr(at + 1, end - at - 2));
      at = end + 1;
    }
    if (cells.size() == 3) table[cells[0]] = {cells[1], cells[2]};
  }
  return table;
}

TEST(CompilePublic, WhatMovesIsWhatTheTableSays) {
  const auto table = DocumentedTable();
  EXPECT_EQ(table.size(), Changes().size());
  CompileOptions tight;
  tight.tight = true;
  for (const auto& [name, change] : Changes()) {
    SCOPED_TRACE(name);
    const auto row = table.find(name);
    EXPECT_NE(row, table.end());
    EXPECT_EQ(MovedBy(change, {}), row == table.end() ? "" : row->second.first);
    EXPECT_EQ(MovedBy(change, tight), row == table.end() ? "" : row->second.second);
  }
}

TEST(CompilePublic, HiddenConstantsAreWeights) {
  CompileOptions hide;
  hide.hide_constants = true;
  EXPECT_EQ(MovedBy(Changes().at("a factor of a whole tensor"), hide), "nothing");
  Subject open;
  Subject hidden;
  const CompiledModel a = Compile(open);
  const CompiledModel b = Compile(hidden, hide);
  const auto names_it = [](const CompiledModel& model) {
    return std::any_of(model.tells.begin(), model.tells.end(),
                       [](const KeyFact& f) { return f.fact.starts_with("the factor, 0.75,"); });
  };
  EXPECT_TRUE(names_it(a));
  EXPECT_FALSE(names_it(b));
}

TEST(CompilePublic, NoiseOfAFineTuning) {
  EXPECT_EQ(MovedBy(
                [](Subject& s) {
                  std::mt19937 random(4);
                  std::normal_distribution<float> noise(1.0f, 0.05f);
                  for (const ValueId v : {s.kernel, s.matrix, s.last}) {
                    for (float& w : s.Data(v)) w = std::clamp(w * noise(random), -0.5f, 0.5f);
                  }
                },
                {}),
            "nothing");
}

TEST(CompilePublic, SignOfACalibratedRange) {
  // Every output seen is positive; the key does not say so.
  TestGraph g(5);
  const ValueId y = g.Linear(g.Input({1, 4}), 3);
  g.graph().value(g.graph().nodes[0].inputs[2]).data.assign(3, 50.0f);
  g.Output(g.Node(Op::kTanh, {y}, {1, 3}));
  g.Output(y);
  const auto model = CompileModel(g.graph(), g.Samples(16));
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  for (const ModelPort& port : model->outputs) EXPECT_LT(model->circuit.tensors[port.tensor].min, 0) << port.name;
}

// A family of fine-tuned models, whatever their magnitudes and calibration: one circuit and one program.
TEST(CompilePublic, FormatsOfAFamily) {
  Subject base;
  CompileOptions first;
  first.hide_constants = true;
  const CompiledModel a = Compile(base, first);
  Subject tuned;
  for (const ValueId v : {tuned.kernel, tuned.matrix, tuned.last, tuned.whole}) ScaleAll(tuned.Data(v), 0.3f);
  CompileOptions same = first;
  same.formats = &a.formats;
  TestGraph other_samples(100);
  other_samples.Input({1, 2, 6, 6});
  const auto b = CompileModel(tuned.g.graph(), other_samples.Samples(8, -0.5f, 0.5f), same);
  ASSERT_TRUE(b.ok()) << b.error().ToString();
  EXPECT_NE(a.weights, b->weights);
  EXPECT_EQ(EncodeCircuit(a.circuit), EncodeCircuit(b->circuit));
  EXPECT_EQ(EncodeProgram(a.program), EncodeProgram(b->program));
  // On its own it would have had another circuit.
  EXPECT_NE(EncodeCircuit(Compile(tuned, first).circuit), EncodeCircuit(a.circuit));
}

TEST(CompilePublic, FormatsThatDoNotFit) {
  Subject s;
  const CompiledModel a = Compile(s);
  const auto refusal = [&](Subject& subject, const std::function<void(ModelFormats&)>& change, int bits = 12) {
    ModelFormats formats = a.formats;
    change(formats);
    CompileOptions options;
    options.bits = bits;
    options.formats = &formats;
    TestGraph samples(99);
    samples.Input({1, 2, 6, 6});
    const auto model = CompileModel(subject.g.graph(), samples.Samples(2), options);
    if (model.ok()) return std::string();
    EXPECT_EQ(model.error().code, Code::kInvalidArgument);
    return model.error().ToString();
  };
  const auto nothing = [](ModelFormats&) {};
  EXPECT_EQ(refusal(s, nothing), "");
  EXPECT_NE(refusal(s, nothing, 10).find("activations of 12 bits"), std::string::npos);
  EXPECT_NE(refusal(s, [](ModelFormats& f) { f.ranges[0].value += "x"; }).find("another graph"), std::string::npos);
  EXPECT_NE(refusal(s, [](ModelFormats& f) { f.ranges.pop_back(); }).find("another graph"), std::string::npos);
  EXPECT_NE(refusal(s, [](ModelFormats& f) { f.ranges[0].range.low = NAN; }).find("is not one"), std::string::npos);
  EXPECT_NE(refusal(s, [](ModelFormats& f) { f.inputs.clear(); }).find("another graph"), std::string::npos);
  EXPECT_NE(refusal(s, [](ModelFormats& f) { f.inputs[0].format.max = 1 << 30; }).find("input"), std::string::npos);
  EXPECT_NE(refusal(s, [](ModelFormats& f) { f.weights.pop_back(); }).find("another graph"), std::string::npos);
  EXPECT_NE(refusal(s, [](ModelFormats& f) { f.weights[0].tensor += "x"; }).find("another graph"), std::string::npos);
  EXPECT_NE(refusal(s, [](ModelFormats& f) { f.weights[0].bound = 12345; }).find("format of"), std::string::npos);
  Subject larger;
  ScaleAll(larger.Data(larger.matrix), 100);
  EXPECT_NE(refusal(larger, nothing).find("has entries beyond"), std::string::npos);
}

TEST(CompilePublic, ListsWhatTheKeyTells) {
  Subject s;
  const CompiledModel model = Compile(s);
  const auto count = [&](std::string_view place, std::string_view source) {
    return std::count_if(model.tells.begin(), model.tells.end(), [&](const KeyFact& f) {
      return f.place.starts_with(place) && Name(f.source) == source && !f.fact.empty();
    });
  };
  EXPECT_EQ(count("input '", "calibration"), 1);
  const auto weights = std::count_if(model.circuit.tensors.begin(), model.circuit.tensors.end(),
                                     [](const Tensor& t) { return t.kind == TensorKind::kWeight; });
  EXPECT_EQ(count("weights '", "weights"), weights);
  EXPECT_EQ(count("activation '", "calibration"), 4);
  EXPECT_GE(count("table '", "calibration"), 1);
  EXPECT_EQ(count("node ", "weights"), 1);
}

}  // namespace
}  // namespace provenn
