// For whoever was given the model: makes a commitment again, and says where two keys differ.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/provenn.h"

namespace provenn {

// The public model that CommitModelFile would write with that seed and these options. Nothing is written.
Result<PublicModel> RebuildModelFile(const std::string& onnx_path, const std::vector<NamedTensor>& calibration,
                                     const ModelOptions& options, const WeightsSeed& seed, ProgressSink* progress,
                                     const ModelFormats* formats = nullptr);

// The first place, in the order of the key file, where two public models differ; what its id depends on, so not the
// program. nullopt: they have one id.
struct KeyDifference {
  std::string place;  // "tensor fc1.weight: scale", "output y: shape", "weights root"
  std::string one;    // what each says there, if it is short
  std::string other;
};
std::optional<KeyDifference> FirstDifference(const PublicModel& one, const PublicModel& other);

}  // namespace provenn
