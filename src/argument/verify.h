// The whole verifier: accept, or reject with a reason and the message where it showed.
#pragma once

#include <string>

#include "argument/plan.h"
#include "argument/reject.h"
#include "argument/schedule.h"

namespace provenn {

struct Verdict {
  bool accepted = false;
  Reason reason = Reason::kMalformed;  // if not accepted
  std::string where;
  Schedule schedule;  // messages read
};

// The statement must have passed ValidateStatement against plan.circuit.
template <typename K>
Verdict VerifyProof(const Plan& plan, const Statement& statement, ByteSpan proof);

// The messages of any proof for the plan, with their sizes; those of Merkle paths are examples, because they depend on
// the positions that a proof draws.
template <typename K>
Schedule ProofSchedule(const Plan& plan);

}  // namespace provenn
