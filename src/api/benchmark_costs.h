// What a proof's stages cannot do without, and what that takes on this machine: the benchmark shows it beside the time
// that they took.
#pragma once

#include "api/proving_key.h"
#include "argument/profile.h"

namespace provenn {

// Of one proof of one model.
struct ProofCounts {
  uint64_t multiply_adds = 0;    // of the integer model
  uint64_t cells = 0;            // committed activations and multiplicities
  uint64_t codeword = 0;         // elements of their codeword
  int log_rows = 0;              // of it
  uint64_t leaves = 0;           // of the lookup tree
  uint64_t weights = 0;          // committed
  uint64_t hidden_codeword = 0;  // elements of the codeword of the hidden rows: the trace of the weights' hash
  int hidden_log_rows = 0;       // of it
};

// kInvalidArgument, kTooLarge: as MakePlan. Inputs and outputs are public.
Result<ProofCounts> CountProof(const PublicModel& model, uint32_t batch, Profile profile);

// Core-nanoseconds of the vector kernels, on one thread, with arrays in the second level cache.
struct PrimitiveRates {
  double multiply = 0;          // a multiply-add in K
  double multiply_base = 0;     // of an element of F by one of K
  double multiply_integer = 0;  // of an int32 by one of K, in a sum of 64
  double butterfly = 0;         // one element in one layer of a transform
  double hash_block = 0;        // 64 bytes of SHA-256, in a batch
  double multiply_add = 0;      // int32 times int32, added to an int64
};
PrimitiveRates MeasureRates();

// What a stage ("model", "lookups", ...) is counted in, how many, and the least core-nanoseconds of one: its
// operations, each at the rate of its kernel. count 0: a stage without floor.
struct StageFloor {
  const char* unit = "";
  uint64_t count = 0;
  double floor_ns = 0;
};
StageFloor FloorOf(std::string_view stage, const ProofCounts& counts, const PrimitiveRates& rates);

}  // namespace provenn
