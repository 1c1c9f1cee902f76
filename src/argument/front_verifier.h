// The argument up to the opening: reads all masked messages and turns them into linear claims on the committed
// matrices. Order: commitments, lookups, contractions, weights link.
#pragma once

#include "argument/channel_verifier.h"
#include "argument/claims.h"
#include "argument/plan.h"

namespace provenn {

template <typename K>
FrontResult<K> ReadFront(const Plan& plan, const Statement& statement, MaskedChannel<K>& channel);

}  // namespace provenn
