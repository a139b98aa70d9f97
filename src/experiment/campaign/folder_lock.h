#pragma once

#include <filesystem>
#include <utility>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// One campaign at a time in a folder; released with the process, however it ends.
class FolderLock {
 public:
  /// Makes the folder. kTryAgain where another process has it.
  static Result<FolderLock> take(const std::filesystem::path& folder);
  FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace layerwatt
