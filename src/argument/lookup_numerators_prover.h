// The numerators of the leaves, as the sumcheck over their parents binds them: what sum_x eq(z, x) (n0 n1)(x) is, round
// by round, without an array as long as the leaves.
//
// Numerators of lookups are 1 for a tuple and 0 for padding, so in a block they are a product over the axes of its
// space. A block is kept as two arrays along the axis of the current variable, n0 and n1, times 0 or 1 for every other
// axis above. Those of a table are one axis. Blocks all of whose variables are bound are an entry each, at the end,
// because the largest blocks come first.
#pragma once

#include <span>
#include <vector>

#include "argument/lookup_prover.h"
#include "argument/plan.h"
#include "field/kernels.h"

namespace provenn {

template <typename K>
class LookupNumerators {
 public:
  LookupNumerators(const Plan& plan, const LookupWitness& witness);

  // Round polynomial of sum_x eq(rest of z, x) (n0 n1)(x): eq of the variables after the current one. z: the point of
  // the parents, of which as many variables are bound as Bind was called.
  QuadraticRound<K> Round(std::span<const K> z) const;
  void Bind(K challenge);

  // Once all variables are bound.
  K n0() const { return rest_n0_.front(); }
  K n1() const { return rest_n1_.front(); }

 private:
  struct Block {
    size_t first = 0;  // leaf
    int log_size = 0;
    int axis_end = 0;             // number of leaf variables up to the end of the current axis
    std::vector<uint32_t> sizes;  // of the axes above, outermost first
    SecretVector<K> n0, n1;       // by entries of the axis
  };

  // Goes to the next axis while the current one has no variable left.
  static void Advance(Block& block);
  // Moves the last blocks to the rest whose variables are all bound.
  void Collect();

  int bound_ = 1;              // leaf variables: that of the child, and those of Bind
  std::vector<Block> blocks_;  // by first leaf
  // Entries of all blocks after those, an even number but in the end.
  SecretVector<K> rest_n0_, rest_n1_;
};

}  // namespace provenn
