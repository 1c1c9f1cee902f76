// What a public key computes, read from the key alone (explain/explanation.h), and how two keys differ.
#pragma once

#include "api/verify_key.h"
#include "explain/difference.h"
#include "explain/explanation.h"
#include "explain/operators.h"
#include "explain/reading.h"

namespace provenn {

Explanation ExplainKey(const PublicModel& model);

}  // namespace provenn
