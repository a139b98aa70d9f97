#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt::versioning {

/// What `git` on PATH prints when it runs in `folder`; its own words are the error where it fails
/// or is not there (kNotFound).
Result<std::string> git(const std::filesystem::path& folder,
                        const std::vector<std::string>& arguments);

/// Whether git keeps the file or anything below the folder itself; DVC must not track it as well.
/// False without git.
bool is_in_git(const std::filesystem::path& root, const std::filesystem::path& path);

}  // namespace layerwatt::versioning
