#include "versioning/workspace/checkout.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "versioning/dvc/cache.h"
#include "versioning/dvc/file_copy.h"
#include "versioning/dvc/hash_memory.h"
#include "versioning/dvc/project_lock.h"
#include "versioning/dvc/relative_path.h"
#include "versioning/workspace/manifest_diff.h"
#include "versioning/workspace/output_files.h"
#include "versioning/workspace/parallel.h"
#include "versioning/workspace/project_paths.h"
#include "versioning/workspace/revision.h"

namespace layerwatt::versioning {
namespace {

/// What is to be done for one output.
struct Plan {
  std::filesystem::path path;
  const TrackedOutput* output = nullptr;
  Manifest recorded;
  PresentOutput present;
  /// Indices of `recorded` to write.
  std::vector<std::size_t> to_write;
  /// Below `path`.
  std::vector<std::string> to_delete;
  bool changes_kind = false;
  bool changes_mode = false;
};

const ManifestEntry* find_entry(const Manifest& manifest, const std::string& path) {
  const auto found = std::lower_bound(
      manifest.entries.begin(), manifest.entries.end(), path,
      [](const ManifestEntry& entry, const std::string& wanted) { return entry.path < wanted; });
  return found != manifest.entries.end() && found->path == path ? &*found : nullptr;
}

std::filesystem::path place_of(const Plan& plan, const std::string& below) {
  return below.empty() ? plan.path : plan.path / below;
}

/// A file of the working folder that would go, and that is nowhere else.
Result<void> check_nothing_is_lost(const Cache& cache, const Plan& plan, const std::string& below) {
  const ManifestEntry* entry = find_entry(plan.present.files, below);
  if (entry == nullptr) return {};
  const auto kept = cache.has({entry->id, plan.output->hash});
  if (!kept) return kept.error();
  if (*kept) return {};
  return Error(
             ErrorCode::kInvalidArgument,
             "this file would be lost: its content is not in the cache. 'layerwatt data add' keeps "
             "it, --force loses it")
      .at(place_of(plan, below));
}

Result<void> find_work(const Cache& cache, bool force, Plan& plan) {
  const bool is_folder = plan.output->id->is_folder();
  const auto kind = plan.present.kind;
  plan.changes_kind =
      kind != PresentOutput::Kind::kNothing && is_folder != (kind == PresentOutput::Kind::kFolder);
  const Manifest& from = plan.changes_kind ? Manifest{} : plan.present.files;
  for (const FileChange& change : changes_between(from, plan.recorded)) {
    if (change.kind == FileChange::Kind::kDeleted) {
      plan.to_delete.push_back(change.path);
    } else {
      const ManifestEntry* entry = find_entry(plan.recorded, change.path);
      plan.to_write.push_back(static_cast<std::size_t>(entry - plan.recorded.entries.data()));
    }
    if (force || change.kind == FileChange::Kind::kAdded) continue;
    if (auto safe = check_nothing_is_lost(cache, plan, change.path); !safe) return safe;
  }
  if (plan.changes_kind) {
    for (const ManifestEntry& entry : plan.present.files.entries) {
      plan.to_delete.push_back(entry.path);
      if (force) continue;
      if (auto safe = check_nothing_is_lost(cache, plan, entry.path); !safe) return safe;
    }
  }
  plan.changes_mode = !is_folder && kind == PresentOutput::Kind::kFile &&
                      plan.present.is_executable != plan.output->is_executable;
  return {};
}

Result<void> check_in_cache(const Cache& cache, const Plan& plan) {
  for (const std::size_t i : plan.to_write) {
    const ManifestEntry& entry = plan.recorded.entries[i];
    const auto there = cache.has({entry.id, plan.output->hash});
    if (!there) return there.error();
    if (*there) continue;
    return Error(
               ErrorCode::kNotFound,
               fmt::format("its content ({}) is not in the cache; 'layerwatt data pull' fetches it",
                           entry.id.text()))
        .at(place_of(plan, entry.path));
  }
  return {};
}

Result<void> remove_old(const Plan& plan, CheckoutReport& report) {
  std::error_code error;
  for (const std::string& below : plan.to_delete) {
    if (auto safe = check_no_link_on_the_way(plan.path, below); !safe) return safe;
    const auto file = place_of(plan, below);
    std::filesystem::remove(file, error);
    if (error) return error_from_errno(error.value(), "delete").at(file);
    ++report.deleted;
    // Folders that are empty now go as well; rmdir() leaves those that are not.
    for (auto folder = file.parent_path(); !below.empty() && folder != plan.path;
         folder = folder.parent_path()) {
      if (::rmdir(folder.c_str()) != 0) break;
    }
  }
  if (!plan.changes_kind || plan.present.kind != PresentOutput::Kind::kFolder) return {};
  if (::rmdir(plan.path.c_str()) == 0) return {};
  return error_from_errno(errno, "put a file in this folder's place, which holds what DVC ignores")
      .at(plan.path);
}

Result<void> make_folders(const Plan& plan) {
  std::error_code error;
  const bool is_folder = plan.output->id->is_folder();
  std::filesystem::create_directories(is_folder ? plan.path : plan.path.parent_path(), error);
  std::filesystem::path last;
  for (const std::size_t i : plan.to_write) {
    if (error || !is_folder) break;
    const std::string& below = plan.recorded.entries[i].path;
    const auto folder = place_of(plan, below).parent_path();
    if (folder == last) continue;
    last = folder;
    if (auto safe = check_no_link_on_the_way(plan.path, below); !safe) return safe;
    std::filesystem::create_directories(folder, error);
  }
  if (error) return error_from_errno(error.value(), "create the folders").at(plan.path);
  return {};
}

Result<void> write_new(const Cache& cache, const Plan& plan, Meter& meter) {
  const unsigned mode = plan.output->is_executable ? 0777 : 0666;
  const auto write = [&](std::size_t i) -> Result<void> {
    const ManifestEntry& entry = plan.recorded.entries[plan.to_write[i]];
    const ObjectKey key{entry.id, plan.output->hash};
    auto copied = copy_into_place(cache.path_of(key), place_of(plan, entry.path), mode);
    if (copied) meter.advance(static_cast<std::int64_t>(cache.size_of(key).value_or(0)));
    return copied;
  };
  return for_each_in_parallel(plan.to_write.size(), processor_count(), meter, write);
}

Result<void> carry_out(const Cache& cache, const Plan& plan, Meter& meter, CheckoutReport& report) {
  if (auto removed = remove_old(plan, report); !removed) return removed;
  if (auto made = make_folders(plan); !made) return made;
  if (auto written = write_new(cache, plan, meter); !written) return written;
  report.written += static_cast<std::int64_t>(plan.to_write.size());
  report.unchanged +=
      static_cast<std::int64_t>(plan.recorded.entries.size() - plan.to_write.size());
  if (plan.changes_mode && plan.to_write.empty()) {
    struct stat status {};
    if (::stat(plan.path.c_str(), &status) != 0)
      return error_from_errno(errno, "read").at(plan.path);
    const mode_t readable = status.st_mode & 0444;
    const mode_t without = status.st_mode & 0666;
    const mode_t mode = plan.output->is_executable ? without | (readable >> 2) : without;
    if (::chmod(plan.path.c_str(), mode) != 0) {
      return error_from_errno(errno, "change the mode").at(plan.path);
    }
    ++report.written;
    --report.unchanged;
  }
  return {};
}

}  // namespace

Result<CheckoutReport> checkout_files(const Project& project,
                                      const std::vector<TrackingFile>& files, bool force,
                                      Meter& meter) {
  const Cache cache(project);
  HashMemory memory(project);
  std::vector<Plan> plans;
  std::int64_t bytes = 0;
  meter.begin("Comparing", 0);
  for (const TrackingFile& file : files) {
    for (const TrackedOutput& output : file.outputs) {
      if (!output.id || !output.is_cached) continue;
      Plan plan;
      plan.path = file.output_path(output);
      plan.output = &output;
      if (auto inside = check_inside(project, plan.path); !inside) return std::move(inside).error();
      auto recorded = recorded_files(cache, output);
      if (!recorded) return std::move(recorded).error();
      plan.recorded = *std::move(recorded);
      auto present = read_present(project, plan.path, output.hash, memory, meter);
      if (!present) return std::move(present).error();
      plan.present = *std::move(present);
      if (auto found = find_work(cache, force, plan); !found) return std::move(found).error();
      if (auto there = check_in_cache(cache, plan); !there) return std::move(there).error();
      for (const std::size_t i : plan.to_write) {
        const ObjectKey key{plan.recorded.entries[i].id, output.hash};
        bytes += static_cast<std::int64_t>(cache.size_of(key).value_or(0));
      }
      plans.push_back(std::move(plan));
    }
  }
  meter.begin("Writing", bytes);
  CheckoutReport report;
  for (const Plan& plan : plans) {
    if (auto done = carry_out(cache, plan, meter, report); !done) return std::move(done).error();
  }
  return report;
}

Result<CheckoutReport> checkout(const Project& project,
                                const std::vector<std::filesystem::path>& targets,
                                const CheckoutOptions& options, const Watch& watch) {
  const auto lock = ProjectLock::take(project);
  if (!lock) return lock.error();
  const auto files = options.revision ? tracking_files_of_revision(project, *options.revision)
                                      : find_tracking_files(project, targets);
  if (!files) return files.error();
  Meter meter(watch);
  return checkout_files(project, *files, options.force, meter);
}

}  // namespace layerwatt::versioning
