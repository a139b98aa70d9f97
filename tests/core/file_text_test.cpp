#include "layerwatt/core/file_text.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(WriteFileAtomically, WritesBytesAsTheyAre) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.bin";
  const std::string bytes("a\0b\r\n\xff", 6);
  ASSERT_TRUE(write_file_atomically(path, bytes));
  EXPECT_EQ(*read_file(path), bytes);
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(WriteFileAtomically, ReplacesWhatWasThere) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.txt";
  ASSERT_TRUE(write_file_atomically(path, "a long first version"));
  ASSERT_TRUE(write_file_atomically(path, "short"));
  EXPECT_EQ(*read_file(path), "short");
}

TEST(WriteFileAtomically, WritesAnEmptyFile) {
  const TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomically(folder.path() / "empty", ""));
  EXPECT_EQ(*read_file(folder.path() / "empty"), "");
}

TEST(WriteFileAtomically, AReaderKeepsTheOldFileThatItHasOpen) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.txt";
  ASSERT_TRUE(write_file_atomically(path, "old"));
  std::ifstream reader(path);
  ASSERT_TRUE(write_file_atomically(path, "new"));
  std::string text;
  reader >> text;
  EXPECT_EQ(text, "old");
}

TEST(WriteFileAtomically, SaysThatTheFolderIsMissing) {
  const TemporaryFolder folder;
  const auto result = write_file_atomically(folder.path() / "none" / "a.txt", "x");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(result.error().to_string().find("none/a.txt"), std::string::npos);
}

TEST(WriteFileAtomically, LeavesNoDraftWhenItCannotMoveItIntoPlace) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "taken" / "inside");
  EXPECT_FALSE(write_file_atomically(folder.path() / "taken", "x"));
  EXPECT_EQ(entries(folder.path()), 1U);
}

/// Root may write anywhere; for as long as this lives the process is somebody else.
class WithoutRoot {
 public:
  WithoutRoot() : was_root_(::geteuid() == 0 && ::seteuid(65534) == 0) {}
  ~WithoutRoot() {
    if (was_root_ && ::seteuid(0) != 0) std::abort();
  }
  WithoutRoot(const WithoutRoot&) = delete;
  WithoutRoot& operator=(const WithoutRoot&) = delete;

 private:
  bool was_root_;
};

TEST(WriteFileAtomically, LeavesAReadOnlyFolderAlone) {
  const TemporaryFolder folder;
  const fs::path locked = folder.path() / "locked";
  fs::create_directory(locked);
  ASSERT_TRUE(write_file_atomically(locked / "a.txt", "old"));
  fs::permissions(locked, fs::perms(0555));
  const auto result = [&] {
    const WithoutRoot nobody;
    return write_file_atomically(locked / "a.txt", "new");
  }();
  fs::permissions(locked, fs::perms::owner_all);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(*read_file(locked / "a.txt"), "old");
}

// A file system of one page is the only full disk that a test can make; it takes root.
TEST(WriteFileAtomically, AFullDiskLeavesTheOldFile) {
  const TemporaryFolder folder;
  const fs::path disk = folder.path() / "disk";
  fs::create_directory(disk);
  if (::mount("none", disk.c_str(), "tmpfs", 0, "size=16k") != 0) {
    GTEST_SKIP() << "may not mount a small file system";
  }
  ASSERT_TRUE(write_file_atomically(disk / "a.txt", "old"));
  const auto result = write_file_atomically(disk / "a.txt", std::string(100'000, 'x'));
  const auto kept = read_file(disk / "a.txt");
  const std::size_t left = entries(disk);
  ::umount(disk.c_str());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kIo);
  EXPECT_NE(result.error().message().find("free some space"), std::string::npos);
  EXPECT_EQ(*kept, "old");
  EXPECT_EQ(left, 1U);
}

TEST(ReadFile, SaysThatThereIsNone) {
  const auto result = read_file("/nonexistent/file");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
}

TEST(ReadFile, RefusesAFolder) { EXPECT_FALSE(read_file("/")); }

TEST(ReadFile, RefusesMoreThanTheLimitWithoutReadingItAll) {
  const auto endless = read_file("/dev/zero", 1 << 20);
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().code(), ErrorCode::kUnsupported);
}

TEST(ReadFile, ReadsFilesThatTellNoSize) {
  const auto result = read_file("/proc/self/status");
  ASSERT_TRUE(result);
  EXPECT_NE(result->find("Pid:"), std::string::npos);
}

}  // namespace
}  // namespace layerwatt
