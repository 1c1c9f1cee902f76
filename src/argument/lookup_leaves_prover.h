// The leaves of the lookup tree, computed where they are wanted: they are its largest layer by far, and a leaf is a
// gather from its table. So are their parents, one product more.
//
// What is gathered is d + lambda n for a leaf n/d: of a tuple (n = 1), of padding (n = 0, d = 1) or of a table's row.
#pragma once

#include <span>
#include <vector>

#include "argument/lookup_prover.h"
#include "argument/plan.h"
#include "field/kernels.h"

namespace provenn {

template <typename K>
class LookupLeaves {
 public:
  // For lambda = 0: the denominators. Keeps references to plan and witness.
  LookupLeaves(const Plan& plan, const LookupWitness& witness, K alpha, K beta);
  // Those of lambda.
  LookupLeaves Shifted(K lambda) const;

  // Pairs of leaves, at least all that are not 0/1.
  size_t pairs() const { return (plan_.leaves.used + 1) / 2; }

  // d + lambda n of leaves 2 (from + i) and 2 (from + i) + 1. Beyond the last pair 1.
  void Fill(size_t from, std::span<K> even, std::span<K> odd) const;

  // The parents of these pairs, taken apart: those of pairs from + 2i as n0/d0, of the others as n1/d1. `even` and
  // `odd` are room for the denominators. Precondition: lambda = 0, `from` even.
  void FillParents(size_t from, std::span<K> even, std::span<K> odd, const Fractions<K>& out) const;

  // Whether all leaves of [from, to) are 0/1.
  bool ArePadding(size_t from, size_t to) const;

 private:
  struct Source {
    LeafBlock place;
    size_t id = 0;  // of the lookup or table
    bool is_table = false;
    Shape axes;  // of the lookup's space, those of more than one index
  };
  struct Denominators {
    size_t from = 0;  // in pairs
    std::span<const K> even, odd;
  };

  // Calls body(source, begin, end) for the part of [from, to) in each block.
  template <typename Body>
  void ForEachBlock(size_t from, size_t to, const Body& body) const;
  void FillTuples(const Source& block, size_t begin, size_t end, size_t from, std::span<K> even,
                  std::span<K> odd) const;
  void MendNumerators(const Source& block, size_t begin, size_t end, const Denominators& denominators,
                      const Fractions<K>& out) const;
  K NumeratorOfParent(size_t pair, const Denominators& denominators) const;
  K Denominator(const LookupWitness::Stray& stray) const;

  const Plan& plan_;
  const LookupWitness& witness_;
  K alpha_;
  K beta_;
  K lambda_ = K::Zero();
  std::vector<Source> blocks_;             // by first leaf
  std::vector<std::vector<K>> of_tuples_;  // by table and row: of each tuple that is that row
  std::vector<SecretVector<K>> of_rows_;   // of the row itself, where lambda is not 0
  // By table and pair of rows: the numerator of their parent, where lambda is 0.
  std::vector<SecretVector<K>> of_row_parents_;
};

}  // namespace provenn
