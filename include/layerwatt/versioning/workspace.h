#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/observer.h"
#include "layerwatt/versioning/project.h"
#include "layerwatt/versioning/tracking_file.h"

namespace layerwatt::versioning {

struct AddedData {
  std::filesystem::path tracking_file;
  TrackedOutput output;
  /// False where it was tracked already, just so.
  bool has_changed = false;
  /// Symbolic links to folders, which DVC leaves out.
  std::vector<std::string> left_out;
};

/// Tracks a file or folder as `dvc add` does: its content into the cache, `<name>.dvc` beside it, a
/// line in .gitignore. Takes DVC's lock. kInvalidArgument for what git or another .dvc file tracks.
Result<AddedData> add(const Project& project, const std::filesystem::path& target,
                      const Watch& watch);

struct FileChange {
  enum class Kind { kAdded, kModified, kDeleted };
  Kind kind;
  /// Below the tracked folder; empty for a tracked file itself.
  std::string path;
};

/// A tracked path beside what its .dvc file says.
struct OutputState {
  /// Relative to the project's root, with '/'.
  std::string path;
  enum class Kind {
    kUnchanged,
    kModified,
    kAdded,    ///< only on the newer side of a comparison
    kDeleted,  ///< only on the older side; in the working folder: not there
    kUnknown,  ///< changed, but what of it cannot be told: the folder's list is not in the cache
  };
  Kind kind = Kind::kUnchanged;
  /// Of folders.
  std::vector<FileChange> files;
  /// Whether all of its recorded content is in the cache; what is not, `pull` fetches.
  bool is_in_cache = true;
};

/// The .dvc files that `targets` mean: such files, tracked paths, or folders that hold some; all of
/// the project's where there is none.
Result<std::vector<TrackingFile>> find_tracking_files(
    const Project& project, const std::vector<std::filesystem::path>& targets);

/// Compares the working folder with the .dvc files; reads only what changed since it was last read.
Result<std::vector<OutputState>> status(const Project& project,
                                        const std::vector<std::filesystem::path>& targets,
                                        const Watch& watch);

/// Compares two git revisions, or one with the working folder where `to` is absent.
Result<std::vector<OutputState>> diff(const Project& project, const std::string& from,
                                      const std::optional<std::string>& to, const Watch& watch);

struct CheckoutOptions {
  /// Overwrite and delete also what is nowhere else.
  bool force = false;
  /// What the .dvc files of this git revision say, instead of those in the working folder.
  std::optional<std::string> revision;
};

struct CheckoutReport {
  std::int64_t written = 0;
  std::int64_t deleted = 0;
  std::int64_t unchanged = 0;
};

/// Makes the working folder what the .dvc files say, from the cache. Takes DVC's lock. Without
/// `force`, nothing is written where a file would be lost that the cache does not have; the error
/// names it. kNotFound where content is not in the cache.
Result<CheckoutReport> checkout(const Project& project,
                                const std::vector<std::filesystem::path>& targets,
                                const CheckoutOptions& options, const Watch& watch);

}  // namespace layerwatt::versioning
