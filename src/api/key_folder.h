// The folder that `commit` writes its keys to. Keys are not destroyed by accident: model.pk may be the only copy of the
// seed that a published id depends on.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/file.h"

namespace provenn {

struct KeyPaths {
  explicit KeyPaths(const std::string& directory);
  std::string pk;
  std::string vk;
  std::string certificate;
  std::string card;
  std::string card_signature;  // of another program; never outlives its card

  // All but the secret key.
  std::vector<std::string> Public() const;
};

// kIo, naming the file, if keys are there and may not be overwritten. Asked before the work, too.
Status CheckKeyFolder(const KeyPaths& paths, bool overwrite);

// Makes the folder if need be, and lets `write` write the files of one commitment into it, alone: another commit into
// the same folder waits. `write` writes the secret key first, sets the flag when that is done, and the public key last.
// A public key that is there is put aside before (model.vk.old, until the end), so that a folder never shows a pair of
// two commitments; after an error of `write` the folder is as it was, or without a key if the old secret key was
// replaced.
Status WriteKeyFolder(const std::string& directory, bool overwrite,
                      const std::function<Status(const KeyPaths&, Existing, bool*)>& write);

}  // namespace provenn
