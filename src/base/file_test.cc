#include "base/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

namespace provenn {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              (std::string("provenn_file_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  size_t FilesInFolder() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(FileTest, WritesAndReadsBack) {
  Bytes content(200'000);
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<uint8_t>(i * 7);
  ASSERT_TRUE(WriteFileAtomically(Path("a"), content).ok());
  const auto read = ReadFile(Path("a"), content.size());
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  EXPECT_EQ(*read, content);
  const auto mapped = MappedFile::Open(Path("a"));
  ASSERT_TRUE(mapped.ok());
  EXPECT_TRUE(std::ranges::equal(mapped->bytes(), content));
  EXPECT_EQ(FilesInFolder(), 1u);
}

TEST_F(FileTest, RefusesAFileOverTheLimit) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), Bytes(101)).ok());
  EXPECT_EQ(ReadFile(Path("a"), 100).error().code, Code::kTooLarge);
  EXPECT_EQ(MappedFile::Open(Path("a"), 100).error().code, Code::kTooLarge);
  EXPECT_TRUE(ReadFile(Path("a"), 101).ok());
  // A device that never ends has no size to check beforehand.
  EXPECT_EQ(ReadFile("/dev/zero", 1000).error().code, Code::kTooLarge);
}

TEST_F(FileTest, NamesAMissingFile) {
  const auto read = ReadFile(Path("missing"), 100);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Code::kIo);
  EXPECT_EQ(read.error().where, Path("missing"));
  EXPECT_EQ(MappedFile::Open(Path("missing")).error().code, Code::kIo);
  EXPECT_EQ(ReadFile(folder_.string(), 100).error().code, Code::kIo);
}

TEST_F(FileTest, LeavesNothingWithoutCommit) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), AsBytes("old")).ok());
  {
    auto writer = AtomicFileWriter::Create(Path("a"));
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE(writer->Write(AsBytes("new")).ok());
  }
  EXPECT_EQ(FilesInFolder(), 1u);
  EXPECT_EQ(*ReadFile(Path("a"), 10), Bytes({'o', 'l', 'd'}));
}

TEST_F(FileTest, LeavesNothingWhenItIsKilled) {
  // Where the file system has no files without names, the temporary file stays.
  const int nameless = open(folder_.c_str(), O_TMPFILE | O_WRONLY, 0600);
  const size_t left = nameless < 0 ? 1 : 0;
  if (nameless >= 0) close(nameless);
  const pid_t child = fork();
  if (child == 0) {
    auto writer = AtomicFileWriter::Create(Path("a"));
    if (writer.ok() && writer->Write(AsBytes("new")).ok()) kill(getpid(), SIGKILL);
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(FilesInFolder(), left);
}

TEST_F(FileTest, ReplacesOnCommitOnly) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), AsBytes("old")).ok());
  auto writer = AtomicFileWriter::Create(Path("a"));
  ASSERT_TRUE(writer.ok());
  AtomicFileWriter moved = std::move(*writer);
  ASSERT_TRUE(moved.Write(AsBytes("?ew")).ok());
  ASSERT_TRUE(moved.WriteAt(0, AsBytes("n")).ok());
  EXPECT_FALSE(moved.WriteAt(3, AsBytes("x")).ok());
  EXPECT_EQ(*ReadFile(Path("a"), 10), Bytes({'o', 'l', 'd'}));
  ASSERT_TRUE(moved.Commit().ok());
  EXPECT_EQ(*ReadFile(Path("a"), 10), Bytes({'n', 'e', 'w'}));
  EXPECT_FALSE(moved.Commit().ok());
  EXPECT_FALSE(moved.Write(AsBytes("x")).ok());
}

TEST_F(FileTest, KeepsAFileThatIsThere) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), AsBytes("old"), FileAccess::kShared, Existing::kKeep).ok());
  const Status second = WriteFileAtomically(Path("a"), AsBytes("new"), FileAccess::kShared, Existing::kKeep);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message, testing::HasSubstr("exists already"));
  EXPECT_EQ(*ReadFile(Path("a"), 10), Bytes({'o', 'l', 'd'}));
  // A link to nowhere is a name that is taken, too.
  fs::create_symlink(Path("nowhere"), Path("dangling"));
  EXPECT_FALSE(WriteFileAtomically(Path("dangling"), AsBytes("x"), FileAccess::kShared, Existing::kKeep).ok());
  EXPECT_FALSE(fs::exists(Path("nowhere")));
  EXPECT_EQ(FilesInFolder(), 2u);
}

TEST_F(FileTest, OfTwoWritersOneIsTold) {
  auto first = AtomicFileWriter::Create(Path("a"), FileAccess::kShared, Existing::kKeep);
  auto second = AtomicFileWriter::Create(Path("a"), FileAccess::kShared, Existing::kKeep);
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_TRUE(first->Write(AsBytes("one")).ok() && second->Write(AsBytes("two")).ok());
  EXPECT_TRUE(second->Commit().ok());
  EXPECT_FALSE(first->Commit().ok());
  EXPECT_EQ(*ReadFile(Path("a"), 10), Bytes({'t', 'w', 'o'}));
  EXPECT_EQ(FilesInFolder(), 1u);
}

TEST_F(FileTest, AFolderIsLockedByOneAtATime) {
  std::atomic<bool> inside{false};
  std::atomic<int> met{0};
  const auto write = [&] {
    for (int i = 0; i < 50; ++i) {
      const auto lock = FolderLock::Acquire(folder_.string());
      if (!lock.ok() || inside.exchange(true)) ++met;
      std::this_thread::yield();
      inside = false;
    }
  };
  std::thread other(write);
  write();
  other.join();
  EXPECT_EQ(met, 0);
  EXPECT_FALSE(FolderLock::Acquire(Path("none")).ok());
}

TEST_F(FileTest, ReportsAFullDisk) {
  const Status status = WriteFileAtomically("/dev/full", AsBytes("x"));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kIo);
  EXPECT_THAT(status.error().message, testing::HasSubstr("No space left"));
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(FileTest, RefusesAFolderAndAMissingFolder) {
  EXPECT_EQ(WriteFileAtomically(folder_.string(), AsBytes("x")).error().code, Code::kIo);
  EXPECT_EQ(WriteFileAtomically(Path("no/such/folder"), AsBytes("x")).error().code, Code::kIo);
}

TEST_F(FileTest, FollowsASymbolicLink) {
  ASSERT_TRUE(WriteFileAtomically(Path("target"), AsBytes("old")).ok());
  fs::create_symlink(Path("target"), Path("link"));
  ASSERT_TRUE(WriteFileAtomically(Path("link"), AsBytes("new")).ok());
  EXPECT_TRUE(fs::is_symlink(Path("link")));
  EXPECT_EQ(*ReadFile(Path("target"), 10), Bytes({'n', 'e', 'w'}));
}

TEST_F(FileTest, PrivateFilesAreForTheirOwnerAlone) {
  ASSERT_TRUE(WriteFileAtomically(Path("key"), AsBytes("x"), FileAccess::kPrivate).ok());
  struct stat info{};
  ASSERT_EQ(stat(Path("key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(FileTest, MapsAnEmptyFile) {
  ASSERT_TRUE(WriteFileAtomically(Path("empty"), {}).ok());
  auto mapped = MappedFile::Open(Path("empty"));
  ASSERT_TRUE(mapped.ok());
  EXPECT_TRUE(mapped->bytes().empty());
}

}  // namespace
}  // namespace provenn
