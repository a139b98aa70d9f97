#include "versioning/dvc/hash_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "dataset/temporary_folder.h"

namespace layerwatt::versioning {
namespace {

using ::testing::Optional;
using namespace std::chrono_literals;

constexpr const char* kHex = "900150983cd24fb0d6963f7d28e17f72";

class HashMemoryTest : public ::testing::Test {
 protected:
  HashMemoryTest() : project_(*Project::initialise(scratch_.path())) {}

  /// A file that was changed so long ago; in the future where `ago` is negative.
  static struct stat changed(std::chrono::nanoseconds ago, ino_t inode = 7) {
    const auto at = std::chrono::system_clock::now().time_since_epoch() - ago;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
    struct stat file {};
    file.st_ino = inode;
    file.st_size = 3;
    file.st_ctim = {static_cast<time_t>(seconds.count()),
                    static_cast<long>(std::chrono::nanoseconds(at - seconds).count())};
    file.st_mtim = file.st_ctim;
    return file;
  }

  TemporaryFolder scratch_;
  Project project_;
};

TEST_F(HashMemoryTest, KeepsOverCommandsWhatIsOldEnough) {
  const struct stat old = changed(1min, 1);
  const struct stat young = changed(-1min, 2);
  {
    HashMemory memory(project_);
    memory.remember(old, kHex);
    memory.remember(young, kHex);
    EXPECT_EQ(memory.find(young), std::nullopt);
  }
  const HashMemory memory(project_);
  EXPECT_THAT(memory.find(old), Optional(std::string(kHex)));
  EXPECT_EQ(memory.find(young), std::nullopt);
}

TEST_F(HashMemoryTest, SealedFilesAreKnownAtOnceAndKeptWhenTheClockHasMovedOn) {
  const struct stat old = changed(1s, 1);
  const struct stat young = changed(-1min, 2);
  {
    HashMemory memory(project_);
    memory.remember_sealed(old, kHex);
    memory.remember_sealed(young, kHex);
    EXPECT_THAT(memory.find(old), Optional(std::string(kHex)));
    EXPECT_THAT(memory.find(young), Optional(std::string(kHex)));
  }
  const HashMemory memory(project_);
  EXPECT_THAT(memory.find(old), Optional(std::string(kHex)));
  EXPECT_EQ(memory.find(young), std::nullopt);
}

TEST_F(HashMemoryTest, WhatWasTouchedIsNotKnown) {
  const struct stat file = changed(1min);
  HashMemory memory(project_);
  memory.remember(file, kHex);
  struct stat longer = file;
  ++longer.st_size;
  EXPECT_EQ(memory.find(longer), std::nullopt);
  struct stat modified = file;
  modified.st_mtim.tv_sec += 1;
  EXPECT_EQ(memory.find(modified), std::nullopt);
  // Times can be set back, that of the change of status cannot.
  struct stat set_back = file;
  set_back.st_ctim.tv_sec += 1;
  EXPECT_EQ(memory.find(set_back), std::nullopt);
}

}  // namespace
}  // namespace layerwatt::versioning
