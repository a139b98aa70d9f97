#include "layerwatt/versioning/workspace.h"

#include "versioning/dvc/cache.h"
#include "versioning/dvc/hash_memory.h"
#include "versioning/workspace/manifest_diff.h"
#include "versioning/workspace/output_files.h"
#include "versioning/workspace/project_paths.h"

namespace layerwatt::versioning {
namespace {

Result<bool> has_all(const Cache& cache, const TrackedOutput& output, const Manifest& files) {
  for (const ManifestEntry& entry : files.entries) {
    const auto there = cache.has({entry.id, output.hash});
    if (!there || !*there) return there;
  }
  return true;
}

/// The name of a folder's list does not tell its order or spacing, which others may have made.
OutputState::Kind compare(const PresentOutput& present, const TrackedOutput& output,
                          const std::vector<FileChange>& changes) {
  const bool is_same_kind =
      output.id->is_folder() == (present.kind == PresentOutput::Kind::kFolder);
  const bool is_same_mode = output.id->is_folder() || present.is_executable == output.is_executable;
  return changes.empty() && is_same_kind && is_same_mode ? OutputState::Kind::kUnchanged
                                                         : OutputState::Kind::kModified;
}

Result<OutputState> state_of(const Project& project, const TrackingFile& file,
                             const TrackedOutput& output, HashMemory& memory, Meter& meter) {
  OutputState state;
  const auto path = file.output_path(output);
  state.path = below_root(project, path);
  const Cache cache(project);
  const auto present = read_present(project, path, output.hash, memory, meter);
  if (!present) return present.error();
  const bool is_there = present->kind != PresentOutput::Kind::kNothing;
  if (!output.id) {
    state.kind = is_there ? OutputState::Kind::kModified : OutputState::Kind::kDeleted;
    state.is_in_cache = false;
    return state;
  }
  const auto recorded = recorded_files(cache, output);
  if (!recorded) {
    if (recorded.error().code() != ErrorCode::kNotFound) return recorded.error();
    state.is_in_cache = false;
    const bool is_same = is_there && present->files.id() == *output.id;
    state.kind = is_same    ? OutputState::Kind::kUnchanged
                 : is_there ? OutputState::Kind::kUnknown
                            : OutputState::Kind::kDeleted;
    return state;
  }
  const auto in_cache = has_all(cache, output, *recorded);
  if (!in_cache) return in_cache.error();
  state.is_in_cache = *in_cache || !output.is_cached;
  if (!is_there) {
    state.kind = OutputState::Kind::kDeleted;
    return state;
  }
  state.files = changes_between(*recorded, present->files);
  state.kind = compare(*present, output, state.files);
  if (!output.id->is_folder()) state.files.clear();
  return state;
}

}  // namespace

Result<std::vector<OutputState>> status(const Project& project,
                                        const std::vector<std::filesystem::path>& targets,
                                        const Watch& watch) {
  const auto files = find_tracking_files(project, targets);
  if (!files) return files.error();
  HashMemory memory(project);
  Meter meter(watch);
  meter.begin("Comparing", 0);
  std::vector<OutputState> states;
  for (const TrackingFile& file : *files) {
    for (const TrackedOutput& output : file.outputs) {
      auto state = state_of(project, file, output, memory, meter);
      if (!state) return std::move(state).error();
      states.push_back(*std::move(state));
    }
  }
  return states;
}

}  // namespace layerwatt::versioning
