#include "save_public.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "base/file.h"

namespace provenn::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxName = 80;

std::string FileName(const char* side, size_t index, const std::string& name) {
  std::string plain = name.substr(0, kMaxName);
  for (char& c : plain) {
    const bool keeps = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    if (!keeps) c = '_';
  }
  return fmt::format("{}-{}-{}.npy", side, index, plain);
}

struct Planned {
  SavedTensor saved;
  const FloatTensor* values = nullptr;
};

void Plan(const char* side, const std::vector<ShownTensor>& tensors, const std::string& directory,
          std::vector<Planned>* plan) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    const ShownTensor& t = tensors[i];
    if (t.hidden) continue;
    plan->push_back({{t.name, (fs::path(directory) / FileName(side, i, t.name)).string()}, &t.values});
  }
}

Status WriteAll(const std::vector<Planned>& plan, bool force) {
  std::vector<AtomicFileWriter> writers;
  for (const Planned& p : plan) {
    ASSIGN_OR_RETURN(AtomicFileWriter writer,
                     AtomicFileWriter::Create(p.saved.path, FileAccess::kShared, WriteOver(force)));
    RETURN_IF_ERROR(writer.Write(EncodeNpy(*p.values)));
    writers.push_back(std::move(writer));
  }
  // The content is on the disk; what can fail from here on is a name that somebody else has taken meanwhile.
  for (size_t i = 0; i < writers.size(); ++i) {
    const Status named = writers[i].Commit();
    if (named.ok()) continue;
    std::error_code ignored;
    for (size_t j = 0; j < i && !force; ++j) fs::remove(plan[j].saved.path, ignored);
    return named;
  }
  return Ok();
}

}  // namespace

Result<std::vector<SavedTensor>> SavePublic(const VerifyReport& report, const std::string& directory, bool force,
                                            const std::vector<std::string>& reads) {
  std::vector<Planned> plan;
  Plan("input", report.inputs, directory, &plan);
  Plan("output", report.outputs, directory, &plan);
  for (const Planned& p : plan) RETURN_IF_ERROR(CheckReplaced(p.saved.path, force, reads));
  std::error_code error;
  const bool made = fs::create_directories(directory, error);
  if (error) return Error{Code::kIo, "cannot make the folder: " + error.message(), directory};
  const Status written = WriteAll(plan, force);
  if (!written.ok()) {
    if (made) fs::remove(directory, error);
    return written.error();
  }
  std::vector<SavedTensor> saved;
  for (Planned& p : plan) saved.push_back(std::move(p.saved));
  return saved;
}

}  // namespace provenn::cli
