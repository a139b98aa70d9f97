#pragma once

#include <filesystem>
#include <memory>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// A folder of our own for what a library can only write to a file (profiles, graphs), removed with
/// all that is in it.
class ScratchFolder {
 public:
  /// Under TMPDIR, or /tmp.
  static Result<std::unique_ptr<ScratchFolder>> make();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace layerwatt
