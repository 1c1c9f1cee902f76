#include "argument/front_verifier.h"

#include "argument/contraction_verifier.h"
#include "argument/lookup_verifier.h"
#include "argument/weights_link_verifier.h"

namespace provenn {

template <typename K>
FrontResult<K> ReadFront(const Plan& plan, const Statement& statement, MaskedChannel<K>& channel) {
  FrontResult<K> front;
  front.terminal_root = channel.ReceiveDigests("terminal root", 1)[0];
  front.roots[kActivations] = channel.ReceiveDigests("activations root", 1)[0];

  LookupOutcome<K> lookups = ReadLookups(plan, statement, channel, front.claims);
  if (!channel.ok()) return front;
  std::vector<WeightClaim<K>> weight_claims;
  std::vector<K> point;
  if (!lookups.terms.empty()) {
    point = ReadContractions(plan, statement, lookups, channel, front.claims, weight_claims);
  }
  if (!channel.ok()) return front;
  if (plan.has_weights()) ReadWeightsLink(plan, point, weight_claims, channel, front);
  return front;
}

#define PROVENN_INSTANTIATE(K) template FrontResult<K> ReadFront<K>(const Plan&, const Statement&, MaskedChannel<K>&);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
