#include "argument/verify.h"

#include "argument/front_verifier.h"
#include "argument/opening_verifier.h"

namespace provenn {

template <typename K>
Verdict VerifyProof(const Plan& plan, const Statement& statement, ByteSpan proof) {
  MaskedChannel<K> channel(StartTranscript(plan.profile, statement), proof);
  FrontResult<K> front = ReadFront<K>(plan, statement, channel);
  if (channel.ok()) ReadOpening<K>(plan, std::move(front), channel);
  channel.Finish();
  Verdict verdict;
  verdict.accepted = channel.ok();
  if (!verdict.accepted) {
    verdict.reason = *channel.reason();
    verdict.where = channel.where();
  }
  verdict.schedule = channel.schedule();
  return verdict;
}

template <typename K>
Schedule ProofSchedule(const Plan& plan) {
  MaskedChannel<K> channel{Transcript("provenn.shape")};
  Statement statement;
  statement.hidden = plan.hidden;
  FrontResult<K> front = ReadFront<K>(plan, statement, channel);
  ReadOpening<K>(plan, std::move(front), channel);
  return channel.schedule();
}

#define PROVENN_INSTANTIATE(K)                                              \
  template Verdict VerifyProof<K>(const Plan&, const Statement&, ByteSpan); \
  template Schedule ProofSchedule<K>(const Plan&);
PROVENN_INSTANTIATE(Ext2)
PROVENN_INSTANTIATE(Ext3)
#undef PROVENN_INSTANTIATE

}  // namespace provenn
