// The scales file of `commit --save-scales` and `--scales`: ModelFormats as JSON.
#pragma once

#include <string>

#include "api/provenn.h"

namespace provenn::cli {

inline constexpr uint64_t kMaxScalesFileBytes = uint64_t{1} << 26;

std::string EncodeScales(const ModelFormats& formats);
// kCorrupt naming the place in the file. Whether the formats fit a model is CheckFormats' question.
Result<ModelFormats> DecodeScales(const std::string& text, const std::string& path);

}  // namespace provenn::cli
