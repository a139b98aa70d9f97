#pragma once

#include <filesystem>

namespace layerwatt {

/// Removes what an AtomicFile was writing in this folder when its process was killed: files named
/// "….<process>.tmp" of processes that are gone. Folders below are left alone.
void remove_abandoned_drafts(const std::filesystem::path& folder);

}  // namespace layerwatt
