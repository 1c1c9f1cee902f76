// The recipe: in which order, and by which lookup, every committed cell of a circuit gets its value.
//
// Every constraint of a circuit is a lookup, and a lookup says nearly everything about how to satisfy it: its key is an
// affine expression, its value columns name the row. What is missing is which tensors the prover is free to choose.
// That is what a program adds, so that the one generic interpreter (interpreter.h) is at once the integer model, the
// witness generator and, because it reads the circuit itself, exact by construction. It is public: for a verifier it is
// the evidence that no cell has a choice (determinism.h).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "relation/circuit.h"

namespace provenn {

// One digit of the remainder of a division by a power of two: the tensor that takes it, and its width.
struct RemainderDigit {
  uint32_t tensor = 0;
  uint8_t bits = 0;
  bool operator==(const RemainderDigit&) const = default;
};

// Saturation of a quotient hi beyond its table: top = floor(hi / 2^bits), clamped = table[top]; the key is
// hi + (clamped - top) * 2^bits.
struct CoarseClamp {
  uint32_t top = 0;  // tensors
  uint32_t clamped = 0;
  uint32_t table = 0;  // keys: top; the one value column: clamped
  uint8_t bits = 0;
  bool operator==(const CoarseClamp&) const = default;
};

// A quotient that is committed while its remainder is the key itself: tensor = floor(e / 2^bits), and the key column
// holds the term -2^bits * tensor.
struct CommittedQuotient {
  uint32_t tensor = 0;
  uint8_t bits = 0;
  bool operator==(const CommittedQuotient&) const = default;
};

inline constexpr uint32_t kNoTensor = UINT32_MAX;

// Either a contraction is evaluated, or a lookup is satisfied:
//   e    = 2^s * (the key column without the tensors this step sets), s the largest shift of its coefficients
//   hi   = floor(e / 2^s), remainder = e - hi * 2^s, written as digits, least significant first
//   key  = hi, or its coarse clamp, or what a committed quotient leaves of it
//   out  = table value - (the other terms of that value column), for each value column with an output tensor
// Digits, top, clamped and quotient have the lookup's space as their shape.
struct Step {
  enum class Kind : uint8_t { kContract = 0, kLookup = 1 };
  Kind kind = Kind::kContract;
  uint32_t id = 0;  // of the contraction or lookup
  std::vector<RemainderDigit> digits;
  std::optional<CoarseClamp> clamp;
  std::optional<CommittedQuotient> quotient;
  std::vector<uint32_t> outputs;  // per value column: the tensor it sets, or kNoTensor
  bool operator==(const Step&) const = default;
};

// Whether a step sets a value: an output or a quotient. Others only hold something to a range.
bool SetsValue(const Step& step);
// The tensors that help the step to its row (digits, clamp, quotient), so that they are no addends of the key.
std::vector<uint32_t> HelpersOf(const Step& step);
// All tensors that it sets: helpers, then outputs. A tensor may be there twice.
std::vector<uint32_t> SetBy(const Step& step);
bool IsHelperOf(const Step& step, uint32_t tensor);

struct Program {
  std::vector<Step> steps;
  bool operator==(const Program&) const = default;
};

// That every step fits the circuit: ids, shapes, kinds and coefficients as stated above; nothing is read before it is
// set; every contraction is evaluated once, no lookup is satisfied twice, and every witness and output tensor is set.
// The interpreter may then index without looking. kInvalidArgument naming the step.
Status ValidateProgram(const Circuit& circuit, const Program& program);

// Canonical encoding. Decoding checks the form alone (kCorrupt), not that the program fits a circuit.
Bytes EncodeProgram(const Program& program);
Result<Program> DecodeProgram(ByteReader& reader);

}  // namespace provenn
