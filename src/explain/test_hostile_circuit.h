// Circuits of maxima that pass the key check and that no model gives, built step by step.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "explain/test_models.h"
#include "relation/determinism.h"

namespace provenn {

inline View Cells(uint32_t tensor, int32_t from = 0) { return View{tensor, {{from, {{0, 1}}}}}; }
inline Expression Sum(std::vector<ViewTerm> terms) { return Expression{{0, 0}, std::move(terms), {}}; }

// An input of `shape`, of integers from `min` to 7, and what a test puts after it.
class HostileCircuit {
 public:
  static constexpr uint32_t kRange = 0;  // tables
  static constexpr uint32_t kRelu = 1;   // of -64 to 63

  explicit HostileCircuit(uint32_t size, int32_t min = 0) : HostileCircuit(Shape{size}, min) {}
  explicit HostileCircuit(Shape shape, int32_t min) : shape_(std::move(shape)), min_(min) {
    Circuit& c = model_.circuit;
    c.tensors.push_back(Tensor{"x", TensorKind::kInput, shape_, min, 7, 0, 0});
    Table relu{"relu", -64, 128, {{}}};
    for (int32_t key = -64; key < 64; ++key) relu.values[0].push_back(std::max(key, 0));
    c.tables = {Table{"range", min, static_cast<uint32_t>(8 - min), {}}, relu};
    c.lookups.push_back(Lookup{"x", shape_, kRange, {Sum({{{1, 0}, Whole(0)}})}});
    model_.inputs = {Port(0)};
  }

  uint32_t Value(Shape shape, TensorKind kind = TensorKind::kWitness, int32_t scale = 0) {
    model_.circuit.tensors.push_back(Tensor{"t", kind, std::move(shape), min_, 7, scale, 0});
    return static_cast<uint32_t>(model_.circuit.tensors.size() - 1);
  }
  uint32_t AddTable(Table table) {
    model_.circuit.tables.push_back(std::move(table));
    return static_cast<uint32_t>(model_.circuit.tables.size() - 1);
  }
  View Whole(uint32_t tensor) const {
    View view{tensor, {}};
    for (uint32_t a = 0; a < model_.circuit.tensors[tensor].shape.size(); ++a) view.axes.push_back({0, {{a, 1}}});
    return view;
  }
  // Columns over the cells of `tensor`, of a table that sets it in the last of them.
  void Set(uint32_t tensor, uint32_t table, std::vector<Expression> columns) {
    const Shape shape = model_.circuit.tensors[tensor].shape;
    Step step;
    step.kind = Step::Kind::kLookup;
    step.id = static_cast<uint32_t>(model_.circuit.lookups.size());
    step.outputs.assign(columns.size() - 1, kNoTensor);
    step.outputs.back() = tensor;
    model_.circuit.lookups.push_back(Lookup{"t", shape, table, std::move(columns)});
    model_.program.steps.push_back(step);
  }
  // b + max(a - b, 0)
  uint32_t Maximum(const View& a, const View& b, TensorKind kind, Shape shape = {}) {
    const uint32_t out = Value(shape.empty() ? shape_ : std::move(shape), kind);
    Set(out, kRelu, {Sum({{{1, 0}, a}, {{-1, 0}, b}}), Sum({{{1, 0}, Whole(out)}, {{-1, 0}, b}})});
    return out;
  }
  // The key of the last step goes through a coarse position (-2 to 1, of blocks of 8 keys) that `rows` maps to another
  // one. Returns the position's tensor; the next one is what it is mapped to.
  uint32_t Clamp(std::vector<int32_t> rows) {
    Circuit& c = model_.circuit;
    Step& step = model_.program.steps.back();
    const Shape shape = c.lookups[step.id].space;
    const uint32_t top = Value(shape);
    const uint32_t clamped = Value(shape);
    for (const uint32_t t : {top, clamped}) c.tensors[t].min = -2, c.tensors[t].max = 1;
    const uint32_t clamp = AddTable(Table{"clamp", -2, 4, {std::move(rows)}});
    Table coarse{"coarse", -16, 32, {{}, {}}};
    for (int32_t key = -16; key < 16; ++key) {
      coarse.values[0].push_back(key >> 3);
      coarse.values[1].push_back(std::max(key, 0));
    }
    Lookup& lookup = c.lookups[step.id];
    lookup.table = AddTable(std::move(coarse));
    lookup.columns[0].terms.push_back({{-8, 0}, Whole(top)});
    lookup.columns[0].terms.push_back({{8, 0}, Whole(clamped)});
    lookup.columns.insert(lookup.columns.begin() + 1, Sum({{{1, 0}, Whole(clamped)}}));
    step.outputs.insert(step.outputs.begin(), kNoTensor);
    step.clamp = CoarseClamp{top, clamped, clamp, 3};
    c.lookups.push_back(Lookup{"tie", shape, clamp, {Sum({{{1, 0}, Whole(top)}}), Sum({{{1, 0}, Whole(clamped)}})}});
    return top;
  }
  CompiledModel& model() { return model_; }

  // False, without a word, if it is no key: for circuits made at random.
  bool IsKey() {
    model_.outputs.clear();
    for (uint32_t t = 0; t < model_.circuit.tensors.size(); ++t) {
      if (model_.circuit.tensors[t].kind == TensorKind::kOutput) model_.outputs.push_back(Port(t));
    }
    return ValidateCircuit(model_.circuit).ok() && CheckDeterminism(model_.circuit, model_.program).ok();
  }
  Explanation Run(double* seconds = nullptr) {
    EXPECT_TRUE(IsKey()) << CheckDeterminism(model_.circuit, model_.program).error().ToString();
    const auto from = std::chrono::steady_clock::now();
    Explanation e = Explain(model_);
    if (seconds != nullptr) {
      *seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
    }
    return e;
  }

 private:
  ModelPort Port(uint32_t tensor) const {
    ModelPort port{"p", {1}, tensor, {}};
    const Shape& shape = model_.circuit.tensors[tensor].shape;
    for (uint32_t a = 0; a < shape.size(); ++a) {
      port.shape.push_back(shape[a]);
      port.order.push_back(a + 1);
    }
    return port;
  }

  Shape shape_;
  int32_t min_;
  CompiledModel model_;
};

// Whether something of that text is listed as not recognised.
inline bool Lists(const Explanation& e, const std::string& text) {
  return std::any_of(e.not_recognised.begin(), e.not_recognised.end(),
                     [&](const Finding& f) { return (f.place + ": " + f.text).find(text) != std::string::npos; });
}

}  // namespace provenn
