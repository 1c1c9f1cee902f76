// `verify --save-public`: the public inputs and outputs of an accepted proof as .npy files.
#pragma once

#include <string>
#include <vector>

#include "common.h"

namespace provenn::cli {

struct SavedTensor {
  std::string name;  // of the input or output
  std::string path;
};

// Writes DIR/input-0-NAME.npy, ..., DIR/output-0-NAME.npy for every tensor that is not hidden; NAME with everything but
// letters, digits and '-' replaced by '_', and cut, so that no name leads out of the folder or becomes another's. The
// folder is made if it is not there. All files appear or none. kIo: one is there, unless `force`; kInvalidArgument: it
// is a key, or one that the command reads.
Result<std::vector<SavedTensor>> SavePublic(const VerifyReport& report, const std::string& directory, bool force,
                                            const std::vector<std::string>& reads);

}  // namespace provenn::cli
