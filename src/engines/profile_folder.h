#pragma once

#include <filesystem>
#include <memory>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// A folder of our own for the profile that a library writes to a file, removed with all in it.
class ProfileFolder {
 public:
  /// Under TMPDIR, or /tmp.
  static Result<std::unique_ptr<ProfileFolder>> make();
  ~ProfileFolder();
  ProfileFolder(const ProfileFolder&) = delete;
  ProfileFolder& operator=(const ProfileFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit ProfileFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace layerwatt
