#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "layerwatt/core/result.h"

namespace layerwatt::versioning {

/// Whether `text` is well-formed UTF-8, which DVC's lists of files need.
bool is_utf8(std::string_view text);

/// Refuses what must not be written below a folder: absolute paths, "..", ".", empty components,
/// NUL, and .git, .hg and .dvc at any depth, which DVC never tracks and which could plant a hook.
/// The error names the path (kParse).
Result<void> check_relative_path(std::string_view path);

/// Refuses `root`/`path` where a folder on the way is a symbolic link (kPermissionDenied): writing
/// there would leave `root`. Folders that are not there yet pass.
Result<void> check_no_link_on_the_way(const std::filesystem::path& root, std::string_view path);

}  // namespace layerwatt::versioning
