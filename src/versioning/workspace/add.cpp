#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/shell_word.h"
#include "layerwatt/versioning/workspace.h"

#include "versioning/dvc/cache.h"
#include "versioning/dvc/folder_scan.h"
#include "versioning/dvc/git_ignore.h"
#include "versioning/dvc/git_program.h"
#include "versioning/dvc/hash_memory.h"
#include "versioning/dvc/project_lock.h"
#include "versioning/dvc/relative_path.h"
#include "versioning/workspace/parallel.h"
#include "versioning/workspace/project_paths.h"

namespace layerwatt::versioning {
namespace {

Error usage(const std::filesystem::path& path, std::string message) {
  return Error(ErrorCode::kInvalidArgument, std::move(message)).at(path);
}

/// Two .dvc files must not say different things of the same bytes.
Result<void> check_no_overlap(const Project& project, const std::filesystem::path& path) {
  const auto files = find_tracking_files(project, {});
  if (!files) return files.error();
  for (const TrackingFile& file : *files) {
    for (const TrackedOutput& output : file.outputs) {
      const auto other = file.output_path(output);
      const bool is_inside = path.native().starts_with(other.native() + '/');
      const bool is_around = other.native().starts_with(path.native() + '/');
      const bool is_same_elsewhere = other == path && file.path != tracking_file_of(path);
      if (!is_inside && !is_around && !is_same_elsewhere) continue;
      return usage(path, fmt::format("'{}' is tracked by '{}' already; {}",
                                     below_root(project, other), below_root(project, file.path),
                                     is_around ? "remove that file first, or add other folders"
                                               : "add that as a whole again"));
    }
  }
  return {};
}

Result<void> check_target(const Project& project, const std::filesystem::path& path) {
  if (auto inside = check_inside(project, path); !inside) return inside;
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return error_from_errno(errno, "find").at(path);
  if (S_ISLNK(status.st_mode)) {
    return usage(path, "this is a symbolic link; add what it leads to, inside the project");
  }
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    return usage(path, "neither file nor folder (a pipe, socket or device)");
  }
  if (path.extension() == ".dvc") return usage(path, "a .dvc file tracks data; it is none itself");
  if (!is_utf8(path.filename().string())) return usage(path, "the name is no UTF-8; rename it");
  if (project.is_git_repository() && is_in_git(project.root(), path)) {
    return usage(path, fmt::format("git keeps it already; take it out of git first: 'git rm -r "
                                   "--cached {}', then commit",
                                   shell_word(below_root(project, path))));
  }
  return check_no_overlap(project, path);
}

/// The content of one file in the cache, read only where it is not known to be there.
Result<Cache::Stored> keep(const Cache& cache, const std::filesystem::path& file,
                           const struct stat& status, HashMemory& memory) {
  if (const auto known = memory.find(status)) {
    const ObjectId id = *ObjectId::parse(*known);
    const auto is_there = cache.has(ObjectKey{id});
    if (is_there && *is_there) return Cache::Stored{id, static_cast<std::uint64_t>(status.st_size)};
  }
  auto stored = cache.store_file(file);
  if (stored) memory.remember(status, stored->id.text());
  return stored;
}

Result<void> keep_folder(const Project& project, const std::filesystem::path& path, Meter& meter,
                         AddedData& added) {
  auto scan = scan_folder(project, path);
  if (!scan) return std::move(scan).error();
  added.left_out = std::move(scan->left_out);
  std::int64_t total = 0;
  for (const ScannedFile& file : scan->files) total += file.status.st_size;
  meter.begin("Adding", total);
  HashMemory memory(project);
  const Cache cache(project, &memory);
  std::vector<std::optional<Cache::Stored>> stored(scan->files.size());
  const auto keep_one = [&](std::size_t i) -> Result<void> {
    const ScannedFile& file = scan->files[i];
    auto kept = keep(cache, path / file.path, file.status, memory);
    if (!kept) return std::move(kept).error();
    stored[i] = *std::move(kept);
    meter.advance(file.status.st_size);
    return {};
  };
  auto kept = for_each_in_parallel(stored.size(), processor_count(), meter, keep_one);
  if (!kept) return kept;
  Manifest manifest;
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    manifest.entries.push_back({scan->files[i].path, stored[i]->id});
    size += stored[i]->size;
  }
  added.output.id = manifest.id();
  added.output.size = size;
  added.output.file_count = static_cast<std::int64_t>(stored.size());
  return cache.store_manifest(manifest);
}

Result<void> keep_file(const Project& project, const std::filesystem::path& path,
                       const struct stat& status, Meter& meter, AddedData& added) {
  meter.begin("Adding", status.st_size);
  HashMemory memory(project);
  const auto stored = keep(Cache(project, &memory), path, status, memory);
  if (!stored) return stored.error();
  meter.advance(status.st_size);
  added.output.id = stored->id;
  added.output.size = stored->size;
  added.output.is_executable = (status.st_mode & S_IXUSR) != 0;
  return {};
}

Result<void> record(AddedData& added) {
  std::error_code error;
  std::string text = format_tracking_file(added.output);
  if (std::filesystem::exists(added.tracking_file, error)) {
    auto before = read_tracking_file(added.tracking_file);
    if (!before) return std::move(before).error();
    const TrackedOutput& old = before->outputs.front();
    const bool is_same = before->outputs.size() == 1 && old.id == added.output.id &&
                         old.hash == added.output.hash && old.path == added.output.path &&
                         old.is_executable == added.output.is_executable;
    if (is_same) return {};
    if (before->has_annotations || before->outputs.size() > 1) {
      auto changed = changed_tracking_file(*before, added.output);
      if (!changed) return std::move(changed).error();
      text = *std::move(changed);
    }
  }
  added.has_changed = true;
  return write_file_atomically(added.tracking_file, text);
}

}  // namespace

Result<AddedData> add(const Project& project, const std::filesystem::path& target,
                      const Watch& watch) {
  const auto path = absolute_path(target);
  const auto lock = ProjectLock::take(project);
  if (!lock) return lock.error();
  if (auto checked = check_target(project, path); !checked) return std::move(checked).error();
  AddedData added;
  added.tracking_file = tracking_file_of(path);
  added.output.path = path.filename().string();
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return error_from_errno(errno, "read").at(path);
  Meter meter(watch);
  auto kept = S_ISDIR(status.st_mode) ? keep_folder(project, path, meter, added)
                                      : keep_file(project, path, status, meter, added);
  if (!kept) return std::move(kept).error();
  if (auto recorded = record(added); !recorded) return std::move(recorded).error();
  if (auto ignored = ignore_in_git(project, path); !ignored) return std::move(ignored).error();
  return added;
}

}  // namespace layerwatt::versioning
