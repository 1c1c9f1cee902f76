#include "api/key_folder.h"

#include <filesystem>
#include <system_error>

namespace provenn {

namespace fs = std::filesystem;

KeyPaths::KeyPaths(const std::string& directory)
    : pk((fs::path(directory) / "model.pk").string()),
      vk((fs::path(directory) / "model.vk").string()),
      certificate((fs::path(directory) / "model.cert").string()),
      card((fs::path(directory) / "model.card.json").string()),
      card_signature(card + ".sig") {}

std::vector<std::string> KeyPaths::Public() const { return {vk, certificate, card, card_signature}; }

Status CheckKeyFolder(const KeyPaths& paths, bool overwrite) {
  if (overwrite) return Ok();
  // The secret key first: it is the one that must not be lost.
  std::vector<std::string> all = paths.Public();
  all.insert(all.begin(), paths.pk);
  for (const std::string& path : all) {
    std::error_code ignored;
    if (!fs::exists(fs::symlink_status(path, ignored))) continue;
    return Error{
        Code::kIo,
        "exists already: keys are not overwritten, because the id of a commitment whose seed is lost cannot be "
        "made again; choose another folder, or --force to replace them",
        path};
  }
  return Ok();
}

Status WriteKeyFolder(const std::string& directory, bool overwrite,
                      const std::function<Status(const KeyPaths&, Existing, bool*)>& write) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return Error{Code::kIo, "cannot make the folder: " + error.message(), directory};
  ASSIGN_OR_RETURN(const FolderLock lock, FolderLock::Acquire(directory));
  const KeyPaths paths(directory);
  RETURN_IF_ERROR(CheckKeyFolder(paths, overwrite));
  std::error_code ignored;
  const std::string aside = ".old";
  for (const std::string& path : paths.Public()) fs::rename(path, path + aside, ignored);
  bool secret_key_written = false;
  const Status written = write(paths, overwrite ? Existing::kReplace : Existing::kKeep, &secret_key_written);
  if (!written.ok()) {
    for (const std::string& path : paths.Public()) fs::remove(path, ignored);
    if (secret_key_written) fs::remove(paths.pk, ignored);
  }
  for (const std::string& path : paths.Public()) {
    if (written.ok() || secret_key_written) {
      fs::remove(path + aside, ignored);
    } else {
      fs::rename(path + aside, path, ignored);
    }
  }
  return written;
}

}  // namespace provenn
