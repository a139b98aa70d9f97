#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "layerwatt/dataset/raw_dataset.h"
#include "layerwatt/versioning/project.h"
#include "layerwatt/versioning/provenance.h"
#include "layerwatt/versioning/workspace.h"

#include "versioning/dvc/cache.h"
#include "versioning/dvc/file_hash.h"
#include "versioning/dvc/folder_scan.h"
#include "versioning/dvc/hash_memory.h"
#include "versioning/provenance/run_facts.h"
#include "versioning/workspace/folder_hash.h"
#include "versioning/workspace/output_files.h"

namespace layerwatt::versioning {
namespace {

/// Path below the run's folder to MD5, as a .dvc file records it.
using Record = std::map<std::string, std::string>;

/// The record of the tracked folder that `folder` is, or is in.
std::optional<Record> find_record(const Project& project, const std::filesystem::path& folder,
                                  Provenance& provenance) {
  const auto files = find_tracking_files(project, {});
  if (!files) {
    provenance.open.push_back("DVC's record cannot be read: " + files.error().to_string());
    return std::nullopt;
  }
  for (const TrackingFile& file : *files) {
    for (const TrackedOutput& output : file.outputs) {
      const auto tracked = file.output_path(output);
      const std::string inside =
          folder == tracked ? "" : folder.lexically_relative(tracked).generic_string() + '/';
      const bool is_around = inside.empty() || !inside.starts_with("..");
      if (!is_around || !output.id || !output.id->is_folder()) continue;
      provenance.tracked_by = file.path;
      provenance.facts.emplace_back("version", output.id->text());
      const auto manifest = recorded_files(Cache(project), output);
      if (!manifest || output.hash != HashKind::kMd5) {
        provenance.open.push_back(
            "the list of recorded checksums is not in the cache: 'layerwatt data "
            "pull --fetch' brings it");
        return std::nullopt;
      }
      Record record;
      for (const ManifestEntry& entry : manifest->entries) {
        if (entry.path.starts_with(inside)) {
          record[entry.path.substr(inside.size())] = entry.id.text();
        }
      }
      return record;
    }
  }
  return std::nullopt;
}

void compare(const std::optional<Record>& record, Provenance& provenance) {
  if (!record) return;
  Record missing = *record;
  for (CheckedFile& file : provenance.files) {
    const auto found = record->find(file.path);
    missing.erase(file.path);
    if (found == record->end()) continue;
    const bool is_same = found->second == file.md5;
    file.verdict = is_same ? CheckedFile::Verdict::kAsRecorded : CheckedFile::Verdict::kChanged;
    if (!is_same) {
      provenance.faults.push_back(fmt::format("'{}' has changed since it was recorded", file.path));
    }
  }
  for (const auto& [path, md5] : missing) {
    provenance.files.push_back({path, 0, "", CheckedFile::Verdict::kMissing});
    provenance.faults.push_back(fmt::format("'{}' is recorded and not there", path));
  }
}

Result<void> hash_files(const std::filesystem::path& folder, HashMemory& memory, const Watch& watch,
                        Provenance& provenance) {
  const auto scan = scan_tree(folder);
  if (!scan) return scan.error();
  Meter meter(watch);
  meter.begin("Comparing", 0);
  const auto hashed = hash_folder(folder, *scan, HashKind::kMd5, memory, meter);
  if (!hashed) return hashed.error();
  for (std::size_t i = 0; i < scan->files.size(); ++i) {
    provenance.files.push_back({scan->files[i].path,
                                static_cast<std::uint64_t>(scan->files[i].status.st_size),
                                hashed->entries[i].id.text(), CheckedFile::Verdict::kNotRecorded});
  }
  return {};
}

}  // namespace

Result<Provenance> provenance(const std::filesystem::path& run, const Watch& watch) {
  std::error_code error;
  Provenance found;
  found.folder = std::filesystem::canonical(run, error);
  if (error) return error_from_errno(error.value(), "find the run").at(run);
  const auto dataset = find_raw_dataset(found.folder);
  if (!dataset) return dataset.error();
  if (dataset->models.size() != 1 || dataset->models.front().folder != found.folder) {
    std::vector<std::string> names;
    for (const RawModel& model : dataset->models) names.push_back(model.folder.filename().string());
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("this folder holds several runs; name one of them: {}",
                             fmt::join(names, ", ")))
        .at(run);
  }
  add_run_facts(dataset->models.front(), found);
  add_campaign_facts(found.folder, found);
  const auto project = Project::find(found.folder);
  if (!project) {
    found.open.push_back("no DVC project is around the run: nothing recorded its checksums");
    const auto scan = scan_tree(found.folder);
    if (!scan) return scan.error();
    for (const ScannedFile& file : scan->files) {
      const auto hashed = hash_file(found.folder / file.path, HashKind::kMd5);
      if (!hashed) return hashed.error();
      found.files.push_back(
          {file.path, hashed->size, hashed->hex, CheckedFile::Verdict::kNotRecorded});
    }
    return found;
  }
  HashMemory memory(*project);
  if (auto hashed = hash_files(found.folder, memory, watch, found); !hashed) {
    return std::move(hashed).error();
  }
  const auto record = find_record(*project, found.folder, found);
  if (!found.tracked_by) {
    found.open.push_back("no .dvc file tracks the run: 'layerwatt data add' records its checksums");
  }
  compare(record, found);
  return found;
}

}  // namespace layerwatt::versioning
