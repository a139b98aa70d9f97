#pragma once

#include <filesystem>

#include "layerwatt/core/result.h"

#include "versioning/dvc/folder_scan.h"
#include "versioning/dvc/hash_memory.h"
#include "versioning/dvc/manifest.h"
#include "versioning/workspace/meter.h"

namespace layerwatt::versioning {

/// The list of a folder's files as they are now. Files whose hash is remembered are not read.
/// Under kMd5Dos2Unix (data of DVC 2) all are.
Result<Manifest> hash_folder(const std::filesystem::path& folder, const FolderScan& scan,
                             HashKind kind, HashMemory& memory, Meter& meter);

/// The name of one file's content now.
Result<ObjectId> hash_remembered(const std::filesystem::path& file, HashKind kind,
                                 HashMemory& memory);

}  // namespace layerwatt::versioning
