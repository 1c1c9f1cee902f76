// ProveAnswer with entropy of the caller's: so that tests can repeat it, as a restored snapshot would.
#pragma once

#include "api/provenn.h"

namespace provenn {

// ProveAnswer calls this with SystemEntropy(). Same arguments, same proof.
Result<ProveReport> ProveAnswerWith(ByteSpan entropy, const ProvingKey& key, const std::vector<NamedTensor>& inputs,
                                    const ProveOptions& options, ProgressSink* progress);

}  // namespace provenn
