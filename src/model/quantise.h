// From calibrated real ranges to power-of-two scales, integer limits and the tables of one-element functions.
//
// real = integer * 2^-scale, no zero points. A value that a function keeps non-negative uses 15/16 of [0, 2^bits), any
// other one 15/16 of [-2^(bits-1), 2^(bits-1)). Everything here is IEEE double arithmetic and exact functions (floor,
// ceil), so that one model and one calibration give the same integers on every machine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/graph.h"
#include "model/lower_table.h"

namespace provenn {

struct Range {
  double low = 0;
  double high = 0;

  void Include(double x) {
    low = x < low ? x : low;
    high = x > high ? x : high;
  }
};

// A function of one real element, composed of graph operations. Immutable, shared.
class UnaryFunction {
 public:
  static std::shared_ptr<const UnaryFunction> Identity();
  static std::shared_ptr<const UnaryFunction> Apply(const GraphNode& node, std::shared_ptr<const UnaryFunction> inner);
  static std::shared_ptr<const UnaryFunction> Affine(double scale, double shift,
                                                     std::shared_ptr<const UnaryFunction> inner);
  // op is kAdd, kSub or kMul.
  static std::shared_ptr<const UnaryFunction> Combine(Op op, std::shared_ptr<const UnaryFunction> a,
                                                      std::shared_ptr<const UnaryFunction> b);

  double operator()(double x) const;
  // Whether f(x) >= 0 for all x, or for all x >= 0, by the operations it is made of.
  bool IsNonNegative(bool argument_is) const;
  bool IsIdentity() const { return kind_ == Kind::kIdentity; }
  // Made of pieces of slope at most 1 that start at multiples of the output's step: the input then needs no finer
  // scale than the output.
  bool KeepsScale() const { return keeps_scale_; }
  // What the outermost operation can give at all (infinite where unbounded).
  Range Bounds() const;
  // Equal strings: equal functions.
  const std::string& signature() const { return signature_; }

 private:
  enum class Kind { kIdentity, kNode, kAffine, kCombine };
  UnaryFunction() = default;

  Kind kind_ = Kind::kIdentity;
  GraphNode node_;  // kNode: operation and attributes; kCombine: operation
  double scale_ = 1;
  double shift_ = 0;
  bool keeps_scale_ = true;
  std::string signature_ = "x";
  std::shared_ptr<const UnaryFunction> a_;
  std::shared_ptr<const UnaryFunction> b_;
};
using Unary = std::shared_ptr<const UnaryFunction>;

// x * 2^e, exact. |e| < 1000.
double Scaled(double x, int e);
// Nearest integer, halves away from zero, clamped to the limits.
int64_t RoundToInteger(double x, int64_t min, int64_t max);
// Largest e with x <= 2^e; x > 0.
int CeilLog2(double x);
// Bits of |x|: 0 for 0.
int BitLength(uint64_t x);

// How the result of a function of an accumulator is quantised.
struct OutputFormat {
  int32_t scale = 0;  // of the result
  int64_t min = 0;    // limits of the result
  int64_t max = 0;
  int32_t key_scale = 0;  // of the function's argument: the quotient that is the table's key
  FunctionTable table;
};

// Chooses the format of f(x). `argument`, `result`: calibrated ranges of x and f(x). `fixed_scale`: the result's scale
// where it is imposed. `non_negative`: whether x >= 0 whatever the weights; a sign that only calibration shows is not
// used, as formats are public.
OutputFormat ChooseFormat(const UnaryFunction& f, const Range& argument, const Range& result, int bits,
                          bool non_negative, std::optional<int32_t> fixed_scale = std::nullopt);

// Largest scale at which every weight fits `max_magnitude`; a cap for weights that are all tiny.
int32_t LargestScale(std::span<const float> values, int64_t max_magnitude);
// round(value * 2^scale); the caller has checked that it fits.
int32_t Quantise(double value, int32_t scale);

}  // namespace provenn
