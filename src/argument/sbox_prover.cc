#include "argument/sbox_prover.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "argument/eq_factors_prover.h"
#include "argument/parallel_sum.h"
#include "field/kernels.h"
#include "field/kernels_sbox.h"

namespace provenn {
namespace {

// Entries that are bound and summed at a time: what belongs to them stays in the second level cache.
constexpr size_t kStretchBits = 10;
constexpr size_t kStretch = size_t{1} << kStretchBits;

size_t Even(size_t n) { return n + (n & 1); }

template <typename K>
struct Tables {
  SecretVector<K> in, cube, out;

  void Resize(size_t size) {
    for (SecretVector<K>* v : {&in, &cube, &out}) v->resize(size);
  }
  SboxArrays<const K> Part(size_t from, size_t count) const {
    return {std::span(in).subspan(from, count), std::span(cube).subspan(from, count),
            std::span(out).subspan(from, count)};
  }
};

// The sumcheck over sum eq (z - x^3 + lambda (y - z^2 x)). A pass over the tables binds a variable and at once computes
// the sums of the next round. Entries beyond the tables are zeros and satisfy the relation: their summand is zero.
template <typename K>
class SboxSumcheck {
 public:
  SboxSumcheck(const SboxTrace& trace, std::span<const K> tau, K lambda)
      : trace_(trace), tau_(tau), lambda_(lambda), entries_(trace.in.size()) {}

  // Of the first unbound variable.
  CubicRound<K> Round() { return Pass(Even(entries_), EqFactors<K>(tau_.subspan(bound_ + 1), kStretchBits - 1)); }
  void Bind(K challenge) {
    std::swap(tables_, folded_);
    ++bound_;
    challenge_ = challenge;
    entries_ = (entries_ + 1) / 2;
  }
  // Input, cube and output at the point of all challenges.
  std::array<K, 3> End() {
    Pass(1, std::nullopt);
    return {folded_.in[0], folded_.cube[0], folded_.out[0]};
  }

 private:
  CubicRound<K> Pass(size_t size, const std::optional<EqFactors<K>>& eq) {
    if (bound_ > 0) folded_.Resize(size);
    return ParallelSum((size + kStretch - 1) / kStretch, 1, CubicRound<K>(),
                       [&](size_t first, size_t last) {
                         CubicRound<K> sum;
                         for (size_t s = first; s < last; ++s) {
                           const size_t from = s * kStretch;
                           const size_t count = std::min(kStretch, size - from);
                           if (bound_ > 0) FoldInto(from, count);
                           if (eq.has_value()) Add(Sum(from, count, eq->Low(0, count / 2)), eq->high(s), sum);
                         }
                         return sum;
                       },
                       [](CubicRound<K>& total, const CubicRound<K>& part) { Add(part, K::One(), total); });
  }

  CubicRound<K> Sum(size_t from, size_t count, std::span<const K> eq) const {
    if (bound_ > 0) return SboxRound<K>(folded_.Part(from, count), lambda_, eq);
    const auto part = [&](const SecretVector<Goldilocks>& v) { return std::span(v).subspan(from, count); };
    return SboxTraceRound<K>({part(trace_.in), part(trace_.cube), part(trace_.out)}, lambda_, eq);
  }
  static void Add(const CubicRound<K>& part, K factor, CubicRound<K>& sum) {
    sum.at_zero += part.at_zero * factor;
    sum.square += part.square * factor;
    sum.cube += part.cube * factor;
  }

  void FoldInto(size_t from, size_t count) {
    const auto fold = [&](const auto& before, SecretVector<K>& after) {
      using T = typename std::decay_t<decltype(before)>::value_type;
      const size_t end = std::min(from + count, before.size() / 2);
      const size_t pairs = end - std::min(from, end);
      FoldPairs<K>(std::span<const T>(before).subspan(2 * from, 2 * pairs), challenge_,
                   std::span(after).subspan(from, pairs));
      std::fill(after.begin() + static_cast<std::ptrdiff_t>(from + pairs),
                after.begin() + static_cast<std::ptrdiff_t>(from + count), K::Zero());
    };
    const auto fold_all = [&](const auto& before) {
      fold(before.in, folded_.in);
      fold(before.cube, folded_.cube);
      fold(before.out, folded_.out);
    };
    if (bound_ == 1) {
      fold_all(trace_);
    } else {
      fold_all(tables_);
    }
  }

  const SboxTrace& trace_;
  std::span<const K> tau_;
  K lambda_;
  size_t entries_;  // of the tables of this round
  size_t bound_ = 0;
  K challenge_ = K::Zero();
  Tables<K> tables_;  // all variables bound but the last that has a challenge, if two have
  Tables<K> folded_;  // that one as well
};

}  // namespace

template <typename K>
void ProveSboxes(const Plan& plan, const SboxTrace& trace, ProverChannel<K>& channel) {
  const size_t bits = kSboxBits + static_cast<size_t>(AxisBits(plan.weight_queries * plan.hash_blocks));
  const std::vector<K> tau = channel.Challenges("s-box tau", bits);
  SboxSumcheck<K> sumcheck(trace, tau, channel.Challenge("s-box lambda"));
  for (size_t i = 0; i < bits; ++i) {
    const CubicRound<K> round = sumcheck.Round();
    const K message[3] = {round.at_zero, round.square, round.cube};
    channel.SendMasked("s-box round", message);
    sumcheck.Bind(channel.Challenge("s-box round"));
  }
  const auto [in, cube, out] = sumcheck.End();
  const K ends[5] = {in, cube, out, in * in, cube * cube};
  channel.SendMasked("s-box end", ends);
}

#define PROVENN_INSTANTIATE(K) template void ProveSboxes<K>(const Plan&, const SboxTrace&, ProverChannel<K>&);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
