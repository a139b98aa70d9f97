#pragma once

#include <filesystem>

#include "layerwatt/core/result.h"

#include "versioning/dvc/file_hash.h"

namespace layerwatt::versioning {

/// Copies the open file `from` into the empty open file `to`, and hashes what it writes: the name
/// fits the copy also where the source is being changed. Blocks of zeros become holes. On file
/// systems that share blocks (btrfs, XFS) nothing is copied.
Result<HashedFile> copy_and_hash(int from, int to, HashKind kind);

/// The same without hashing, by the kernel where it can.
Result<void> copy_bytes(int from, int to);

/// Copies the file `from` beside `to` and renames it into place, with `mode` less the umask.
Result<void> copy_into_place(const std::filesystem::path& from, const std::filesystem::path& to,
                             unsigned mode);

}  // namespace layerwatt::versioning
