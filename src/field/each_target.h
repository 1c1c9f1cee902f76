// Runs a test body once for every instruction set that this machine has and the vector code is compiled for.
#pragma once

#include <gtest/gtest.h>

#include "field/kernels.h"
#include "field/targets.h"
#include "hwy/highway.h"

namespace provenn {

template <class Body>
void ForEachTarget(const Body& body) {
  // The portable code is always compiled; Highway lists it only where it is the best choice.
  int64_t targets = (hwy::SupportedTargets() & HWY_TARGETS) | HWY_STATIC_TARGET;
  for (; targets != 0; targets &= targets - 1) {
    const int64_t target = targets & -targets;
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(KernelTarget());
    EXPECT_STREQ(KernelTarget(), hwy::TargetName(target));
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace provenn
