// Files: bounded reading, writing that is all or nothing, read-only mapping.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/status.h"

namespace provenn {

// The whole file. kTooLarge over max_size bytes (checked before the content is read where the size is known), kIo where
// the operating system refuses; Error::where is the path. Pipes and devices are read to their end.
Result<Bytes> ReadFile(const std::string& path, uint64_t max_size);

enum class FileAccess {
  kShared,   // permission bits 0666 less the umask
  kPrivate,  // 0600: secret keys
};

// What becomes of a file that has the name already.
enum class Existing {
  kReplace,
  kKeep,  // kIo; decided when the file gets its name, so that of two writers at once one is told, and nothing is lost
};

// Writes a file that appears under its name whole or not at all. The content goes to a file without a name on the same
// file system (or to a temporary one, where there is no such thing), which Commit() flushes to the disk and renames. Of
// a writer that is destroyed or killed before, nothing remains. A device or pipe is written directly, as it holds no
// earlier content to protect.
class AtomicFileWriter {
 public:
  static Result<AtomicFileWriter> Create(const std::string& path, FileAccess access = FileAccess::kShared,
                                         Existing existing = Existing::kReplace);
  AtomicFileWriter(AtomicFileWriter&& other) noexcept;
  AtomicFileWriter& operator=(AtomicFileWriter&& other) noexcept;
  ~AtomicFileWriter();

  // Appends. kIo on failure (a full disk); the writer then refuses everything but destruction.
  Status Write(ByteSpan bytes);
  // Overwrites bytes that were written before, for a header whose content is known last. Not on devices or pipes.
  Status WriteAt(uint64_t offset, ByteSpan bytes);
  uint64_t size() const { return size_; }
  // Makes the file appear. At most once.
  Status Commit();

 private:
  AtomicFileWriter() = default;
  void Discard();
  Error Failure(const std::string& action);
  Status Name(const std::string& from);

  int descriptor_ = -1;
  uint64_t size_ = 0;
  std::string path_;
  Existing existing_ = Existing::kReplace;
  bool is_file_ = false;   // and not a device or pipe, which is written directly
  std::string temporary_;  // name until Commit(), where the file has one
};

Status WriteFileAtomically(const std::string& path, ByteSpan bytes, FileAccess access = FileAccess::kShared,
                           Existing existing = Existing::kReplace);

// Held while several files of one folder are written that belong together. Waits for whoever holds it, in this or
// another process; the system releases it when the process ends, however that happens. kIo: no such folder.
class FolderLock {
 public:
  static Result<FolderLock> Acquire(const std::string& folder);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;
  ~FolderLock();

 private:
  FolderLock() = default;
  int descriptor_ = -1;
};

// A regular file mapped read-only, so that a large key costs no memory of its own. Another process that truncates the
// file while it is mapped ends this one with SIGBUS; files replaced through AtomicFileWriter are never truncated.
class MappedFile {
 public:
  // kIo where it cannot be opened, kTooLarge over max_size.
  static Result<MappedFile> Open(const std::string& path, uint64_t max_size = uint64_t{1} << 46);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  ByteSpan bytes() const { return bytes_; }

 private:
  MappedFile() = default;
  ByteSpan bytes_;
};

}  // namespace provenn
