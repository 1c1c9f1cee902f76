// Ways to change a key as a hostile owner would: one relation, table, tensor, role or port at a time. For tests.
//
// Some are clumsy (a coefficient of zero), some adapt the program to the change, so that the key stays consistent and
// only what matters is wrong. None knows how keys are checked.
#pragma once

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "api/verify_key.h"

namespace provenn {

struct KeyMutation {
  std::string kind;
  std::string place;
  // May index what an earlier change removed: std::out_of_range then.
  std::function<void(PublicModel&)> apply;
};

// Without overflow, whatever an earlier change left.
template <typename T>
T WrappingSum(T a, T b) {
  return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline int64_t WrappingProduct(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

class KeyMutations {
 public:
  // `every_entry`: of every table, not only the first, last and middle rows and the edges of its values.
  explicit KeyMutations(const PublicModel& key, bool every_entry = false) : key_(key), every_entry_(every_entry) {
    for (size_t l = 0; l < key.circuit.lookups.size(); ++l) OfLookup(l);
    for (size_t c = 0; c < key.circuit.contractions.size(); ++c) OfContraction(c);
    for (size_t t = 0; t < key.circuit.tables.size(); ++t) OfTable(t);
    for (size_t t = 0; t < key.circuit.tensors.size(); ++t) OfTensor(t);
  }
  std::vector<KeyMutation> Take() { return std::move(list_); }

 private:
  void Add(std::string kind, std::string place, std::function<void(PublicModel&)> apply) {
    list_.push_back({std::move(kind), std::move(place), std::move(apply)});
  }

  static void ForgetLookup(PublicModel& m, size_t l, bool drop_steps) {
    m.circuit.lookups.erase(m.circuit.lookups.begin() + static_cast<ptrdiff_t>(l));
    auto& steps = m.program.steps;
    if (drop_steps) std::erase_if(steps, [&](const Step& s) { return s.kind == Step::Kind::kLookup && s.id == l; });
    for (Step& s : steps) {
      if (s.kind == Step::Kind::kLookup && s.id > l) --s.id;
    }
  }
  static void ForgetContraction(PublicModel& m, size_t c) {
    m.circuit.contractions.erase(m.circuit.contractions.begin() + static_cast<ptrdiff_t>(c));
    for (Lookup& lookup : m.circuit.lookups) {
      for (Expression& e : lookup.columns) {
        std::erase_if(e.accumulators, [&](const AccumulatorTerm& a) { return a.contraction == c; });
        for (AccumulatorTerm& a : e.accumulators) a.contraction -= a.contraction > c ? 1 : 0;
      }
    }
    auto& steps = m.program.steps;
    std::erase_if(steps, [&](const Step& s) { return s.kind == Step::Kind::kContract && s.id == c; });
    for (Step& s : steps) {
      if (s.kind == Step::Kind::kContract && s.id > c) --s.id;
    }
  }

  void OfLookup(size_t l) {
    const Lookup& lookup = key_.circuit.lookups[l];
    const std::string at = "lookup " + std::to_string(l) + " " + lookup.name;
    Add("delete a lookup and its step", at, [=](PublicModel& m) {
      m.circuit.lookups.at(l);
      ForgetLookup(m, l, true);
    });
    Add("delete a lookup", at, [=](PublicModel& m) {
      m.circuit.lookups.at(l);
      ForgetLookup(m, l, false);
    });
    Add("repeat a lookup", at, [=](PublicModel& m) { m.circuit.lookups.push_back(Lookup(m.circuit.lookups.at(l))); });
    for (size_t t = 0; t < key_.circuit.tables.size(); ++t) {
      if (t == lookup.table || key_.circuit.tables[t].values.size() + 1 != lookup.columns.size()) continue;
      Add("another table", at, [=](PublicModel& m) { m.circuit.lookups.at(l).table = static_cast<uint32_t>(t); });
    }
    for (size_t a = 0; a < lookup.space.size(); ++a) {
      Add("a longer space", at, [=](PublicModel& m) { ++m.circuit.lookups.at(l).space.at(a); });
      if (lookup.space[a] > 1) {
        Add("a shorter space", at, [=](PublicModel& m) { --m.circuit.lookups.at(l).space.at(a); });
      }
    }
    if (lookup.columns.size() > 2) {
      Add("swap value columns", at, [=](PublicModel& m) {
        auto& columns = m.circuit.lookups.at(l).columns;
        std::swap(columns.at(1), columns.at(2));
      });
    }
    for (size_t c = 0; c < lookup.columns.size(); ++c) OfExpression(l, c, at + " column " + std::to_string(c));
  }

  void OfExpression(size_t l, size_t c, const std::string& at) {
    const Expression& e = key_.circuit.lookups[l].columns[c];
    const auto column = [=](PublicModel& m) -> Expression& { return m.circuit.lookups.at(l).columns.at(c); };
    OfCoefficient("constant", at, [=](PublicModel& m) -> Coefficient& { return column(m).constant; }, e.constant);
    for (size_t k = 0; k < e.terms.size(); ++k) {
      const std::string term = at + " term " + std::to_string(k);
      OfCoefficient(
          "coefficient", term, [=](PublicModel& m) -> Coefficient& { return column(m).terms.at(k).coefficient; },
          e.terms[k].coefficient);
      OfView(
          term, [=](PublicModel& m) -> View& { return column(m).terms.at(k).view; }, e.terms[k].view,
          key_.circuit.lookups[l].space);
      Add("delete a term", term, [=](PublicModel& m) {
        column(m).terms.at(k);
        column(m).terms.erase(column(m).terms.begin() + static_cast<ptrdiff_t>(k));
      });
      Add("repeat a term", term, [=](PublicModel& m) { column(m).terms.push_back(ViewTerm(column(m).terms.at(k))); });
    }
    for (size_t k = 0; k < e.accumulators.size(); ++k) {
      const std::string term = at + " sum " + std::to_string(k);
      OfCoefficient(
          "coefficient", term, [=](PublicModel& m) -> Coefficient& { return column(m).accumulators.at(k).coefficient; },
          e.accumulators[k].coefficient);
      Add("delete a term", term, [=](PublicModel& m) {
        column(m).accumulators.at(k);
        column(m).accumulators.erase(column(m).accumulators.begin() + static_cast<ptrdiff_t>(k));
      });
      for (uint32_t other = 0; other < key_.circuit.contractions.size(); ++other) {
        if (other == e.accumulators[k].contraction) continue;
        Add("another contraction", term, [=](PublicModel& m) { column(m).accumulators.at(k).contraction = other; });
      }
    }
  }

  template <typename Get>
  void OfCoefficient(const std::string& what, const std::string& at, const Get& get, Coefficient was) {
    const auto change = [&](const char* kind, Coefficient to) {
      if (to == was) return;
      Add(what + kind, at, [=](PublicModel& m) { get(m) = to; });
    };
    change(": zero", {0, was.shift});
    change(": negated", {-was.numerator, was.shift});
    change(": numerator by one", {was.numerator + 1, was.shift});
    change(": numerator by one", {was.numerator - 1, was.shift});
    change(": doubled", {was.numerator * 2, was.shift});
    change(": extreme", {INT64_MIN, was.shift});
    change(": extreme", {INT64_MAX, 62});
    change(": shift", {was.numerator, static_cast<uint8_t>(was.shift + 1)});
    if (was.shift > 0) change(": shift", {was.numerator, static_cast<uint8_t>(was.shift - 1)});
    if (was.shift > 0) change(": shift", {was.numerator, 0});
    change(": the same fraction", {was.numerator * 2, static_cast<uint8_t>(was.shift + 1)});
  }

  template <typename Get>
  void OfView(const std::string& at, const Get& get, const View& was, const Shape& space) {
    const Shape& shape = key_.circuit.tensors[was.tensor].shape;
    for (size_t a = 0; a < was.axes.size(); ++a) {
      Add("view: offset", at, [=](PublicModel& m) { ++get(m).axes.at(a).offset; });
      Add("view: offset", at, [=](PublicModel& m) { --get(m).axes.at(a).offset; });
      Add("view: offset", at, [=](PublicModel& m) { get(m).axes.at(a).offset -= static_cast<int32_t>(shape[a]); });
      for (size_t s = 0; s < was.axes[a].steps.size(); ++s) {
        const auto last = static_cast<int32_t>(space[was.axes[a].steps[s].axis] - 1);
        Add("view: stride", at, [=](PublicModel& m) { ++get(m).axes.at(a).steps.at(s).stride; });
        Add("view: stride", at, [=](PublicModel& m) { get(m).axes.at(a).steps.at(s).stride *= 2; });
        Add("view: reversed", at, [=](PublicModel& m) {
          AxisMap& map = get(m).axes.at(a);
          map.offset += map.steps.at(s).stride * last;
          map.steps.at(s).stride *= -1;
        });
        Add("view: a step less", at, [=](PublicModel& m) {
          get(m).axes.at(a).steps.at(s);
          get(m).axes.at(a).steps.erase(get(m).axes.at(a).steps.begin() + static_cast<ptrdiff_t>(s));
        });
        for (uint32_t other = 0; other < space.size(); ++other) {
          if (other == was.axes[a].steps[s].axis) continue;
          Add("view: along another axis", at, [=](PublicModel& m) { get(m).axes.at(a).steps.at(s).axis = other; });
        }
      }
      for (size_t b = a + 1; b < was.axes.size(); ++b) {
        Add("view: axes swapped", at, [=](PublicModel& m) { std::swap(get(m).axes.at(a), get(m).axes.at(b)); });
      }
    }
    for (uint32_t t = 0; t < key_.circuit.tensors.size(); ++t) {
      if (t == was.tensor || key_.circuit.tensors[t].shape != shape) continue;
      Add("view: another tensor", at, [=](PublicModel& m) { get(m).tensor = t; });
    }
  }

  void OfContraction(size_t c) {
    const Contraction& was = key_.circuit.contractions[c];
    const std::string at = "contraction " + std::to_string(c);
    const auto get = [=](PublicModel& m) -> Contraction& { return m.circuit.contractions.at(c); };
    Add("delete a contraction", at, [=](PublicModel& m) {
      get(m);
      ForgetContraction(m, c);
    });
    OfView(at + " left", [=](PublicModel& m) -> View& { return get(m).left; }, was.left, was.space);
    if (was.right.has_value()) {
      OfView(at + " right", [=](PublicModel& m) -> View& { return get(m).right.value(); }, *was.right, was.space);
      Add("contraction: no right operand", at, [=](PublicModel& m) { get(m).right.reset(); });
      Add("contraction: operands swapped", at, [=](PublicModel& m) { std::swap(get(m).left, get(m).right.value()); });
    } else {
      Add("contraction: squared", at, [=](PublicModel& m) { get(m).right = get(m).left; });
    }
    for (size_t a = 0; a < was.space.size(); ++a) {
      Add("contraction: space", at, [=](PublicModel& m) { ++get(m).space.at(a); });
      if (was.space[a] > 1) Add("contraction: space", at, [=](PublicModel& m) { --get(m).space.at(a); });
    }
    Add("contraction: rank", at, [=](PublicModel& m) { ++get(m).out_rank; });
    if (was.out_rank > 0) Add("contraction: rank", at, [=](PublicModel& m) { --get(m).out_rank; });
  }

  // Of a column: the first rows, the middle, the last, both sides of where it leaves its first and its last value, and
  // around the key 0.
  static std::set<size_t> RowsOf(const Table& table, size_t column) {
    const std::vector<int32_t>& values = table.values[column];
    const auto differs = [&](int32_t from) { return [=](int32_t v) { return v != from; }; };
    const auto low = std::find_if(values.begin(), values.end(), differs(values.front())) - values.begin();
    const auto high = values.rend() - std::find_if(values.rbegin(), values.rend(), differs(values.back()));
    std::set<size_t> rows;
    for (const int64_t row :
         {int64_t{0}, int64_t{1}, int64_t{table.size / 3}, int64_t{table.size / 2}, table.size - int64_t{1}, low - 1,
          low, high - 1, high, -table.first_key - 1, -table.first_key}) {
      if (row >= 0 && row < int64_t{table.size}) rows.insert(static_cast<size_t>(row));
    }
    return rows;
  }

  void OfTable(size_t t) {
    const Table& was = key_.circuit.tables[t];
    const std::string at = "table " + std::to_string(t) + " " + was.name;
    const auto get = [=](PublicModel& m) -> Table& { return m.circuit.tables.at(t); };
    for (size_t c = 0; c < was.values.size(); ++c) {
      const std::set<size_t> rows = RowsOf(was, c);
      for (size_t row = 0; every_entry_ && row < was.size; ++row) {
        if (rows.contains(row)) continue;
        Add("table: an entry", at + " column " + std::to_string(c) + " row " + std::to_string(row),
            [=](PublicModel& m) { get(m).values.at(c).at(row) = WrappingSum(get(m).values.at(c).at(row), 1); });
      }
      for (const size_t row : rows) {
        const std::string place = at + " column " + std::to_string(c) + " row " + std::to_string(row);
        Add("table: an entry", place,
            [=](PublicModel& m) { get(m).values.at(c).at(row) = WrappingSum(get(m).values.at(c).at(row), 1); });
        Add("table: an entry", place,
            [=](PublicModel& m) { get(m).values.at(c).at(row) = WrappingSum(get(m).values.at(c).at(row), -1); });
        Add("table: an entry", place, [=](PublicModel& m) { get(m).values.at(c).at(row) = INT32_MIN; });
        Add("table: an entry repeated", place,
            [=](PublicModel& m) { get(m).values.at(c).at(row) = get(m).values.at(c).at(was.size / 4); });
      }
      Add("table: constant", at, [=](PublicModel& m) { get(m).values.at(c).assign(get(m).size, 0); });
      Add("table: upside down", at,
          [=](PublicModel& m) { std::reverse(get(m).values.at(c).begin(), get(m).values.at(c).end()); });
    }
    const int64_t size = was.size;
    for (const int64_t by : {int64_t{-1}, int64_t{1}, -size, size}) {
      Add("table: first key", at, [=](PublicModel& m) { get(m).first_key = WrappingSum(get(m).first_key, by); });
    }
    Add("table: first key", at, [=](PublicModel& m) { get(m).first_key = INT64_MAX; });
    const auto resize = [=](PublicModel& m, uint32_t to) {
      get(m).size = to;
      for (auto& column : get(m).values) column.resize(to, column.empty() ? 0 : column.back());
    };
    if (was.size > 1) Add("table: fewer rows", at, [=](PublicModel& m) { resize(m, get(m).size - 1); });
    Add("table: more rows", at, [=](PublicModel& m) { resize(m, get(m).size + 1); });
    Add("table: more rows", at, [=](PublicModel& m) { resize(m, 2 * get(m).size); });
    Add("table: more rows", at, [=](PublicModel& m) { resize(m, kMaxTableSize); });
    Add("table: a row before", at, [=](PublicModel& m) {
      get(m).first_key = WrappingSum(get(m).first_key, int64_t{-1});
      ++get(m).size;
      for (auto& column : get(m).values) column.insert(column.begin(), column.at(0));
    });
  }

  void OfTensor(size_t t) {
    const Tensor& was = key_.circuit.tensors[t];
    const std::string at = "tensor " + std::to_string(t) + " " + was.name;
    const auto get = [=](PublicModel& m) -> Tensor& { return m.circuit.tensors.at(t); };
    for (size_t a = 0; a < was.shape.size(); ++a) {
      Add("tensor: longer", at, [=](PublicModel& m) { ++get(m).shape.at(a); });
      if (was.shape[a] > 1) Add("tensor: shorter", at, [=](PublicModel& m) { --get(m).shape.at(a); });
    }
    Add("tensor: another axis", at, [=](PublicModel& m) { get(m).shape.push_back(1); });
    Add("tensor: bounds", at, [=](PublicModel& m) { --get(m).min; });
    Add("tensor: bounds", at, [=](PublicModel& m) { ++get(m).max; });
    Add("tensor: bounds", at, [=](PublicModel& m) { get(m).min = get(m).max; });
    Add("tensor: bounds", at, [=](PublicModel& m) { get(m).min = INT32_MIN, get(m).max = INT32_MAX; });
    Add("tensor: scale", at, [=](PublicModel& m) { ++get(m).scale; });
    Add("tensor: outer axes", at, [=](PublicModel& m) { ++get(m).outer_axes; });
    for (const TensorKind kind : {TensorKind::kInput, TensorKind::kOutput, TensorKind::kWitness, TensorKind::kWeight}) {
      if (kind == was.kind) continue;
      Add("tensor: kind", at, [=](PublicModel& m) { SetKind(m, t, kind); });
      Add("tensor: kind, and no step sets it", at, [=](PublicModel& m) {
        SetKind(m, t, kind);
        for (Step& s : m.program.steps) {
          std::erase_if(s.digits, [&](const RemainderDigit& d) { return d.tensor == t; });
          if (s.clamp.has_value() && (s.clamp->top == t || s.clamp->clamped == t)) s.clamp.reset();
          if (s.quotient.has_value() && s.quotient->tensor == t) s.quotient.reset();
          std::replace(s.outputs.begin(), s.outputs.end(), static_cast<uint32_t>(t), kNoTensor);
        }
        std::erase_if(m.program.steps, [](const Step& s) {
          return s.kind == Step::Kind::kLookup && s.digits.empty() && !s.clamp && !s.quotient && s.outputs.empty();
        });
      });
    }
    Add("tensor: one that nothing constrains", at, [=](PublicModel& m) {
      m.circuit.tensors.push_back(Tensor(get(m)));
      SetKind(m, m.circuit.tensors.size() - 1, get(m).kind);
    });
  }

  // With the port that the kind needs.
  static void SetKind(PublicModel& m, size_t t, TensorKind kind) {
    Tensor& tensor = m.circuit.tensors.at(t);
    tensor.kind = kind;
    for (auto* ports : {&m.inputs, &m.outputs}) {
      std::erase_if(*ports, [&](const ModelPort& p) { return p.tensor == t; });
    }
    if (kind == TensorKind::kWitness || kind == TensorKind::kWeight) return;
    ModelPort port;
    port.name = "port of " + std::to_string(t);
    port.tensor = static_cast<uint32_t>(t);
    for (uint32_t a = 0; a < tensor.shape.size(); ++a) {
      port.shape.push_back(tensor.shape[a]);
      port.order.push_back(a);
    }
    (kind == TensorKind::kInput ? m.inputs : m.outputs).push_back(std::move(port));
  }

  const PublicModel& key_;
  const bool every_entry_;
  std::vector<KeyMutation> list_;
};

}  // namespace provenn
