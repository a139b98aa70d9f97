#include "versioning/workspace/revision.h"

#include <fmt/format.h>

#include "versioning/dvc/git_program.h"
#include "versioning/workspace/project_paths.h"

namespace layerwatt::versioning {

Result<std::vector<TrackingFile>> tracking_files_of_revision(const Project& project,
                                                             const std::string& revision) {
  if (revision.starts_with('-')) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is no git revision", revision));
  }
  // Paths below the project's root, which may lie below git's own.
  const auto listed =
      git(project.root(), {"ls-tree", "-r", "-z", "--name-only", revision, "--", "."});
  if (!listed) return listed.error();
  std::vector<TrackingFile> files;
  std::string_view rest = *listed;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    const std::string path(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!path.ends_with(".dvc") || path.starts_with(".dvc/")) continue;
    const auto text = git(project.root(), {"show", fmt::format("{}:./{}", revision, path)});
    if (!text) return text.error();
    auto file = parse_tracking_file(*text);
    if (!file) {
      return Error(file.error().code(),
                   fmt::format("{}:{}: {}", revision, path, file.error().message()));
    }
    file->path = project.root() / path;
    for (const TrackedOutput& output : file->outputs) {
      if (auto inside = check_inside(project, file->output_path(output)); !inside) {
        return std::move(inside).error();
      }
    }
    files.push_back(*std::move(file));
  }
  return files;
}

}  // namespace layerwatt::versioning
