#pragma once

#include <filesystem>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/project.h"

namespace layerwatt::versioning {

/// Absolute, without "." and "..", its folder's links resolved, without a slash at its end; a link
/// that stands last stays.
std::filesystem::path absolute_path(const std::filesystem::path& path);

/// Refuses what is not strictly below the project's root, what is in .dvc or .git, and what is
/// reached through a symbolic link. `path` is absolute and normal.
Result<void> check_inside(const Project& project, const std::filesystem::path& path);

/// `<name>.dvc` beside it.
std::filesystem::path tracking_file_of(const std::filesystem::path& path);

/// Relative to the root, with '/'.
std::string below_root(const Project& project, const std::filesystem::path& path);

}  // namespace layerwatt::versioning
