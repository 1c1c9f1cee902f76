#include "api/benchmark_costs.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "api/verify_answer.h"
#include "argument/plan.h"
#include "base/parallel.h"
#include "crypto/sha256_many.h"
#include "field/kernels.h"
#include "field/kernels_rows.h"
#include "field/ntt.h"

namespace provenn {
namespace {

template <typename K>
Result<ProofCounts> Count(const PublicModel& model, uint32_t batch) {
  ASSIGN_OR_RETURN(const Circuit batched, BatchedCircuit(model.circuit, batch));
  const std::vector<uint8_t> hidden(batched.tensors.size(), 0);
  ASSIGN_OR_RETURN(const Plan plan, MakePlan<K>(batched, hidden, model.weights));
  ProofCounts c;
  for (const Contraction& contraction : batched.contractions) c.multiply_adds += ElementCount(contraction.space);
  for (size_t t = 0; t < batched.tensors.size(); ++t) {
    const uint64_t n = ElementCount(batched.tensors[t].shape);
    if (plan.tensor_block[t].has_value()) c.cells += n;
    if (plan.weight_block[t].has_value()) c.weights += n;
  }
  for (const Table& table : batched.tables) c.cells += table.size;
  c.log_rows = plan.activations_shape.log_size;
  c.codeword = plan.activations_shape.size() * plan.activations_shape.columns;
  c.leaves = plan.leaves.used;
  if (plan.has_weights()) {
    c.hidden_log_rows = plan.hidden_rows.shape.log_size;
    c.hidden_codeword = plan.hidden_rows.shape.size() * plan.hidden_rows.shape.columns;
  }
  return c;
}

constexpr size_t kLength = 4096;

// Nanoseconds of one of `items`: the best of some runs of at least a millisecond.
template <typename Body>
double Rate(size_t items, const Body& body) {
  using Clock = std::chrono::steady_clock;
  double best = 1e30;
  for (int run = 0; run < 15; ++run) {
    const auto from = Clock::now();
    size_t times = 0;
    double seconds = 0;
    do {
      body();
      ++times;
      seconds = std::chrono::duration<double>(Clock::now() - from).count();
    } while (seconds < 1e-3);
    best = std::min(best, 1e9 * seconds / static_cast<double>(times * items));
  }
  return best;
}

template <typename T>
std::vector<T> Values(size_t n) {
  std::vector<T> v(n);
  uint64_t state = 1;
  for (T& x : v) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    if constexpr (std::is_same_v<T, int32_t>) {
      x = static_cast<int32_t>(state >> 52);
    } else {
      x = T(Goldilocks(state >> 1));
    }
  }
  return v;
}

template <typename T>
std::span<const T> In(const std::vector<T>& v) {
  return v;
}
template <typename T>
std::span<T> Out(std::vector<T>& v) {
  return v;
}

}  // namespace

Result<ProofCounts> CountProof(const PublicModel& model, uint32_t batch, Profile profile) {
  return profile == Profile::kP100 ? Count<Ext2>(model, batch) : Count<Ext3>(model, batch);
}

PrimitiveRates MeasureRates() {
  PrimitiveRates r;
  const auto a = Values<Ext2>(kLength);
  const auto base = Values<Goldilocks>(kLength);
  const auto integers = Values<int32_t>(kLength);
  std::vector<Ext2> sums = Values<Ext2>(kLength);
  volatile uint64_t used = 0;  // no result may be left out
  r.multiply = Rate(kLength, [&] { used = used + InnerProduct<Ext2>(In(a), In(sums))[0].value(); });
  r.multiply_base = Rate(kLength, [&] { Axpy<Ext2>(a[5], In(base), Out(sums)); });
  std::vector<const int32_t*> rows_of_integers;
  for (size_t i = 0; i < kLength; i += 64) rows_of_integers.push_back(&integers[i]);
  r.multiply_integer = Rate(kLength, [&] {
    AddRows<Ext2>(In(a).first(kLength / 64), std::span<const int32_t* const>(rows_of_integers), Out(sums).first(64));
  });

  constexpr int kLog = 10;
  constexpr size_t kColumns = 32;
  auto matrix = Values<Goldilocks>(kColumns << kLog);
  const size_t rows = size_t{1} << kLog;
  {
    const ThreadLimit one(1);
    r.butterfly = Rate(matrix.size() * kLog, [&] { EncodeColumns(matrix, kColumns, rows, kLog); });
  }
  // Rows of 248 bytes, with tag and length four blocks each.
  std::vector<Digest> digests(kLength);
  std::vector<uint8_t> bytes(248 * kLength);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  r.hash_block = Rate(4 * kLength, [&] { Sha256Many("rate", {{bytes.data(), 248 - 5 - 9, 248}}, digests); });
  r.multiply_add = Rate(kLength, [&] {
    int64_t sum = 0;
    for (size_t i = 0; i < kLength; ++i) sum += int64_t{integers[i]} * integers[kLength - 1 - i];
    used = used + static_cast<uint64_t>(sum);
  });
  return r;
}

StageFloor FloorOf(std::string_view stage, const ProofCounts& n, const PrimitiveRates& r) {
  const auto per = [](double total, uint64_t count) { return count == 0 ? 0 : total / static_cast<double>(count); };
  const auto codeword = static_cast<double>(n.codeword);
  if (stage == "model") return {"multiply-add", n.multiply_adds, r.multiply_add};
  // One transform of every column, and a hash of every row.
  if (stage == "commitment") {
    return {"cell", n.cells, per(codeword * (n.log_rows * r.butterfly + r.hash_block / 8), n.cells)};
  }
  // Of a layer with n parents: n sums of fractions (3 products each); n pairs in all rounds together, each with two
  // coefficients of 4 products and the fold of four arrays. All layers have as many parents as there are leaves.
  if (stage == "lookups") return {"leaf", n.leaves, (3 + 8 + 4) * r.multiply};
  // Every weight is read once, and multiplied.
  if (stage == "contractions") return {"weight", n.weights, r.multiply_integer};
  // The same for the fold of the weights' matrix; and the trace of the hash is committed.
  if (stage == "weights") {
    const double trace = static_cast<double>(n.hidden_codeword) * (n.hidden_log_rows * r.butterfly + r.hash_block / 8);
    return {"weight", n.weights, r.multiply_integer + per(trace, n.weights)};
  }
  // The rows of the activations are folded once, and their columns once.
  if (stage == "opening") return {"cell", n.cells, 2 * r.multiply_base};
  return {};
}

}  // namespace provenn
