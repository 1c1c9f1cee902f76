// The leaves of the lookup tree, computed where they are wanted: they are its largest layer by far, and each time that
// the prover needs them it passes over them once.
#pragma once

#include <span>
#include <vector>

#include "argument/lookup_prover.h"
#include "argument/plan.h"

namespace provenn {

template <typename K>
class LookupLeaves {
 public:
  // Keeps references to both.
  LookupLeaves(const Plan& plan, const LookupWitness& witness, K alpha, K beta);

  // An even number, at least all that are not 0/1.
  size_t size() const { return plan_.leaves.used + (plan_.leaves.used & 1); }

  // Fractions of the leaves [from, from + num.size()).
  void Fill(size_t from, std::span<K> num, std::span<K> den) const;

 private:
  struct Source {
    LeafBlock place;
    size_t id = 0;  // of the lookup or table
    bool is_table = false;
  };

  void FillLookup(size_t lookup, size_t at, std::span<K> num, std::span<K> den) const;
  void FillTuples(size_t lookup, size_t from, std::span<K> num, std::span<K> den) const;
  K Denominator(const LookupWitness::Stray& stray) const;
  void FillTable(size_t id, size_t at, std::span<K> num, std::span<K> den) const;

  const Plan& plan_;
  const LookupWitness& witness_;
  K alpha_;
  K beta_;
  std::vector<Source> blocks_;           // by first leaf
  std::vector<std::vector<K>> of_rows_;  // denominator of every row of every table: those of its tuples as well
};

}  // namespace provenn
