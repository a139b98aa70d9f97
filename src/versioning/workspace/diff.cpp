#include <map>

#include "layerwatt/versioning/workspace.h"

#include "versioning/dvc/cache.h"
#include "versioning/dvc/hash_memory.h"
#include "versioning/workspace/manifest_diff.h"
#include "versioning/workspace/output_files.h"
#include "versioning/workspace/project_paths.h"
#include "versioning/workspace/revision.h"

namespace layerwatt::versioning {
namespace {

/// One side of a comparison: an output's files, or that they are not known.
struct Side {
  std::optional<ObjectId> id;
  std::optional<Manifest> files;
  bool is_folder = false;
};

using Sides = std::map<std::string, Side>;

Result<Sides> recorded_side(const Project& project, const std::string& revision) {
  const auto files = tracking_files_of_revision(project, revision);
  if (!files) return files.error();
  const Cache cache(project);
  Sides sides;
  for (const TrackingFile& file : *files) {
    for (const TrackedOutput& output : file.outputs) {
      if (!output.id) continue;
      Side& side = sides[below_root(project, file.output_path(output))];
      side.id = output.id;
      side.is_folder = output.id->is_folder();
      auto recorded = recorded_files(cache, output);
      if (recorded) side.files = *std::move(recorded);
      if (!recorded && recorded.error().code() != ErrorCode::kNotFound) return recorded.error();
    }
  }
  return sides;
}

Result<Sides> present_side(const Project& project, const Watch& watch) {
  const auto files = find_tracking_files(project, {});
  if (!files) return files.error();
  HashMemory memory(project);
  Meter meter(watch);
  meter.begin("Comparing", 0);
  Sides sides;
  for (const TrackingFile& file : *files) {
    for (const TrackedOutput& output : file.outputs) {
      const auto path = file.output_path(output);
      auto present = read_present(project, path, output.hash, memory, meter);
      if (!present) return std::move(present).error();
      if (present->kind == PresentOutput::Kind::kNothing) continue;
      Side& side = sides[below_root(project, path)];
      side.is_folder = present->kind == PresentOutput::Kind::kFolder;
      if (side.is_folder) {
        side.id = present->files.id();
      } else {
        side.id = present->files.entries.front().id;
      }
      side.files = std::move(present->files);
    }
  }
  return sides;
}

OutputState compare(const std::string& path, const Side& from, const Side& to) {
  OutputState state;
  state.path = path;
  if (from.id == to.id) return state;
  if (!from.files || !to.files) {
    state.kind = OutputState::Kind::kUnknown;
    state.is_in_cache = false;
    return state;
  }
  state.files = changes_between(*from.files, *to.files);
  // Lists of other layout name the same files.
  if (state.files.empty() && from.is_folder == to.is_folder) return state;
  state.kind = OutputState::Kind::kModified;
  if (!from.is_folder && !to.is_folder) state.files.clear();
  return state;
}

OutputState only_on_one_side(const std::string& path, const Side& side, bool is_new) {
  OutputState state;
  state.path = path;
  state.kind = is_new ? OutputState::Kind::kAdded : OutputState::Kind::kDeleted;
  if (side.files && side.is_folder) {
    for (const ManifestEntry& entry : side.files->entries) {
      state.files.push_back(
          {is_new ? FileChange::Kind::kAdded : FileChange::Kind::kDeleted, entry.path});
    }
  }
  return state;
}

}  // namespace

Result<std::vector<OutputState>> diff(const Project& project, const std::string& from,
                                      const std::optional<std::string>& to, const Watch& watch) {
  const auto older = recorded_side(project, from);
  if (!older) return older.error();
  const auto newer = to ? recorded_side(project, *to) : present_side(project, watch);
  if (!newer) return newer.error();
  std::map<std::string, OutputState> states;
  for (const auto& [path, side] : *older) {
    const auto found = newer->find(path);
    states[path] = found == newer->end() ? only_on_one_side(path, side, false)
                                         : compare(path, side, found->second);
  }
  for (const auto& [path, side] : *newer) {
    if (!older->contains(path)) states[path] = only_on_one_side(path, side, true);
  }
  std::vector<OutputState> all;
  for (auto& [path, state] : states) {
    if (state.kind != OutputState::Kind::kUnchanged) all.push_back(std::move(state));
  }
  return all;
}

}  // namespace layerwatt::versioning
