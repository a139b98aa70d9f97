#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace layerwatt::launcher {

/// The names of the symbol versions that a shared library of this processor defines ("GLIBC_2.36"),
/// from the bytes of its file. Absent where they are no such library, are cut off, or define none.
std::optional<std::set<std::string>> defined_versions(std::string_view file);

/// As above, of the file at `path`.
std::optional<std::set<std::string>> defined_versions_of(const std::string& path);

}  // namespace layerwatt::launcher
