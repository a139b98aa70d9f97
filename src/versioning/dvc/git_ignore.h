#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/project.h"

namespace layerwatt::versioning {

/// The line that ignores a file or folder of this name beside the .gitignore: "/name", with
/// backslashes before what gitignore would interpret.
std::string git_ignore_line(std::string_view name);

/// Adds `output`'s line to the .gitignore in its folder, unless git ignores it already, as DVC
/// does; nothing outside a git repository.
Result<void> ignore_in_git(const Project& project, const std::filesystem::path& output);

}  // namespace layerwatt::versioning
