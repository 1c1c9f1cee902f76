// The public description of what is proved: tensors and the relations that hold between them. Never gates.
//
// A circuit holds three things:
//   tensors       integer arrays, row-major and compact, channels last: public or private inputs and outputs, committed
//                 witness cells, committed weights;
//   contractions  acc[o] = sum over k of left[o,k] * right[o,k], a virtual tensor (never committed);
//   lookups       every tuple (column_0[i], column_1[i], ...) is a row of a table, where a column is an affine
//                 combination of views of tensors and of contraction results. Every constraint is a lookup.
//
// Indices reach tensors through affine maps, one per tensor axis (`View`), so slices, strides, padding, transposition,
// convolution windows and broadcasting are all the same thing, and the multilinear extension of a view is a
// tensor-product functional on its source.
//
// A circuit describes one sample. `WithBatch` gives every tensor but the weights a leading batch axis.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace provenn {

// Axis sizes, outermost first; every size >= 1. An empty shape is a scalar.
using Shape = std::vector<uint32_t>;

// Number of elements.
uint64_t ElementCount(const Shape& shape);

enum class TensorKind : uint8_t {
  kInput = 0,    // public, or private (then committed per proof)
  kOutput = 1,   // public, or private (then committed per proof)
  kWitness = 2,  // committed per proof
  kWeight = 3,   // committed once, with the model
};

struct Tensor {
  std::string name;
  TensorKind kind = TensorKind::kWitness;
  Shape shape;
  // Inclusive bounds of the integers it holds. For inputs the declared range (a lookup must enforce it as well); for
  // the others what the compiler proved.
  int64_t min = 0;
  int64_t max = 0;
  // Real value = integer * 2^-scale.
  int32_t scale = 0;
  // Weights only: how many leading axes a contraction folds away (output channels). The axes after them are the
  // columns side: they must be contraction axes shared with the other operand (see Contraction).
  uint32_t outer_axes = 0;

  bool operator==(const Tensor&) const = default;
};

// index += stride * (index along `axis` of the index space)
struct AxisStep {
  uint32_t axis = 0;
  int32_t stride = 1;
  bool operator==(const AxisStep&) const = default;
};

// Index along one tensor axis = offset + sum of steps.
struct AxisMap {
  int32_t offset = 0;
  std::vector<AxisStep> steps;
  bool operator==(const AxisMap&) const = default;
};

// A tensor read through one affine map per axis. An index that falls outside an axis reads 0 (zero padding). Every
// axis of the index space appears in at most one AxisMap of a view; an axis that appears in none is broadcast.
struct View {
  uint32_t tensor = 0;
  std::vector<AxisMap> axes;
  bool operator==(const View&) const = default;
};

// acc[o] = sum over k of left[o,k] * right[o,k], with o over the first `out_rank` axes of `space`, k over the others.
//
// The summed index of the proof (kappa) consists of the axes of `space` that occur in both operands, in the order of
// `space`, last axis innermost. Where `left` is a weight tensor, each of its axes maps to one axis of `space` with
// stride 1, offset 0 and equal size; its first `outer_axes` axes to output axes that `right` does not use, its other
// axes to axes that `right` uses: these are kappa, in the order of the weight. `right` is never a weight.
//
// An absent `right` reads 1 everywhere. With a weight `left` (biases) kappa is then the set of the weight's non-outer
// axes; with any other `left` it is a plain sum over k (pooling, means), a linear functional that needs no kappa.
struct Contraction {
  Shape space;
  uint32_t out_rank = 0;
  View left;
  std::optional<View> right;
  bool operator==(const Contraction&) const = default;
};

// numerator * 2^-shift as a field element. Where the sum that it is part of is an integer, so is the column.
struct Coefficient {
  int64_t numerator = 1;
  uint8_t shift = 0;
  bool operator==(const Coefficient&) const = default;
};

struct ViewTerm {
  Coefficient coefficient;
  View view;
  bool operator==(const ViewTerm&) const = default;
};

struct AccumulatorTerm {
  Coefficient coefficient;
  uint32_t contraction = 0;  // whose output axes equal the index space of the lookup
  bool operator==(const AccumulatorTerm&) const = default;
};

// constant + sum of terms, over an index space.
struct Expression {
  Coefficient constant{0, 0};
  std::vector<ViewTerm> terms;
  std::vector<AccumulatorTerm> accumulators;
  bool operator==(const Expression&) const = default;
};

// A function table: row j holds the key first_key + j and values[c][j] for every value column c.
struct Table {
  std::string name;
  int64_t first_key = 0;
  uint32_t size = 0;
  std::vector<std::vector<int32_t>> values;
  bool operator==(const Table&) const = default;
};

// For every index of `space`: (columns[0], columns[1], ...) is a row of the table; columns[0] is the key.
struct Lookup {
  std::string name;
  Shape space;
  uint32_t table = 0;
  std::vector<Expression> columns;  // 1 + number of the table's value columns
  bool operator==(const Lookup&) const = default;
};

struct Circuit {
  std::vector<Tensor> tensors;
  std::vector<Table> tables;
  std::vector<Contraction> contractions;
  std::vector<Lookup> lookups;

  bool operator==(const Circuit&) const = default;
};

// Limits of a valid circuit: they bound what a verifier can be made to do by a hostile key file.
inline constexpr uint32_t kMaxRank = 10;
inline constexpr uint64_t kMaxElements = uint64_t{1} << 28;  // of one tensor or index space
inline constexpr uint32_t kMaxTableSize = uint32_t{1} << 20;
inline constexpr uint32_t kMaxObjects = 1u << 16;  // tensors, tables, contractions, lookups: each

// Checks every rule stated above (ranks, sizes, indices, table columns, axis use, weight operands). Everything after
// this may index without looking. Errors: kInvalidArgument naming the object.
Status ValidateCircuit(const Circuit& circuit);

// The same circuit for `batch` samples at once: every tensor but the weights, every index space gains a leading axis
// of that size. batch == 1 returns the circuit itself.
Circuit WithBatch(const Circuit& circuit, uint32_t batch);

// Canonical encoding; decoding validates. encode(decode(x)) == x.
Bytes EncodeCircuit(const Circuit& circuit);
Result<Circuit> DecodeCircuit(ByteReader& reader);

}  // namespace provenn
