// A search for second decompositions: one rescale by itself, for a sum of the searcher's choice. For tests.
//
// A program says which cells a step sets; here they are the unknowns of a circuit of one index, with every lookup that
// holds them to something, and the rest of the key is a number. All values of these cells that satisfy it are counted,
// modulo p (test_solution_counter.h): E, E + p and E - p are one number, so that each finds the others' decompositions.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "relation/program.h"
#include "relation/test_solution_counter.h"

namespace provenn {

class RescaleSearch {
 public:
  using Wide = __int128;

  // Precondition: ValidateProgram; the step satisfies a lookup.
  RescaleSearch(const Circuit& circuit, const Step& step) : step_(step), main_(circuit.lookups[step.id]) {
    for (const uint32_t tensor : SetBy(step)) Own(circuit, tensor);
    for (const RemainderDigit& digit : step.digits) shift_ += digit.bits;
    small_.tables = circuit.tables;
    // Low digits of ranges, then all lookups in these cells alone.
    for (const Lookup& lookup : circuit.lookups) {
      const std::vector<ViewTerm>& terms = lookup.columns[0].terms;
      if (&lookup == &main_ || lookup.columns.size() != 1 || terms.size() != 2 || !Sums(lookup).empty()) continue;
      if (cells_.contains(terms[0].view.tensor)) Own(circuit, terms[1].view.tensor);
    }
    for (const Lookup& lookup : circuit.lookups) {
      if (&lookup != &main_ && Sums(lookup).empty() && ReadsOnlyOwn(lookup))
        small_.lookups.push_back(AtOneIndex(lookup));
    }
    small_.lookups.push_back(AtOneIndex(main_));
    FindRange(circuit);
  }

  // Whether the step sets a cell at all.
  bool HasCells() const { return !cells_.empty(); }
  // The sums that digits and a key can spell.
  Wide min() const { return min_; }
  Wide max() const { return max_; }

  // For 2^s times the rest of the key, s the bits of the remainder.
  Solutions Count(Wide e) const {
    constexpr Wide kP = Wide{Goldilocks::kModulus};
    const auto residue = static_cast<uint64_t>(((e % kP) + kP) % kP);
    Circuit circuit = small_;
    circuit.lookups.back().columns[0].constant = {Goldilocks(residue).ToSigned(), static_cast<uint8_t>(shift_)};
    const Assignment given{IntegerTensors(circuit.tensors.size())};
    const CellConstraints constraints(circuit, given);
    return SolutionCounter(constraints).Count();
  }

 private:
  void Own(const Circuit& circuit, uint32_t tensor) {
    if (!cells_.try_emplace(tensor, static_cast<uint32_t>(small_.tensors.size())).second) return;
    small_.tensors.push_back(circuit.tensors[tensor]);
    small_.tensors.back().kind = TensorKind::kWitness;
    small_.tensors.back().shape.clear();
  }
  static std::vector<AccumulatorTerm> Sums(const Lookup& lookup) {
    std::vector<AccumulatorTerm> sums;
    for (const Expression& e : lookup.columns) sums.insert(sums.end(), e.accumulators.begin(), e.accumulators.end());
    return sums;
  }
  bool ReadsOnlyOwn(const Lookup& lookup) const {
    for (const Expression& e : lookup.columns) {
      for (const ViewTerm& t : e.terms) {
        if (!cells_.contains(t.view.tensor)) return false;
      }
    }
    return true;
  }
  // Its terms in the unknowns; what else it reads is zero.
  Lookup AtOneIndex(const Lookup& lookup) const {
    Lookup out{lookup.name, {}, lookup.table, {}};
    for (const Expression& e : lookup.columns) {
      Expression& column = out.columns.emplace_back();
      column.constant = e.constant;
      for (const ViewTerm& t : e.terms) {
        const auto own = cells_.find(t.view.tensor);
        if (own != cells_.end()) column.terms.push_back({t.coefficient, View{own->second, {}}});
      }
    }
    return out;
  }
  void FindRange(const Circuit& circuit) {
    const Table& table = circuit.tables[main_.table];
    int bits = static_cast<int>(shift_);
    Wide first = table.first_key;
    Wide keys = table.size;
    if (step_.quotient.has_value()) {
      const Tensor& quotient = circuit.tensors[step_.quotient->tensor];
      bits = step_.quotient->bits;
      first = quotient.min;
      keys = Wide{quotient.max} - quotient.min + 1;
    } else if (step_.clamp.has_value()) {
      const Table& tops = circuit.tables[step_.clamp->table];
      bits += step_.clamp->bits;
      first = tops.first_key;
      keys = tops.size;
    }
    min_ = first << bits;
    max_ = ((first + keys) << bits) - 1;
  }

  const Step& step_;
  const Lookup& main_;
  uint32_t shift_ = 0;
  std::map<uint32_t, uint32_t> cells_;  // tensor of the circuit, of the small one
  Circuit small_;                       // the step's own lookup last
  Wide min_ = 0;
  Wide max_ = 0;
};

}  // namespace provenn
