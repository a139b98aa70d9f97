#pragma once

#include <filesystem>
#include <optional>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/tracking_file.h"

#include "versioning/dvc/cache.h"
#include "versioning/dvc/hash_memory.h"
#include "versioning/dvc/manifest.h"
#include "versioning/workspace/meter.h"

namespace layerwatt::versioning {

/// What stands in the working folder where an output belongs.
struct PresentOutput {
  enum class Kind { kNothing, kFile, kFolder };
  Kind kind = Kind::kNothing;
  /// Of a file one entry with an empty path.
  Manifest files;
  bool is_executable = false;
};

/// Reads the working folder. A link, pipe or device there is refused (kUnsupported).
Result<PresentOutput> read_present(const Project& project, const std::filesystem::path& path,
                                   HashKind kind, HashMemory& memory, Meter& meter);

/// The files that an output's record names: of a folder its list, which must be in the cache; of a
/// file one entry with an empty path. Precondition: the output has a hash.
Result<Manifest> recorded_files(const Cache& cache, const TrackedOutput& output);

}  // namespace layerwatt::versioning
