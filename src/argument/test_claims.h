// Which of the claims that a proof's opening combines are false, of the cells and pads that the prover committed: shows
// that a cheat breaks one thing only, and which.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "argument/test_session.h"
#include "commit/functional_prover.h"
#include "field/kernels.h"

namespace provenn {

template <typename K>
class ClaimCheck {
 public:
  // Records what is committed, as it is after the hooks' own changes.
  void Record(ProverHooks& hooks) {
    hooks.commit = [this, before = hooks.commit](std::string_view label, std::span<Goldilocks> cells) {
      if (before) before(label, cells);
      cells_[std::string(label)].assign(cells.begin(), cells.end());
    };
  }

  // Names of the claims that are false: those of the weights link by what they say, others by number.
  std::vector<std::string> False(const Plan& plan, const Statement& statement, ByteSpan proof) const {
    MaskedChannel<K> channel(StartTranscript(plan.profile, statement), proof);
    const FrontResult<K> front = ReadFront<K>(plan, statement, channel);
    static const char* const kLink[] = {"weight claims", "squares of inputs", "squares of cubes", "s-box relation",
                                        "cubes",         "outputs",           "inputs",           "digests",
                                        "rows"};
    const size_t link = front.claims.size() - std::size(kLink);
    std::vector<std::string> out;
    for (size_t i = 0; i < front.claims.size(); ++i) {
      if (Holds(plan, front.claims[i])) continue;
      out.push_back(i >= link ? kLink[i - link] : "claim " + std::to_string(i));
    }
    return out;
  }

 private:
  bool Holds(const Plan& plan, const LinearClaim<K>& claim) const {
    static const char* const kLabels[] = {"activations root", "folded weights root", "hidden rows root"};
    const OracleLayout* layouts[] = {&plan.activations, &plan.folded_weights, &plan.hidden_rows.layout};
    K left = K::Zero();
    for (size_t o = 0; o < 3; ++o) {
      const std::vector<Goldilocks>& cells = cells_.at(kLabels[o]);
      SecretVector<K> weights(cells.size(), K::Zero());
      for (const auto& f : claim.products[o]) ExpandParallel(f, *layouts[o], std::span<K>(weights));
      for (const auto& f : claim.powers[o]) ExpandParallel(f, std::span<K>(weights));
      left += InnerProduct<K>(std::span<const Goldilocks>(cells), std::span<const K>(weights));
    }
    K right = claim.value.constant;
    for (const auto& [ref, c] : claim.value.pads)
      right += c * Entry(plan, ref.is_product ? plan.pads + ref.index : ref.index);
    return left == right;
  }
  K Entry(const Plan& plan, size_t entry) const {
    const size_t columns = plan.terminal_columns;
    const size_t element = entry / columns * 2 * columns + entry % columns;
    K value;
    for (int k = 0; k < plan.degree; ++k) {
      value[k] = cells_.at("terminal root")[element * static_cast<size_t>(plan.degree) + static_cast<size_t>(k)];
    }
    return value;
  }

  std::map<std::string, std::vector<Goldilocks>> cells_;  // by label of the root; the last of several levels
};

}  // namespace provenn
