#include "api/card_files.h"

#include <filesystem>

#include "base/file.h"
#include "model/onnx_external_data.h"

namespace provenn {

Result<CardFile> CardFileOf(const std::string& path) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  Sha256 hash;
  hash.Update(file.bytes());
  return CardFile{std::filesystem::path(path).filename().string(), hash.Finish()};
}

Result<std::vector<CardFile>> ModelCardFiles(const std::string& onnx_path) {
  std::vector<CardFile> files;
  ASSIGN_OR_RETURN(CardFile model, CardFileOf(onnx_path));
  files.push_back(std::move(model));
  ASSIGN_OR_RETURN(const auto locations, ExternalDataFiles(onnx_path));
  for (const std::string& location : locations) {
    ASSIGN_OR_RETURN(CardFile data, CardFileOf((std::filesystem::path(onnx_path).parent_path() / location).string()));
    files.push_back({location, data.sha256});
  }
  return files;
}

}  // namespace provenn
