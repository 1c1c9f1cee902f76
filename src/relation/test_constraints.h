// A circuit written out cell by cell, for tests that ask what its lookups alone say: no axis, no program, no shortcut.
//
// Every tuple of every lookup becomes a list of polynomials of degree at most two in the cells that are not given.
// Weights and inputs are given. It is slow and plain on purpose: it is what the axis-wise check is compared with.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "field/goldilocks.h"
#include "relation/circuit.h"
#include "relation/witness.h"

namespace provenn {

// constant + sum of factor * cell + sum of factor * cell * cell, over cells that are not given.
struct CellPolynomial {
  struct Square {
    Goldilocks factor;
    uint32_t a = 0;
    uint32_t b = 0;
  };
  Goldilocks constant;
  std::vector<std::pair<Goldilocks, uint32_t>> linear;
  std::vector<Square> products;
};

struct CellTuple {
  uint32_t lookup = 0;
  uint32_t table = 0;
  std::vector<CellPolynomial> columns;
};

class CellConstraints {
 public:
  // Precondition: ValidateCircuit. Of `given`, only weights and inputs are read; sizes must fit.
  CellConstraints(const Circuit& circuit, const Assignment& given) : circuit_(circuit), given_(given) {
    first_cell_.resize(circuit.tensors.size(), 0);
    for (size_t t = 0; t < circuit.tensors.size(); ++t) {
      if (IsGiven(t)) continue;
      first_cell_[t] = static_cast<uint32_t>(tensor_of_.size());
      tensor_of_.insert(tensor_of_.end(), ElementCount(circuit.tensors[t].shape), static_cast<uint32_t>(t));
    }
    for (size_t l = 0; l < circuit.lookups.size(); ++l) {
      const Lookup& lookup = circuit.lookups[l];
      std::vector<uint32_t> index(lookup.space.size(), 0);
      do {
        CellTuple tuple{static_cast<uint32_t>(l), lookup.table, {}};
        for (const Expression& e : lookup.columns) tuple.columns.push_back(Expand(e, index));
        tuples_.push_back(std::move(tuple));
      } while (Next(lookup.space, 0, lookup.space.size(), index));
    }
  }

  const Circuit& circuit() const { return circuit_; }
  const std::vector<CellTuple>& tuples() const { return tuples_; }
  size_t cells() const { return tensor_of_.size(); }
  uint32_t TensorOf(uint32_t cell) const { return tensor_of_[cell]; }
  uint32_t FirstCell(size_t tensor) const { return first_cell_[tensor]; }
  bool IsGiven(size_t tensor) const {
    const TensorKind kind = circuit_.tensors[tensor].kind;
    return kind == TensorKind::kInput || kind == TensorKind::kWeight;
  }

  // How many terms the constraints of the circuit would hold, to know before what is too large.
  static uint64_t CountTerms(const Circuit& circuit) {
    uint64_t terms = 0;
    for (const Lookup& lookup : circuit.lookups) {
      uint64_t of_tuple = 0;
      for (const Expression& e : lookup.columns) {
        of_tuple += e.terms.size() + 1;
        for (const AccumulatorTerm& a : e.accumulators) {
          const Contraction& c = circuit.contractions[a.contraction];
          uint64_t summed = 1;
          for (size_t x = c.out_rank; x < c.space.size(); ++x) summed *= c.space[x];
          of_tuple += summed;
        }
      }
      terms += of_tuple * ElementCount(lookup.space);
    }
    return terms;
  }

 private:
  static bool Next(const Shape& space, size_t from, size_t to, std::vector<uint32_t>& index) {
    for (size_t a = to; a-- > from;) {
      if (++index[a] < space[a]) return true;
      index[a] = 0;
    }
    return false;
  }

  // What a view reads: nothing (padding), a given value, or a cell.
  struct Operand {
    bool is_cell = false;
    uint32_t cell = 0;
    Goldilocks value;
  };
  Operand Read(const View& view, const std::vector<uint32_t>& index) const {
    const Shape& shape = circuit_.tensors[view.tensor].shape;
    uint64_t flat = 0;
    for (size_t a = 0; a < shape.size(); ++a) {
      int64_t at = view.axes[a].offset;
      for (const AxisStep& step : view.axes[a].steps) at += int64_t{step.stride} * index[step.axis];
      if (at < 0 || at >= int64_t{shape[a]}) return {};
      flat = flat * shape[a] + static_cast<uint64_t>(at);
    }
    if (!IsGiven(view.tensor)) return {true, first_cell_[view.tensor] + static_cast<uint32_t>(flat), Goldilocks()};
    return {false, 0, Goldilocks::FromSigned(given_.tensors[view.tensor].at(flat))};
  }

  static Goldilocks ToField(const Coefficient& c) {
    return Goldilocks::FromSigned(c.numerator) * Goldilocks(uint64_t{1} << c.shift).Inverse();
  }

  static void Add(Goldilocks factor, const Operand& left, const Operand& right, CellPolynomial* to) {
    if (left.is_cell && right.is_cell) {
      to->products.push_back({factor, left.cell, right.cell});
    } else if (left.is_cell || right.is_cell) {
      to->linear.emplace_back(factor * (left.is_cell ? right.value : left.value),
                              left.is_cell ? left.cell : right.cell);
    } else {
      to->constant += factor * left.value * right.value;
    }
  }

  CellPolynomial Expand(const Expression& e, const std::vector<uint32_t>& index) const {
    const Operand one{false, 0, Goldilocks::One()};
    CellPolynomial out;
    out.constant = ToField(e.constant);
    for (const ViewTerm& term : e.terms) Add(ToField(term.coefficient), Read(term.view, index), one, &out);
    for (const AccumulatorTerm& term : e.accumulators) {
      const Contraction& c = circuit_.contractions[term.contraction];
      const Goldilocks factor = ToField(term.coefficient);
      std::vector<uint32_t> at(c.space.size(), 0);
      std::copy(index.begin(), index.end(), at.begin());
      do {
        Add(factor, Read(c.left, at), c.right.has_value() ? Read(*c.right, at) : one, &out);
      } while (Next(c.space, c.out_rank, c.space.size(), at));
    }
    return out;
  }

  const Circuit& circuit_;
  const Assignment& given_;
  std::vector<uint32_t> first_cell_;  // by tensor
  std::vector<uint32_t> tensor_of_;   // by cell
  std::vector<CellTuple> tuples_;
};

}  // namespace provenn
