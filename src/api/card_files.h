// Digests of files, for a card.
#pragma once

#include <string>
#include <vector>

#include "api/card.h"

namespace provenn {

// kIo: not a regular file, or it cannot be read.
Result<CardFile> CardFileOf(const std::string& path);

// The ONNX file, then the files in its folder that it keeps weights in, in the order of their names; these are named as
// the model names them. kCorrupt: not an ONNX model.
Result<std::vector<CardFile>> ModelCardFiles(const std::string& onnx_path);

}  // namespace provenn
