// Keys made so that reading them would take long: the time stays near that of an honest key of the same size.
#include <gmock/gmock.h>

#include <chrono>

#include "explain/function.h"
#include "explain/test_models.h"
#include "relation/determinism.h"

namespace provenn {
namespace {

View Cells(uint32_t tensor, int32_t from = 0) { return View{tensor, {{from, {{0, 1}}}}}; }
Expression Sum(std::vector<ViewTerm> terms) { return Expression{{0, 0}, std::move(terms), {}}; }

// An input of `size` cells, and what a test puts after it.
class HostileCircuit {
 public:
  explicit HostileCircuit(uint32_t size) : size_(size) {
    Circuit& c = model_.circuit;
    c.tensors.push_back(Tensor{"x", TensorKind::kInput, {size}, 0, 7, 0, 0});
    Table relu{"relu", -8, 16, {{}}};
    for (int32_t key = -8; key < 8; ++key) relu.values[0].push_back(std::max(key, 0));
    c.tables = {Table{"range", 0, 8, {}}, relu};
    c.lookups.push_back(Lookup{"x", {size}, 0, {Sum({{{1, 0}, Cells(0)}})}});
    model_.inputs = {ModelPort{"x", {1, size}, 0, {1}}};
  }

  uint32_t Value(Shape shape, TensorKind kind = TensorKind::kWitness, int32_t scale = 0) {
    model_.circuit.tensors.push_back(Tensor{"t", kind, std::move(shape), 0, 7, scale, 0});
    return static_cast<uint32_t>(model_.circuit.tensors.size() - 1);
  }
  void Set(uint32_t tensor, uint32_t table, Expression key, Expression value) {
    const Shape shape = model_.circuit.tensors[tensor].shape;
    model_.circuit.lookups.push_back(Lookup{"t", shape, table, {std::move(key), std::move(value)}});
    Step step;
    step.kind = Step::Kind::kLookup;
    step.id = static_cast<uint32_t>(model_.circuit.lookups.size() - 1);
    step.outputs = {tensor};
    model_.program.steps.push_back(step);
  }
  // b + max(a - b, 0)
  uint32_t Maximum(const View& a, const View& b, TensorKind kind) {
    const uint32_t out = Value({size_}, kind);
    Set(out, 1, Sum({{{1, 0}, a}, {{-1, 0}, b}}), Sum({{{1, 0}, Cells(out)}, {{-1, 0}, b}}));
    return out;
  }
  CompiledModel& model() { return model_; }

  Explanation Run(double* seconds) {
    model_.outputs = {ModelPort{"y", {1, size_}, static_cast<uint32_t>(model_.circuit.tensors.size() - 1), {1}}};
    const Status valid = ValidateCircuit(model_.circuit);
    EXPECT_TRUE(valid.ok()) << (valid.ok() ? "" : valid.error().ToString());
    const Status key = CheckDeterminism(model_.circuit, model_.program);
    EXPECT_TRUE(key.ok()) << (key.ok() ? "" : key.error().ToString());
    const auto from = std::chrono::steady_clock::now();
    Explanation e = Explain(model_);
    *seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
    return e;
  }

 private:
  uint32_t size_;
  CompiledModel model_;
};

constexpr double kSeconds = 60;  // it takes a fraction of one; without bounds, minutes

double SecondsSince(std::chrono::steady_clock::time_point from) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

// Each maximum takes in the one before and reaches one cell further; all results are read again in the end.
TEST(HostileKeys, ALongChainOfMaxima) {
  constexpr int kPairs = 12000;
  HostileCircuit circuit(16);
  uint32_t last = 0;
  for (int i = 1; i <= kPairs; ++i) {
    last = circuit.Maximum(Cells(last), Cells(0, i % 4096), i == kPairs ? TensorKind::kOutput : TensorKind::kWitness);
  }
  double seconds = 0;
  const Explanation e = circuit.Run(&seconds);
  EXPECT_FALSE(e.nodes.empty());
  EXPECT_LT(seconds, kSeconds);
}

// One table of many rows, read at another pair of scales by each of many nodes.
TEST(HostileKeys, ATableReadAtManyScales) {
  constexpr int kNodes = 3000;
  HostileCircuit circuit(2);
  Table large{"large", 0, 1u << 16, {{}}};
  for (uint32_t j = 0; j < large.size; ++j) large.values[0].push_back(static_cast<int32_t>(j * 2654435761u >> 29));
  circuit.model().circuit.tables.push_back(large);
  uint32_t last = 0;
  for (int i = 1; i <= kNodes; ++i) {
    const uint32_t out = circuit.Value({2}, i == kNodes ? TensorKind::kOutput : TensorKind::kWitness, i % 61 - 30);
    circuit.Set(out, 2, Sum({{{1, 0}, Cells(last)}}), Sum({{{1, 0}, Cells(out)}}));
    last = out;
  }
  double seconds = 0;
  const Explanation e = circuit.Run(&seconds);
  EXPECT_FALSE(e.not_recognised.empty());
  // As long as the first few readings, not one for each of 61 pairs of scales.
  const auto from = std::chrono::steady_clock::now();
  for (int32_t scale = -29; scale < -25; ++scale) {
    EXPECT_FALSE(RecogniseFunction(0, large.values[0], scale == -29 ? 0 : scale - 1, scale).recognised());
  }
  EXPECT_LT(seconds, 4 * SecondsSince(from) + 1);
}

// A factor that is no power of two, of a sum over very many cells.
TEST(HostileKeys, FactorsThatLookLikeMeans) {
  constexpr int kNodes = 2000;
  HostileCircuit circuit(1u << 16);
  CompiledModel& m = circuit.model();
  m.circuit.contractions.push_back(Contraction{{1, 1u << 16}, 1, View{0, {{0, {{1, 1}}}}}, std::nullopt});
  m.program.steps.push_back(Step{});
  uint32_t last = 0;
  for (int i = 1; i <= kNodes; ++i) {
    last = circuit.Value({1}, i == kNodes ? TensorKind::kOutput : TensorKind::kWitness);
    Expression key = Sum({});
    key.accumulators = {{{2 * i + 1001, 0}, 0}};
    circuit.Set(last, 1, key, Sum({{{1, 0}, Cells(last)}}));
  }
  m.outputs.clear();
  double seconds = 0;
  const Explanation e = circuit.Run(&seconds);
  EXPECT_FALSE(e.not_recognised.empty());
  EXPECT_LT(seconds, kSeconds);
}

}  // namespace
}  // namespace provenn
