// A small circuit with every kind of relation, and a witness for it: for tests of the argument.
//
//   x [6,6,2] input            image, range-checked
//   conv: 3x3, stride 1, pad 1, 2 -> 4 channels, bias, rescale by 2^4, relu -> a [6,6,4]
//   depthwise 3x3 pad 1 on a, rescale -> d [6,6,4]
//   product: a * d elementwise, rescale -> e [6,6,4]
//   pool: sum of e over 2x2 windows (a linear contraction), rescale -> p [3,3,4]
//   dense: p [3,3,4] -> y [5] output, bias, rescale
#pragma once

#include <algorithm>
#include <random>

#include "relation/contraction.h"
#include "relation/witness.h"

namespace provenn {

struct TestCase {
  Circuit circuit;
  IntegerTensors weights;  // by tensor id
  Witness witness;
};

class TestCaseBuilder {
 public:
  explicit TestCaseBuilder(uint32_t seed) : random_(seed) {}

  TestCase Build() {
    const uint32_t range16 = AddTable("range16", 0, 16, false);
    const uint32_t requant = AddTable("requant", -4096, 12288, true);
    const uint32_t image_range = AddTable("image", 0, 256, false);
    const uint32_t x = AddTensor("x", TensorKind::kInput, {6, 6, 2}, 0, 255);
    Fill(x, 0, 255);
    Lookup check{"x range", {6, 6, 2}, image_range, {}};
    check.columns.push_back(ViewOf(x, {0, 1, 2}));
    case_.circuit.lookups.push_back(check);

    const uint32_t w1 = AddWeight("w1", {4, 3, 3, 2}, 1, -15, 15);
    const uint32_t b1 = AddWeight("b1", {4}, 0, -500, 500);
    const Contraction conv{{6, 6, 4, 3, 3, 2},
                           3,
                           Plain(w1, {2, 3, 4, 5}),
                           View{x, {{-1, {{0, 1}, {3, 1}}}, {-1, {{1, 1}, {4, 1}}}, {0, {{5, 1}}}}}};
    const Contraction bias1{{6, 6, 4}, 3, Plain(b1, {2}), std::nullopt};
    const uint32_t a = Rescale("a", TensorKind::kWitness, {6, 6, 4}, {conv, bias1}, range16, requant);

    const uint32_t w2 = AddWeight("w2", {3, 3, 4}, 0, -15, 15);
    const Contraction depthwise{{6, 6, 4, 3, 3},
                                3,
                                Plain(w2, {3, 4, 2}),
                                View{a, {{-1, {{0, 1}, {3, 1}}}, {-1, {{1, 1}, {4, 1}}}, {0, {{2, 1}}}}}};
    const uint32_t d = Rescale("d", TensorKind::kWitness, {6, 6, 4}, {depthwise}, range16, requant);

    const Contraction product{{6, 6, 4}, 3, Plain(a, {0, 1, 2}), Plain(d, {0, 1, 2})};
    const uint32_t e = Rescale("e", TensorKind::kWitness, {6, 6, 4}, {product}, range16, requant);

    const Contraction pool{
        {3, 3, 4, 2, 2}, 3, View{e, {{0, {{0, 2}, {3, 1}}}, {0, {{1, 2}, {4, 1}}}, {0, {{2, 1}}}}}, std::nullopt};
    const uint32_t p = Rescale("p", TensorKind::kWitness, {3, 3, 4}, {pool}, range16, requant);

    const uint32_t w3 = AddWeight("w3", {5, 3, 3, 4}, 1, -15, 15);
    const uint32_t b3 = AddWeight("b3", {5}, 0, -500, 500);
    const Contraction dense{{5, 3, 3, 4}, 1, Plain(w3, {0, 1, 2, 3}), Plain(p, {1, 2, 3})};
    const Contraction bias3{{5}, 1, Plain(b3, {0}), std::nullopt};
    Rescale("y", TensorKind::kOutput, {5}, {dense, bias3}, range16, requant);
    return std::move(case_);
  }

 private:
  static View Plain(uint32_t tensor, const std::vector<uint32_t>& axes) {
    View view{tensor, {}};
    for (uint32_t a : axes) view.axes.push_back({0, {{a, 1}}});
    return view;
  }
  static Expression ViewOf(uint32_t tensor, const std::vector<uint32_t>& axes) {
    Expression e;
    e.terms.push_back({{1, 0}, Plain(tensor, axes)});
    return e;
  }

  uint32_t AddTable(const std::string& name, int64_t first, uint32_t size, bool relu) {
    Table t{name, first, size, {}};
    if (relu) {
      t.values.emplace_back();
      for (uint32_t j = 0; j < size; ++j)
        t.values[0].push_back(static_cast<int32_t>(std::clamp<int64_t>(first + j, 0, 255)));
    }
    case_.circuit.tables.push_back(t);
    return static_cast<uint32_t>(case_.circuit.tables.size() - 1);
  }
  uint32_t AddTensor(const std::string& name, TensorKind kind, const Shape& shape, int64_t min, int64_t max) {
    case_.circuit.tensors.push_back({name, kind, shape, min, max, 0, 0});
    case_.weights.emplace_back();
    case_.witness.assignment.tensors.emplace_back(ElementCount(shape));
    return static_cast<uint32_t>(case_.circuit.tensors.size() - 1);
  }
  void Fill(uint32_t tensor, int32_t min, int32_t max) {
    std::uniform_int_distribution<int32_t> value(min, max);
    for (int32_t& v : case_.witness.assignment.tensors[tensor]) v = value(random_);
  }
  uint32_t AddWeight(const std::string& name, const Shape& shape, uint32_t outer, int32_t min, int32_t max) {
    const uint32_t id = AddTensor(name, TensorKind::kWeight, shape, min, max);
    case_.circuit.tensors[id].outer_axes = outer;
    Fill(id, min, max);
    case_.weights[id] = case_.witness.assignment.tensors[id];
    return id;
  }

  // acc = sum of contractions = hi 2^4 + lo; lo in range, (hi, out) in the table.
  uint32_t Rescale(const std::string& name, TensorKind kind, const Shape& shape, const std::vector<Contraction>& parts,
                   uint32_t range, uint32_t table) {
    const uint32_t lo = AddTensor(name + " lo", TensorKind::kWitness, shape, 0, 15);
    const uint32_t out = AddTensor(name, kind, shape, 0, 255);
    std::vector<uint32_t> axes;
    for (uint32_t i = 0; i < shape.size(); ++i) axes.push_back(i);
    SecretVector<int64_t> acc(ElementCount(shape), 0);
    Lookup check{name + " lo", shape, range, {ViewOf(lo, axes)}};
    Expression key;
    key.terms.push_back({{-1, 4}, Plain(lo, axes)});
    for (const Contraction& c : parts) {
      const SecretVector<int64_t> part = EvaluateContraction(case_.circuit, c, case_.witness.assignment);
      for (size_t i = 0; i < acc.size(); ++i) acc[i] += part[i];
      key.accumulators.push_back({{1, 4}, static_cast<uint32_t>(case_.circuit.contractions.size())});
      case_.circuit.contractions.push_back(c);
      case_.witness.accumulators.push_back(part);
    }
    const Table& t = case_.circuit.tables[table];
    for (size_t i = 0; i < acc.size(); ++i) {
      const int64_t hi = acc[i] >> 4;
      case_.witness.assignment.tensors[lo][i] = static_cast<int32_t>(acc[i] - hi * 16);
      case_.witness.assignment.tensors[out][i] = t.values[0].at(static_cast<size_t>(hi - t.first_key));
    }
    case_.circuit.lookups.push_back(check);
    case_.circuit.lookups.push_back({name, shape, table, {key, ViewOf(out, axes)}});
    return out;
  }

  std::mt19937 random_;
  TestCase case_;
};

}  // namespace provenn
