#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "layerwatt/versioning/workspace.h"

#include "versioning/dvc/ignore_patterns.h"
#include "versioning/workspace/project_paths.h"

namespace layerwatt::versioning {
namespace {

/// All .dvc files below a folder. Folders that one of them tracks are not entered: they hold data.
class Finder {
 public:
  Finder(const Project& project, const IgnoreRules& rules) : project_(project), rules_(rules) {}

  Result<void> search(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> folders;
    std::error_code error;
    std::filesystem::directory_iterator entry(folder, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
      const bool is_link = entry->is_symlink(error);
      const bool is_folder = !is_link && entry->is_directory(error);
      if (rules_.ignores(entry->path(), is_folder)) continue;
      if (is_folder) folders.push_back(entry->path());
      if (!is_folder && entry->path().extension() == ".dvc" && entry->is_regular_file(error)) {
        if (auto taken = take(entry->path()); !taken) return taken;
      }
    }
    if (error) return error_from_errno(error.value(), "read the folder").at(folder);
    for (const auto& inner : folders) {
      if (tracked_.contains(inner)) continue;
      if (auto searched = search(inner); !searched) return searched;
    }
    return {};
  }

  Result<void> take(const std::filesystem::path& path) {
    auto file = read_tracking_file(path);
    if (!file) return std::move(file).error();
    for (const TrackedOutput& output : file->outputs) {
      if (auto inside = check_inside(project_, file->output_path(output)); !inside) {
        return std::move(inside).error().at(path);
      }
      tracked_.insert(file->output_path(output));
    }
    found_.push_back(*std::move(file));
    return {};
  }

  std::vector<TrackingFile> found_;

 private:
  const Project& project_;
  const IgnoreRules& rules_;
  std::set<std::filesystem::path> tracked_;
};

/// A .dvc file, a tracked path, or a folder with some in it.
Result<void> take_target(const Project& project, const std::filesystem::path& target,
                         Finder& finder) {
  const auto path = absolute_path(target);
  if (auto inside = check_inside(project, path); !inside && path != project.root()) return inside;
  std::error_code error;
  if (path.extension() == ".dvc" && std::filesystem::is_regular_file(path, error)) {
    return finder.take(path);
  }
  const auto beside = tracking_file_of(path);
  if (std::filesystem::is_regular_file(beside, error)) return finder.take(beside);
  const std::size_t before = finder.found_.size();
  if (std::filesystem::is_directory(path, error)) {
    if (auto searched = finder.search(path); !searched) return searched;
  }
  if (finder.found_.size() > before) return {};
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("'{}' is not tracked: there is no '{}'; 'layerwatt data add' tracks it",
                           target.string(), beside.filename().string()));
}

}  // namespace

Result<std::vector<TrackingFile>> find_tracking_files(
    const Project& project, const std::vector<std::filesystem::path>& targets) {
  const auto rules = IgnoreRules::read(project.root(), project.root());
  if (!rules) return rules.error();
  Finder finder(project, *rules);
  for (const auto& target : targets) {
    if (auto taken = take_target(project, target, finder); !taken) return std::move(taken).error();
  }
  if (targets.empty()) {
    if (auto searched = finder.search(project.root()); !searched) {
      return std::move(searched).error();
    }
  }
  auto& found = finder.found_;
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  found.erase(std::unique(found.begin(), found.end(),
                          [](const auto& a, const auto& b) { return a.path == b.path; }),
              found.end());
  return std::move(found);
}

}  // namespace layerwatt::versioning
