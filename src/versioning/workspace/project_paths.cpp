#include "versioning/workspace/project_paths.h"

#include <fmt/format.h>

#include "versioning/dvc/relative_path.h"

namespace layerwatt::versioning {

std::filesystem::path absolute_path(const std::filesystem::path& path) {
  std::error_code error;
  auto normal = std::filesystem::absolute(path, error).lexically_normal();
  if (!normal.has_filename()) normal = normal.parent_path();
  const auto folder = std::filesystem::weakly_canonical(normal.parent_path(), error);
  return error ? normal : folder / normal.filename();
}

Result<void> check_inside(const Project& project, const std::filesystem::path& path) {
  const std::string below = below_root(project, path);
  if (below.empty() || below == "." || below.starts_with("../") || below == "..") {
    return Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is not inside the project '{}'",
                                                          path.string(), project.root().string()));
  }
  if (auto safe = check_relative_path(below); !safe) return safe;
  return check_no_link_on_the_way(project.root(), below);
}

std::filesystem::path tracking_file_of(const std::filesystem::path& path) {
  auto file = path;
  file += ".dvc";
  return file;
}

std::string below_root(const Project& project, const std::filesystem::path& path) {
  return path.lexically_relative(project.root()).generic_string();
}

}  // namespace layerwatt::versioning
