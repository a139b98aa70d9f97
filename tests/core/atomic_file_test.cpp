#include "layerwatt/core/atomic_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "layerwatt/core/file_text.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(AtomicFile, LeavesTheOldFileUntilItIsCommitted) {
  const TemporaryFolder folder;
  const auto path = folder.write("f", "old");
  {
    auto file = AtomicFile::create(path);
    ASSERT_TRUE(file);
    file->write("new");
    EXPECT_EQ(slurp(path), "old");
  }
  EXPECT_EQ(slurp(path), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  auto file = AtomicFile::create(path);
  file->write("new");
  file->stream() << '!' << std::string(1000000, 'x');
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(slurp(path), "new!" + std::string(1000000, 'x'));
}

TEST(AtomicFile, WhatIsNoPlainFileIsWrittenThroughAndStays) {
  const TemporaryFolder folder;
  const auto pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  // Both ends, so that neither waits for the other.
  const int reader = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  auto file = AtomicFile::create(pipe);
  ASSERT_TRUE(file) << file.error().to_string();
  file->write("through");
  ASSERT_TRUE(file->commit());
  char bytes[16] = {};
  EXPECT_EQ(::read(reader, bytes, sizeof(bytes)), 7);
  EXPECT_STREQ(bytes, "through");
  ::close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));

  auto full = AtomicFile::create("/dev/full");
  ASSERT_TRUE(full) << full.error().to_string();
  full->write("more than there is room for");
  const auto committed = full->commit();
  ASSERT_FALSE(committed);
  EXPECT_THAT(committed.error().to_string(),
              AllOf(HasSubstr("/dev/full"), HasSubstr("No space left")));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
}

TEST(AtomicFile, ALinkStaysALinkToTheNewFile) {
  const TemporaryFolder folder;
  const auto path = folder.write("f", "old");
  std::filesystem::create_symlink(path, folder / "link");
  ASSERT_TRUE(write_file_atomically(folder / "link", "new"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(slurp(path), "new");
}

TEST(AtomicFile, AFolderThatCannotBeWrittenIsNamed) {
  const auto file = AtomicFile::create("/proc/layerwatt.csv");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().to_string(), HasSubstr("/proc/layerwatt.csv"));
}

TEST(AtomicFile, AFullDiskLeavesTheOldFile) {
  const TemporaryFolder folder;
  const auto path = folder.write("f", "old");
  // A limit on the size of files fails writes as a full disk does; in a child, to keep ours.
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto file = AtomicFile::create(path);
    if (!file) ::_exit(1);
    file->write(std::string(1000000, 'x'));
    ::_exit(file->commit() ? 2 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(slurp(path), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

}  // namespace
}  // namespace layerwatt
