#include "base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

namespace provenn {
namespace {

constexpr size_t kReadStep = size_t{1} << 16;
constexpr size_t kMaxTransfer = size_t{1} << 30;  // one read or write call; the kernel's own limit is just below 2 GiB

Error IoError(const std::string& action, const std::string& path) {
  return Error{Code::kIo, action + ": " + std::strerror(errno), path};
}

Error SizeError(uint64_t max_size, const std::string& path) {
  return Error{Code::kTooLarge, "the file is larger than the limit of " + std::to_string(max_size) + " bytes", path};
}

// Closes a descriptor when it leaves the scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Status WriteFully(int fd, ByteSpan bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), std::min(bytes.size(), kMaxTransfer));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return IoError("cannot write", path);
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return Ok();
}

std::string ParentFolder(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string TemporaryName(const std::string& path) { return path + ".XXXXXX.tmp"; }

Error ExistsError(const std::string& path) { return Error{Code::kIo, "exists already, and is not overwritten", path}; }

std::string DescriptorPath(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

// A file without a name, which disappears with the process that writes it, however that ends. -1 where the file system
// has none, or where such a file could not be given a name later.
int OpenNameless(const std::string& folder) {
  const int fd = open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd >= 0 && access(DescriptorPath(fd).c_str(), F_OK) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

// The umask can only be read by setting it.
mode_t SharedMode() {
  const mode_t mask = umask(S_IWGRP | S_IWOTH);
  umask(mask);
  return static_cast<mode_t>(0666 & ~mask);
}

}  // namespace

Result<Bytes> ReadFile(const std::string& path, uint64_t max_size) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return IoError("cannot open", path);
  struct stat info{};
  if (fstat(file.get(), &info) != 0) return IoError("cannot open", path);
  if (S_ISDIR(info.st_mode)) return Error{Code::kIo, "is a folder, not a file", path};

  Bytes bytes;
  if (S_ISREG(info.st_mode)) {
    if (static_cast<uint64_t>(info.st_size) > max_size) return SizeError(max_size, path);
    bytes.reserve(static_cast<size_t>(info.st_size) + kReadStep);
  }
  // Straight into the result: of a seed no copy stays elsewhere, also where a pipe's length is not known.
  while (true) {
    const size_t size = bytes.size();
    if (bytes.capacity() < size + kReadStep) {
      Bytes larger;
      larger.reserve(2 * size + kReadStep);
      larger.assign(bytes.begin(), bytes.end());
      if (size != 0) explicit_bzero(bytes.data(), size);
      bytes.swap(larger);
    }
    bytes.resize(size + kReadStep);
    const ssize_t n = read(file.get(), bytes.data() + size, kReadStep);
    const bool again = n < 0 && errno == EINTR;
    if (n < 0 && !again) return IoError("cannot read", path);
    bytes.resize(size + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n == 0) return bytes;
    if (bytes.size() > max_size) return SizeError(max_size, path);
  }
}

Result<AtomicFileWriter> AtomicFileWriter::Create(const std::string& path, FileAccess access, Existing existing) {
  AtomicFileWriter writer;
  writer.path_ = path;
  writer.existing_ = existing;
  struct stat info{};
  if (stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return Error{Code::kIo, "is a folder, not a file", path};
    if (!S_ISREG(info.st_mode)) {
      writer.descriptor_ = open(path.c_str(), O_WRONLY | O_CLOEXEC);
      if (writer.descriptor_ < 0) return IoError("cannot open for writing", path);
      return writer;
    }
    if (existing == Existing::kKeep) return ExistsError(path);
    // Replace the file that a symbolic link names, not the link.
    std::array<char, PATH_MAX> resolved;
    if (realpath(path.c_str(), resolved.data()) == nullptr) return IoError("cannot open for writing", path);
    writer.path_ = resolved.data();
  }
  writer.is_file_ = true;
  writer.descriptor_ = OpenNameless(ParentFolder(writer.path_));
  if (writer.descriptor_ < 0) {
    writer.temporary_ = TemporaryName(writer.path_);
    writer.descriptor_ = mkostemps(writer.temporary_.data(), 4, O_CLOEXEC);
  }
  if (writer.descriptor_ < 0) {
    writer.temporary_.clear();
    return IoError("cannot create a file in this folder", path);
  }
  if (access == FileAccess::kShared && fchmod(writer.descriptor_, SharedMode()) != 0) {
    return IoError("cannot set permissions", path);
  }
  return writer;
}

AtomicFileWriter::AtomicFileWriter(AtomicFileWriter&& other) noexcept { *this = std::move(other); }

AtomicFileWriter& AtomicFileWriter::operator=(AtomicFileWriter&& other) noexcept {
  if (this != &other) {
    Discard();
    descriptor_ = std::exchange(other.descriptor_, -1);
    size_ = other.size_;
    path_ = std::move(other.path_);
    existing_ = other.existing_;
    is_file_ = other.is_file_;
    temporary_ = std::exchange(other.temporary_, std::string());
  }
  return *this;
}

AtomicFileWriter::~AtomicFileWriter() { Discard(); }

void AtomicFileWriter::Discard() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
  if (!temporary_.empty()) unlink(temporary_.c_str());
  temporary_.clear();
}

Error AtomicFileWriter::Failure(const std::string& action) {
  Error error = IoError(action, path_);
  Discard();
  return error;
}

Status AtomicFileWriter::Write(ByteSpan bytes) {
  if (descriptor_ < 0) return Error{Code::kInvalidArgument, "the file is already committed or has failed", path_};
  Status status = WriteFully(descriptor_, bytes, path_);
  if (status.ok()) {
    size_ += bytes.size();
  } else {
    Discard();
  }
  return status;
}

Status AtomicFileWriter::WriteAt(uint64_t offset, ByteSpan bytes) {
  if (descriptor_ < 0 || !is_file_ || offset > size_ || bytes.size() > size_ - offset) {
    return Error{Code::kInvalidArgument, "only bytes that were written before can be overwritten", path_};
  }
  while (!bytes.empty()) {
    const ssize_t n =
        pwrite(descriptor_, bytes.data(), std::min(bytes.size(), kMaxTransfer), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failure("cannot write");
    offset += static_cast<uint64_t>(n);
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return Ok();
}

// Gives the finished file, which has the name `from` until then, its own.
Status AtomicFileWriter::Name(const std::string& from) {
  if (existing_ == Existing::kReplace) {
    if (rename(from.c_str(), path_.c_str()) != 0) return Failure("cannot rename the finished file");
    return Ok();
  }
  // A link, unlike a rename, does not replace what has the name.
  if (linkat(AT_FDCWD, from.c_str(), AT_FDCWD, path_.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    if (errno != EEXIST) return Failure("cannot name the finished file");
    Discard();
    return ExistsError(path_);
  }
  return Ok();
}

Status AtomicFileWriter::Commit() {
  if (descriptor_ < 0) return Error{Code::kInvalidArgument, "the file is already committed or has failed", path_};
  if (is_file_ && fsync(descriptor_) != 0) return Failure("cannot flush to the disk");
  const bool nameless = is_file_ && temporary_.empty();
  if (nameless && existing_ == Existing::kKeep) RETURN_IF_ERROR(Name(DescriptorPath(descriptor_)));
  if (nameless && existing_ == Existing::kReplace) {
    // A name to rename from: a link cannot replace a file.
    std::string name = TemporaryName(path_);
    const int reserved = mkostemps(name.data(), 4, O_CLOEXEC);
    if (reserved < 0) return Failure("cannot create a file in this folder");
    close(reserved);
    unlink(name.c_str());
    if (linkat(AT_FDCWD, DescriptorPath(descriptor_).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      return Failure("cannot name the finished file");
    }
    temporary_ = std::move(name);
  }
  const int result = close(descriptor_);
  descriptor_ = -1;
  if (result != 0) return Failure("cannot close");
  if (!is_file_) return Ok();
  if (!temporary_.empty()) {
    RETURN_IF_ERROR(Name(temporary_));
    if (existing_ == Existing::kKeep) unlink(temporary_.c_str());
    temporary_.clear();
  }
  // The name itself must survive a power cut. A file system that cannot flush a folder has nothing to flush.
  const Descriptor folder(open(ParentFolder(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) fsync(folder.get());
  return Ok();
}

Status WriteFileAtomically(const std::string& path, ByteSpan bytes, FileAccess access, Existing existing) {
  ASSIGN_OR_RETURN(AtomicFileWriter writer, AtomicFileWriter::Create(path, access, existing));
  RETURN_IF_ERROR(writer.Write(bytes));
  return writer.Commit();
}

Result<FolderLock> FolderLock::Acquire(const std::string& folder) {
  FolderLock lock;
  lock.descriptor_ = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock.descriptor_ < 0) return IoError("cannot open the folder", folder);
  while (flock(lock.descriptor_, LOCK_EX) != 0) {
    if (errno != EINTR) return IoError("cannot lock the folder", folder);
  }
  return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<MappedFile> MappedFile::Open(const std::string& path, uint64_t max_size) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return IoError("cannot open", path);
  struct stat info{};
  if (fstat(file.get(), &info) != 0) return IoError("cannot open", path);
  if (!S_ISREG(info.st_mode)) return Error{Code::kIo, "is not a regular file", path};
  if (static_cast<uint64_t>(info.st_size) > max_size) return SizeError(max_size, path);
  MappedFile mapped;
  if (info.st_size == 0) return mapped;  // an empty mapping is an error to mmap
  const size_t size = static_cast<size_t>(info.st_size);
  void* address = mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (address == MAP_FAILED) return IoError("cannot map", path);
  mapped.bytes_ = ByteSpan(static_cast<const uint8_t*>(address), size);
  return mapped;
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, ByteSpan())) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
}

}  // namespace provenn
