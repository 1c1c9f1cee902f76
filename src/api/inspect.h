// What a file of ours is and what it holds, without anything secret: for people, and as data.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"

namespace provenn {

using InspectCell = std::variant<std::string, int64_t, double>;

struct InspectTable {
  std::string title;
  std::vector<std::string> columns;
  std::vector<std::vector<InspectCell>> rows;
};

struct Inspection {
  std::string kind;  // "proving key", "verifying key", "certificate", "proof", "ONNX model"
  std::vector<std::pair<std::string, InspectCell>> facts;
  std::vector<InspectTable> tables;
};

// Reads a proving key, a verifying key, a certificate, a proof file, or an ONNX model. Errors: as the file's own
// reader; kCorrupt if it is none of them.
Result<Inspection> InspectFile(const std::string& path);

}  // namespace provenn
