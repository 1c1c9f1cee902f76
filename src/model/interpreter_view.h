// Reads and writes runs of a view, and evaluates affine expressions, over stretches of an index space.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "relation/witness.h"

namespace provenn {

// A view resolved to strides. Positions are row-major numbers of the index space.
class ViewRuns {
 public:
  ViewRuns(const View& view, const Shape& tensor_shape, const Shape& space);

  // out[i] += coefficient * (value at position begin + i)
  void Accumulate(const int32_t* data, int64_t coefficient, uint64_t begin, std::span<int64_t> out) const;
  // (value at position begin + i) = values[i]. The view must stay inside its tensor.
  void Scatter(std::span<const int32_t> values, uint64_t begin, int32_t* data) const;

 private:
  // Calls run(first, count, flat, stride, inside) along the innermost axis of the space: `count` positions from
  // begin + first lie at flat, flat + stride, ... of the tensor, or outside it.
  template <typename Run>
  void ForEachRun(uint64_t begin, uint64_t count, const Run& run) const;

  Shape tensor_shape_;
  Shape space_;
  std::vector<int64_t> offsets_;               // [tensor axis]
  std::vector<std::vector<int64_t>> strides_;  // [axis of the space][tensor axis]
  std::vector<int64_t> tensor_strides_;        // [tensor axis]
  size_t inner_ = 0;                           // tensor axis that the innermost axis of the space steps along
  bool identity_ = false;                      // position = flat index
};

// An expression times 2^shift, shift the largest of its coefficients, so that all of it is integer.
class ExpressionRuns {
 public:
  // Leaves out the terms of the tensors in `skip`. Keeps references to circuit and witness.
  ExpressionRuns(const Circuit& circuit, const Lookup& lookup, const Expression& expression,
                 const std::vector<uint32_t>& skip, const Witness& witness);

  uint32_t shift() const { return shift_; }
  // Values at positions begin, begin + 1, ...
  void Evaluate(uint64_t begin, std::span<int64_t> out) const;

 private:
  struct Term {
    ViewRuns runs;
    uint32_t tensor;
    int64_t coefficient;
  };
  struct AccumulatorRun {
    uint32_t contraction;
    int64_t coefficient;
  };
  const Witness& witness_;
  uint32_t shift_ = 0;
  int64_t constant_ = 0;
  std::vector<Term> terms_;
  std::vector<AccumulatorRun> accumulators_;
};

}  // namespace provenn
