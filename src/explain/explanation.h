// What a key computes: the result of reading its circuit and program, and nothing else of it, as a contract.
//
// Names in a key are claims of whoever made it. An operator is recognised by its structure, a table by comparing every
// row with a function that is known and computed anew. Whatever stays over is listed as not recognised: a lookup that
// demands something more, a sum that is no known operator, a table that is no known function.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/sha256.h"
#include "relation/program.h"

namespace provenn {

// A row of a table that is not what its function gives.
struct Departure {
  int64_t key = 0;
  int64_t expected = 0;
  int64_t found = 0;
};

// A table's function. real argument x = key * 2^-key_scale, real result = value * 2^-result_scale; results are rounded
// to the nearest integer, halves away from zero.
struct FunctionReport {
  enum class Form { kUnknown, kConstant, kIdentity, kRelu, kOther, kFitted };  // kFitted: with parameters, public ones
  Form form = Form::kUnknown;
  std::string family;   // "relu", "sigmoid", ...; empty where none fits. Part of the graph's id.
  std::string formula;  // in x: "max(x, 0)"; numbers are 32-bit floats unless float64(...) is said
  int32_t key_scale = 0;
  int32_t result_scale = 0;
  // Held constant at keys <= held_low and at keys >= held_high, where it is.
  std::optional<int64_t> held_low;
  std::optional<int64_t> held_high;
  int64_t first_value = 0;  // of the first and last row
  int64_t last_value = 0;
  int64_t min_value = 0;  // over all rows
  int64_t max_value = 0;
  uint64_t departure_count = 0;
  std::vector<Departure> departures;  // the first ones
  bool compared = true;               // false: its key's tables take more work than is allowed (explain/work.h)

  bool recognised() const { return !family.empty() && departure_count == 0; }
};

// What an addend does with values, coarsely.
enum class OperatorGroup { kWeighted, kPooling, kElementwise };

// One addend of a node's sum E. What is said of each kind is in operators.cc.
struct Term {
  enum class Kind {
    kValue,            // a tensor, read through a view
    kConvolution,      // weights over windows
    kFullyConnected,   // weights over whole axes
    kConstantFactor,   // element by element times weights
    kConstant,         // weights added: biases
    kWindowSum,        // of a value: pooling
    kWindowMaximum,    // over windows or axes
    kAxisSum,          // over whole axes
    kScaledWindowSum,  // a window's sum times a weight for each position
    kMatrixProduct,    // of two values
    kProduct,          // of two values, element by element
    kUnknown,
  };
  Kind kind = Kind::kUnknown;
  uint32_t value = kNoTensor;   // the operand that is no weight
  uint32_t second = kNoTensor;  // the other one of a product of values
  uint32_t weight = kNoTensor;
  // Of each windowed axis.
  std::vector<uint32_t> kernel;
  std::vector<uint32_t> strides;
  std::vector<uint32_t> dilations;
  std::vector<int64_t> pads_begin;
  std::vector<int64_t> pads_end;
  uint32_t groups = 1;
  uint64_t inputs = 0;      // summed per output besides the window
  uint64_t outputs = 0;     // channels
  uint64_t positions = 1;   // where the same weights are used
  Coefficient coefficient;  // as it stands in the key, of shift 0
  int32_t scale = 0;        // of the addend itself, by the declared scales
  uint64_t divisor = 1;     // the coefficient stands for a division by it, besides a power of two
  std::string words;
  std::string formula;  // without the coefficient
  std::string
      unordered_formula;  // the same for whatever adds the same cells: a product in either order, axes of size 1
};

// What one tensor, or one part of it, is set to.
struct Node {
  enum class Kind { kLinear, kMaximum, kUnknown };
  Kind kind = Kind::kUnknown;
  std::string name;               // as claimed
  std::vector<uint32_t> lookups;  // of its values; of a maximum: all of its pairs
  std::vector<uint32_t> tables;
  uint32_t output = kNoTensor;
  Shape space;
  std::string part;  // of the output that it sets; empty: all of it
  std::vector<Term> terms;
  int64_t constant = 0;  // of E, without the half that rounds
  int shift = 0;         // q = floor((E + rounding) / 2^shift)
  int64_t rounding = 0;
  int32_t sum_scale = 0;  // E * 2^-sum_scale is real
  bool exact = false;     // q itself is the result: no table
  int clamp_bits = 0;     // > 0: saturates through a coarse position of so many bits
  FunctionReport function;
  bool constant_result = false;       // it reads no input, directly or through others
  std::string operation;              // "convolution 3x3, stride 2, pads 1, 16 -> 32 channels + bias, relu"
  std::string formula;                // "E = ...; q = ...; T9 = ..."
  std::vector<std::string> problems;  // why it is not recognised; empty where it is
};

struct PortReport {
  std::string name;  // as claimed
  bool is_input = true;
  uint32_t tensor = 0;
  std::string shape;            // of one sample, in the model's layout
  std::vector<uint32_t> order;  // axis i of the tensor is axis order[i] of the shape; those left out have size 1
  int64_t min = 0;              // enforced for inputs; for outputs what its tables can give
  int64_t max = 0;
  int32_t scale = 0;
};

// ", whose axes are axes 2 and 1 of it" where a tensor's axes are not in the order of the port's; else empty.
std::string OrderText(const PortReport& port);

// A table and what it was recognised as.
struct TableReport {
  std::string name;  // as claimed
  int64_t first_key = 0;
  uint32_t rows = 0;
  std::string role;                       // "range", "function", "function with coarse position", "clamp", "not used"
  std::vector<FunctionReport> functions;  // one for each pair of scales it is used with
  std::string words;
  uint64_t uses = 0;
  std::optional<Digest> digest;  // of all rows (TableDigest), where there are values
};

// A tensor that depends on no input.
struct ConstantReport {
  uint32_t tensor = 0;
  bool secret = false;  // it depends on weights
  uint64_t cells = 0;
  bool computed = false;  // then:
  bool all_equal = false;
  std::vector<int64_t> values;  // the first ones
  Digest digest{};              // SHA-256 of all of them, docs/format.md
  std::string words;
};

struct Finding {
  std::string place;
  std::string text;
};

struct Explanation {
  std::vector<Finding> not_recognised;  // everything that is not accounted for below
  std::vector<PortReport> ports;
  std::vector<Node> nodes;  // in the order of the program
  std::vector<TableReport> tables;
  std::vector<ConstantReport> constants;
  std::vector<std::string> about_weights;  // what the key tells about them
  uint64_t weights = 0;
  uint64_t lookups = 0;
  // Why some input in range may have no answer (relation/totality.h); empty: each has one, if the weights are within
  // their bounds, which a certificate shows. Then no lookup can be a demand, recognised or not.
  std::string not_total;
  Digest graph_id{};    // graph and shapes
  Digest formats_id{};  // those, formats and tables
};

}  // namespace provenn
