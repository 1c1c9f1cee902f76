// Weights that lie in files beside an ONNX model, as today's exporters write them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace onnx {
class ModelProto;
}

namespace provenn {

// Moves the data of all external initializers and constants into the model. Their files are named relative to
// `folder`, that of the model, and must lie in it once links are followed: a model from elsewhere must not choose what
// is read on this machine.
//
// Error::where names the tensor. kCorrupt: a location, offset or length that is missing, malformed or outside its file;
// kUnsupported: a location outside the folder, or no regular file; kIo: a file that cannot be read; kTooLarge: over
// `max_bytes` together.
Status LoadExternalData(const std::string& folder, uint64_t max_bytes, onnx::ModelProto* model);

// The names of these files, as the model has them, in their order, each once. kCorrupt: not an ONNX model;
// kUnsupported, kIo: as LoadExternalData.
Result<std::vector<std::string>> ExternalDataFiles(const std::string& onnx_path);

}  // namespace provenn
