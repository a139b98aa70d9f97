#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/versioning/object_id.h"

namespace layerwatt::versioning {

struct ManifestEntry {
  /// Below the folder, with '/'; UTF-8.
  std::string path;
  ObjectId id;
};

/// The list of a folder's files, an object whose name ends in ".dir".
struct Manifest {
  /// By path, in the order of bytes.
  std::vector<ManifestEntry> entries;

  /// The bytes that DVC 3 writes (Python's json.dumps, dvc-data hashfile/tree.py): one line, ", "
  /// and
  /// ": " between, everything beyond printable ASCII as \uXXXX.
  std::string to_bytes() const;
  /// The name of those bytes.
  ObjectId id() const;
};

/// Order and spacing are free. Paths that lead out of the folder, that occur twice or stand below a
/// file, and names that are no MD5 are refused with the entry's number (kParse).
Result<Manifest> parse_manifest(std::string_view bytes);

}  // namespace layerwatt::versioning
