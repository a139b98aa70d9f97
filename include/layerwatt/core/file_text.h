#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// The whole of a file. Larger than `limit` bytes is kUnsupported: what is read whole must fit in
/// memory by design, and larger inputs are read as streams.
Result<std::string> read_file(const std::filesystem::path& path,
                              std::size_t limit = std::size_t{256} << 20);

/// Writes `text` beside `path` and renames it into place, so that readers see the old file or the
/// whole new one. Flushes to the disk before renaming; a full disk leaves the old file as it was.
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace layerwatt
