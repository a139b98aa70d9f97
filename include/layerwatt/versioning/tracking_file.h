#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/object_id.h"

namespace layerwatt::versioning {

/// One tracked file or folder, as a `.dvc` file has it.
struct TrackedOutput {
  /// Relative to the .dvc file's folder (or to its `wdir`), with '/'.
  std::string path;
  /// Absent where DVC has not hashed it yet.
  std::optional<ObjectId> id;
  HashKind hash = HashKind::kMd5;
  /// Sum of the sizes of all files in bytes.
  std::optional<std::uint64_t> size;
  /// Of a folder.
  std::optional<std::int64_t> file_count;
  bool is_executable = false;
  /// False: it is not kept in the cache (`cache: false`), and neither pushed nor pulled.
  bool is_cached = true;
  /// False: it is never pushed (`push: false`).
  bool is_pushed = true;
  /// The remote that this output alone goes to.
  std::optional<std::string> remote;
};

/// A `.dvc` file: small, kept in git, says which bytes belong to a path.
struct TrackingFile {
  /// Where it was read, or goes to.
  std::filesystem::path path;
  /// What output paths are relative to, relative to the file's own folder.
  std::string working_folder = ".";
  std::vector<TrackedOutput> outputs;
  /// Comments, or keys that people add (desc, meta, labels): layerwatt keeps such a file as it is.
  bool has_annotations = false;

  /// Absolute, or relative as `path` is.
  std::filesystem::path output_path(const TrackedOutput& output) const;
};

/// Reads what `dvc add` writes, of DVC 2 and 3. kUnsupported for what DVC alone can do: imports
/// (`deps`), pipelines (`cmd`), version-aware remotes; kParse with the line for what is no such
/// file.
Result<TrackingFile> parse_tracking_file(std::string_view text);
Result<TrackingFile> read_tracking_file(const std::filesystem::path& path);

/// The bytes that DVC 3 writes for an output without annotations.
std::string format_tracking_file(const TrackedOutput& output);

/// The bytes of `file`, which has annotations, with the values of its only output changed and all
/// other lines as they are. kUnsupported where that cannot be done.
Result<std::string> changed_tracking_file(const TrackingFile& file, const TrackedOutput& output);

}  // namespace layerwatt::versioning
